"""A node's reference put into the list that a plugin's `weirflow_nodes` returns, by position in the text."""

from __future__ import annotations

import ast

REFERENCE = """\
NodeReference(
    operator="{operator}",
    target="{target}",
    summary="{summary}",
)"""


def registered(text: str, operator: str, target: str, summary: str) -> str | None:
    """The text of the plugin's module with one more reference at the end of the list.

    None where the text is not of the expected form: `weirflow_nodes` returns a list that is written out, and
    `NodeReference` is imported.
    """
    found = _returned(text)
    if found is None:
        return None
    raw = text.encode()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    reference = REFERENCE.format(operator=operator, target=target, summary=summary)
    if found.elts:
        last = found.elts[-1]
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        at = starts[last.end_lineno - 1] + last.end_col_offset
        added = ",\n" + _indented(reference, last.col_offset if len(found.elts) > 1 or _alone(found) else 8)
    else:
        at = starts[found.lineno - 1] + found.col_offset + 1
        added = "\n" + _indented(reference, 8) + ",\n    "
    done = (raw[:at] + added.encode() + raw[at:]).decode()
    after = _returned(done)
    return done if after is not None and len(after.elts) == len(found.elts) + 1 else None


def _alone(found: ast.List) -> bool:
    """Whether the only element begins a line of its own."""
    return found.elts[0].lineno > found.lineno


def _returned(text: str) -> ast.List | None:
    """The list that the only `return` of `weirflow_nodes` gives."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    imported = {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    hooks = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "weirflow_nodes"]
    if len(hooks) != 1 or "NodeReference" not in imported:
        return None
    returns = [n.value for n in ast.walk(hooks[0]) if isinstance(n, ast.Return)]
    return returns[0] if len(returns) == 1 and isinstance(returns[0], ast.List) else None


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
