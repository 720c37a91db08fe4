"""The registry: which operators there are, and the classes behind them, imported only when asked for.

A `Registry` is a value. There is no global one: whoever opens a flow loads one, and tests and notebooks
extend theirs with `with_nodes`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from weirflow.errors import (
    Diagnostic,
    FlowError,
    MissingError,
    NodeError,
    Severity,
    UsageError,
    Where,
    did_you_mean,
)
from weirflow.node.imported import ImportedFlow
from weirflow.node.model import OPERATOR, Node
from weirflow.node.payloads import PORT_TYPES, PortType
from weirflow.plugins.extras import install_command, missing
from weirflow.plugins.hookspecs import ImporterReference, NodeReference, Upgrade
from weirflow.plugins.manager import ALLOWED, PluginInfo, Plugins, load_plugins

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

_HERE = PluginInfo("(this program)", "", "", "", "loaded")
"""Stands for the plugin of node classes that were handed over as they are."""


@dataclass(frozen=True)
class _Entry:
    """A node or an upgrade, and the plugin that brings it."""

    what: NodeReference | Upgrade
    plugin: PluginInfo


class Registry:
    """Operators by name and version, port types, and the plugins that bring them. Immutable but for caches.

    plugins: every plugin found, loaded or not.
    port_types: weirflow's own and those that plugins register, by name.
    problems: warnings about plugins that failed, that bring the same operator, or that are not installed.
    """

    def __init__(self, plugins: Plugins, classes: tuple[type[Node], ...] = ()) -> None:
        self._sources = (plugins, classes)
        self.plugins: tuple[PluginInfo, ...] = plugins.infos
        self._entries: dict[tuple[str, int], _Entry] = {}
        self._classes: dict[NodeReference, type[Node]] = {}
        self._lacking: dict[tuple[str, str], tuple[str, ...]] = {}
        problems = [_failure(info) for info in self.plugins if info.status == "failed"]
        problems += [_not_installed(name, self.plugins) for name in plugins.unknown]
        ports: dict[str, tuple[PortType, PluginInfo]] = {}
        owners: dict[str, PluginInfo] = {}
        for plugin in plugins.found:
            brought: tuple[NodeReference | Upgrade, ...] = (*plugin.nodes, *plugin.upgrades)
            for what in brought:
                # a later plugin must not take an operator over by bringing a newer version of it either
                owner = owners.setdefault(what.operator, plugin.info)
                if owner is plugin.info:
                    self._entries[what.operator, what.version] = _Entry(what, plugin.info)
                else:
                    problems.append(_clash(f"operator '{what.operator}@{what.version}'", owner, plugin.info))
            for port in plugin.ports:
                first, owner = ports.setdefault(port.name, (port, plugin.info))
                if first != port:
                    problems.append(_clash(f"port type '{port.name}'", owner, plugin.info))
        self.importers: tuple[tuple[ImporterReference, PluginInfo], ...] = tuple(
            (importer, plugin.info) for plugin in plugins.found for importer in plugin.importers
        )
        for node in classes:
            self._add(node)
        self.problems: tuple[Diagnostic, ...] = tuple(problems)
        self.port_types: Mapping[str, PortType] = MappingProxyType(
            {**PORT_TYPES, **{name: port for name, (port, _) in ports.items()}}
        )

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str] | None = None,
        entry_points: Iterable[EntryPoint] | None = None,
    ) -> Registry:
        """The registry of the plugins that are installed and allowed; see `load_plugins`."""
        return cls(load_plugins(environ, entry_points))

    def with_nodes(self, *classes: type[Node]) -> Registry:
        """A registry that has these classes too, without any plugin: for tests and notebooks.

        A class takes the place of what had its operator and version. Raises UsageError on one that is not a
        complete node class.
        """
        plugins, given = self._sources
        return Registry(plugins, (*given, *classes))

    def _add(self, node: type[Node]) -> None:
        fault = _fault(node)
        if not fault and not OPERATOR.fullmatch(node.operator):
            fault = f"'{node.operator}' is no operator's name"
        if fault:
            name = getattr(node, "__name__", repr(node))
            raise UsageError(
                Diagnostic("WF503", f"{name} cannot be used as a node: {fault}", hint=_OPERATOR_HINT)
            )
        target = f"{node.__module__}:{node.__qualname__}"
        reference = NodeReference(node.operator, target, summary(node), node.version)
        self._entries[node.operator, node.version] = _Entry(reference, _HERE)
        self._classes[reference] = node

    def references(self) -> tuple[NodeReference, ...]:
        """All nodes there are, by operator and version."""
        entries = sorted(self._entries.items(), key=lambda e: e[0])
        return tuple(e.what for _, e in entries if isinstance(e.what, NodeReference))

    def versions(self, operator: str) -> tuple[int, ...]:
        """The versions of an operator that a flow may name, oldest first; empty where there is none."""
        return tuple(sorted(v for o, v in self._entries if o == operator))

    def plugin_of(self, reference: NodeReference) -> PluginInfo:
        """The plugin that brings a node. Raises KeyError on a node of another registry."""
        return self._entries[reference.operator, reference.version].plugin

    def find(self, operator: str, version: int | None = None) -> NodeReference | Diagnostic:
        """The node that an operator means, in a version or in its newest; or what to tell the user.

        Upgrades are followed: where the reference has another version than was asked for, `upgrade` gives its
        parameters.
        """
        versions = self.versions(operator)
        if not versions:
            return self._unknown(operator)
        version = versions[-1] if version is None else version
        entry = self._entries.get((operator, version))
        if entry is None:
            return Diagnostic(
                "WF502",
                f"operator '{operator}' has no version {version}",
                hint=f"there is {_listed([f'{operator}@{v}' for v in versions])}",
            )
        while isinstance(entry.what, Upgrade):
            entry = self._entries[operator, entry.what.to]
        return entry.what

    def upgrade(
        self, operator: str, version: int, parameters: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """The version that has a class, and parameters for it that mean the same; unchanged where one has.

        Raises FlowError where an upgrade finds no parameters of the same meaning, MissingError where it is
        broken.
        """
        parameters = dict(parameters)
        entry = self._entries.get((operator, version))
        while entry is not None and isinstance(entry.what, Upgrade):
            parameters = _upgraded(entry.what, entry.plugin, parameters)
            version = entry.what.to
            entry = self._entries.get((operator, version))
        return version, parameters

    def imported(self, data: Mapping[Any, Any]) -> tuple[str, ImportedFlow] | Diagnostic | None:
        """The flow in the data of another program's file, with the program's name; or what is wrong with it.

        None where no importer takes the file.
        """
        for importer, plugin in self.importers:
            if not importer.keys <= data.keys():
                continue
            try:
                found = _resolve(importer.target)(data)
            except NodeError as error:
                where = Where("", error.path)  # the file is known to who has read it
                return Diagnostic(error.code or "WF105", error.message, where, hint=error.hint)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may fail in any way
                return Diagnostic(
                    "WF503",
                    f"{plugin} cannot read this flow of {importer.program}: "
                    f"{importer.target} raised {type(error).__name__}",
                    hint="this is a fault in the plugin: tell its authors",
                )
            if isinstance(found, ImportedFlow):
                return importer.program, found
        return None

    def node_class(self, reference: NodeReference, *, to_read: bool = False) -> type[Node]:
        """The class behind a reference, imported when first asked for.

        With `to_read` it is given also where its extra is not installed, if it can be imported, for its
        documentation. Raises MissingError: WF504 where an optional library is not installed, WF503 where the
        plugin does not hold what it announced.
        """
        entry = self._entries.get((reference.operator, reference.version))
        if entry is None or entry.what != reference:
            raise MissingError(self._unknown(reference.operator))
        if reference not in self._classes:
            self._classes[reference] = _import_class(reference, entry.plugin)
        if lacking := () if to_read else self.lacking(reference):
            raise MissingError(_missing(reference, entry.plugin, _listed(lacking)))
        return self._classes[reference]

    def lacking(self, reference: NodeReference) -> tuple[str, ...]:
        """The requirements of a node's extra that are not installed; imports nothing of the plugin."""
        distribution = self.plugin_of(reference).distribution
        if not reference.extra or not distribution:
            return ()
        key = (reference.extra, distribution)
        if key not in self._lacking:
            self._lacking[key] = missing(*key)
        return self._lacking[key]

    def _unknown(self, operator: str) -> Diagnostic:
        """What to say of an operator that no loaded plugin has; a plugin that is out may be the reason."""
        family = operator.partition(".")[0]
        out = [p for p in self.plugins if p.status != "loaded"]
        notes = tuple(f"{_state(p)}; its operators are missing" for p in out)
        if own := next((p for p in out if p.name == family), None):
            return Diagnostic(
                "WF501",
                f"operator '{operator}' is missing: {_state(own)}",
                hint=_repair(own),
                notes=tuple(n for p, n in zip(out, notes, strict=True) if p is not own),
            )
        return Diagnostic(
            "WF501",
            f"no installed plugin has the operator '{operator}'",
            hint=did_you_mean(operator, {o for o, _ in self._entries})
            or "`weirflow nodes list` shows those there are",
            notes=notes,
        )


_OPERATOR_HINT = "derive from Transform, Estimator or another kind, and set operator = 'family.verb'"


def summary(node: type[Node]) -> str:
    """The first line of a node class's documentation."""
    return inspect.cleandoc(node.__doc__ or "").partition("\n")[0]


def _import_class(reference: NodeReference, plugin: PluginInfo) -> type[Node]:
    """Import a node's class and check that it is what the reference announces."""
    module_name = reference.target.partition(":")[0]
    try:
        node = _resolve(reference.target)
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        if library and library not in {module_name.partition(".")[0], "weirflow"}:
            raise MissingError(_missing(reference, plugin, library)) from error
        raise MissingError(_broken(reference, plugin, str(error))) from error
    except (Exception, SystemExit) as error:
        raise MissingError(_broken(reference, plugin, f"{type(error).__name__}: {error}")) from error
    fault = _fault(node)
    if not fault and (node.operator, node.version) != (reference.operator, reference.version):
        fault = f"it says that it is {node.operator}@{node.version}"
    if fault:
        raise MissingError(_broken(reference, plugin, f"{reference.target}: {fault}"))
    found: type[Node] = node
    return found


def _resolve(target: str) -> Any:
    """The object that `module:name` means."""
    module_name, _, path = target.partition(":")
    found: Any = importlib.import_module(module_name)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _fault(node: Any) -> str:
    """Why something is not a complete node class; empty where it is."""
    if not (isinstance(node, type) and issubclass(node, Node)):
        return "it is not a node class"
    if not isinstance(getattr(node, "operator", None), str):
        return "it has no operator"
    lacking = sorted(getattr(node, "__abstractmethods__", ()))
    return f"it does not define {_listed(lacking)}" if lacking else ""


def _upgraded(upgrade: Upgrade, plugin: PluginInfo, parameters: dict[str, Any]) -> dict[str, Any]:
    """Carry out one upgrade. Parameters may hold secrets: only an author's own sentence is passed on."""
    step = f"{upgrade.operator}@{upgrade.version} to @{upgrade.to}"
    try:
        return dict(_resolve(upgrade.target)(dict(parameters)))
    except NodeError as error:
        raise FlowError(
            Diagnostic(error.code or "WF502", f"cannot upgrade {step}: {error.message}", hint=error.hint)
        ) from error
    except (Exception, SystemExit) as error:
        raise MissingError(
            Diagnostic(
                "WF503",
                f"{plugin} cannot upgrade {step}: {upgrade.target} raised {type(error).__name__}",
                hint="this is a fault in the plugin: tell its authors",
            )
        ) from error


def _failure(plugin: PluginInfo) -> Diagnostic:
    return Diagnostic("WF503", _state(plugin), hint=_repair(plugin), severity=Severity.WARNING)


def _state(plugin: PluginInfo) -> str:
    if plugin.status == "blocked":
        return f"{plugin} is not allowed by {ALLOWED}"
    return f"{plugin} could not be loaded: {plugin.error}"


def _repair(plugin: PluginInfo) -> str:
    if plugin.status == "blocked":
        return f"add '{plugin.name}' to {ALLOWED}, or unset it to allow all that are installed"
    return f"reinstall or remove {plugin.distribution or 'its package'}"


def _not_installed(name: str, plugins: tuple[PluginInfo, ...]) -> Diagnostic:
    return Diagnostic(
        "WF503",
        f"{ALLOWED} allows plugin '{name}', which is not installed",
        hint=did_you_mean(name, (p.name for p in plugins)),
        severity=Severity.WARNING,
    )


def _clash(what: str, first: PluginInfo, second: PluginInfo) -> Diagnostic:
    return Diagnostic(
        "WF505",
        f"{what} of {second} is passed over: it is taken by {first}",
        hint=f"remove one of the two, or choose between them with {ALLOWED}",
        severity=Severity.WARNING,
    )


def _missing(reference: NodeReference, plugin: PluginInfo, what: str) -> Diagnostic:
    distribution = plugin.distribution
    if reference.extra:
        hint = f"install it: {install_command(reference.extra, distribution or 'weirflow')}"
    else:
        hint = f"reinstall {distribution or 'the package'}, which should have brought it"
    return Diagnostic(
        "WF504", f"operator '{reference.reference}' needs {what}, which is not installed", hint=hint
    )


def _broken(reference: NodeReference, plugin: PluginInfo, why: str) -> Diagnostic:
    return Diagnostic(
        "WF503",
        f"operator '{reference.reference}' of {plugin} could not be loaded: {' '.join(why.split())}",
        hint=_repair(replace(plugin, status="failed")),
    )


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
