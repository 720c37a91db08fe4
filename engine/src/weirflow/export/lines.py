"""Expressions on several lines, where one is too short: broken as `ruff format` breaks them.

An operation breaks at its weakest operators, a chain of calls at its dots, anything else at its brackets. At the
end of a statement the first two stand in parentheses.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from weirflow.export.syntax import (
    WIDTH,
    Group,
    Item,
    Piece,
    columns,
    flat,
    operands,
    pieces,
    string,
)

STEP = 4
"""Columns of an indentation."""


def expression(node: ast.expr, indent: int, prefix: str = "", suffix: str = "") -> list[str]:
    """Lay out an expression that is the end of a statement, in parentheses where it needs them to break."""
    line = prefix + flat(node) + suffix
    if fits(indent, line):
        return [" " * indent + line]
    breaks = _breaks(node)
    bare = by_groups(pieces(node), indent, prefix, suffix)
    whole = [Group("(", (Item("", node),), ")", "parenthesis")]
    if not breaks or _may_stand_bare(node):
        if len(bare) > 1 and (not breaks or all(columns(text) <= WIDTH for text in bare)):
            return bare
        if not breaks and not fits(indent + STEP, flat(node)):
            return bare  # parentheses would not help
    return by_groups(whole, indent, prefix, suffix, broken=True)


def fits(indent: int, line: str) -> bool:
    """Whether a line with that indentation is short enough."""
    return "\n" not in line and indent + columns(line) <= WIDTH


def _may_stand_bare(node: ast.expr) -> bool:
    """Whether an operation may break inside the brackets of an operand instead of at its operator."""
    if isinstance(node, (ast.IfExp, ast.Constant)):
        return False
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return _breakable(pieces(node)[-1])
    found = operands(node)
    if found is None or len(found) != 2:  # noqa: PLR2004 - one operator
        return False
    if any(isinstance(v, ast.BoolOp) and pieces(v) == pieces(v, least) for _, v, least in found):
        return False  # `a and b or c` has two operators
    first, last = pieces(found[0][1], found[0][2]), pieces(found[1][1], found[1][2])
    return _breakable(last[-1]) or _breakable(first[0])


def _breakable(piece: Piece) -> bool:
    return isinstance(piece, Group) and piece.kind != "index" and bool(piece.items)


def _segments(node: ast.expr) -> list[list[Piece]] | None:
    """A chain of calls, cut before each attribute of a call or index; None where it is too short to be cut."""
    if not isinstance(node, ast.Attribute | ast.Call | ast.Subscript | ast.UnaryOp):
        return None
    cut: list[list[Piece]] = [[]]
    found = pieces(node)
    for i, piece in enumerate(found):
        before = found[i - 1] if i else None
        follows = isinstance(before, Group) and (
            before.kind == "parenthesis" or (i > 1 and before.kind in {"call", "index", "comprehension"})
        )
        if isinstance(piece, str) and piece.startswith(".") and follows:
            cut.append([])
        cut[-1].append(piece)
    return cut if len(cut) > 2 else None  # noqa: PLR2004 - two cuts make a chain


def _breaks(node: ast.expr) -> bool:
    """Whether an expression breaks at operators or dots, inside parentheses, and not at its brackets alone."""
    return operands(node) is not None or _segments(node) is not None


def _at_operators(node: ast.expr, indent: int, prefix: str = "") -> list[str]:
    """An expression broken at its weakest operators, or at the dots of its calls."""
    found = operands(node)
    if found is None:
        segments = _segments(node) or [pieces(node)]
        first, *rest = segments
        lines = by_groups(first, indent, prefix, "")
        return lines + [line for s in rest for line in by_groups(s, indent, "", "")]
    lines = []
    for i, (word, operand, least) in enumerate(found):
        lead = (prefix if i == 0 else "") + word
        bare = pieces(operand) == pieces(operand, least)
        whole = fits(indent, lead + flat(operand, least)) and not isinstance(operand, ast.BoolOp)
        if whole or not bare or operands(operand) is None:
            lines += by_groups(pieces(operand, least), indent, lead, "")
        else:
            lines += _at_operators(operand, indent, lead)
    return lines


def _chunks(text: str, room: int) -> list[str]:
    """A long text cut after spaces where it can be, so that each piece fits."""
    found, rest = [], text
    while columns(string(rest)) > room:
        size = max(1, min(len(rest) - 1, room - 2))
        while size > 1 and columns(string(rest[:size])) > room:
            size -= 1
        at = rest.rfind(" ", 0, size) + 1
        at = at if at > size // 2 else size
        found.append(rest[:at])
        rest = rest[at:]
    return [*found, rest]


def inside(item: Item, indent: int, suffix: str, *, lone: bool) -> list[str]:
    """An item on lines of its own inside brackets. A `lone` one, without a prefix, breaks without parentheses."""
    prefix, node = item.prefix, item.node
    line = prefix + flat(node) + suffix
    if fits(indent, line):
        return [" " * indent + line]
    bare = lone and not prefix
    deeper = indent if bare else indent + STEP
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        lines = [" " * deeper + string(c) for c in _chunks(node.value, WIDTH - deeper - len(suffix))]
    elif _breaks(node) and not bare and fits(deeper, flat(node)):
        lines = [" " * deeper + flat(node)]
    elif _breaks(node):
        lines = _at_operators(node, deeper)
    else:
        return by_groups(pieces(node), indent, prefix, suffix)
    if bare:
        return [*lines[:-1], lines[-1] + suffix]
    return [" " * indent + prefix + "(", *lines, " " * indent + ")" + suffix]


def by_groups(
    found: Sequence[Piece], indent: int, prefix: str, suffix: str, *, broken: bool = False
) -> list[str]:
    """Pieces from left to right: brackets stay on the line while that reaches to the next ones, else they break."""
    lines: list[str] = []
    line = prefix
    for i, piece in enumerate(found):
        if isinstance(piece, str):
            line += piece
        elif not broken and (
            not piece.items or fits(indent, line + piece.flat() + _next(found[i + 1 :], suffix))
        ):
            line += piece.flat()
        else:
            lines += [" " * indent + line + piece.open, *_content(piece, indent + STEP)]
            line = piece.close
    return [*lines, " " * indent + line + suffix]


def _next(found: Sequence[Piece], suffix: str) -> str:
    """The text up to where a line can break next."""
    text = ""
    for piece in found:
        if isinstance(piece, Group) and piece.items:
            return text + piece.open
        text += piece if isinstance(piece, str) else piece.flat()
    return text + suffix


def _content(group: Group, indent: int) -> list[str]:
    """What is inside brackets that break."""
    on_one_line = group.kind in {"call", "index", "comprehension"} and len(group.items) > 1
    if on_one_line and not group.lone_tuple and fits(indent, group.inner()):
        return [" " * indent + group.inner()]
    lines: list[str] = []
    single = len(group.items) == 1 and group.kind != "collection" and not group.lone_tuple
    comma = "" if single or group.kind == "comprehension" else ","
    for item in group.items:
        lines += inside(item, indent, comma, lone=single or not _is_text(item.node))
    return lines


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
