"""`search.index`: a table of texts as an index that one can search."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import ColumnName, Columns, Field, Index, Job, NodeError, Port
from weirflow_fhir.search.build import FORMAT, Layout, build
from weirflow_fhir.search.meanings import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from weirflow.api import Inputs, JobContext, Table

_ROWS = 4096  # that are in memory at a time


class SearchIndex(Job):
    """Index texts, so that they can be searched by their words and by what they mean.

    A row is a document: a note, an article. `id` names it, `text` are the columns that are searched (several are put
    together), `metadata` those that a search may filter by. Words are found in any of their English forms, with or
    without accents.

    The input `entities` is optional: a table of medical entities (`fhir.entities`, `notes.tag`). A document is then
    found by the descriptions of its codes too, and texts that stand for the same code are synonyms: who asks for "heart
    attack" finds "acute myocardial infarction". What a note denies does not count, unless one asks for it ("without
    chest pain").

    The input `synonyms` is optional too: a table of pairs of your own, in its first two columns. `medical` adds common
    abbreviations of medicine (HTN, COPD), and what ICD-10-CM lists for codes that occur.

    With `embeddings` a search also finds documents that are near in meaning, by a small model that runs offline.

    The index is one SQLite file (FTS5; ranked by BM25). A repeated id is indexed once, by its first row; rows without
    an id are left out.
    """

    operator: ClassVar[str] = "search.index"
    inputs: ClassVar[tuple[Port, ...]] = (
        Port(),
        Port("entities", optional=True),
        Port("synonyms", optional=True),
    )
    outputs: ClassVar[tuple[Port, ...]] = (Port("index", "index"),)

    id: ColumnName = Field(default="note_id", description="the column that names a document")
    text: Columns = Field(default=Columns(("text",)), description="the columns that are searched")
    title: ColumnName | None = Field(default=None, description="the column with a document's title")
    date: ColumnName | None = Field(
        default=None, description="the column with a document's date: ISO 8601, or a date"
    )
    metadata: Columns = Field(default=Columns(()), description="the columns that a search may filter by")
    medical: bool = Field(
        default=True, description="whether abbreviations and synonyms of medicine are added"
    )
    embeddings: bool = Field(
        default=False, description="whether meanings are compared as well: needs `weirflow[embeddings]`"
    )

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Write the index. A run that was ended while it did begins anew."""
        done = job.last_checkpoint
        if done is None:
            from weirflow_fhir.search.vectors import Model

            layout = Layout(self.id, tuple(self.text), self.title, self.date, tuple(self.metadata))
            model = Model() if self.embeddings else None
            with job.checkpoint("index") as folder:
                entities = _given(inputs, "entities", COLUMNS, job.folder)
                made = build(
                    folder / "index.sqlite",
                    _rows(inputs.table, layout.columns, job.folder / "documents.parquet"),
                    layout,
                    entities,
                    _pairs(inputs),
                    medical=self.medical,
                    model=model,
                )
                if not made.documents:
                    raise NodeError("there is no document to index", hint="is the table empty?")
                _keep(folder, asdict(made))
            done = job.last_checkpoint
            assert done is not None
        return {"index": Index(done / "index.sqlite", FORMAT, _kept(done))}


def _keep(folder: Path, facts: Mapping[str, int]) -> None:
    import json

    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _kept(folder: Path) -> Mapping[str, int]:
    import json

    facts: Mapping[str, int] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return facts


def _given(
    inputs: Inputs[Any], port: str, columns: Sequence[str], scratch: Path
) -> Iterator[Mapping[str, object]]:
    """The rows of an optional input."""
    if port in inputs:
        yield from _rows(inputs[port], columns, scratch / f"{port}.parquet")


def _pairs(inputs: Inputs[Any]) -> list[tuple[str, str]]:
    if "synonyms" not in inputs:
        return []
    table = inputs["synonyms"]
    names = table.collect_schema().names()[:2]
    if len(names) < len("ab"):
        raise NodeError("the table of synonyms has one column", hint="give a term in each of its first two")
    rows = table.select(*names).collect().rows()
    return [(str(a), str(b)) for a, b in rows if a is not None and b is not None]


def _rows(table: Table, columns: Sequence[str], scratch: Path) -> Iterator[Mapping[str, object]]:
    """Rows of a table, with few in memory at a time."""
    import pyarrow.parquet as pq

    table.select(*columns).sink_parquet(scratch)
    try:
        with pq.ParquetFile(scratch) as file:
            for batch in file.iter_batches(_ROWS):
                yield from batch.to_pylist()
    finally:
        scratch.unlink()
