"""SPARQL that a user wrote: what it may not do, and parameters put in as terms, token by token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n\r]*)
      |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      |(?P<string>'''(?:'{0,2}(?:[^'\\]|\\.))*'''|\"\"\"(?:"{0,2}(?:[^"\\]|\\.))*\"\"\"
        |'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
      |(?P<variable>[?$]\w+)
      |(?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
      |(?P<prefixed>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\.)(?:(?:[\w.\-:]|%[0-9A-Fa-f]{2}|\\.)*(?:[\w\-:]|%[0-9A-Fa-f]{2}|\\.))?)?
        |_:\w[\w.\-]*)
      |(?P<word>[^\W\d_]\w*)
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_BARRED = {
    "SERVICE": "SERVICE asks another server",
    **dict.fromkeys(
        ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"), "{} changes a graph"
    ),
}
_KINDS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_ENDS_PROJECTION = {"WHERE", "FROM"}

Token = tuple[str, str, int]
"""Its kind, its text, and where it begins."""


def tokens(query: str) -> Iterator[Token]:
    """The tokens of a query, blanks and comments left out."""
    for found in _TOKEN.finditer(query):
        kind = found.lastgroup or "other"
        if kind != "space":
            yield kind, found[0], found.start()


def kind_of(query: str) -> str:
    """Whether it is SELECT, ASK, CONSTRUCT or DESCRIBE. Raises NodeError (WF402) for what does more than read.

    There are two other locks: the store is opened for reading, and the process that asks has no network where the
    system lets it give that up.
    """
    kind = ""
    for form, text, start in tokens(query):
        word = text.upper()
        if form == "other" and text == "\\":
            raise NodeError(
                f"{place(query, start)}: an escape is read in strings and IRIs alone", code="WF402"
            )
        if form != "word":
            continue
        if word in _BARRED:
            why = _BARRED[word].format(word)
            raise NodeError(
                f"{place(query, start)}: {why}, and a query reads this graph alone",
                hint="load what it needs with graph.load or graph.read",
                code="WF402",
            )
        if not kind and word in _KINDS:
            kind = word
    if not kind:
        raise NodeError(
            "there is no query in it", hint="it begins with SELECT, ASK, CONSTRUCT or DESCRIBE", code="WF402"
        )
    return kind


def place(query: str, start: int) -> str:
    """Line and column, from 1."""
    return f"line {query.count(chr(10), 0, start) + 1}, column {start - query.rfind(chr(10), 0, start)}"


def bound(query: str, terms: Mapping[str, str]) -> str:
    """The query with a term, as N-Triples writes it, for each variable of its name.

    It is as if the variable had that value from the start, as SPARQL's implementations do with initial bindings: in
    subqueries and filters too. In a projection it is still a column. Raises NodeError for a name that the query lacks,
    or assigns itself.
    """
    made: list[str] = []
    used: set[str] = set()
    end, depth, projection, before = 0, 0, False, ""
    in_values = False
    for form, text, start in tokens(query):
        word = text.upper() if form == "word" else text
        if word == "SELECT":
            projection, depth = True, 0
        elif word in _ENDS_PROJECTION or (text == "{" and form == "other"):
            projection = False
        elif form == "other" and text in "()":
            depth += 1 if text == "(" else -1
        in_values = (word == "VALUES") or (in_values and text != "{")
        name = text[1:] if form == "variable" else ""
        if name in terms:
            if before == "AS" or in_values:
                raise NodeError(
                    f"{place(query, start)}: '{name}' is a parameter, and the query gives it a value itself",
                    code="WF402",
                )
            used.add(name)
            made.append(query[end:start])
            alone = before in {"BY", "ASC", "DESC"}
            term = terms[name]
            shown = (
                f"({term} AS ?{name})" if projection and depth == 0 else f"({term})" if alone else f" {term} "
            )
            made.append(shown)
            end = start + len(text)
        before = word
    made.append(query[end:])
    if missing := sorted(set(terms) - used):
        raise NodeError(
            f"the query has no variable '?{missing[0]}' for the parameter '{missing[0]}'", code="WF402"
        )
    return "".join(made)


def term_of(name: str, value: Any) -> str:
    """A parameter's value as N-Triples writes it.

    Text, a number or a truth value is a literal; `{iri: ...}` an IRI; `{value: ..., type: xsd:date}` or `{value: ...,
    language: en}` a literal of a type or a language. Raises NodeError.
    """
    from pyoxigraph import Literal, NamedNode

    try:
        if not isinstance(value, dict):
            return str(Literal(value))
        if set(value) == {"iri"}:
            return str(NamedNode(value["iri"]))
        if set(value) == {"value", "language"}:
            return str(Literal(str(value["value"]), language=value["language"]))
        if set(value) == {"value", "type"}:
            kind = str(value["type"])
            if kind.startswith("xsd:"):
                kind = "http://www.w3.org/2001/XMLSchema#" + kind.removeprefix("xsd:")
            return str(Literal(str(value["value"]), datatype=NamedNode(kind)))
    except (TypeError, ValueError):
        pass
    raise NodeError(
        f"the parameter '{name}' is no term",
        hint="text, a number, {iri: ...}, {value: ..., type: xsd:date} or {value: ..., language: en}",
        code="WF402",
    )
