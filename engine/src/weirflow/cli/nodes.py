"""`weirflow nodes`: the operators there are, and what each of them is."""

from __future__ import annotations

import textwrap
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.nodes_check import check
from weirflow.cli.options import HELP, as_json
from weirflow.cli.tables import columns, pad
from weirflow.cli.terminal import Terminal
from weirflow.errors import Diagnostic, MissingError, SelectionError, did_you_mean

if TYPE_CHECKING:
    from weirflow.plugins.hookspecs import NodeReference
    from weirflow.plugins.registry import Registry

_WIDTH = 100  # of running text


@click.group(context_settings=HELP)
def nodes() -> None:
    """List the operators, document one, or check a node class that you write."""


nodes.add_command(check)


@nodes.command("list", cls=Verb, context_settings=HELP)
@click.argument("pattern", required=False)
@as_json("The list as JSON.")
@click.pass_obj
def list_(terminal: Terminal, pattern: str | None) -> None:
    """List the operators: all of them, a family (`encode`), a pattern (`encode.*`) or those with a word."""
    from weirflow.plugins.registry import Registry

    registry = Registry.load()
    found = [r for r in registry.references() if pattern is None or _matches(r, pattern)]
    if not found and pattern is not None:
        families = {r.operator.partition(".")[0] for r in registry.references()}
        hint = did_you_mean(pattern, {*families, *(r.operator for r in registry.references())})
        raise SelectionError(
            Diagnostic(
                "WF501",
                f"no operator matches '{pattern}'",
                hint=hint or f"families: {', '.join(sorted(families))}",
            )
        )
    if terminal.json:
        terminal.document([_facts(registry, r) for r in found])
        return
    rows = [(_name(registry, r), r.summary + _needs(registry, r) + _goes(r)) for r in found]
    size = max((len(name) for name, _ in rows), default=0)
    for name, summary in rows:
        terminal.out(f"{terminal.paint(pad(name, size), 'cyan', stream='stdout')}  {summary}")
    terminal.show([p for p in registry.problems if p.code == "WF503"])


@nodes.command(cls=Verb, context_settings=HELP)
@click.argument("operator")
@as_json("All of it as JSON.")
@click.pass_obj
def show(terminal: Terminal, operator: str) -> None:
    """Document an operator, as `encode.one_hot` or, in a version, `encode.one_hot@1`."""
    from weirflow.plugins.describe import SUBFLOW, describe, describe_subflow
    from weirflow.plugins.registry import Registry

    registry = Registry.load()
    facts = (
        describe_subflow()
        if operator.removesuffix("@1") in SUBFLOW
        else describe(registry, find(registry, operator))
    )
    if terminal.json:
        terminal.document(facts)
        return
    for line in _page(terminal, facts):
        terminal.out(line)


def find(registry: Registry, operator: str) -> NodeReference:
    """The operator that a user names, with or without a version. Raises MissingError, or UsageError."""
    name, at, version = operator.partition("@")
    if at and not (version.isdecimal() and int(version) > 0):
        raise click.UsageError(f"'{operator}' names no version; expected a whole number after the '@'")
    found = registry.find(name, int(version) if at else None)
    if isinstance(found, Diagnostic):
        raise MissingError(found)
    return found


def _matches(reference: NodeReference, pattern: str) -> bool:
    operator, folded = reference.operator, pattern.casefold()
    return (
        fnmatchcase(operator, pattern)
        or operator.startswith(f"{pattern}.")
        or folded in operator
        or folded in reference.summary.casefold()
    )


def _name(registry: Registry, reference: NodeReference) -> str:
    """The operator; with its version where that needs saying."""
    newest = reference.version == registry.versions(reference.operator)[-1]
    return reference.operator if newest else reference.reference


def _needs(registry: Registry, reference: NodeReference) -> str:
    return f" (needs [{reference.extra}])" if registry.lacking(reference) else ""


def _goes(reference: NodeReference) -> str:
    return f" (deprecated: {reference.deprecated})" if reference.deprecated else ""


def _facts(registry: Registry, reference: NodeReference) -> dict[str, Any]:
    return {
        "operator": reference.operator,
        "version": reference.version,
        "summary": reference.summary,
        "plugin": registry.plugin_of(reference).name,
        "extra": reference.extra,
        "lacking": list(registry.lacking(reference)),
        "deprecated": str(reference.deprecated or ""),
    }


def _page(terminal: Terminal, facts: dict[str, Any]) -> list[str]:
    def bold(text: str) -> str:
        return terminal.paint(text, "bold", stream="stdout")

    plugin = facts["plugin"]
    lines = [bold(f"{facts['operator']}@{facts['version']}") + f"  ({facts['kind']})", facts["summary"]]
    if facts["description"]:
        lines += ["", *_wrapped(facts["description"])]
    if facts["deprecated"]:
        lines += ["", f"deprecated: {facts['deprecated']}"]
    if facts["lacking"]:
        lines += ["", f"needs {', '.join(facts['lacking'])}: {facts['install']}"]
    for title in ("inputs", "outputs"):
        if facts[title]:
            lines += ["", bold(title.capitalize())]
            lines += [f"  {line}" for line in columns([_port(p) for p in facts[title]])]
    lines += ["", bold("Parameters") if facts["parameters"] else "It takes no parameters."]
    for parameter in facts["parameters"]:
        default = "required" if parameter["required"] else f"default {_plain(parameter['default'])}"
        name = terminal.paint(parameter["name"], "cyan", stream="stdout")
        lines.append(f"  {name}: {parameter['type']} ({default})")
        lines += [f"      {line}" for line in textwrap.wrap(parameter["description"], _WIDTH - 6)]
        for part in parameter.get("kinds", ()):
            default = "required" if part["required"] else f"default {_plain(part['default'])}"
            head = (
                f"{part['name']}: {part['of']}"
                if part["tells"]
                else f"{part['name']}: {part['type']} ({default})"
            )
            text = f"{head}: {part['description']}"
            indent = "      " if part["tells"] else "        "
            lines += [f"{indent}{line}" for line in textwrap.wrap(text, _WIDTH - 8, subsequent_indent="    ")]
    origin = f"{plugin['distribution']} {plugin['version']}".strip()
    notes = [f"from plugin '{plugin['name']}'" + (f" ({origin})" if origin else "")] if plugin["name"] else []
    notes += (
        [f"runs on {', '.join(facts['engines'])}"] if facts["engines"] else ["part of every flow's language"]
    )
    notes += ["holds the whole table in memory"] * facts["holds_table"]
    notes += ["heeds the order of rows"] * facts["ordered"]
    notes += ["runs code of the flow, which needs --allow-code"] * facts["runs_code"]
    lines += ["", terminal.paint("; ".join(notes), "dim", stream="stdout")]
    return lines


def _wrapped(text: str) -> list[str]:
    """Paragraphs wrapped; indented ones, such as examples, as they are."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        plain = paragraph.startswith(" ") or "\n " in paragraph or "\n-" in paragraph or "\n*" in paragraph
        lines += ["", *(paragraph.splitlines() if plain else textwrap.wrap(paragraph, _WIDTH))]
    return lines[1:]


def _port(port: dict[str, Any]) -> tuple[str, str]:
    words = [port["type"]] + ["optional"] * port["optional"] + ["several"] * port["many"]
    return port["name"], ", ".join(words)


def _plain(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
