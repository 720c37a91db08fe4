"""Where files of RDF lie."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from weirflow.api import NodeError
from weirflow_fhir.graph.formats import ending

if TYPE_CHECKING:
    from collections.abc import Sequence

_WILD = set("*?[")
_RDF = {"nq", "nt", "ttl", "trig", "rdf", "owl", "xml", "jsonld", "n3", "hext", "trix"}


@dataclass(frozen=True)
class Place:
    """A file, the name that it goes by, and what is known of its content."""

    path: Path
    name: str
    sha256: str | None = None


def files_at(
    location: str, *, anything: bool = False, endings: frozenset[str] | set[str] = _RDF
) -> Sequence[Place]:
    """The files at a location by their names below it, sorted; of a folder those with `endings`, or `anything`.

    Raises NodeError where there is none.
    """
    place = Path(location)
    if place.is_file():
        return [Place(place, place.name)]
    if place.is_dir():
        root = place
        found = [p for p in place.rglob("*") if p.is_file() and (anything or ending(p.name) in endings)]
    else:
        parts = place.parts
        wild = next((i for i, p in enumerate(parts) if _WILD & set(p)), None)
        if wild is None:
            raise NodeError(f"'{place.name}' is not there", code="WF602")
        root = Path(*parts[:wild])
        found = [p for p in root.glob("/".join(parts[wild:])) if p.is_file()]
    if not found:
        raise NodeError(
            f"no file of that kind lies at '{place.name}'",
            hint="endings tell them: .nq, .nt, .ttl, .rdf; a pattern names others",
            code="WF602",
        )
    return sorted(
        (Place(p, PurePosixPath(p.relative_to(root)).as_posix()) for p in found), key=lambda p: p.name
    )


def digest_of(places: Sequence[Place]) -> str:
    """What changes when any of the files does: their names, and checksums or sizes and times. Raises NodeError."""
    facts: list[object] = []
    for p in places:
        if p.sha256 is not None:
            facts.append([p.name, p.sha256])
            continue
        try:
            found = p.path.stat()
        except OSError as error:
            raise NodeError(f"'{p.name}' is not there", code="WF602") from error
        facts.append([p.name, found.st_size, found.st_mtime_ns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
