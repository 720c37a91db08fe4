"""`search.index`: a table of texts as an index that one can search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import ColumnName, Columns, Field, Index, Job, NodeError, Port
from weirflow_fhir.search.build import FORMAT, Layout, build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from weirflow.api import Inputs, JobContext, Table

_ROWS = 4096  # that are in memory at a time
_OF_ENTITIES = ("note_id", "code_system", "code", "description", "kind", "text", "negated")


class SearchIndex(Job):
    """Index texts, so that they can be searched by their words and by what they mean.

    A row is a document: a note, an article. `id` names it, `text` are the columns that are searched (several are put
    together), `metadata` those that a search may filter by. Words are found in any of their English forms, with or
    without accents.

    The input `entities` is optional: a table of medical entities (`fhir.entities`, `notes.tag`). A document is then
    found by the descriptions of its codes too, unless the note denies them, and texts that stand for the same code
    are synonyms: who asks for "heart attack" finds "acute myocardial infarction".

    The index is one SQLite file (FTS5; ranked by BM25). A repeated id is indexed once, by its first row.
    """

    operator: ClassVar[str] = "search.index"
    inputs: ClassVar[tuple[Port, ...]] = (Port(), Port("entities", optional=True))
    outputs: ClassVar[tuple[Port, ...]] = (Port("index", "index"),)

    id: ColumnName = Field(default="note_id", description="the column that names a document")
    text: Columns = Field(default=Columns(("text",)), description="the columns that are searched")
    title: ColumnName | None = Field(default=None, description="the column with a document's title")
    date: ColumnName | None = Field(
        default=None, description="the column with a document's date: ISO 8601, or a date"
    )
    metadata: Columns = Field(default=Columns(()), description="the columns that a search may filter by")

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Write the index. A run that was ended while it did begins anew."""
        done = job.last_checkpoint
        if done is None:
            layout = Layout(self.id, tuple(self.text), self.title, self.date, tuple(self.metadata))
            entities = inputs["entities"] if "entities" in inputs else None  # noqa: SIM401 -- no mapping
            with job.checkpoint("index") as folder:
                made = build(
                    folder / "index.sqlite",
                    _rows(inputs.table, layout.columns, job.folder / "documents.parquet"),
                    layout,
                    ()
                    if entities is None
                    else _rows(entities, _OF_ENTITIES, job.folder / "entities.parquet"),
                )
            if not made.documents:
                raise NodeError("there is no document to index", hint="is the table empty?")
            done = job.last_checkpoint
            assert done is not None
        return {"index": Index(done / "index.sqlite", FORMAT)}


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
