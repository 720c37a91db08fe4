"""Loads plugins, each in isolation: one that fails is reported with its distribution and hurts no other.

pluggy's own `load_setuptools_entrypoints` lets the first exception through, and hooks called on all plugins
at once fail together. Here every plugin has a `PluginManager` of its own, which checks its hooks against the
specifications and calls them.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pluggy

from weirflow.errors import did_you_mean
from weirflow.node.deprecation import Deprecated
from weirflow.node.model import OPERATOR
from weirflow.node.payloads import PORT_TYPES, PortType
from weirflow.plugins import hookspecs
from weirflow.plugins.hookspecs import ImporterReference, NodeReference, Upgrade

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP = "weirflow"
"""The entry point group that names plugins."""

ALLOWED = "WEIRFLOW_PLUGINS"
"""The environment variable that limits plugins: names to allow beside those shipped; empty for none."""

Status: TypeAlias = Literal["loaded", "failed", "blocked"]

_DECLARED = re.compile(r"^WEIRFLOW_API(?:\s*:\s*[\w.\[\]]+)?\s*=\s*(\d+)\s*(?:#.*)?$", re.MULTILINE)
_DISTRIBUTION = "weirflow"
_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_PORT = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class PluginInfo:
    """What is known of a plugin, loaded or not: what `weirflow plugins` shows.

    `name` is that of its entry point. `distribution` and `version` are empty for a plugin that was not
    installed. `location` is the module's file, or the folder of its installation where it was not imported.
    `error` is one line, empty unless it failed. `operators` are references such as `encode.one_hot@1`.
    """

    name: str
    distribution: str
    version: str
    location: str
    status: Status
    error: str = ""
    operators: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()

    @property
    def shipped(self) -> bool:
        """Whether it comes with weirflow itself."""
        return self.distribution == _DISTRIBUTION

    def __str__(self) -> str:
        origin = f"{self.distribution} {self.version}".strip()
        return f"plugin '{self.name}' ({origin})" if origin else f"plugin '{self.name}'"


@dataclass(frozen=True)
class Plugin:
    """A plugin and what its hooks returned: nothing unless it is loaded."""

    info: PluginInfo
    nodes: tuple[NodeReference, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    ports: tuple[PortType, ...] = ()
    importers: tuple[ImporterReference, ...] = ()


@dataclass(frozen=True)
class Plugins:
    """All plugins that were found: those shipped with weirflow first, then by name.

    `unknown` holds the names that `WEIRFLOW_PLUGINS` allows and no entry point has.
    """

    found: tuple[Plugin, ...]
    unknown: tuple[str, ...] = ()

    @property
    def infos(self) -> tuple[PluginInfo, ...]:
        """What is known of each."""
        return tuple(p.info for p in self.found)


class _PluginFaultError(Exception):
    """A plugin breaks the rules of the hooks."""


def load_plugins(
    environ: Mapping[str, str] | None = None, entry_points: Iterable[EntryPoint] | None = None
) -> Plugins:
    """Import the plugins that are installed and allowed, and call their hooks.

    `environ` stands for the process's environment, `entry_points` for those of the installed distributions.
    Raises nothing that a plugin raises, except KeyboardInterrupt.
    """
    allowed = _allowed(os.environ if environ is None else environ)
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=GROUP)
    identify = _Identities()
    named = [(point, *identify(point)) for point in entry_points]
    named.sort(key=lambda n: (n[1] != _DISTRIBUTION, n[0].name, n[1]))
    found: list[Plugin] = []
    for point, distribution, version in named:
        if allowed is None or distribution == _DISTRIBUTION or point.name in allowed:
            found.append(_load(point, distribution, version))
        else:
            info = PluginInfo(point.name, distribution, version, _folder(point), "blocked")
            found.append(Plugin(info))
    unknown = (allowed or frozenset()) - {point.name for point, *_ in named}
    return Plugins(tuple(found), tuple(sorted(unknown)))


def _allowed(environ: Mapping[str, str]) -> frozenset[str] | None:
    """The names that the environment allows, or None for all."""
    text = environ.get(ALLOWED)
    return None if text is None else frozenset(n for part in text.split(",") if (n := part.strip()))


class _Identities:
    """Names and versions of distributions, each read once: importlib parses the metadata at every access."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, str]] = {}

    def __call__(self, point: EntryPoint) -> tuple[str, str]:
        distribution: Distribution | None = point.dist
        if distribution is None:
            return "", ""
        key = id(distribution)
        if key not in self._known:
            try:
                metadata = distribution.metadata
                name, version = metadata["Name"] or "", metadata["Version"] or ""
            except Exception:  # noqa: BLE001 - a damaged installation of one plugin is no reason to stop
                name, version = "", ""
            self._known[key] = (re.sub(r"[-_.]+", "-", name).lower(), version)
        return self._known[key]


def _load(point: EntryPoint, distribution: str, version: str) -> Plugin:
    """Import one plugin and call its hooks; whatever goes wrong becomes its `error`."""

    def info(status: Status, **more: Any) -> PluginInfo:
        return PluginInfo(
            point.name,
            distribution,
            version,
            getattr(module, "__file__", None) or _folder(point),
            status,
            **more,
        )

    module: Any = None
    hooks: tuple[str, ...] = ()
    try:
        # standard output belongs to the verbs' results: what a plugin prints must not end up among them
        with contextlib.redirect_stdout(sys.stderr):
            try:
                module = point.load()
            except ImportError:  # of a name that another version of weirflow.api has, perhaps
                _check_version(_declared(point))
                raise
            _check_version(getattr(module, "WEIRFLOW_API", None))
            manager, hooks = _register(module, point.name)
            nodes, upgrades = _nodes(_call(manager, "weirflow_nodes"))
            ports = _ports(_call(manager, "weirflow_ports"))
            importers = _importers(_call(manager, "weirflow_importers"))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any plugin may fail in any way
        return Plugin(info("failed", error=_describe(error), hooks=hooks))
    operators = tuple(sorted(n.reference for n in nodes))
    return Plugin(info("loaded", operators=operators, hooks=hooks), nodes, upgrades, ports, importers)


def _declared(point: EntryPoint) -> int | None:
    """The version of the API that a module says it was built for, read without running it."""
    try:
        spec = importlib.util.find_spec(point.module)
        text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    except (ImportError, OSError, ValueError):
        return None
    found = _DECLARED.search(text)
    return int(found[1]) if found else None


def _check_version(declared: object) -> None:
    """Refuse a plugin that was built for a version of the API which this weirflow does not have."""
    if declared is None:
        return
    if not isinstance(declared, int) or isinstance(declared, bool):
        raise _PluginFaultError(f"WEIRFLOW_API is {_kind(declared)}; expected a whole number")
    newest, oldest = hookspecs.API_VERSION, hookspecs.API_OLDEST
    if not oldest <= declared <= newest:
        has = f"version {newest}" if oldest == newest else f"versions {oldest} to {newest}"
        who = "weirflow" if declared > newest else "the plugin"
        raise _PluginFaultError(
            f"it was built for version {declared} of weirflow.api, and this weirflow has {has}: upgrade {who}"
        )


def _folder(point: EntryPoint) -> str:
    """The folder in which a plugin's distribution is installed."""
    return str(point.dist.locate_file("")) if point.dist is not None else point.value


def _register(module: Any, name: str) -> tuple[pluggy.PluginManager, tuple[str, ...]]:
    """Check a plugin's hooks against their specifications; a manager that holds it, and the hooks' names."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    known = [n for n in vars(hookspecs) if n.startswith(f"{hookspecs.PROJECT}_")]
    try:
        manager.register(module, name)
    except pluggy.PluginValidationError as error:
        raise _PluginFaultError(" ".join(str(error).split())) from error
    callers = manager.get_hookcallers(module) or []
    for caller in callers:
        if not caller.has_spec() and not all(i.optionalhook for i in caller.get_hookimpls()):
            hint = did_you_mean(caller.name, known) or f"expected one of {', '.join(known)}"
            raise _PluginFaultError(f"unknown hook '{caller.name}'; {hint}")
    if not callers:
        raise _PluginFaultError(
            f"it implements no hook; expected a function {' or '.join(known)}, marked with @hookimpl"
        )
    return manager, tuple(sorted(c.name for c in callers))


def _call(manager: pluggy.PluginManager, hook: str) -> list[Any]:
    """All that the plugin's implementation of a hook returns."""
    found: list[Any] = []
    caller: Callable[[], list[Any]] = getattr(manager.hook, hook)
    for result in caller():
        if not isinstance(result, Iterable) or isinstance(result, (str, bytes)):
            raise _PluginFaultError(f"{hook} returned {_kind(result)}; expected several, as a list")
        found += result
    return found


def _nodes(results: list[Any]) -> tuple[tuple[NodeReference, ...], tuple[Upgrade, ...]]:
    """Check what `weirflow_nodes` returned."""
    taken: set[tuple[str, int]] = set()
    for result in results:
        if not isinstance(result, (NodeReference, Upgrade)):
            raise _PluginFaultError(
                f"weirflow_nodes returned {_kind(result)} among its results; "
                "expected NodeReference or Upgrade"
            )
        _check_common(result)
        key = (result.operator, result.version)
        if key in taken:
            raise _PluginFaultError(f"weirflow_nodes names {key[0]}@{key[1]} twice")
        taken.add(key)
    nodes = tuple(r for r in results if isinstance(r, NodeReference))
    upgrades = tuple(r for r in results if isinstance(r, Upgrade))
    for upgrade in upgrades:
        if not _is_version(upgrade.to) or upgrade.to <= upgrade.version:
            raise _PluginFaultError(
                f"the upgrade of {upgrade.operator}@{upgrade.version} must lead to a later version"
            )
        if (upgrade.operator, upgrade.to) not in taken:
            raise _PluginFaultError(
                f"the upgrade of {upgrade.operator}@{upgrade.version} leads to version {upgrade.to}, "
                "which has neither a node nor an upgrade"
            )
    return nodes, upgrades


def _check_common(result: Any) -> None:
    """Check what a reference or an upgrade holds: dataclasses take values of any type."""
    if not isinstance(result.operator, str) or not OPERATOR.fullmatch(result.operator):
        raise _PluginFaultError(
            f"{result.operator!r} is not an operator's name; "
            "expected family.verb in lower case, as encode.one_hot"
        )
    if not _is_version(result.version):
        raise _PluginFaultError(
            f"{result.operator} has version {result.version!r}; expected a whole number from 1 on"
        )
    if not isinstance(result.target, str) or not _TARGET.fullmatch(result.target):
        raise _PluginFaultError(
            f"{result.operator}@{result.version} has target {result.target!r}; expected module:name"
        )
    if isinstance(result, NodeReference):
        texts: list[object] = [result.summary, result.extra]
        if not all(isinstance(t, str) for t in texts) or not result.summary.strip():
            raise _PluginFaultError(f"{result.reference} has no summary, or an extra that is not a name")
        if not isinstance(result.deprecated, Deprecated | None):
            raise _PluginFaultError(
                f"{result.reference} has {_kind(result.deprecated)} for `deprecated`; expected Deprecated"
            )


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _ports(results: list[Any]) -> tuple[PortType, ...]:
    """Check what `weirflow_ports` returned."""
    for result in results:
        if not isinstance(result, PortType):
            raise _PluginFaultError(
                f"weirflow_ports returned {_kind(result)} among its results; expected PortType"
            )
        if not _PORT.fullmatch(str(result.name)):
            raise _PluginFaultError(
                f"{result.name!r} is not a port type's name; expected one word in lower case"
            )
        if result.name in PORT_TYPES:
            raise _PluginFaultError(f"port type '{result.name}' is weirflow's own")
    return tuple(results)


def _importers(results: list[Any]) -> tuple[ImporterReference, ...]:
    """Check what `weirflow_importers` returned."""
    for result in results:
        if not isinstance(result, ImporterReference):
            raise _PluginFaultError(
                f"weirflow_importers returned {_kind(result)} among its results; expected ImporterReference"
            )
        if not _TARGET.fullmatch(str(result.target)):
            raise _PluginFaultError(
                f"the importer of {result.program} has target {result.target!r}; expected module:name"
            )
    return tuple(results)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"an object of type {type(value).__name__}"


def _describe(error: BaseException) -> str:
    """An exception in one line, with the place in the plugin's code that raised it."""
    if isinstance(error, _PluginFaultError):
        return str(error)
    text = " ".join(str(error).split())
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if f.filename != __file__ and "importlib" not in f.filename
    ]
    if frames and not isinstance(error, SyntaxError):  # whose text names the place
        line += f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    return line
