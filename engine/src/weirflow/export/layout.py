"""Python code laid out as `ruff format` leaves it, so that an export needs no formatter where it is made.

Statements are parsed and printed anew: where lines break and which quotes are used follows from the code, not
from how its author wrote it. Comments keep their places. A statement with syntax that is not known here, or
with comments inside it, stays as it stands.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from weirflow.export.lines import STEP, by_groups, expression, fits, inside
from weirflow.export.syntax import (
    WIDTH,
    Group,
    Item,
    Slices,
    UnsupportedError,
    columns,
    flat,
    parameters,
    pieces,
    target,
)

_QUOTES = 3  # columns of a docstring's quotes


def tidy(text: str, indent: int = 0) -> list[str]:
    """Lay out statements, each with its comments. Raises SyntaxError on what is no Python."""
    return _Statements(text).lines(indent)


@dataclass(frozen=True)
class _Comment:
    text: str
    alone: bool
    column: int


def _comment(text: str, indent: int) -> list[str]:
    """A comment on lines of its own."""
    if fits(indent, text) or not text.startswith("# "):
        return [" " * indent + text]
    return [f"{' ' * indent}# {line}" for line in filled(text[2:], WIDTH - indent - 2)]


class _Statements:
    """The statements of a text, with their comments by line."""

    def __init__(self, text: str) -> None:
        self.source = text.splitlines()
        self.tree = ast.parse(text)
        self.comments: dict[int, _Comment] = {}
        self.strings: set[int] = set()  # lines that begin inside a string
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                alone = not token.line[: token.start[1]].strip()
                words = re.sub(r"^#(?=[^\s#!:])", "# ", token.string.rstrip())
                self.comments[token.start[0]] = _Comment(words, alone, token.start[1])
            elif token.end[0] > token.start[0] and token.type not in {tokenize.NEWLINE, tokenize.NL}:
                self.strings |= set(range(token.start[0] + 1, token.end[0] + 1))
        self.printed = Slices().visit(ast.parse(text))

    def lines(self, indent: int) -> list[str]:
        """All of it."""
        lines = self._block(self.tree.body, self.printed.body, indent)
        return lines or self._above(len(self.source) + 1, indent)

    def _above(self, line: int, indent: int) -> list[str]:
        """The comments that stand alone before a line and were not yet printed."""
        due = sorted(n for n, c in self.comments.items() if n < line and c.alone)
        return [line for n in due for line in _comment(self.comments.pop(n).text, indent)]

    def _block(self, plain: Sequence[ast.stmt], printed: Sequence[ast.stmt], indent: int) -> list[str]:
        lines: list[str] = []
        for i, (raw, statement) in enumerate(zip(plain, printed, strict=True)):
            first = min([raw.lineno, *(d.lineno for d in getattr(raw, "decorator_list", []))])
            above = [n for n, c in self.comments.items() if n < first and c.alone]
            top = min([first, *above])
            nested = any(isinstance(s, ast.FunctionDef) for s in plain[max(0, i - 1) : i + 1])
            if i and (nested or not self.source[top - 2].strip()):
                lines.append("")
            lines += self._above(first, indent)
            if above and not self.source[first - 2].strip():
                lines.append("")
            lines += self._statement(raw, statement, indent)
        return lines + self._below(plain[-1], indent) if plain else lines

    def _below(self, last: ast.stmt, indent: int) -> list[str]:
        """The comments that end a block: after its last statement, and not to the left of it."""
        lines: list[str] = []
        for number in range((last.end_lineno or last.lineno) + 1, len(self.source) + 1):
            comment = self.comments.get(number)
            if comment is None or not comment.alone or comment.column < last.col_offset:
                if self.source[number - 1].strip():
                    break
            else:
                lines += _comment(self.comments.pop(number).text, indent)
        return lines

    def _statement(self, raw: ast.stmt, statement: ast.stmt, indent: int) -> list[str]:
        last = raw.end_lineno or raw.lineno
        if isinstance(raw, (ast.If, ast.For, ast.While, ast.With, ast.FunctionDef, ast.Try)):
            try:
                return self._compound(raw, statement, indent)
            except UnsupportedError:
                return self._verbatim(raw, indent)
        inner = [n for n in self.comments if raw.lineno <= n < last]
        trailing = self.comments.get(last)
        try:
            lines = [] if inner else _simple(statement, indent)
        except UnsupportedError:
            lines = []
        if not lines:
            return self._verbatim(raw, indent)
        if trailing is not None:
            del self.comments[last]
            together = f"{lines[-1]}  {trailing.text}"
            if len(lines) == 1 and columns(together) <= WIDTH:
                return [together]
            return [*_comment(trailing.text, indent), *lines]
        return lines

    def _verbatim(self, raw: ast.stmt, indent: int) -> list[str]:
        first, last = raw.lineno, raw.end_lineno or raw.lineno
        for number in [n for n in self.comments if first <= n <= last]:
            del self.comments[number]
        shift = indent - raw.col_offset
        lines = []
        for number in range(first, last + 1):
            text = self.source[number - 1]
            if number not in self.strings and text.strip():
                text = " " * shift + text if shift >= 0 else text[-shift:]
            lines.append(text)
        return lines

    def _compound(self, raw: ast.stmt, statement: ast.stmt, indent: int) -> list[str]:
        match raw, statement:
            case ast.If(), ast.If():
                return self._if(raw, statement, indent, "if ")
            case ast.For(body=plain, orelse=[]), ast.For(at, iterable, body, []):
                head = f"for {target(at)} in "
                return self._suite(expression(iterable, indent, head, ":"), plain, body, indent)
            case ast.While(body=plain, orelse=[]), ast.While(test, body, []):
                return self._suite(expression(test, indent, "while ", ":"), plain, body, indent)
            case ast.With(body=plain), ast.With([item], body):
                name = f" as {target(item.optional_vars)}:" if item.optional_vars else ":"
                context = expression(item.context_expr, indent, "with ", name)
                return self._suite(context, plain, body, indent)
            case ast.FunctionDef(body=plain), ast.FunctionDef(decorator_list=[], body=body):
                assert isinstance(statement, ast.FunctionDef)
                return self._suite(_signature(statement, indent), plain, body, indent)
            case _:
                raise UnsupportedError

    def _if(self, raw: ast.If, statement: ast.If, indent: int, word: str) -> list[str]:
        lines = self._suite(expression(statement.test, indent, word, ":"), raw.body, statement.body, indent)
        match raw.orelse, statement.orelse:
            case [], _:
                return lines
            case [ast.If() as again], [ast.If() as printed] if self._is_elif(again):
                return lines + self._if(again, printed, indent, "elif ")
            case _:
                return lines + self._suite([" " * indent + "else:"], raw.orelse, statement.orelse, indent)

    def _is_elif(self, again: ast.If) -> bool:
        return self.source[again.lineno - 1].lstrip().startswith("elif")

    def _suite(
        self, head: list[str], plain: Sequence[ast.stmt], body: Sequence[ast.stmt], indent: int
    ) -> list[str]:
        return [*head, *self._block(plain, body, indent + STEP)]


def _signature(function: ast.FunctionDef, indent: int) -> list[str]:
    given = parameters(function.args)
    returns = f" -> {flat(function.returns)}:" if function.returns else ":"
    line = f"def {function.name}({', '.join(given)}){returns}"
    if fits(indent, line):
        return [" " * indent + line]
    inside = [" " * (indent + STEP) + f"{p}," for p in given]
    return [" " * indent + f"def {function.name}(", *inside, " " * indent + ")" + returns]


def _simple(statement: ast.stmt, indent: int) -> list[str]:
    """A statement without statements inside it."""
    match statement:
        case ast.Assign(targets, value):
            head = "".join(f"{target(t)} = " for t in targets)
            return _assigned(targets, head, value, indent)
        case ast.AugAssign(at, op, value):
            sign = flat(ast.BinOp(ast.Name("a"), op, ast.Name("b"))).strip("ab ")
            return expression(value, indent, f"{target(at)} {sign}= ")
        case ast.AnnAssign(at, annotation, value) if value is not None:
            return expression(value, indent, f"{target(at)}: {flat(annotation)} = ")
        case ast.Return(None):
            return [" " * indent + "return"]
        case ast.Return(value) if value is not None:
            if (
                isinstance(value, ast.Tuple)
                and len(value.elts) > 1
                and fits(indent, "return " + target(value))
            ):
                return [" " * indent + "return " + target(value)]
            return expression(value, indent, "return ")
        case ast.Expr(ast.Constant(str(text))):
            return docstring(text, indent)
        case ast.Expr(value):
            return expression(value, indent)
        case ast.Raise(error, None) if error is not None:
            return expression(error, indent, "raise ")
        case ast.Assert(test, message):
            told = f", {flat(message)}" if message else ""
            if (
                message is None
                or not fits(indent, f"assert {flat(test)}, (")
                or fits(indent, f"assert {flat(test)}{told}")
            ):
                return expression(test, indent, "assert ", told)
            told_inside = Group("(", (Item("", message),), ")", "parenthesis")
            return by_groups([told_inside], indent, f"assert {flat(test)}, ", "", broken=True)
        case ast.Delete(targets):
            return [" " * indent + "del " + ", ".join(target(t) for t in targets)]
        case ast.Pass() | ast.Break() | ast.Continue() | ast.Import() | ast.ImportFrom():
            return [" " * indent + ast.unparse(statement)]
        case _:
            raise UnsupportedError


def _assigned(targets: Sequence[ast.expr], head: str, value: ast.expr, indent: int) -> list[str]:
    if isinstance(value, ast.Tuple) and value.elts and fits(indent, head + target(value)):
        return [" " * indent + head + target(value)]
    if (
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and not fits(indent, head + flat(value))
    ):
        return inside(Item(head, value), indent, "", lone=False)
    lines = expression(value, indent, head)
    if len(targets) == 1 and columns(lines[0]) > WIDTH:
        before = by_groups(pieces(targets[0]), indent, "", " = ", broken=True)
        after = expression(value, indent, before[-1].strip() + " ")
        return [*before[:-1], *after]
    return lines


def docstring(text: str, indent: int) -> list[str]:
    """A docstring, its paragraphs filled. The first one leaves room for quotes on both sides of a line."""
    words = text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    parted = re.split(r"\n\s*\n", words)
    paragraphs = [filled(p, WIDTH - indent - (0 if i else 2 * _QUOTES)) for i, p in enumerate(parted)]
    lines = [" " * indent + line if line else "" for p in paragraphs for line in [*p, ""]][:-1]
    lines[0] = " " * indent + '"""' + lines[0].strip()
    if len(lines) == 1:
        return [lines[0] + (' """' if lines[0].endswith('"') else '"""')]
    return [*lines, " " * indent + '"""']


def filled(text: str, width: int) -> list[str]:
    """A paragraph as lines of at most `width` characters; words are never cut."""
    return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)
