"""`weirflow import`: another program's flow as a flow file of one's own, and what of it has no equal here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from weirflow.cli.app import Verb
from weirflow.cli.check import flows_below
from weirflow.cli.options import HELP, as_json
from weirflow.cli.tables import columns
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import Diagnostic, ExitCode, FlowError, UsageError, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.node.imported import ImportedFlow
    from weirflow.plugins.registry import Registry


_NO_FLOW = "WF105"
_Met: TypeAlias = tuple[str, bool, str]  # an operator, whether it is mapped, and why not


@dataclass(frozen=True)
class _Read:
    file: Path
    program: str
    flow: ImportedFlow


@click.command("import", cls=Verb, context_settings=HELP)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The flow file to write; it must not exist."
)
@click.option(
    "--report", is_flag=True, help="Write no flow: say which operators are met, and which are mapped."
)
@as_json("The report as JSON.")
@click.pass_obj
def import_(terminal: Terminal, paths: tuple[Path, ...], output: Path | None, report: bool) -> int:  # noqa: FBT001 - click's signature
    """Write another program's flow as a flow file: to standard output, or to -o.

    Flows of SageMaker Data Wrangler are known. Every verb takes them as they are too; the file that is written is for
    reading, comparing and editing. What could not be mapped is told, and stands in the file as a node that says so.

    With --report a PATH may be a folder, with flows somewhere below it; files that no other program wrote are left out.
    """
    from weirflow.plugins.registry import Registry

    registry = Registry.load()
    if report or terminal.json:
        return _report(terminal, registry, paths)
    if len(paths) > 1:
        raise click.UsageError("one flow at a time; --report takes several")
    read = _read(terminal, registry, paths[0])
    from weirflow.flow.imported import flow_text
    from weirflow.run.store import write_text

    text = flow_text(read.flow, (output or read.file).stem)
    if output is None:
        terminal.out(text.rstrip("\n"))
    else:
        if output.exists():
            raise UsageError(
                Diagnostic("WF802", f"{near(output)} is there already", hint="give another name to -o")
            )
        write_text(output, text)
        terminal.say(f"wrote {near(output)}")
        _write_learned(terminal, registry, read.flow, output)
    unmapped = [n for n in read.flow.nodes if not n.mapped]
    terminal.say(
        f"{len(read.flow.nodes)} nodes, {len(unmapped)} of them without an equal here" + ":" * bool(unmapped)
    )
    for node in unmapped:
        terminal.say(f"  {node.id}: {node.origin}" + (f": {node.reason}" if node.reason else ""))
    return ExitCode.DONE


def _write_learned(terminal: Terminal, registry: Registry, flow: ImportedFlow, output: Path) -> None:
    """Write what the other program learned beside the flow, bound to its nodes."""
    from weirflow.plan.trained import bound
    from weirflow.project import Project
    from weirflow.run.trained import trained_path, write_trained

    if not flow.sources and all(n.trained is None for n in flow.nodes):
        return
    built = Project(output, registry=registry, to_read=True).built
    entries, found = bound(built.graph, flow) if built is not None else ({}, ())
    terminal.show(list(found))
    if entries or flow.sources:
        path = trained_path(output)
        write_trained(path, output.stem, entries, flow.sources)
        terminal.say(f"wrote {near(path)}: what was learned of {len(entries)} nodes")


def _read(terminal: Terminal, registry: Registry, path: Path) -> _Read:
    """Read a file of another program. Raises FlowError on what is none, or damaged."""
    from weirflow.flow.document import display_name
    from weirflow.flow.read import parse, read_file

    display = display_name(path)
    text = read_file(path, display)
    if text.text is None:
        raise FlowError(text.diagnostics)
    terminal.texts[display] = text.text
    parsed = parse(text.text, display)
    if not parsed.complete or not isinstance(parsed.data, dict):
        raise FlowError(parsed.diagnostics or (_no_flow(display),))
    found = None if "flow" in parsed.data else registry.imported(parsed.data)
    if isinstance(found, Diagnostic):
        place = found.where.path if found.where is not None else ()
        raise FlowError(Diagnostic(found.code, found.message, Where(display, place), hint=found.hint))
    if found is None:
        raise FlowError(_no_flow(display))
    return _Read(path, *found)


def _no_flow(display: str) -> Diagnostic:
    return Diagnostic(
        _NO_FLOW,
        "this is no flow of another program that is known",
        Where(display),
        hint="flows of SageMaker Data Wrangler can be imported; weirflow's own need no import",
    )


def _report(terminal: Terminal, registry: Registry, paths: Sequence[Path]) -> int:
    """A line for each of the other programs' operators, the most frequent first; and why some have no equal."""
    nodes: Counter[_Met] = Counter()
    flows: Counter[_Met] = Counter()
    wrong: list[Diagnostic] = []
    files = others = 0
    for file in flows_below(paths):
        try:
            read = _read(terminal, registry, file)
        except FlowError as error:
            if file not in paths and {d.code for d in error.diagnostics} == {_NO_FLOW}:
                others += (
                    1  # a folder holds flows of one's own, and files of other software that are called so
                )
            else:
                wrong += error.diagnostics
            continue
        files += 1
        met = Counter((n.origin, n.mapped, n.reason) for n in read.flow.nodes if n.origin)
        nodes += met
        flows.update(met.keys())
    ranked = sorted(nodes, key=lambda k: (-nodes[k], k))
    if terminal.json:
        terminal.document(
            {
                "flows": files,
                "operators": [
                    {
                        "operator": met[0],
                        "mapped": met[1],
                        **({"reason": met[2]} if met[2] else {}),
                        "nodes": nodes[met],
                        "flows": flows[met],
                    }
                    for met in ranked
                ],
            }
        )
    else:
        rows = [("OPERATOR", "NODES", "FLOWS", "")]
        rows += [(m[0], str(nodes[m]), str(flows[m]), _lacking(*m[1:])) for m in ranked]
        for line in columns(rows, right=frozenset({1, 2})):
            terminal.out(line.rstrip())
        mapped = sum(n for met, n in nodes.items() if met[1])
        terminal.say(
            f"{files} flow{'s' * (files != 1)}, {sum(nodes.values())} nodes, {mapped} of them mapped"
        )
        if others:
            terminal.say(f"left out: {others} file{'s' * (others != 1)} that no other known program wrote")
    terminal.show(wrong)
    return ExitCode.INVALID_FLOW if wrong else ExitCode.DONE


def _lacking(mapped: bool, reason: str) -> str:  # noqa: FBT001 - a fact of a line
    return "" if mapped else "no equal here" + (f": {reason}" if reason else "")
