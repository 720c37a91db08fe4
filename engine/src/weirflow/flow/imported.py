"""The text of a flow file, from what an importer has read in another program's format."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import yaml

from weirflow.flow.interpolate import VERBATIM
from weirflow.flow.layout import laid_out
from weirflow.flow.layout.words import literal, quoted
from weirflow.flow.model import FORMAT
from weirflow.flow.scalars import plain
from weirflow.node.imported import Interpolated

if TYPE_CHECKING:
    from weirflow.node.imported import ImportedFlow, ImportedNode

_WIDTH = 110  # of comments


def flow_text(flow: ImportedFlow, name: str) -> str:
    """A flow in the layout of `weirflow fmt`, with the importer's notes as comments.

    Text that would be read as an interpolation is written so that it is none.
    """
    lines = [*_comments(flow.notes, ""), f"flow: {FORMAT}", f"name: {_inline(name)}"]
    if flow.description:
        lines.append(f"description: {_inline(flow.description)}")
    if flow.parameters:
        lines += ["parameters:", *_yaml(_plain(dict(flow.parameters)), "  ")]
    lines += ["nodes:" if flow.nodes else "nodes: []"]
    for number, node in enumerate(flow.nodes):
        lines += [""] * (number > 0)
        lines += _node(node)
    return laid_out("\n".join(lines) + "\n")


def _node(node: ImportedNode) -> list[str]:
    data: dict[str, Any] = {"id": node.id}
    if node.title:
        data["title"] = node.title
    data["operator"] = node.operator
    if node.inputs:
        data["inputs"] = node.inputs[0] if len(node.inputs) == 1 else list(node.inputs)
    data = _plain(data)
    if node.parameters:  # code is taken as it stands
        data["parameters"] = {k: v if k in VERBATIM else _plain(v) for k, v in node.parameters.items()}
    first, *rest = _yaml(data, "    ")
    return [*_comments(node.notes, "  "), f"  - {first.lstrip()}", *rest]


class _Dumper(yaml.SafeDumper):
    """Writes values out, however often they occur, and code line by line."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def analyze_scalar(self, scalar: str) -> Any:
        found = super().analyze_scalar(scalar)
        found.allow_block = True  # it refuses spaces before the end of a line, which any reader keeps
        return found

    def choose_scalar_style(self) -> Any:
        event: Any = self.event
        if event.implicit[1] and event.style is None and not _may_stand_bare(event.value):
            return '"'
        return super().choose_scalar_style()


def _may_stand_bare(text: str) -> bool:
    """Whether a reader of YAML 1.2 takes a text without quotes for the same; PyYAML knows 1.1 alone."""
    try:
        return text.isprintable() and isinstance(plain(text), str)
    except ValueError:  # a number of more digits than Python reads
        return False


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    by_line = "\n" in text and bool(text.strip()) and literal(text) is not None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if by_line else None)


_Dumper.add_representer(str, _represent)


def _yaml(data: Any, indent: str) -> list[str]:
    text = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=None
    )
    lines = text.removesuffix("\n").split("\n")
    if lines[-1] == "...":  # what PyYAML writes below a text that ends with empty lines
        lines.pop()
    return [indent + line if line else "" for line in lines]


def _comments(notes: tuple[str, ...], indent: str) -> list[str]:
    shown = (" ".join("".join(c if c.isprintable() else " " for c in note).split()) for note in notes)
    return [f"{indent}# {line}" for note in shown for line in textwrap.wrap(note, _WIDTH)]


def _inline(text: str) -> str:
    return quoted(_escaped(text))


def _plain(value: Any) -> Any:
    """Data as a flow file has it; lists are lists, and texts hold no interpolation."""
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, dict):
        return {_escaped(str(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _escaped(text: str) -> str:
    return str(text) if isinstance(text, Interpolated) else text.replace("$" + "{", "$$" + "{")
