"""`graph.notes`: notes and their entities as N-Quads."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import Field, File, Files, Job, NodeError, Port
from weirflow_fhir.graph.neptune import NeptuneLoad
from weirflow_fhir.tables import ENTITIES, NOTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from weirflow.api import Inputs, JobContext, Table

_ROWS = 8192  # that are in memory at a time
_UNUSED = {"text", "content_type", "charset", "author", "category", "resource_type"}  # of a note
_NOTES = tuple(c for c in NOTES if c not in _UNUSED)


class NotesGraph(Job):
    """Write notes and their medical entities as RDF: N-Quads that graph stores load.

    `vocabulary: weirflow` keeps what is known: an entity is a web annotation (https://www.w3.org/TR/annotation-vocab)
    with its place in the note, score, negation, section, patient and encounter, the concepts of its codes (SKOS), and
    what found it (PROV-O). All names follow from the data. Patients, encounters and documents have the IRIs of FHIR's
    RDF, so that both join. The terms are in docs/reference/notes-vocabulary.md.

    `vocabulary: published` is that of AWS's knowledge-analyzer, for its web application and other queries to it:
    entities by type and lower-case text, without those that score less than 0.70 or have one character. Occurrences,
    which had random names there, have such as follow from what they are.

    The same tables, in any order of rows, give the same bytes. With `neptune`, the port `request` has `loader.json`,
    the request that lets Amazon Neptune load the files from where they are put.
    """

    operator: ClassVar[str] = "graph.notes"
    inputs: ClassVar[tuple[Port, ...]] = (Port("notes"), Port("entities"))
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("request", "files"))

    vocabulary: Literal["weirflow", "published"] = Field(
        default="weirflow", description="which terms are used"
    )
    graph: str | None = Field(
        default=None,
        description="IRI of the named graph; without it `urn:weirflow:notes`. Published has its own",
    )
    base: str | None = Field(
        default=None,
        description="what precedes `Patient/1` in IRIs; without it FHIR's `http://hl7.org/fhir/`",
    )
    neptune: NeptuneLoad | None = Field(default=None, description="write a request to Neptune's bulk loader")

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Write the files. A run that was ended while it did begins anew."""
        request = None if self.neptune is None else self.neptune.request()
        if job.last_checkpoint is None:
            with job.checkpoint("quads") as folder:
                (self._published if self.vocabulary == "published" else self._weirflow)(inputs, job, folder)
                for file in folder.glob("*.nq"):
                    _check(file)
                if request is not None:
                    (folder / "loader.json").write_text(request, encoding="utf-8")
        done = job.last_checkpoint
        assert done is not None
        return {"files": _files(done, "*.nq"), "request": _files(done, "*.json")}

    def _weirflow(self, inputs: Inputs[Any], job: JobContext, folder: Path) -> None:
        from weirflow_fhir.graph.vocabulary import GRAPH, Vocabulary

        words = Vocabulary(self.graph or GRAPH, self.base)
        with (folder / "notes.nq").open("w", encoding="utf-8", newline="") as out:
            for row in _sorted(inputs["notes"], _NOTES, ("note_id", "file", "line"), job.folder / "notes"):
                out.write(words.note(row))
        order = ("note_id", "entity_id", "rank", "code_system", "code")
        with (folder / "entities.nq").open("w", encoding="utf-8", newline="") as out:
            rows = _sorted(inputs["entities"], tuple(ENTITIES), order, job.folder / "entities")
            for _, group in groupby(rows, key=lambda r: (r["note_id"], r["entity_id"])):
                out.write(words.entity(list(group)))
        with (folder / "concepts.nq").open("w", encoding="utf-8", newline="") as out:
            out.writelines(words.rest())

    def _published(self, inputs: Inputs[Any], job: JobContext, folder: Path) -> None:
        from weirflow_fhir.graph.published import Published

        words = Published()
        order = ("patient_id", "document_id", "entity_id", "rank")
        with (folder / "entities.nq").open("w", encoding="utf-8", newline="") as out:
            rows = _sorted(inputs["entities"], tuple(ENTITIES), order, job.folder / "entities")
            for _, group in groupby(rows, key=lambda r: (r["patient_id"], r["document_id"])):
                out.write(words.document(list(group)))


def _sorted(
    table: Table, columns: Sequence[str], first: Sequence[str], scratch: Path
) -> Iterator[Mapping[str, Any]]:
    """The distinct rows of a table, sorted by `first` and then by all else, with few in memory at a time."""
    import polars as pl
    import pyarrow.parquet as pq

    given, ordered = scratch.with_suffix(".parquet"), scratch.with_suffix(".sorted.parquet")
    table.select(*columns).sink_parquet(given)
    order = [*first, *(c for c in columns if c not in first)]
    pl.scan_parquet(given).unique().sort(order, nulls_last=True).sink_parquet(ordered)
    given.unlink()
    try:
        with pq.ParquetFile(ordered) as file:
            for batch in file.iter_batches(_ROWS):
                yield from batch.to_pylist()
    finally:
        ordered.unlink()


def _check(file: Path) -> None:
    """Let Oxigraph read it. Raises NodeError where it finds a fault."""
    from pyoxigraph import RdfFormat, parse

    try:
        for _ in parse(path=str(file), format=RdfFormat.N_QUADS):
            pass
    except SyntaxError as error:
        raise NodeError(
            f"line {error.lineno} of {file.name} is no N-Quads: a text of the tables makes no IRI",
            hint="is `graph` or `base` an absolute IRI, and are code systems IRIs?",
            code="WF603",
        ) from None


def _files(folder: Path, pattern: str) -> Files:
    found = sorted(p for p in folder.glob(pattern) if p.stat().st_size)
    return Files(tuple(File(p, p.stat().st_size) for p in found))
