"""`search.query`: questions to an index, answered as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import model_validator

from weirflow.api import (
    FLOAT64,
    INT64,
    STRING,
    ColumnMark,
    Effect,
    Field,
    Job,
    Made,
    NodeError,
    Port,
    Rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from weirflow.api import Inputs, JobContext, Schema
    from weirflow_fhir.search.index import Filters

COLUMNS = {
    "question": STRING,
    "rank": INT64,
    "document": STRING,
    "score": FLOAT64,
    "title": STRING,
    "day": STRING,
    "excerpt": STRING,
}
"""The columns of answers. `rank` counts from 1; the higher a score, the better, within one question."""


class SearchQuery(Job):
    """Ask an index, and get what it finds as a table: a row for each document that is found, the best first.

    Questions stand in the flow, or come as a column of the table `questions`. `"…"` asks for a phrase, `+word` for a
    word that must be there, `-word` for one that must not, `word*` for all that begin so.

    Filters hold for all questions: `where` has values of the index's metadata columns, `codes` codes of entities, with
    those below them (`E11` finds `E11.9`), `since` and `until` days.
    """

    operator: ClassVar[str] = "search.query"
    inputs: ClassVar[tuple[Port, ...]] = (Port("index", "index"), Port("questions", optional=True))

    questions: list[str] = Field(default_factory=list, description="what is asked")
    column: Annotated[str, ColumnMark(port="questions")] | None = Field(
        default=None, description="the column of the input `questions` that has them"
    )
    limit: int = Field(default=10, ge=1, le=1000, description="the most documents of an answer")
    where: dict[str, str | list[str]] = Field(
        default_factory=dict,
        description="values that a document's metadata must have: `{type: Progress note}`",
    )
    codes: list[str] = Field(default_factory=list, description="codes of entities that a document must have")
    since: str | None = Field(default=None, description="the first day: `2024-02-29`, or `2024-02`")
    until: str | None = Field(default=None, description="the last day")

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if not self.questions and self.column is None:
            raise ValueError("give `questions`, or the `column` of the input `questions` that has them")
        return self

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """Always the same columns."""
        del inputs
        makes = {name: Made(dtype=dtype) for name, dtype in COLUMNS.items()}
        return {"default": Effect(makes=makes, rows=Rows.changed(by=()))}

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Answer the questions, in their order."""
        import narwhals as nw
        import polars as pl

        from weirflow_fhir.search.index import Searcher

        searcher = Searcher(inputs["index"].path)
        asked = self._questions(inputs)
        rows: list[tuple[object, ...]] = []
        for n, question in enumerate(asked):
            found = searcher.search(question, self._filters(), self.limit)
            rows += [
                (
                    question,
                    rank,
                    h.document,
                    h.score,
                    h.title,
                    h.day,
                    "".join(s.text for s in h.excerpt).strip(),
                )
                for rank, h in enumerate(found.hits, 1)
            ]
            job.progress(n + 1, len(asked))
        types = {STRING: pl.String, INT64: pl.Int64, FLOAT64: pl.Float64}
        schema = {name: types[dtype] for name, dtype in COLUMNS.items()}
        return {"default": nw.from_native(pl.LazyFrame(rows, schema=schema, orient="row"))}

    def _filters(self) -> Filters:
        from weirflow_fhir.search.index import Filters

        values = {name: [v] if isinstance(v, str) else v for name, v in self.where.items()}
        return Filters(values, self.since, self.until, self.codes)

    def _questions(self, inputs: Inputs[Any]) -> Sequence[str]:
        return [*self.questions, *self._given(inputs)]

    def _given(self, inputs: Inputs[Any]) -> Iterator[str]:
        if self.column is None:
            return
        if "questions" not in inputs:
            raise NodeError("there is no input `questions`", hint="connect a table, or leave `column` out")
        table = inputs["questions"]
        yield from (
            str(q) for q in table.select(self.column).collect()[self.column].to_list() if q is not None
        )
