"""What the source says of a public name, read without importing it: how it is written, and its docstring."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Stub:
    """A definition without its code: `text` as Python, and the docstring that belongs to it."""

    text: str
    docstring: str


@cache
def _module(name: str) -> tuple[str, ast.Module]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LookupError(f"there is no module {name}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    return text, ast.parse(text)


def docstring(module: str) -> str:
    """What a module says of itself."""
    return inspect.cleandoc(ast.get_docstring(_module(module)[1]) or "")


def origins(module: str) -> dict[str, tuple[str, str]]:
    """Where a module's imported names come from: (module, name there)."""
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(_module(module)[1])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def stub(module: str, name: str) -> Stub:
    """The definition of a name in a module. Raises LookupError where there is none."""
    text, tree = _module(module)
    body = list(_statements(tree))
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Stub(_class(text, node), ast.get_docstring(node) or "")
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return Stub(f"{_head(text, node)} ...", ast.get_docstring(node) or "")
        if _assigned(node) == name:
            return Stub(_source(text, node), _text(after))
    raise LookupError(f"{module} does not define {name}")


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """The module's statements, those for type checkers too."""
    inner = [s for s in tree.body if isinstance(s, ast.If) and ast.unparse(s.test) == "TYPE_CHECKING"]
    return [*tree.body, *(s for block in inner for s in block.body)]


def _assigned(node: ast.stmt) -> str:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _text(node: ast.stmt | None) -> str:
    """The docstring that follows an assignment."""
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return inspect.cleandoc(node.value.value)
    return ""


def _class(text: str, node: ast.ClassDef) -> str:
    """A class with its public fields, and its public methods without their code; decorators of data stay."""
    lines = [f"@{_segment(text, d)}" for d in node.decorator_list]
    bases = ", ".join(b for base in node.bases if not (b := _segment(text, base)).startswith("_"))
    lines.append(f"class {node.name}({bases}):" if bases else f"class {node.name}:")
    inner: list[str] = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
            if inner:
                inner.append("")
            inner += [*(f"@{_segment(text, d)}" for d in part.decorator_list), _method(text, part)]
        elif isinstance(part, ast.FunctionDef) and part.name == "__init__" and not _data(node):
            inner.append(f"{_head(text, part)} ...")
        elif (name := _assigned(part)) and not name.startswith("_") and name != "model_config":
            inner.append(_source(text, part, comments=True))
    if not inner:
        return "\n".join(lines) + " ..."
    return "\n".join([*lines, textwrap.indent("\n".join(inner), "    ")])


def _method(text: str, node: ast.FunctionDef) -> str:
    """A method with its docstring in place of its code."""
    said = ast.get_docstring(node)
    if not said:
        return f"{_head(text, node)} ..."
    end = "\n" if "\n" in said else ""
    return _head(text, node) + "\n" + textwrap.indent(f'"""{said}{end}"""', "    ")


def _segment(text: str, node: ast.expr) -> str:
    """An expression as it is written."""
    return ast.get_source_segment(text, node) or ""


def _data(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(d) for d in node.decorator_list)


def _head(text: str, node: ast.FunctionDef) -> str:
    """The line, or lines, of a `def`."""
    lines = text.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
    if not lines:  # all on one line
        return ast.unparse(node).splitlines()[len(node.decorator_list)]
    return textwrap.dedent("\n".join(line.split("  # ")[0] for line in lines)).strip()


def _source(text: str, node: ast.stmt, *, comments: bool = False) -> str:
    """A statement as it is written, with the comment at the end of its last line."""
    lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
    found = textwrap.dedent("\n".join(lines))
    return found if comments else "\n".join(line.split("  # ")[0] for line in found.splitlines())
