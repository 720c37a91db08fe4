"""Load a flow: read it and what it includes, put values in, flatten subflows, say all that is wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, DocumentPath, Severity, Where, did_you_mean
from weirflow.flow.document import KEYS, Document, Importing, display_name, open_document
from weirflow.flow.interpolate import Interpolation, escape_secrets
from weirflow.flow.model import Flow, InputSpec, NodeSpec
from weirflow.flow.nodes import KEYS as NODE_KEYS
from weirflow.flow.nodes import RawNode, read_inputs, read_nodes
from weirflow.flow.overrides import Overrides
from weirflow.flow.parameters import Given, Parameters, settle
from weirflow.flow.problems import Problems, Section, arrange, precise
from weirflow.flow.read import Reader, read_file
from weirflow.flow.subflow import (
    Feeds,
    Output,
    feed,
    read_declared_inputs,
    read_declared_outputs,
    read_inclusion,
    rebase,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.node.imported import ImportedFlow

_MOST_NODES = 100_000  # subflows that include one another twice over grow without bound


@dataclass(frozen=True)
class Loaded:
    """A flow with all that is wrong with it, in the order of the text, and the texts by displayed file name.

    `flow` is None where no flow can be made of the text. It may be there beside errors that concern single
    values, so that the graph's errors can be shown with them: see `ok` and `wrong_nodes`. `imported` is what an
    importer made of the file, where it is another program's.
    """

    flow: Flow | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    imported: ImportedFlow | None = None

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)

    @property
    def wrong_nodes(self) -> frozenset[str]:
        """The ids of nodes that an error names: to check them further would only report consequences."""
        return frozenset(d.node for d in self.diagnostics if d.node and d.severity is Severity.ERROR)


def load(
    path: Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    text: str | None = None,
    read_text: Reader = read_file,
    importing: Importing | None = None,
) -> Loaded:
    """Load the flow at a path, or the `text` given in its place; `read_text` reads it and the subflows.

    `importing` makes flows of other programs' files.

    `parameters` are values for the flow's own parameters; text is read as the declared type. `overrides`
    replace parameters of nodes, by `node.parameter`; text is read as YAML. `environ` is the environment to
    interpolate from, the process's own if not given. What is wrong with the flow is never raised: see `Loaded`.
    """
    loader = _Loader(os.environ if environ is None else environ, overrides or {}, read_text, importing)
    flow = loader.root(Path(path), parameters or {}, text)
    sources = dict(loader.sources)
    return Loaded(flow, arrange(loader.problems.found, sources), sources, loader.imported)


@dataclass(frozen=True)
class _Place:
    """Where a document is read: the subflows around it, and what its including node gives."""

    scope: tuple[str, ...] = ()
    chain: tuple[tuple[Path, str], ...] = ()  # the documents around it: real path and displayed name
    seed: int | None = None
    feeds: Feeds | None = None

    @property
    def prefix(self) -> str:
        """What ids begin with here."""
        return "".join(f"{s}/" for s in self.scope)


@dataclass(frozen=True)
class _Body:
    """A document that was read, with its subflows flattened."""

    nodes: list[NodeSpec]
    parameters: Parameters
    outputs: tuple[Output, ...]
    requires: tuple[str, ...]


def misspelt(data: Mapping[Any, Any], key: str) -> str | None:
    """The key that was meant to be this one, where this one is not there."""
    if key in data:
        return None
    return next((k for k in data if isinstance(k, str) and k not in KEYS and did_you_mean(k, [key])), None)


class _Loader:
    def __init__(
        self,
        environ: Mapping[str, str],
        overrides: Mapping[str, Any],
        read_text: Reader,
        importing: Importing | None,
    ) -> None:
        self.environ = environ
        self.importing = importing
        self.read_text = read_text
        self.sources: dict[str, str] = {}
        self.problems = Problems(self.sources)
        self.overrides = Overrides(overrides, self.problems)
        self.documents: dict[Path, Document] = {}
        self.count = 0
        self.imported: ImportedFlow | None = None

    def root(self, path: Path, given: Mapping[str, Any], text: str | None) -> Flow | None:
        """The whole flow, or None where there is none to be made."""
        document = open_document(path, display_name(path), self.sources, text, self.read_text, self.importing)
        self.problems.found += document.diagnostics
        self.imported = document.imported
        data = document.data
        if data is None:
            return None
        section = Section(self.problems, Where(document.display))

        def report(code: str, message: str, name: str, hint: str | None) -> None:
            declared = (
                code == "WF204"
            )  # what is missing is shown where it is declared; the rest was typed elsewhere
            where = section.at("parameters", name, key=True) if declared else None
            self.problems.add(code, message, where, hint=hint)

        idle = self.imported.idle if self.imported else frozenset()
        wanted = {n: v for n, v in given.items() if n not in idle}
        values = Given(escape_secrets(wanted), report, "give it with -p {name}=…, or give it a default")
        seed = section.whole(data, "seed") or 0
        place = _Place(chain=((Path(os.path.realpath(document.file)), document.display),))
        body = self.body(document, data, place, values)
        if self.problems.broken or any(d.code == "WF104" for d in self.problems.found):
            return None  # a value that was to become of a tag is none to judge
        self.overrides.finish([n.id for n in body.nodes if n.operator != "flow.input"])
        tests = data.get("tests")
        if tests is not None and not isinstance(tests, list):
            section.wrong("tests", "a list of cases", tests)
        return Flow(
            file=document.file,
            base=document.base,
            display=document.display,
            name=section.text(data, "name", document.file.stem),
            description=section.text(data, "description"),
            seed=seed,
            parameters=body.parameters.specs,
            values=body.parameters.values,
            nodes=tuple(body.nodes),
            tests=tuple(tests) if isinstance(tests, list) else (),
            requires=body.requires,
        )

    def body(self, document: Document, data: dict[Any, Any], place: _Place, given: Given) -> _Body:
        """Read a document at its place."""
        section = Section(self.problems, Where(document.display))
        section.keys(data, KEYS, "a flow")
        parameters = settle(
            section.inside("parameters"),
            section.mapping(data, "parameters"),
            lambda p: self.interpolation(p, document.display, None),
            given,
        )
        if key := misspelt(data, "parameters"):  # what it declares is not undeclared as well
            parameters.unset |= set(data[key] if isinstance(data[key], dict) else ())
        inputs = read_declared_inputs(section, data)
        nodes = self.inputs(document, section, inputs, place)
        requires = section.texts(data, "requires")
        taken = {name: section.inside("inputs", name) for name in inputs}
        for raw in self.raw_nodes(section, data, place, taken):
            self.count += 1
            if self.count > _MOST_NODES:
                raw.section.error("WF308", f"the flow grows past {_MOST_NODES:,} nodes", breaks=True)
                break
            edges = read_inputs(raw.section, raw.data, place.prefix)
            spec = self.node(document, raw, edges, place, parameters)
            if raw.operator == "flow":
                inner = self.subflow(document, raw, spec, place)
                nodes += inner.nodes
                requires += tuple(r for r in inner.requires if r not in requires)
            else:
                nodes.append(spec)
        outputs = read_declared_outputs(section, data, place.prefix)
        return _Body(nodes, parameters, outputs, requires)

    def raw_nodes(
        self, section: Section, data: dict[Any, Any], place: _Place, taken: dict[str, Section]
    ) -> list[RawNode]:
        """The nodes of a document, where it has a list of them."""
        if misspelt(data, "nodes"):
            self.problems.broken = True
            return []
        if "nodes" not in data:
            section.error(
                "WF202", "the flow has no 'nodes'", hint="write a list of them under 'nodes:'", breaks=True
            )
            return []
        if not isinstance(data["nodes"], list):
            section.wrong("nodes", "a list", data["nodes"], hint="begin each node with '- '", breaks=True)
            return []
        return read_nodes(section.inside("nodes"), data["nodes"], place.prefix, taken)

    def interpolation(self, parameters: Parameters, file: str, node: str | None) -> Interpolation:
        """Interpolation in a file, for a node if one is named."""

        def report(code: str, message: str, hint: str | None, path: DocumentPath, fragment: str) -> None:
            where = precise(self.problems, file, path, fragment)
            self.problems.add(code, message, where, hint=hint, node=node)

        return Interpolation(parameters.values, self.environ, report, parameters.unset, parameters.later)

    def inputs(
        self, document: Document, section: Section, inputs: Mapping[str, str], place: _Place
    ) -> list[NodeSpec]:
        """A node for each declared input. A flow that is not included has nothing to feed them."""
        feeds: Feeds = place.feeds if place.feeds is not None else dict.fromkeys(inputs, ())
        return [
            NodeSpec(
                id=place.prefix + name,
                operator="flow.input",
                version=1,
                parameters={"type": type_},
                inputs=feeds.get(name, ()),
                where=section.at("inputs", name),
                scope=place.scope,
                base=document.base,
            )
            for name, type_ in inputs.items()
        ]

    def node(
        self,
        document: Document,
        raw: RawNode,
        edges: tuple[InputSpec, ...] | None,
        place: _Place,
        parameters: Parameters,
    ) -> NodeSpec:
        """A node as its mapping says, its parameters interpolated."""
        section, data = raw.section, raw.data
        section.keys(data, NODE_KEYS, "a node")
        written = self.overrides.apply(place.prefix + raw.id, section.mapping(data, "parameters"))
        path = (*section.where.path, "parameters")
        interpolation = self.interpolation(parameters, document.display, section.node)
        cache = data.get("cache", False)
        if not isinstance(cache, bool):
            section.wrong("cache", "true or false", cache)
        seed = section.whole(data, "seed")
        return NodeSpec(
            id=place.prefix + raw.id,
            operator=raw.operator,
            version=raw.version,
            parameters=interpolation.parameters(written, path),
            inputs=edges,
            where=section.where,
            title=section.text(data, "title"),
            description=section.text(data, "description"),
            tags=section.texts(data, "tags"),
            cache=cache is True,
            seed=place.seed if seed is None else seed,
            scope=place.scope,
            base=document.base,
        )

    def subflow(self, document: Document, raw: RawNode, spec: NodeSpec, place: _Place) -> _Body:
        """The nodes of an included flow, and one in place of the including node that has its outputs."""
        section = raw.section.inside("parameters")
        nothing = _Body([spec], Parameters(), (), ())
        wanted = read_inclusion(raw.section, spec)
        if wanted is None:
            return nothing
        included = self.include(document, section, wanted.path, place)
        if included is None or included.data is None:
            self.problems.broken = True
            return nothing

        def report(code: str, message: str, name: str, hint: str | None) -> None:
            section.error(code, message, "parameters", name, key=code == "WF208", hint=hint)

        target = Section(self.problems, Where(included.display))
        values = rebase(wanted.parameters, included.data, document.base, included.base)
        inputs = read_declared_inputs(target, included.data)
        inner = _Place(
            scope=(*place.scope, raw.id),
            chain=(*place.chain, (Path(os.path.realpath(included.file)), included.display)),
            seed=spec.seed if spec.seed is not None else target.whole(included.data, "seed"),
            feeds=feed(raw.section, tuple(inputs), spec.inputs),
        )
        how = "give it under 'parameters', as '{name}: …'"
        body = self.body(included, included.data, inner, Given(values, report, how, included.display))
        outlet = replace(
            spec,
            operator="flow.output",
            version=1,
            parameters={"ports": {o.edge.port: o.type for o in body.outputs}},
            inputs=tuple(o.edge for o in body.outputs),
        )
        return replace(body, nodes=[*body.nodes, outlet])

    def include(self, document: Document, section: Section, path: str, place: _Place) -> Document | None:
        """Open the file of a subflow, once however often it is included."""
        file = document.base / path
        real = Path(os.path.realpath(file))
        display = path if os.path.isabs(path) else os.path.normpath(Path(document.display).parent / path)  # noqa: PTH117
        around = [p for p, _ in place.chain]
        if real in around:
            names = [name for _, name in place.chain[around.index(real) :]]
            message = f"a flow includes itself: {' -> '.join([*names, names[0]])}"
            section.error("WF308", message, "path", hint="include another file", breaks=True)
            return None
        if real not in self.documents:
            self.documents[real] = open_document(file, display, self.sources, read_text=self.read_text)
        found = self.documents[real]
        for d in found.diagnostics:
            if d.code == "WF101":
                section.error("WF308", d.message, "path", hint=d.hint, breaks=True)
            else:
                included = (section.at("path"), f"'{found.display}' is included here")
                self.problems.found.append(replace(d, also=(*d.also, included)))
        return found
