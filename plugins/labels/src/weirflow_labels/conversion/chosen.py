"""What is to be converted: images, and what is marked in them, as temporary tables of a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import resources
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError, did_you_mean
from weirflow_labels.database import rows
from weirflow_labels.spelling import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

BATCH = 10_000  # rows that are Python objects at once

_DOUBLES = """
SELECT list(DISTINCT coalesce(job, '') || ' (' || label_attribute || ')') AS labels
FROM (
  SELECT source, sensor, job, label_attribute FROM videos WHERE source IS NOT NULL
  UNION ALL SELECT source, NULL, maker, label_attribute FROM stills
)
GROUP BY source, sensor HAVING count(*) > 1 ORDER BY source LIMIT 1
"""


@dataclass(frozen=True)
class Choice:
    """Which labels are wanted; where a field is empty, all of them.

    `jobs` and `label_attributes` are names, or shell patterns for them; `objects` and `frames` say which values
    attributes must have; `class_attribute` is the attribute that stands for the class.
    """

    jobs: Sequence[str] = ()
    label_attributes: Sequence[str] = ()
    objects: Mapping[str, Sequence[str]] = field(default_factory=dict)
    frames: Mapping[str, Sequence[str]] = field(default_factory=dict)
    class_attribute: str | None = None


def choose(db: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    """Make the tables `videos`, `images`, `marked` and `classes` of what is wanted.

    Raises NodeError where there is no such job or label attribute, where nothing is found, and where two jobs have
    labelled the same images, since then each thing would be there twice.
    """
    jobs = _named(db, "jobs", choice.jobs, "SELECT DISTINCT lower(coalesce(job_name, job)) AS n FROM labels")
    attributes = _named(
        db,
        "label_attributes",
        choice.label_attributes,
        "SELECT DISTINCT label_attribute AS n FROM labels",
    )
    db.execute("CREATE TEMP TABLE wanted_jobs AS SELECT unnest(?::VARCHAR[]) AS job", [jobs])
    db.execute(
        "CREATE TEMP TABLE wanted_attributes AS SELECT unnest(?::VARCHAR[]) AS attribute", [attributes]
    )
    _macros(db, choice)
    db.execute(resources.files(__package__).joinpath("chosen.sql").read_text(encoding="utf-8"))
    _refuse_doubles(db)
    if not rows(db, "SELECT 1 FROM images LIMIT 1"):
        raise NodeError(
            "there is nothing to convert: no job that is chosen has boxes or shapes in images",
            hint="`jobs`, `label_attributes`, `attributes` and `frame_attributes` choose",
        )


def streamed(
    db: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> Iterator[dict[str, Any]]:
    """The rows of a query one by one, with few of them in memory."""
    import pyarrow as pa

    for batch in pa.RecordBatchReader.from_stream(db.sql(query, params=list(parameters))):
        for start in range(0, batch.num_rows, BATCH):
            yield from batch.slice(start, BATCH).to_pylist()


def left_out(db: duckdb.DuckDBPyConnection, shapes: Sequence[str]) -> dict[str, int]:
    """How many marks have other shapes than these, by shape."""
    query = "SELECT shape, count(*) AS n FROM marked WHERE NOT list_contains(?, shape) GROUP BY shape ORDER BY shape"
    return {r["shape"]: r["n"] for r in rows(db, query, [list(shapes)])}


def _named(db: duckdb.DuckDBPyConnection, what: str, patterns: Sequence[str], query: str) -> list[str]:
    """The names that patterns stand for. Raises NodeError for a pattern without any."""
    if what == "jobs":
        query += " UNION SELECT lower(job) FROM files WHERE job IS NOT NULL"
        patterns = [p.lower() for p in patterns]
    known = sorted(r["n"] for r in rows(db, query) if r["n"] is not None) if patterns else []
    found = []
    for pattern in patterns:
        names = [n for n in known if n == pattern or fnmatchcase(n, pattern)]
        if not names:
            raise NodeError(
                f"{what}: nothing is called '{pattern}'",
                hint=did_you_mean(pattern, known) or f"there are {', '.join(known) or 'none'}",
            )
        found += names
    return found


def _macros(db: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    """Make what `chosen.sql` asks: whether a thing has the attributes that are wanted, and what its class is."""
    db.execute("CREATE TEMP TABLE wanted_values (scope VARCHAR, name VARCHAR, choices VARCHAR[])")
    for scope, wanted in (("object", choice.objects), ("frame", choice.frames)):
        for name, values in wanted.items():
            db.execute("INSERT INTO wanted_values VALUES (?, ?, ?)", [scope, name, list(values)])
    db.execute(
        "CREATE TEMP MACRO keeps(attributes, scope_of) AS NOT EXISTS (SELECT 1 FROM wanted_values w"
        " WHERE w.scope = scope_of"
        " AND NOT coalesce(list_contains(w.choices, map_extract(attributes, w.name)[1]), false))"
    )
    name = "NULL::VARCHAR" if choice.class_attribute is None else literal(choice.class_attribute)
    special = "" if choice.class_attribute is None else f"map_extract(attributes, {name})[1], "
    db.execute(f"CREATE TEMP MACRO chosen_class() AS {name}")
    db.execute(
        "CREATE TEMP MACRO named(class_name, class_id, attributes) AS"
        f" coalesce({special}class_name, class_id, 'object')"
    )


def _refuse_doubles(db: duckdb.DuckDBPyConnection) -> None:
    """Refuse images that two labels are of."""
    for row in rows(db, _DOUBLES):
        raise NodeError(
            f"the same images have been labelled more than once: by {' and by '.join(sorted(row['labels']))}",
            hint="say which to take with `jobs` or `label_attributes`",
        )
