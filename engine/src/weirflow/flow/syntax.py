"""Says in plain words what a YAML or JSON parser complained about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from json import JSONDecodeError

    from yaml import MarkedYAMLError
    from yaml.reader import ReaderError

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?=[ \n]|\Z)", re.MULTILINE)
_NO_SPACE = re.compile(r"\s*(- +)*[\w.-]+:[^\s/]")
_DEPTH = 100
TOO_DEEP = f"the text nests deeper than {_DEPTH} levels"
"""What to say of a document whose depth is past `too_deep`."""


@dataclass(frozen=True)
class SyntaxFault:
    """Where the text stops making sense (character offset), why, and how to mend it."""

    offset: int
    message: str
    hint: str | None = None


@dataclass(frozen=True)
class Twice:
    """A key that stands twice in one mapping: the offsets of both."""

    key: str
    first: int
    second: int


class MalformedTextError(Exception):
    """The text cannot be read on; carries the fault."""

    def __init__(self, fault: SyntaxFault, *, code: str = "WF102") -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.code = code


def too_deep(depth: int) -> bool:
    """Whether a document that nests so deeply is refused."""
    return depth > _DEPTH


def conflict(text: str) -> SyntaxFault | None:
    """The first marker that a version control system left in the text."""
    found = _CONFLICT.search(text)
    if found is None:
        return None
    return SyntaxFault(
        found.start(),
        f"a merge conflict marker '{found[0]}' stands in the file",
        "settle the conflict and remove the markers",
    )


def _line_at(text: str, offset: int) -> tuple[str, int]:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : len(text) if end < 0 else end], offset - start


def _line_above(text: str, offset: int) -> str:
    above = text[: text.rfind("\n", 0, offset) + 1].splitlines()
    return next((a for a in reversed(above) if a.strip() and not a.lstrip().startswith("#")), "")


def _number(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _second_colon(text: str, offset: int) -> SyntaxFault:
    line, column = _line_at(text, offset)
    if re.search(r":\s", line[:column]):
        return SyntaxFault(
            offset, "a second ': ' stands on one line", "put the text that holds ': ' in quotes"
        )
    above = _line_above(text, offset)
    if _NO_SPACE.match(above):
        return SyntaxFault(offset, "the line above has no space after its ':'", "write 'key: value'")
    if ":" not in above:
        return SyntaxFault(offset, "the line above has no ':'", "write 'key: value'")
    return SyntaxFault(
        offset,
        "this line is indented deeper than the one above, which already has a value",
        "give keys of one mapping the same indentation",
    )


def _misplaced(text: str, offset: int, opened: int | None) -> SyntaxFault:
    line, column = _line_at(text, offset)
    if line[column : column + 1] in ("}", "]"):
        return SyntaxFault(offset, f"a '{line[column]}' that nothing opens", "remove it, or add its partner")
    if line[:column].strip():
        return SyntaxFault(
            offset, "text goes on after its closing quote or bracket", "put the whole value in quotes"
        )
    message = "the indentation of this line matches nothing above it"
    if opened is not None:
        start, at = _line_at(text, opened)
        what = "list" if start[at : at + 1] == "-" else "mapping"
        message += f"; the {what} around it began at line {_number(text, opened)}, column {at + 1}"
    return SyntaxFault(offset, message, "align it with its neighbours, using spaces")


def _cannot_start(text: str, offset: int) -> SyntaxFault:
    character = text[offset : offset + 1]
    if character == "\t":
        return SyntaxFault(offset, "a tab is used for indentation", "indent with spaces")
    return SyntaxFault(offset, f"a value cannot begin with '{character}'", "put the value in quotes")


def from_yaml(text: str, error: MarkedYAMLError) -> SyntaxFault:
    """The fault behind an error of PyYAML, with or without libyaml, which word some of them differently."""
    problem = str(error.problem or "")
    mark = error.problem_mark or error.context_mark
    offset = mark.index if mark is not None else 0
    opened = error.context_mark.index if error.context_mark is not None else None
    context = str(error.context or "")
    if "cannot start any token" in problem or "tab character" in problem:
        return _cannot_start(text, offset)
    if problem.startswith("mapping values are not allowed"):
        return _second_colon(text, offset)
    if "sequence entries are not allowed" in problem:
        return SyntaxFault(
            offset, "a list item begins on the line of its key", "put '- ' on the next line, or in quotes"
        )
    if "could not find expected ':'" in problem:
        return SyntaxFault(
            offset if opened is None else opened,
            "this line is neither 'key: value' nor a list item",
            "add the ':', or indent the line if it continues the text above",
        )
    if "unexpected end of stream" in problem and opened is not None:
        return SyntaxFault(opened, "a quote opens here and never closes", "add the closing quote")
    if "flow sequence" in context or "flow mapping" in context:
        what, close = ("list", "]") if "sequence" in context else ("mapping", "}")
        line = (
            f"the {what} opened at line {_number(text, opened or 0)} needs a ',' or its '{close}' before this"
        )
        return SyntaxFault(offset, line, f"add the ',' or the '{close}'")
    if "node content" in problem:
        return SyntaxFault(offset, "a value is missing before this", "add the value, or remove the ','")
    if "document start" in problem:
        return SyntaxFault(
            offset, "this line is indented less than the first one", "align the top-level keys"
        )
    if "escape character" in problem:
        return SyntaxFault(
            offset, "an unknown '\\' escape stands in double quotes", "use single quotes, or write '\\\\'"
        )
    if "undefined tag handle" in problem or "tag" in context:
        return SyntaxFault(offset, "a value begins with '!', which marks a YAML tag", "put it in quotes")
    if "block mapping" in context or "block collection" in context or "block sequence" in context:
        return _misplaced(text, offset, opened)
    if "nesting depth" in f"{problem} {context}":  # libyaml has a limit of its own, from PyYAML 6.0.4 on
        return SyntaxFault(offset, TOO_DEEP)
    return SyntaxFault(offset, f"the text is not valid YAML here ({problem or context})")


def from_reader(error: ReaderError) -> SyntaxFault:
    """The fault behind a character that YAML does not allow."""
    return SyntaxFault(
        error.position, "a control character stands in the text", "remove it, or write it as an escape"
    )


_JSON = (
    ("Expecting property name", "a key in double quotes is expected here", None),
    ("Expecting ':'", "a ':' is expected after the key", None),
    ("Expecting ','", "a ',' or a closing bracket is expected here", None),
    ("Unterminated string", "a quote opens here and never closes", "add the closing quote"),
    ("Invalid control", "a line break or a control character stands inside quotes", "write it as \\n"),
    ("Invalid \\", "an unknown '\\' escape", "write '\\\\' for a backslash"),
    ("Extra data", "text goes on after the closing '}'", "remove what follows it"),
    ("Illegal trailing comma", "a ',' stands before a closing bracket", "remove the ','"),
    ("Expecting value", "a value is expected here", None),
)


def from_json(text: str, error: JSONDecodeError) -> SyntaxFault:
    """The fault behind an error of the JSON decoder."""
    offset = error.pos
    rest = text[offset : offset + 2]
    before = text[:offset].rstrip()
    if rest[:1] in ("}", "]") and before.endswith(","):
        return SyntaxFault(len(before) - 1, "a ',' stands before a closing bracket", "remove the ','")
    if rest in ("//", "/*") or rest[:1] == "#":
        return SyntaxFault(offset, "a comment stands in JSON, which has none", "remove it")
    if rest[:1] == "'":
        return SyntaxFault(offset, "text in JSON stands in double quotes", "write \" for '")
    for start, message, hint in _JSON:
        if error.msg.startswith(start):
            yaml_hint = "a file that begins with '{' is read as JSON; begin with 'flow: 1' to write YAML"
            bare = start == "Expecting property name" and rest[:1].isalpha()
            return SyntaxFault(offset, message, hint or (yaml_hint if bare else None))
    return SyntaxFault(offset, "the text is not valid JSON here")
