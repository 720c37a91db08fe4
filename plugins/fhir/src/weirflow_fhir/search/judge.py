"""`search.judge`: how well an index answers, by judgements of which documents answer a question."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from weirflow.api import (
    FLOAT64,
    STRING,
    ColumnMark,
    Effect,
    Field,
    Job,
    Made,
    Metric,
    NodeError,
    Notice,
    Port,
    Report,
    Rows,
    TableBlock,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from weirflow.api import Block, Inputs, JobContext, Schema
    from weirflow_fhir.search.index import Searcher

    Grades = Mapping[str, Mapping[str, int]]  # of each question, by document

DEPTH = 10  # documents of an answer that count
BEST = 3  # grade
_RECALLED = 100  # documents among which the good ones should be
COLUMNS = {"question": STRING, "way": STRING, "ndcg": FLOAT64, "recall": FLOAT64, "reciprocal_rank": FLOAT64}
WAYS: Mapping[str, Mapping[str, bool]] = {
    "words": {"concepts": False, "synonyms": False, "hybrid": False},
    "words, concepts": {"synonyms": False, "hybrid": False},
    "words, concepts, synonyms": {"hybrid": False},
    "words, concepts, synonyms, vectors": {"hybrid": True},
}
"""The ways of searching that are compared, each with what `Searcher` is told."""


class SearchJudge(Job):
    """Judge how well an index answers questions, so that changes can be compared.

    The table `judgements` says of questions which documents answer them, and how well: 3 is what was asked for, 2
    answers it, 1 touches on it, 0 does not. Documents that are not named count as 0.

    The report has, for each way of searching (by words alone; with concepts, which leaves out what notes deny; with
    synonyms; with vectors, where the index has them), the means over all questions: nDCG of the first ten documents (1
    where the best come first), the share of good documents among the first hundred, and the mean of one over the rank
    of the first good one (MRR). The table has them by question.
    """

    operator: ClassVar[str] = "search.judge"
    inputs: ClassVar[tuple[Port, ...]] = (Port("index", "index"), Port("judgements"))
    outputs: ClassVar[tuple[Port, ...]] = (Port("report", "report"), Port())

    question: Annotated[str, ColumnMark(port="judgements")] = Field(
        default="question", description="the column with the question"
    )
    document: Annotated[str, ColumnMark(port="judgements")] = Field(
        default="document", description="the column with a document's id"
    )
    grade: Annotated[str, ColumnMark(port="judgements")] = Field(
        default="grade", description="the column with the grade, 0 to 3"
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """Always the same columns."""
        del inputs
        makes = {name: Made(dtype=dtype) for name, dtype in COLUMNS.items()}
        return {"default": Effect(makes=makes, rows=Rows.changed(by=()))}

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Ask every question in every way."""
        import narwhals as nw
        import polars as pl

        grades = self._grades(inputs)
        if not grades:
            raise NodeError("there are no judgements", hint="is the table empty?")
        path = inputs["index"].path
        rows = judged(path, grades, job.progress)
        types = {name: pl.String if dtype == STRING else pl.Float64 for name, dtype in COLUMNS.items()}
        table = nw.from_native(pl.LazyFrame(rows, schema=types, orient="row"))
        return {"report": _report(rows, grades, _unknown(path, grades)), "default": table}

    def _grades(self, inputs: Inputs[Any]) -> Grades:
        names = [self.question, self.document, self.grade]
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for question, document, grade in inputs["judgements"].select(*names).collect().rows():
            if question is None or document is None or grade is None:
                continue
            if grade not in range(BEST + 1):
                raise NodeError(f"a grade in '{self.grade}' is none", hint="grades are 0, 1, 2 and 3")
            found[str(question)][str(document)] = int(grade)
        return found


def judged(
    path: Path, grades: Grades, progress: Callable[[float, float], None] = lambda _done, _total: None
) -> list[tuple[str, str, float, float, float]]:
    """The measures of each question in each way: rows of the table."""
    from weirflow_fhir.search.index import Searcher
    from weirflow_fhir.search.measures import ndcg, recall, reciprocal_rank

    ways = dict(WAYS)
    if not Searcher(path, hybrid=False).facts["model"]:
        ways.popitem()
    rows = list[tuple[str, str, float, float, float]]()
    for way, told in ways.items():
        searcher: Searcher = Searcher(path, **told)
        for question, good in grades.items():
            ranking = [h.document for h in searcher.search(question, limit=_RECALLED).hits]
            measures = (
                ndcg(ranking, good, DEPTH),
                recall(ranking, good, _RECALLED),
                reciprocal_rank(ranking, good),
            )
            rows.append((question, way, *measures))
            progress(len(rows), len(ways) * len(grades))
    return rows


def _unknown(path: Path, grades: Grades) -> int:
    from weirflow_fhir.search.index import Searcher

    searcher = Searcher(path, hybrid=False)
    return sum(searcher.document(d) is None for d in {d for good in grades.values() for d in good})


def means(rows: Sequence[tuple[str, str, float, float, float]]) -> dict[str, tuple[float, float, float]]:
    """The means of nDCG, recall and reciprocal rank, by way."""
    of: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for _, way, *measures in rows:
        of[way].append((measures[0], measures[1], measures[2]))
    return {
        way: (_mean([m[0] for m in some]), _mean([m[1] for m in some]), _mean([m[2] for m in some]))
        for way, some in of.items()
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _report(rows: Sequence[tuple[str, str, float, float, float]], grades: Grades, unknown: int) -> Report:
    of = means(rows)
    blocks: list[Block] = [
        Metric(
            name=f"ndcg_{n}",
            label=f"nDCG@{DEPTH}, {way}",
            value=round(ndcg, 4),
            reading="1 where the best documents come first",
        )
        for n, (way, (ndcg, _, _)) in enumerate(of.items())
    ]
    blocks.append(
        TableBlock(
            title="Ways of searching",
            columns=("way", f"nDCG@{DEPTH}", f"recall@{_RECALLED}", "MRR"),
            rows=tuple((way, *(round(m, 4) for m in measures)) for way, measures in of.items()),
            note=f"Means over {len(grades)} questions.",
        )
    )
    last = list(of)[-1]
    worst = sorted((ndcg, question) for question, way, ndcg, *_ in rows if way == last)[:DEPTH]
    blocks.append(
        TableBlock(
            title=f"Questions answered worst ({last})",
            columns=("question", f"nDCG@{DEPTH}"),
            rows=tuple((question, round(ndcg, 4)) for ndcg, question in worst),
        )
    )
    if unknown:
        blocks.append(Notice(text=f"{unknown} documents of the judgements are not in the index."))
    return Report(title=f"Answers to {len(grades)} questions", blocks=tuple(blocks))
