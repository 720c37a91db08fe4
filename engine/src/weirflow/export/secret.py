"""References to secrets in exported code: read from the environment when the module runs, never written."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from weirflow.export.syntax import ATOM, flat
from weirflow.flow.interpolate import VERBATIM

_REFERENCE = re.compile(r"\$\$\{secret:|\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")


def mentions(parameters: Mapping[str, Any]) -> bool:
    """Whether a node's parameters, but for those that hold code, refer to a secret or escape such a reference."""
    return any(_mentions(v) for k, v in parameters.items() if k not in VERBATIM)


def _mentions(value: Any) -> bool:
    match value:
        case str():
            return _REFERENCE.search(value) is not None
        case Mapping():
            return any(_mentions(v) for v in value.values())
        case list() | tuple():
            return any(_mentions(v) for v in value)
        case _:
            return False


def refers(text: str) -> bool:
    """Whether a text refers to a secret."""
    return any(m[1] for m in _REFERENCE.finditer(text))


def lookup(text: str) -> ast.expr:
    """A text with its references as look-ups: `"user:" + os.environ["PASSWORD"]`."""
    parts: list[ast.expr] = []
    plain, at = "", 0
    for match in _REFERENCE.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        if match[1] is None:
            plain += "${secret:"
            continue
        parts += [ast.Constant(plain)] if plain else []
        parts.append(ast.parse(f'os.environ["{match[1]}"]', mode="eval").body)
        plain = ""
    plain += text[at:]
    parts += [ast.Constant(plain)] if plain or not parts else []
    found, *rest = parts
    for part in rest:
        found = ast.BinOp(found, ast.Add(), part)
    return found


class _Lookups(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return lookup(node.value) if isinstance(node.value, str) and _mentions(node.value) else node


def with_lookups(node: ast.expr) -> ast.expr:
    """An expression with the references in its texts as look-ups."""
    found: ast.expr = _Lookups().visit(node)
    return found


def code_with_lookups(text: str) -> str:
    """Statements with the references in their texts as look-ups; all else stays as it stands."""
    lines = text.encode().split(b"\n")
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and _mentions(n.value)]
    for node in sorted(found, key=lambda n: (n.lineno, n.col_offset), reverse=True):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        new = flat(lookup(str(node.value)), least=ATOM).encode()
        before, after = (
            lines[node.lineno - 1][: node.col_offset],
            lines[node.end_lineno - 1][node.end_col_offset :],
        )
        lines[node.lineno - 1 : node.end_lineno] = [before + new + after]
    return b"\n".join(lines).decode()
