"""Interpolation of string leaves, after parsing: `${name}`, `${env:NAME}`, `${env:NAME:-default}`.

`$${` stands for `${` itself. `${secret:NAME}` is checked and kept: what is loaded holds the reference, and
the process that needs the secret puts it in with `reveal`, just before use. In loaded text only a reference
that the flow's author wrote is one: what comes from the environment or the command line is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from weirflow.errors import Diagnostic, DocumentPath, FlowError, did_you_mean

VERBATIM = frozenset({"code", "sql", "query", "formula"})
"""Parameters of nodes that hold code: they are taken as they stand, and nothing is put into them."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPENING = re.compile(r"\$?\$\{")
_SECRET = re.compile(r"\$\$\{secret:|\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")

Report: TypeAlias = Callable[[str, str, str | None, DocumentPath, str], None]
"""Takes a code, a message, a hint, the leaf's path and the piece of text that is wrong."""


@dataclass(frozen=True)
class _Reference:
    kind: str  # "" for a parameter, "env" or "secret"
    name: str
    default: str | None
    text: str


class _MalformedError(Exception):
    def __init__(self, text: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.message = message
        self.hint = hint


def is_name(text: str) -> bool:
    """Whether `${text}` can name a parameter."""
    return _NAME.fullmatch(text) is not None


def escape_secrets(value: Any) -> Any:
    """Loaded text that means a foreign value literally: what looks like a secret in it is none."""
    match value:
        case str():
            return value.replace("${secret:", "$${secret:")
        case list() | tuple():
            return [escape_secrets(v) for v in value]
        case dict():
            return {k: escape_secrets(v) for k, v in value.items()}
        case _:
            return value


def _split(text: str) -> list[str | _Reference]:
    """Literal pieces, in loaded form, and references."""
    parts: list[str | _Reference] = []
    literal = ""
    at = 0
    while opening := _OPENING.search(text, at):
        literal += text[at : opening.start()]
        at = opening.end()
        if opening[0] == "$${":
            literal += "$${" if text.startswith("secret:", at) else "${"
            continue
        close = text.find("}", at)
        if close < 0:
            piece = re.match(r"\S*", text[opening.start() :])
            assert piece is not None
            raise _MalformedError(piece[0], "'${' is never closed with '}'", "write '$${' for '${' itself")
        parts += [literal, _reference(text[opening.start() : close + 1])]
        literal = ""
        at = close + 1
    return [p for p in [*parts, literal + text[at:]] if p != ""]


def _reference(text: str) -> _Reference:
    body = text[2:-1]
    if "${" in body:
        raise _MalformedError(text, f"'{text}' holds another '${{'", "one cannot stand inside another")
    if _NAME.fullmatch(body):
        return _Reference("", body, None, text)
    kind, colon, rest = body.partition(":")
    if not body.strip():
        raise _MalformedError(text, f"'{text}' names nothing", "write '$${' for '${' itself")
    if colon and kind in {"env", "secret"}:
        name, dash, default = rest.partition(":-")
        if not _VARIABLE.fullmatch(name):
            raise _MalformedError(
                text, f"'{text}' names no environment variable", "names have letters, digits and '_'"
            )
        if dash and kind == "secret":
            raise _MalformedError(text, f"'{text}' gives a secret a default", f"write '${{secret:{name}}}'")
        return _Reference(kind, name, default if dash else None, text)
    if colon and rest.startswith("-") and _NAME.fullmatch(kind):
        hint = f"give '{kind}' a default under the flow's 'parameters'"
        raise _MalformedError(text, f"'{text}' gives a parameter a default, which only env: takes", hint)
    hint = "write ${name}, ${env:NAME}, ${env:NAME:-default} or ${secret:NAME}; '$${' for '${' itself"
    raise _MalformedError(text, f"'{text}' is no interpolation", hint)


@dataclass(frozen=True)
class Interpolation:
    """What can be named, and where to say what is wrong.

    `unset` are parameters whose lack of a value is reported already. `later` are not declared above the place.
    """

    values: Mapping[str, Any]
    environ: Mapping[str, str]
    report: Report
    unset: Collection[str] = ()
    later: Collection[str] = ()

    def parameters(self, parameters: Mapping[str, Any], path: DocumentPath) -> dict[str, Any]:
        """A node's parameters with every leaf interpolated, but for those that hold code."""
        return {k: v if k in VERBATIM else self.value(v, (*path, k)) for k, v in parameters.items()}

    def value(self, value: Any, path: DocumentPath) -> Any:
        """Any value with its string leaves interpolated; a leaf that is wrong is reported and left."""
        if isinstance(value, str):
            return self._leaf(value, path) if "${" in value else value
        if isinstance(value, dict):
            return {k: self.value(v, (*path, k if isinstance(k, int) else str(k))) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(v, (*path, i)) for i, v in enumerate(value)]
        return value

    def _leaf(self, text: str, path: DocumentPath) -> Any:
        try:
            parts = _split(text)
        except _MalformedError as error:
            self.report("WF207", error.message, error.hint, path, error.text)
            return text
        if len(parts) == 1 and isinstance(parts[0], _Reference):
            found, value = self._resolve(parts[0], path)
            return value if found else text
        pieces = [p if isinstance(p, str) else self._text(p, path) for p in parts]
        known = [p for p in pieces if p is not None]
        if len(known) < len(pieces):
            return text
        joined = "".join(known)
        apart = [m[0] for piece in known for m in _SECRET.finditer(piece)]
        if [m[0] for m in _SECRET.finditer(joined)] != apart:
            message = "the values put in here make or break a reference to a secret"
            self.report("WF207", message, "put other text between them", path, text)
            return text
        return joined

    def _text(self, reference: _Reference, path: DocumentPath) -> str | None:
        found, value = self._resolve(reference, path)
        if not found:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value)
        what = "no value" if value is None else "a list" if isinstance(value, list) else "a mapping"
        message = f"parameter '{reference.name}' has {what}, which cannot stand inside text"
        hint = None if value is None else f"let '{reference.text}' be the whole value"
        self.report("WF206", message, hint, path, reference.text)
        return None

    def _resolve(self, reference: _Reference, path: DocumentPath) -> tuple[bool, Any]:
        name = reference.name
        if reference.kind == "secret":
            return True, reference.text
        if reference.kind == "env":
            if name in self.environ:
                return True, escape_secrets(self.environ[name])
            if reference.default is not None:
                return True, reference.default
            hint = did_you_mean(name, self.environ) or f"set it, or write ${{env:{name}:-default}}"
            self.report("WF206", f"environment variable '{name}' is not set", hint, path, reference.text)
            return False, None
        if name in self.values:
            return True, self.values[name]
        if name in self.unset:
            return False, None
        if name in self.later:
            message = f"parameter '{name}' is not declared above this one"
            hint = "a default may name what is declared above it"
        else:
            message = f"the flow declares no parameter '{name}'"
            hint = did_you_mean(name, {*self.values, *self.unset, *self.later}) or (
                "declare it under 'parameters', or write '$${' for '${' itself"
            )
        self.report("WF206", message, hint, path, reference.text)
        return False, None


def reveal(value: Any, environ: Mapping[str, str]) -> Any:
    """A node's loaded parameters (or one value of them) with the secrets put in, read from the environment.

    Call it just before use, always: it also turns escaped text into what it means. Parameters that hold code
    stay as they are. Raises FlowError where a secret is not set.
    """
    if isinstance(value, Mapping):
        return {k: v if k in VERBATIM else _reveal(v, environ) for k, v in value.items()}
    return _reveal(value, environ)


def secret_names(value: Any) -> set[str]:
    """The secrets that loaded parameters (or one value of them) refer to."""
    match value:
        case str():
            return {name for name in _SECRET.findall(value) if name}
        case list() | tuple():
            return set().union(*map(secret_names, value))
        case dict():
            return set().union(*map(secret_names, value.values()))
        case _:
            return set()


def _reveal(value: Any, environ: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _SECRET.sub(lambda m: _secret(m[1], environ) if m[1] else "${secret:", value)
        case dict():
            return {k: _reveal(v, environ) for k, v in value.items()}
        case list() | tuple():
            return [_reveal(v, environ) for v in value]
        case _:
            return value


def _secret(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        hint = f"set the environment variable {name}"
        raise FlowError(Diagnostic("WF206", f"secret '{name}' is not set", hint=hint))
    return environ[name]
