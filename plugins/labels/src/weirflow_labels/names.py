"""Workers: where they were seen, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import NodeError
from weirflow_labels.database import rows
from weirflow_labels.pseudonyms import sub, worker

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb


def set_names(db: duckdb.DuckDBPyConnection, names: Path | None) -> None:
    """Make the table of workers from where they were seen, with the names of a CSV file, if one is given.

    It has a column `worker_id` or `sub`, as the labelling service knows them, and `name`, `email` or both. Raises
    NodeError where it has not, or is no CSV.
    """
    db.execute("DELETE FROM workers")
    db.execute(
        "INSERT INTO workers SELECT worker_id, max(sub), max(identity_provider), NULL, NULL FROM sightings"
        " WHERE worker_id IS NOT NULL GROUP BY worker_id ORDER BY worker_id"
    )
    if names is None:
        return
    import duckdb

    try:
        db.execute(
            "CREATE OR REPLACE TEMP TABLE given AS FROM read_csv(?, header = true, all_varchar = true)",
            [str(names)],
        )
    except duckdb.Error as error:
        raise NodeError(f"'{names.name}' cannot be read as CSV", code="WF603") from error
    columns = {r["column_name"].lower() for r in rows(db, "DESCRIBE given")}
    keys = [c for c in ("worker_id", "sub") if c in columns]
    if not keys or not columns & {"name", "email"}:
        hint = "its first line needs `worker_id` or `sub`, and `name`, `email` or both"
        raise NodeError(f"'{names.name}' names no workers", code="WF603", hint=hint)
    name, email = (c if c in columns else "NULL" for c in ("name", "email"))
    for key in keys:
        pseudonym = (worker if key == "worker_id" else sub)(f"trim({key})")
        db.execute(
            "UPDATE workers SET name = coalesce(workers.name, g.name), email = coalesce(workers.email, g.email)"  # noqa: S608
            f" FROM (SELECT {pseudonym} AS id, max({name}) AS name,"
            f" max({email}) AS email FROM given WHERE {key} IS NOT NULL GROUP BY ALL) g WHERE g.id = workers.{key}"
        )
    db.execute("DROP TABLE given")
