"""`weirflow diff`: what a change of a flow means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, as_json, pairs
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.plan.compare import Change, Comparison, Named


@click.command(cls=Verb, context_settings=HELP)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option(
    "--git", "revision", metavar="REF", help="Compare with the flow as of a git revision, such as HEAD."
)
@click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="Set a parameter of both flows. Repeatable.",
)
@as_json("All that differs as one JSON object.")
@click.pass_obj
def diff(terminal: Terminal, old: Path, new: Path | None, revision: str | None, parameters: Pairs) -> int:
    """Show what differs between two flows, OLD and NEW, or between a flow and what it was in git.

    Nodes are compared, not lines: layout, comments, the order of keys, and values that are written out though
    they are the default make no difference. Says which nodes have to learn anew.

    The exit code is 0 where the flows mean the same, 1 where they do not.
    """
    from weirflow.cli import diff_text
    from weirflow.plugins.registry import Registry
    from weirflow.project.compare import Version, compare_flows
    from weirflow.project.revision import Revision

    if (new is None) is (revision is None):
        raise click.UsageError("give two flows, or one flow and --git REF")
    if revision is not None:
        before, after = Version(old, Revision.find(revision, old.parent)), Version(old)
    else:
        assert new is not None
        before, after = Version(old), Version(new)
    found = compare_flows(before, after, dict(parameters), Registry.load(), terminal.texts)
    if found.raw:
        terminal.say(f"not installed, compared as written: {', '.join(found.raw)}")
    names = (near(old) if revision is None else f"{revision}:{near(old)}", near(after.path))
    if terminal.json:
        terminal.document(facts(found, *names))
    elif found.equal:
        terminal.say("no difference in meaning")
    else:
        for line in diff_text.lines(found, terminal):
            terminal.out(line)
    return ExitCode.DONE if found.equal else ExitCode.FAILED


def facts(found: Comparison, old: str, new: str) -> dict[str, Any]:
    """A comparison as plain data. A change has no `old` or no `new` where there was or is nothing."""
    named = {n: _named(getattr(found, n)) for n in ("parameters", "outputs", "tests")}
    return {
        "old": old,
        "new": new,
        "equal": found.equal,
        "flow": _changes(found.flow),
        **named,
        "nodes": _named(found.nodes),
        "stale": [{"node": s.node, "reason": s.reason, "because": list(s.because)} for s in found.stale],
        "not_installed": list(found.raw),
    }


def _named(named: Named) -> dict[str, Any]:
    from weirflow.plan.compare import NodeChange

    changed: list[dict[str, Any]] = []
    for moved in named.changed:
        if isinstance(moved, NodeChange):
            changed.append(
                {
                    "id": moved.name,
                    "was": moved.was,
                    "operator": _changes([moved.operator])[0] if moved.operator else None,
                    "parameters": _changes(moved.changes),
                    "inputs": _changes(moved.inputs),
                    "others": _changes(moved.others),
                }
            )
        else:
            changed.append({"name": moved.name, "changes": _changes(moved.changes)})
    return {"added": list(named.added), "removed": list(named.removed), "changed": changed}


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    from weirflow.plan.compare import ABSENT

    found = []
    for change in changes:
        one: dict[str, Any] = {"name": change.name}
        for side in ("old", "new"):
            if getattr(change, side) is not ABSENT:
                one[side] = getattr(change, side)
        if change.defaults:
            one["defaults"] = sorted(change.defaults)
        found.append(one)
    return found
