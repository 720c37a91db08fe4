"""`fhir.to_rdf`: files of health records as files of RDF."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast

from pydantic import model_validator

from weirflow.api import (
    Field,
    File,
    Files,
    Handling,
    Item,
    ItemOutput,
    ItemResult,
    NodeError,
    Port,
    Task,
)
from weirflow_fhir.outputs import place, rejects, writer
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.turtle import prefixes, turtle
from weirflow_fhir.reading import ENDINGS, Record, chunks, lines_before, records
from weirflow_fhir.tables import REJECTS, effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from weirflow.api import Effect, Inputs, Schema
    from weirflow_fhir.definitions import Version
    from weirflow_fhir.rdf import Mapping as RdfMapping
    from weirflow_fhir.reading import Reject

TOLD = 3  # bad lines of a piece that are told one by one
_REJECTS = "rejects.ndjson"
_ENDING = {"nquads": "nq", "ntriples": "nt", "turtle": "ttl"}


class ToRdf(Task):
    """Write the resources of files as RDF, by the rules of FHIR's own.

    The files are NDJSON, single resources or Bundles, packed with gzip or not; a Bundle's resources are read in its
    place unless `bundles` says otherwise. Each file becomes one of RDF, called the same but for its ending; one of
    NDJSON that is larger than 32 MiB and not packed becomes several, which are made side by side: `Patient.0001.nq`.
    What is written does not depend on the number of workers, nor on the order of the files.

    A line, or an entry of a Bundle, that is no resource is left out: the port `rejects` has a row for each with its
    place and the class of its fault, and nothing of its content.
    """

    operator: ClassVar[str] = "fhir.to_rdf"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("rejects"))
    by_item: ClassVar[bool] = True

    fhir: Literal["R4", "R5", "R6"] = Field(
        default="R4", description="the version by which the records are read; R6 is a draft"
    )
    format: Literal["nquads", "ntriples", "turtle"] = Field(
        default="nquads", description="how RDF is written; N-Quads without a `graph` are N-Triples"
    )
    base: str = Field(
        default="http://hl7.org/fhir/", description="what precedes `Patient/1` in the IRI of that record"
    )
    graph: str | None = Field(
        default=None, description="the IRI of the graph that all is in; of N-Quads only"
    )
    concept_iris: str = Field(
        default="type",
        description="how a coding leads to its concept: `type`, as FHIR has it; `none`; or the IRI of a predicate",
    )
    gzip: bool = Field(default=False, description="whether the files are packed")
    bundles: Literal["entries", "whole"] = Field(
        default="entries",
        description="whether a Bundle's resources are written, or the Bundle with all in it",
    )
    max_line: int = Field(
        default=256, ge=1, description="MiB of the longest line that is read; a longer one is set aside"
    )
    max_bad_lines: Handling[int | None] = Field(
        default=None,
        ge=0,
        description="how many lines are set aside before the run counts as failed; no limit if null",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.graph is not None and self.format != "nquads":
            raise ValueError("only `format: nquads` can name a `graph`")
        return self

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of what is set aside."""
        del inputs
        return {"rejects": effect(REJECTS)}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files by name, and pieces of those that can be read in pieces."""
        made: dict[str, str] = {}
        for file in sorted(cast("Files", inputs["files"]), key=lambda f: f.name):
            stem = file.name.removesuffix(next((e for e in reversed(ENDINGS) if file.name.endswith(e)), ""))
            if stem in made:
                raise NodeError(
                    f"'{made[stem]}' and '{file.name}' would become one file",
                    hint="let nodes before this one name them apart",
                )
            made[stem] = file.name
            try:
                facts = file.path.stat()
                pieces = chunks(file.path, file.name)
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                raise NodeError(f"'{file.name}' cannot be read: {reason}", code="WF603") from error
            content = file.sha256 or f"{facts.st_size}-{facts.st_mtime_ns}"
            for number, (start, end) in enumerate(pieces, 1):
                part = stem if len(pieces) == 1 else f"{stem}.{number:04d}"
                payload = {"path": str(file.path), "name": file.name, "part": part, "range": [start, end]}
                yield Item(f"{file.name}#{number}", payload, f"{content}-{start}-{end}")

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the resources of one piece."""
        path, name, (start, end) = Path(item.payload["path"]), item.payload["name"], item.payload["range"]
        lines = _mapping(self.fhir, self.base, self.graph, self.concept_iris).lines
        write = _turtle(lines) if self.format == "turtle" else lines
        done, rejected = 0, 0
        first: int | None = None

        def set_aside(reject: Reject) -> None:
            nonlocal rejected, first
            if first is None:
                first = lines_before(path, start)
            row = reject.row(name)
            if row["line"] is not None:
                row["line"] += first
            with (out.folder / _REJECTS).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
            rejected += 1
            if rejected <= TOLD:
                out.warn(place(row))

        limit = self.max_line << 20
        found = records(path, start, end, name=name, bundles=self.bundles, limit=limit, numbered=False)
        target = out.folder / f"part.{self._ending}"
        try:
            with writer(target, packed=self.gzip) as stream:
                if self.format == "turtle":
                    stream.write(prefixes().encode())
                for record in found:
                    if not isinstance(record, Record):
                        set_aside(record)
                        continue
                    try:
                        text = write(record.raw if record.entry is None else record.resource)
                    except FaultError as fault:
                        set_aside(record.reject(str(fault)))
                    except Exception as error:  # noqa: BLE001 -- a bad line never takes the rest along
                        set_aside(record.reject(f"cannot be mapped ({type(error).__name__})"))
                    else:
                        stream.write(text.encode())
                        done += 1
        except OSError as error:
            raise NodeError(
                f"the file cannot be read: {(error.strerror or '').lower()}", code="WF603"
            ) from error
        if rejected > TOLD:
            out.warn(f"{rejected - TOLD} more are in the table `rejects`")
        return ItemResult(item.key, {"resources": done, "rejected": rejected})

    @property
    def _ending(self) -> str:
        return _ENDING[self.format] + (".gz" if self.gzip else "")

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The files by name, and the table of what was set aside."""
        files, bad, rejected = [], [], 0
        for result in results:
            assert result.folder is not None
            path = result.folder / f"part.{self._ending}"
            files.append(File(path, path.stat().st_size, name=f"{result.payload['part']}.{self._ending}"))
            if result.facts["rejected"]:
                bad.append(result.folder / _REJECTS)
                rejected += result.facts["rejected"]
        table = rejects(bad, rejected, self.max_bad_lines, "lines")
        return {"files": Files(tuple(files)), "rejects": table}


@lru_cache(maxsize=1)
def _mapping(version: Version, base: str | None, graph: str | None, concept_iris: str) -> RdfMapping:
    """A mapping, which is dear to make."""
    from weirflow_fhir.rdf import Mapping

    try:
        return Mapping(version, base=base, graph=graph, concept_iris=concept_iris)
    except ValueError as error:
        raise NodeError(str(error)) from None


def _turtle(lines: Callable[[bytes | dict[str, Any]], str]) -> Callable[[bytes | dict[str, Any]], str]:
    """What writes Turtle in the place of lines."""

    def written(record: bytes | dict[str, Any]) -> str:
        return turtle(lines(record))

    return written
