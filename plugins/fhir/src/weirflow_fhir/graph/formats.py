"""The formats of RDF: which name, which ending, and who reads and writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError, did_you_mean

if TYPE_CHECKING:
    from pyoxigraph import RdfFormat

OXIGRAPH = {
    "nquads": "N_QUADS",
    "ntriples": "N_TRIPLES",
    "turtle": "TURTLE",
    "trig": "TRIG",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON_LD",
    "n3": "N3",
}
"""Formats that Oxigraph reads and writes itself, by our names."""

_ALIASES = {
    "nt": "ntriples",
    "n-triples": "ntriples",
    "nq": "nquads",
    "n-quads": "nquads",
    "ttl": "turtle",
    "xml": "rdfxml",
    "rdf": "rdfxml",
    "rdf/xml": "rdfxml",
    "json-ld": "jsonld",
    "hextuples": "hext",
}
_ENDINGS = {
    "nq": "nquads",
    "nt": "ntriples",
    "ttl": "turtle",
    "trig": "trig",
    "rdf": "rdfxml",
    "owl": "rdfxml",
    "xml": "rdfxml",
    "jsonld": "jsonld",
    "json": "jsonld",
    "n3": "n3",
    "hext": "hext",
    "ndjson": "hext",
    "trix": "trix",
    "patch": "patch",
}
SCOPED_BY_LABEL = {"nquads", "ntriples"}
"""Formats in which every blank node has a label."""


def ending(name: str) -> str:
    """What a file's name ends with, without `.gz`."""
    return name.lower().removesuffix(".gz").rpartition(".")[2]


def format_of(name: str, given: str | None) -> str:
    """The format of a file, as given or by its ending. Raises NodeError where neither tells."""
    if given is not None:
        return _ALIASES.get(given.lower(), given.lower())
    found = _ENDINGS.get(ending(name))
    if found is None:
        raise NodeError(
            f"the name '{name}' does not tell the format", hint="give `format`, as `turtle`", code="WF603"
        )
    return found


def ours(name: str) -> RdfFormat | None:
    """Oxigraph's format of a name; None where it has none."""
    from pyoxigraph import RdfFormat

    attribute = OXIGRAPH.get(name)
    return None if attribute is None else getattr(RdfFormat, attribute)


def require(name: str, kind: type) -> None:
    """Raise NodeError where rdflib has no plugin of a name, of its Parser or its Serializer."""
    from rdflib.plugin import PluginException, get, plugins

    try:
        get(name, kind)
    except PluginException:
        found: list[Any] = list(plugins(kind=kind))
        known = sorted({*OXIGRAPH, *(p.name for p in found if "/" not in p.name)})
        raise NodeError(
            f"nothing reads or writes the format '{name}'", hint=did_you_mean(name, known), code="WF603"
        ) from None
