"""Spec files: YAML text to a `Spec`, with the line of what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from weirflow.api import NodeError, did_you_mean
from weirflow_labels.dashboard.spec import KINDS, Highlight, Panel, Part, Spec

SHIPPED = ("annotations", "workers")

_KEYS: dict[Any, type[Part]] = {"panels": Panel, "highlight": Highlight}


@dataclass(frozen=True)
class SpecFile:
    """A spec with where it was read: `lines` has the line of every key and item by its path."""

    spec: Spec
    name: str
    shipped: bool
    lines: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def at(self, *path: str | int) -> str:
        """The file and line of a part, as `mine.yaml:12`."""
        return _at(self.name, self.lines, path)


def shipped_text(name: str) -> str:
    """The text of a spec that comes with weirflow."""
    return (resources.files(__package__) / "specs" / f"{name}.yaml").read_text(encoding="utf-8")


def read_spec(name: str, path: Path) -> SpecFile:
    """Read a shipped spec by its name, or a file. Raises NodeError with file and line."""
    if name in SHIPPED:
        return parse_spec(shipped_text(name), f"{name}.yaml", shipped=True)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        shipped = " and ".join(f"`{n}`" for n in SHIPPED)
        near = did_you_mean(name, SHIPPED)
        raise NodeError(
            f"there is no spec '{name}'",
            code="WF602",
            hint=near or f"name a YAML file, or one of the shipped specs {shipped}",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise NodeError(f"the spec '{path.name}' cannot be read as UTF-8 text", code="WF603") from error
    return parse_spec(text, path.name, shipped=False)


def parse_spec(text: str, name: str, *, shipped: bool) -> SpecFile:
    """Read the text of a spec. Raises NodeError with the line of the first thing that is wrong."""
    try:
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = name if mark is None else f"{name}:{mark.line + 1}"
        raise NodeError(f"{place}: {error.problem or 'it is no YAML'}", code="WF603") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NodeError(f"{name}: it is no YAML", code="WF603") from error
    if not isinstance(document, dict):
        raise NodeError(f"{name}:1: a spec is a mapping with `title` and `panels`", code="WF603")
    lines: dict[tuple[Any, ...], int] = {}
    _place(node, (), lines)
    try:
        spec = Spec.model_validate(document)
    except ValidationError as error:
        found = error.errors()
        ends = [e for e in found if not any(o["loc"][: len(e["loc"])] == e["loc"] != o["loc"] for o in found)]
        first = min(ends, key=lambda e: _line(lines, e["loc"]))
        message, hint = _said(first)
        raise NodeError(f"{_at(name, lines, first['loc'])}: {message}", code="WF603", hint=hint) from error
    return SpecFile(spec, name, shipped, lines)


def _place(node: yaml.Node, path: tuple[Any, ...], lines: dict[tuple[Any, ...], int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[*path, key.value] = key.start_mark.line + 1
            _place(value, (*path, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _place(value, (*path, i), lines)


def _line(lines: dict[tuple[Any, ...], int], path: tuple[Any, ...]) -> int:
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _at(name: str, lines: dict[tuple[Any, ...], int], path: tuple[Any, ...]) -> str:
    return f"{name}:{_line(lines, path)}"


def _said(error: Any) -> tuple[str, str | None]:
    """What is wrong, and how to mend it."""
    path, kind, given = error["loc"], error["type"], error.get("input")
    parts = [p for p in path if not (isinstance(p, str) and p[:1].isupper())]  # without names of classes
    where = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in parts).lstrip(".")
    if kind == "extra_forbidden":
        known = next((_KEYS[p] for p in reversed(parts[:-1]) if p in _KEYS), Spec)
        names = [f.alias or n for n, f in known.model_fields.items()]
        return f"`{parts[-1]}` is no key here", did_you_mean(
            str(parts[-1]), names
        ) or f"keys are {', '.join(names)}"
    if kind == "missing":
        return f"{where} is missing", None
    if parts and parts[-1] == "kind":
        kinds = ", ".join(KINDS)
        return f"'{given}' is no kind of panel", did_you_mean(str(given), KINDS) or f"kinds are {kinds}"
    if kind == "value_error":
        return f"{where}: {error['ctx']['error']}", None
    if parts[-1:] == ["str"] or kind.startswith("model_"):
        return f"{where.removesuffix('.str')} is a column, `{{attribute: NAME}}` or `{{date: COLUMN}}`", None
    message = error["msg"]
    return f"{where}: {message[:1].lower()}{message[1:]}", None
