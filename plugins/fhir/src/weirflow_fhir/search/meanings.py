"""What documents mean: the entities that were found in them, and what of these counts."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from weirflow_fhir.search import denials

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

COLUMNS = (
    "note_id",
    "code_system",
    "code",
    "description",
    "kind",
    "text",
    "negated",
    "begin",
    "end",
)
"""The columns that are read of a table of entities."""


def write(db: sqlite3.Connection, batches: Iterable[Sequence[Mapping[str, Any]]]) -> int:
    """Write the entities of documents that are there; how many there are."""
    known: dict[tuple[object, ...], int] = {}
    count = 0
    for batch in batches:
        rows, new = [], []
        for name, some in groupby(batch, lambda e: e["note_id"]):  # those of a note mostly lie together
            found = db.execute("SELECT id FROM documents WHERE document = ?", (str(name),)).fetchone()
            if found is None:
                continue
            for e in some:
                meaning = tuple(e.get(c) for c in COLUMNS[1:6])
                number = known.get(meaning)
                if number is None:
                    number = known[meaning] = len(known) + 1
                    new.append((number, *meaning))
                rows.append((found[0], number, bool(e.get("negated")), e.get("begin"), e.get("end")))
        db.executemany("INSERT INTO meanings VALUES (?, ?, ?, ?, ?, ?)", new)
        db.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", rows)
        count += len(rows)
    return count


def sum_up(db: sqlite3.Connection) -> int:
    """Write what each document is about, and what it denies; how many deny something.

    A meaning that a note denies is not what it is about. Documents get their places here, the newest first: where a
    question finds too many to rank all, these come first.
    """
    db.execute("CREATE INDEX codes_by_meaning ON codes (meaning, document)")
    db.execute("CREATE INDEX codes_by_document ON codes (document)")
    db.execute("CREATE INDEX by_day ON documents (day DESC, id)")
    descriptions = dict(db.execute("SELECT id, description FROM meanings"))
    texts = dict(db.execute("SELECT id, text FROM meanings"))
    rows = db.execute(
        'SELECT d.id, meaning, negated, "begin", "end" FROM documents d LEFT JOIN codes c ON c.document = d.id '
        "ORDER BY d.day DESC, d.id, c.rowid"
    )
    denying = 0

    def summed() -> Iterator[tuple[int, int, str, str]]:
        nonlocal denying
        for place, (number, some) in enumerate(groupby(rows, lambda row: row[0]), 1):
            mentions = [m for m in some if m[1] is not None]
            about = {descriptions[m] for _, m, negated, *_ in mentions if not negated} - {None}
            denied = [(texts[m], begin, end) for _, m, negated, begin, end in mentions if negated]
            text = ""
            if denied:
                (of,) = db.execute("SELECT text FROM documents WHERE id = ?", (number,)).fetchone()
                text = denials.summed(denied, of)
                denying += bool(text)
            yield place, number, "; ".join(sorted(about)), text or denials.EVERYWHERE

    db.executemany("INSERT INTO about VALUES (?, ?, ?, ?)", summed())
    db.execute("CREATE UNIQUE INDEX about_by_document ON about (document)")
    return denying
