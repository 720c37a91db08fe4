"""A new plugin, and a new node in a plugin."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, UsageError
from weirflow.new.files import refuse_existing, render, shown, writing
from weirflow.new.names import NodeNames, check_family
from weirflow.new.register import registered

if TYPE_CHECKING:
    from weirflow.plugins.registry import Registry

SUMMARIES = {
    "transform": "Multiply numeric columns by a factor.",
    "estimator": "Subtract from numeric columns the mean that was learned.",
    "source": "Read the lines of a text file.",
    "sink": "Write a table as text whose fields are separated by tabs.",
    "analysis": "Count the missing values of columns.",
    "task": "Count the lines of each file in a folder.",
}
"""The kinds of node that there are templates of, with what a new one does."""

_FIRST = "multiply"


@dataclass(frozen=True)
class _Plugin:
    """The plugin that lies in a folder: the family it is named for, its package and the file of its hooks."""

    family: str
    package: str
    hooks: Path


def new_plugin(family: str, folder: Path, registry: Registry) -> tuple[Path, ...]:
    """Write a plugin, which installs and whose tests pass, into `folder/weirflow-FAMILY`; its files.

    Raises UsageError where the name is not a family's, is that of a plugin or of operators that are installed, or
    the folder exists.
    """
    check_family(family)
    for plugin in registry.plugins:
        if plugin.name == family:
            gone = f", or remove it: pip uninstall {plugin.distribution}" if not plugin.shipped else ""
            raise UsageError(Diagnostic("WF505", f"{plugin} is installed", hint=f"choose another name{gone}"))
    for reference in registry.references():
        if reference.operator.partition(".")[0] == family:
            owner = registry.plugin_of(reference)
            text = f"{owner} has operators of the family '{family}' already, such as {reference.operator}"
            raise UsageError(Diagnostic("WF505", text, hint="choose another name"))
    distribution, package = f"weirflow-{family.replace('_', '-')}", f"weirflow_{family}"
    root = folder / distribution
    refuse_existing((root,))
    node = NodeNames.of(f"{family}.{_FIRST}", family)
    values = {
        "family": family,
        "distribution": distribution,
        "release": ".".join(version("weirflow").split(".")[:2]),
        **_values(node, package, "transform"),
    }
    source = root / "src" / package
    pages = {
        root / "pyproject.toml": "plugin/pyproject.toml",
        root / "README.md": "plugin/README.md",
        source / "__init__.py": "plugin/__init__.py",
        source / "plugin.py": "plugin/plugin.py",
        source / f"{node.module}.py": "node/transform.py",
        root / "tests" / f"test_{node.module}.py": "test/transform.py",
        root / "tests" / "test_flow.py": "plugin/test_flow.py",
    }
    texts = {path: render(template, values) for path, template in pages.items()}
    with writing({**texts, source / "py.typed": ""}) as written:
        return written


def new_node(operator: str, kind: str, folder: Path, registry: Registry) -> tuple[tuple[Path, ...], Path]:
    """Add a node of a kind to the plugin in a folder; the files written, and the one that it was added to.

    Raises UsageError where the name is no operator's or is taken, the folder holds no plugin, or its module of
    hooks is not written as expected.
    """
    plugin = _plugin_in(folder)
    node = NodeNames.of(operator, plugin.family)
    if registry.versions(operator):
        owner = registry.plugin_of(next(r for r in registry.references() if r.operator == operator))
        raise UsageError(Diagnostic("WF505", f"{owner} has the operator {operator} already"))
    values = _values(node, plugin.package, kind)
    target = f"{plugin.package}.{node.module}:{node.class_name}"
    hooks = plugin.hooks.read_bytes()
    if f'"{operator}"'.encode() in hooks:  # of a plugin that is not installed, or not anew
        raise UsageError(Diagnostic("WF505", f"{shown(plugin.hooks)} has the operator {operator} already"))
    added = registered(hooks, operator, target, values["summary"])
    if added is None:
        raise UsageError(
            Diagnostic(
                "WF205",
                f"{shown(plugin.hooks)} is not written as expected: NodeReference imported from weirflow.api, and "
                "one function weirflow_nodes that returns a list of them",
                hint="write it so, or copy the node from a plugin that `weirflow new plugin` makes",
            )
        )
    texts = {
        plugin.hooks.parent / f"{node.module}.py": render(f"node/{kind}.py", values),
        folder / "tests" / f"test_{node.module}.py": render(f"test/{kind}.py", values),
    }
    with writing(texts) as written:
        _replace(plugin.hooks, added)
    return written, plugin.hooks


def _values(node: NodeNames, package: str, kind: str) -> dict[str, str]:
    return {
        "operator": node.operator,
        "module": node.module,
        "class": node.class_name,
        "package": package,
        "summary": SUMMARIES[kind],
    }


def _plugin_in(folder: Path) -> _Plugin:
    """Read the entry point in a folder's pyproject.toml. Raises UsageError."""
    file = folder / "pyproject.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _no_plugin("there is no pyproject.toml in this folder") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(Diagnostic("WF101", f"{shown(file)} is not TOML: {error}")) from error
    points: Any = data
    for key in ("project", "entry-points", "weirflow"):
        points = points.get(key) if isinstance(points, dict) else None
    if not isinstance(points, dict) or len(points) != 1:
        raise _no_plugin(f"{shown(file)} has no entry point of the group weirflow, or several; expected one")
    ((family, module),) = points.items()
    package = str(module).rpartition(".")[0]
    inside = Path(*str(module).split(".")).with_suffix(".py")
    for path in (folder / "src" / inside, folder / inside):
        if package and path.is_file():
            return _Plugin(family, package, path)
    raise _no_plugin(
        f"the entry point names {module}; expected a module in a package, as weirflow_prices.plugin "
        "in src/weirflow_prices/plugin.py"
    )


def _no_plugin(text: str) -> UsageError:
    hint = "go to the folder of a plugin, or make one with `weirflow new plugin NAME`"
    return UsageError(Diagnostic("WF602", text, hint=hint))


def _replace(path: Path, content: bytes) -> None:
    """Put a new content in the place of the old, whole or not at all; the permissions stay."""
    from weirflow.run.store import publish

    target = path.resolve()  # where a link points, so that it stays a link
    with publish(target) as temporary:
        temporary.write_bytes(content)
        shutil.copymode(target, temporary)
