"""A node's reference put into the list that a plugin's `weirflow_nodes` returns, by position in the text."""

from __future__ import annotations

import ast
from textwrap import indent

REFERENCE = """\
NodeReference(
    operator="{operator}",
    target="{target}",
    summary="{summary}",
)"""
_MARGIN = " " * 8  # of a list in a function


def registered(module: bytes, operator: str, target: str, summary: str) -> bytes | None:
    """The content of the plugin's module with one more reference at the end of the list.

    None where it is not of the expected form: `weirflow_nodes` returns a list that is written out, and
    `NodeReference` is imported.
    """
    found = _returned(module)
    if found is None:
        return None
    starts = [0]
    for line in module.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    reference = REFERENCE.format(operator=operator, target=target, summary=summary)
    if found.elts:
        last = found.elts[-1]
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        at = starts[last.end_lineno - 1] + last.end_col_offset
        before = module[starts[last.lineno - 1] :][: last.col_offset].decode()
        added = ",\n" + indent(reference, before if before.isspace() else _MARGIN)
    else:
        at = starts[found.lineno - 1] + found.col_offset + 1
        added = "\n" + indent(reference, _MARGIN) + ",\n    "
    if b"\r\n" in module:
        added = added.replace("\n", "\r\n")
    done = module[:at] + added.encode() + module[at:]
    after = _returned(done)
    return done if after is not None and len(after.elts) == len(found.elts) + 1 else None


def _returned(module: bytes) -> ast.List | None:
    """The list that the only `return` of `weirflow_nodes` gives."""
    try:
        tree = ast.parse(module.decode())
    except (SyntaxError, ValueError):  # of which a wrong encoding is one
        return None
    imported = {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    hooks = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "weirflow_nodes"]
    if len(hooks) != 1 or "NodeReference" not in imported:
        return None
    returns = [n.value for n in ast.walk(hooks[0]) if isinstance(n, ast.Return)]
    return returns[0] if len(returns) == 1 and isinstance(returns[0], ast.List) else None
