"""Expressions as pieces of text and bracketed groups, which the layout may break: the grammar of the code."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

WIDTH = 88
"""Columns of a line, as `ruff format` has them unless told otherwise."""


class UnsupportedError(Exception):
    """Syntax that is left as it stands."""


@dataclass(frozen=True)
class Item:
    """An expression inside brackets, with what stands before it: `name=`, `"key": `, `for x in `."""

    prefix: str
    node: ast.expr


@dataclass(frozen=True)
class Group:
    """Brackets and what is in them.

    kind: `call` and `index` may put all items on one line of their own, a `collection` never does, the
    clauses of a `comprehension` have no commas, and a `parenthesis` holds one expression.
    """

    open: str
    items: tuple[Item, ...]
    close: str
    kind: Literal["call", "index", "collection", "comprehension", "parenthesis"]
    lone_tuple: bool = False

    def inner(self) -> str:
        """The items on one line."""
        between = " " if self.kind == "comprehension" else ", "
        text = between.join(i.prefix + flat(i.node) for i in self.items)
        return text + ("," if self.lone_tuple else "")

    def flat(self) -> str:
        """The whole on one line."""
        return f"{self.open}{self.inner()}{self.close}"


Piece: TypeAlias = str | Group

_TEST, _OR, _AND, _NOT, _COMPARE, _UNARY, _POWER, ATOM = 1, 2, 3, 4, 5, 12, 13, 15

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.BitOr: ("|", 6),
    ast.BitXor: ("^", 7),
    ast.BitAnd: ("&", 8),
    ast.LShift: ("<<", 9),
    ast.RShift: (">>", 9),
    ast.Add: ("+", 10),
    ast.Sub: ("-", 10),
    ast.Mult: ("*", 11),
    ast.MatMult: ("@", 11),
    ast.Div: ("/", 11),
    ast.FloorDiv: ("//", 11),
    ast.Mod: ("%", 11),
    ast.Pow: ("**", _POWER),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_UNARIES: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}


def columns(text: str) -> int:
    """How many columns a line takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def string(value: str) -> str:
    """A string as `ruff format` leaves it: double quotes unless single ones need fewer escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    plain = value.isprintable()
    if plain and "\\" in value and quote not in value and not value.endswith("\\"):
        return f"r{quote}{value}{quote}"  # as a person writes a regular expression
    body = "".join(c if c.isprintable() and c != "\\" else _escape(c) for c in value)
    return quote + body.replace(quote, "\\" + quote) + quote


def _escape(character: str) -> str:
    return repr(character)[1:-1]


def flat(node: ast.expr, least: int = 0) -> str:
    """An expression on one line."""
    return "".join(p if isinstance(p, str) else p.flat() for p in pieces(node, least))


def operands(node: ast.expr) -> list[tuple[str, ast.expr, int]] | None:
    """An operation at its weakest operators: (operator before it, operand, least precedence of it)."""
    match node:
        case ast.BoolOp(op, values):
            word, least = ("and ", _NOT) if isinstance(op, ast.And) else ("or ", _AND)
            return [("" if i == 0 else word, v, least) for i, v in enumerate(values)]
        case ast.Compare(left, ops, rights):
            rest = [(_COMPARISONS[type(o)] + " ", r, 6) for o, r in zip(ops, rights, strict=True)]
            return [("", left, 6), *rest]
        case ast.IfExp(test, body, orelse):
            return [("", body, _OR), ("if ", test, _OR), ("else ", orelse, _TEST)]
        case ast.BinOp(left, op, right) if not isinstance(op, ast.Pow):
            word, level = _BINARY[type(op)]
            same = isinstance(left, ast.BinOp) and _BINARY[type(left.op)][1] == level
            before = operands(left) if same else None
            return [*(before or [("", left, level)]), (word + " ", right, level + 1)]
        case ast.UnaryOp(ast.Not(), operand):
            inner = operands(operand)
            if inner is None or isinstance(operand, (ast.BoolOp, ast.IfExp)):
                return None
            return [("not " + inner[0][0], *inner[0][1:]), *inner[1:]]
        case _:
            return None


def pieces(node: ast.expr, least: int = 0) -> list[Piece]:
    """An expression as pieces, in parentheses where it binds less tightly than `least`."""
    level, found = _pieces(node)
    if level < least:
        return [Group("(", (Item("", node),), ")", "parenthesis")]
    return found


def _pieces(node: ast.expr) -> tuple[int, list[Piece]]:
    match node:
        case ast.Name(name):
            return ATOM, [name]
        case ast.Constant():
            return ATOM, [_constant(node)]
        case ast.Attribute(value, name):
            number = isinstance(value, ast.Constant) and type(value.value) in {int, float}
            return ATOM, [*(_bracketed(value) if number else pieces(value, ATOM)), f".{name}"]
        case ast.Call(func, args, keywords):
            return ATOM, [*pieces(func, ATOM), _call(args, keywords)]
        case ast.Subscript(value, index):
            return ATOM, [*pieces(value, ATOM), _index(index)]
        case ast.List(items):
            return ATOM, [Group("[", _items(items), "]", "collection")]
        case ast.Set(items):
            return ATOM, [Group("{", _items(items), "}", "collection")]
        case ast.Tuple(items):
            return ATOM, [Group("(", _items(items), ")", "collection", lone_tuple=len(items) == 1)]
        case ast.Dict(keys, values):
            pairs = tuple(
                Item("**" if k is None else f"{flat(k)}: ", v) for k, v in zip(keys, values, strict=True)
            )
            return ATOM, [Group("{", pairs, "}", "collection")]
        case ast.ListComp(element, clauses):
            return ATOM, [_comprehension("[", [Item("", element)], clauses, "]")]
        case ast.SetComp(element, clauses):
            return ATOM, [_comprehension("{", [Item("", element)], clauses, "}")]
        case ast.GeneratorExp(element, clauses):
            return ATOM, [_comprehension("(", [Item("", element)], clauses, ")")]
        case ast.DictComp(key, value, clauses):
            return ATOM, [_comprehension("{", [Item(f"{flat(key)}: ", value)], clauses, "}")]
        case _:
            return _operation(node)


def _operation(node: ast.expr) -> tuple[int, list[Piece]]:
    match node:
        case ast.BinOp(left, ast.Pow(), right):
            hugs = _simple(left) and _simple(right) and not isinstance(left, ast.UnaryOp)
            word = "**" if hugs else " ** "
            return _POWER, [*pieces(left, _POWER + 1), word, *pieces(right, _UNARY)]
        case ast.UnaryOp(ast.Not(), operand):
            return _NOT, ["not ", *pieces(operand, _NOT)]
        case ast.UnaryOp(op, operand):
            return _UNARY, [_UNARIES[type(op)], *pieces(operand, _UNARY)]
        case ast.Lambda(arguments, body):
            head = ", ".join(parameters(arguments))
            return _TEST, [f"lambda {head}: " if head else "lambda: ", *pieces(body, _TEST)]
        case ast.Starred(value):
            return ATOM, ["*", *pieces(value, 6)]
        case ast.NamedExpr(name, value):
            return 0, [f"{flat(name)} := ", *pieces(value, _TEST)]
        case ast.JoinedStr():
            return ATOM, [_formatted(node)]
        case _:
            parts = operands(node)
            if parts is None:
                raise UnsupportedError
            found: list[Piece] = []
            for word, operand, least in parts:
                found += [f" {word}" if found else word, *pieces(operand, least)]
            return _level(node), found


def _level(node: ast.expr) -> int:
    match node:
        case ast.BinOp(_, op, _):
            return _BINARY[type(op)][1]
        case ast.BoolOp(op, _):
            return _AND if isinstance(op, ast.And) else _OR
        case ast.Compare():
            return _COMPARE
        case _:
            return _TEST


def _bracketed(node: ast.expr) -> list[Piece]:
    return [Group("(", (Item("", node),), ")", "parenthesis")]


def _items(nodes: Sequence[ast.expr]) -> tuple[Item, ...]:
    return tuple(Item("*", n.value) if isinstance(n, ast.Starred) else Item("", n) for n in nodes)


def _call(args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> Group:
    if len(args) == 1 and not keywords and isinstance(args[0], ast.GeneratorExp):
        return _comprehension("(", [Item("", args[0].elt)], args[0].generators, ")")
    named = tuple(Item(f"{k.arg}=" if k.arg else "**", k.value) for k in keywords)
    return Group("(", (*_items(args), *named), ")", "call")


def _index(index: ast.expr) -> Group:
    if (
        isinstance(index, ast.Tuple)
        and index.elts
        and not any(isinstance(e, ast.Starred) for e in index.elts)
    ):
        return Group("[", _items(index.elts), "]", "index", lone_tuple=len(index.elts) == 1)
    return Group("[", (Item("", index),), "]", "index")


def _comprehension(start: str, element: list[Item], clauses: Sequence[ast.comprehension], end: str) -> Group:
    items = list(element)
    for clause in clauses:
        if clause.is_async:
            raise UnsupportedError
        items.append(Item(f"for {target(clause.target)} in ", clause.iter))
        items += [Item("if ", condition) for condition in clause.ifs]
    return Group(start, tuple(items), end, "comprehension")


def target(node: ast.expr) -> str:
    """What a loop or an assignment gives a value to; a tuple without its parentheses."""
    text = flat(node)
    return text[1:-1] if isinstance(node, ast.Tuple) and len(node.elts) > 1 else text


def parameters(arguments: ast.arguments) -> list[str]:
    """The parameters of a function, each with its annotation and default."""
    if arguments.posonlyargs:
        raise UnsupportedError
    found = []
    without = len(arguments.args) - len(arguments.defaults)
    for i, argument in enumerate(arguments.args):
        found.append(_parameter(argument, arguments.defaults[i - without] if i >= without else None))
    if arguments.vararg:
        found.append("*" + _parameter(arguments.vararg, None))
    elif arguments.kwonlyargs:
        found.append("*")
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_parameter(a, default) for a, default in pairs]
    if arguments.kwarg:
        found.append("**" + _parameter(arguments.kwarg, None))
    return found


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    if argument.annotation is not None:
        text = f"{argument.arg}: {flat(argument.annotation)}"
        return text if default is None else f"{text} = {flat(default)}"
    return argument.arg if default is None else f"{argument.arg}={flat(default)}"


def _simple(node: ast.expr) -> bool:
    """Whether a power hugs the operand."""
    match node:
        case ast.Name():
            return True
        case ast.Constant(value):
            return isinstance(value, (int, float, complex))
        case ast.Attribute(value, _):
            return _simple(value) and not isinstance(value, ast.Constant)
        case ast.UnaryOp(op, operand):
            return not isinstance(op, ast.Not) and _simple(operand)
        case _:
            return False


def _constant(node: ast.Constant) -> str:
    value = node.value
    if isinstance(value, str):
        return string(value)
    if isinstance(value, bytes):
        text = repr(value)[2:-1].replace("\\'", "'")
        return f"b'{text}'" if '"' in text and "'" not in text else 'b"' + text.replace('"', '\\"') + '"'
    if value is Ellipsis:
        return "..."
    return repr(value).replace("inf", "1e309").replace("e+", "e")


def _formatted(node: ast.JoinedStr) -> str:
    """An f-string; the quotes inside its braces are the other ones."""
    words = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
    quote, other = ("'", '"') if words.count('"') > words.count("'") else ('"', "'")
    return "f" + quote + "".join(_part(v, quote, other) for v in node.values) + quote


def _part(node: ast.expr, quote: str, other: str) -> str:
    match node:
        case ast.Constant(str(text)):
            body = "".join(c if c.isprintable() and c != "\\" else _escape(c) for c in text)
            return body.replace("{", "{{").replace("}", "}}").replace(quote, "\\" + quote)
        case ast.FormattedValue(value, conversion, spec):
            inner = flat(value)
            if "'" in inner or "\\" in inner:
                raise UnsupportedError
            form = f"!{chr(conversion)}" if conversion >= 0 else ""
            if isinstance(spec, ast.JoinedStr):
                form += ":" + "".join(_part(v, quote, other) for v in spec.values)
            gap = " " if inner.startswith("{") else ""
            return "{" + gap + inner.replace('"', other) + form + "}"
        case _:
            raise UnsupportedError


class Slices(ast.NodeTransformer):
    """Puts slices into a form that the pieces can print: a name that holds their text."""

    def __init__(self, text: Callable[[ast.expr], str] = flat) -> None:
        self.text = text

    def visit_Slice(self, node: ast.Slice) -> ast.Name:
        """Complex bounds have spaces around the colon."""
        self.generic_visit(node)
        bounds = [b for b in (node.lower, node.upper, node.step) if b is not None]
        gap = "" if all(_plain_bound(b) for b in bounds) else " "
        lower = self.text(node.lower) + gap if node.lower else ""
        upper = gap + self.text(node.upper) if node.upper else ""
        found = f"{lower}:{upper}"
        if node.step is not None:
            found += f"{gap if node.upper else ''}:{gap}{self.text(node.step)}"
        return ast.Name(found)


def _plain_bound(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Constant(value):
            return isinstance(value, int)
        case ast.UnaryOp(_, operand):
            return _plain_bound(operand)
        case _:
            return False
