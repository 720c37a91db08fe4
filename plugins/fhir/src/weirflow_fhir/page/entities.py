"""The entities of all notes, in a database that vanishes with the process: what a note has, and who shares it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from weirflow_fhir.page.groups import group_of

SECONDS = 5.0
"""How long a question may take."""

COLUMNS = (
    *("note_id", "patient_id", "begin", "end", "kind", "text", "negated", "section"),
    *("source", "score", "rank", "code_system", "code", "description"),
)
"""The columns of `weirflow_fhir.tables.ENTITIES` that are read."""

ALIKE = ("patient_id", "other_id", "rank", "similarity", "codes", "shared")
"""The columns of what `graph.similar` gives."""

_BATCH = 5000
_NEAR = 500  # notes with an entity, among which those most like one are looked for

_TABLES = """
PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -65536;
CREATE TABLE mention (
    note TEXT, patient TEXT, begin INTEGER, end INTEGER, grp TEXT, text TEXT, negated INTEGER, section TEXT,
    source TEXT, score REAL, rank INTEGER, concept INTEGER
);
CREATE TABLE concept (
    id INTEGER PRIMARY KEY, label TEXT, system TEXT, code TEXT, grp TEXT, notes INTEGER, patients INTEGER
);
CREATE TABLE alike (
    patient TEXT, other TEXT, rank INTEGER, similarity REAL, codes INTEGER, shared TEXT, PRIMARY KEY (patient, rank)
);
"""

# What has no code is what has one at the same place.
_UNCODED = """
CREATE INDEX mention_by_note ON mention (note, begin, end);
UPDATE mention SET concept = (
    SELECT m.concept FROM mention m WHERE m.note = mention.note AND m.begin = mention.begin
    AND m.end = mention.end AND m.concept IS NOT NULL ORDER BY m.rank, m.rowid LIMIT 1
) WHERE concept IS NULL;
"""

# What is denied, or said of a relative, the patient does not have.
_MEANINGS = """
CREATE TABLE has (
    concept INTEGER NOT NULL, note TEXT NOT NULL, patient TEXT, PRIMARY KEY (concept, note)
) WITHOUT ROWID;
INSERT OR IGNORE INTO has SELECT concept, note, max(patient) FROM mention
    WHERE coalesce(rank, 1) = 1 AND concept IS NOT NULL
    GROUP BY note, begin, end, concept
    HAVING NOT max(coalesce(negated, 0)) AND NOT max(coalesce(section, '') LIKE '%family%');
CREATE INDEX has_by_note ON has (note, concept);
CREATE TABLE owns (
    concept INTEGER NOT NULL, patient TEXT NOT NULL, notes INTEGER, PRIMARY KEY (patient, concept)
) WITHOUT ROWID;
INSERT INTO owns SELECT concept, patient, count(*) FROM has WHERE patient IS NOT NULL GROUP BY patient, concept;
CREATE INDEX owns_by_concept ON owns (concept, patient);
CREATE TABLE name AS SELECT DISTINCT concept, lower(text) AS text FROM mention WHERE concept IS NOT NULL;
CREATE INDEX name_by_concept ON name (concept);
UPDATE concept SET
    notes = (SELECT count(*) FROM has WHERE has.concept = concept.id),
    patients = (SELECT count(*) FROM owns WHERE owns.concept = concept.id);
ANALYZE;
"""

_CONCEPT = "c.id, c.label, c.system, c.code, c.grp, c.notes, c.patients"


@dataclass(frozen=True)
class Concept:
    """What an entity stands for: a code, or a text without one; and how many notes and patients have it."""

    concept: int
    label: str
    system: str | None
    code: str | None
    group: str
    notes: int
    patients: int


@dataclass(frozen=True)
class Mention:
    """A place in a note, and what is found there. `relative`: the section is about the patient's family."""

    begin: int
    end: int
    text: str
    negated: bool
    relative: bool
    section: str | None
    score: float | None
    sources: tuple[str, ...]
    concept: int


@dataclass(frozen=True)
class Found:
    """A cohort: how many patients, some of them with how many notes say so, and what else they have."""

    total: int
    of: int
    patients: tuple[tuple[str, int], ...]
    others: tuple[tuple[Concept, int], ...]


@dataclass(frozen=True)
class Alike:
    """A patient like another: how much, from 0 to 1, and by how many codes, some of which `shared` names."""

    patient: str
    similarity: float
    codes: int
    shared: str


class TooLongError(Exception):
    """A question took longer than it may."""


class Entities:
    """All entities, of rows of `COLUMNS`, and patients like others, of rows of `ALIKE`.

    Threads take turns; each question ends after `seconds`.
    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]],
        alike: Iterable[Mapping[str, Any]] = (),
        seconds: float = SECONDS,
    ) -> None:
        self._lock = threading.Lock()
        self._seconds = seconds
        # SQLite's own temporary database: a file without a name, gone when it is closed, however that comes
        self._db = sqlite3.connect("", check_same_thread=False)
        self._db.executescript(_TABLES)
        self._fill(rows)
        self._db.executemany(
            "INSERT OR IGNORE INTO alike VALUES (?, ?, ?, ?, ?, ?)",
            (tuple(r[c] for c in ALIKE) for r in alike),
        )
        self._db.executescript(_MEANINGS)
        (self.patients,) = self._db.execute("SELECT count(DISTINCT patient) FROM owns").fetchone()

    def _fill(self, rows: Iterable[Mapping[str, Any]]) -> None:
        known = _Known()
        insert = f"INSERT INTO mention VALUES ({', '.join('?' * 12)})"  # noqa: S608 -- places alone
        for batch in _batches(rows, known):
            self._db.executemany(insert, batch)
        self._db.executescript(_UNCODED)
        bare = self._db.execute(
            "SELECT DISTINCT grp, lower(text) FROM mention WHERE concept IS NULL AND text IS NOT NULL ORDER BY 1, 2"
        ).fetchall()
        self._db.executemany(
            "UPDATE mention SET concept = ? WHERE concept IS NULL AND grp = ? AND lower(text) = ?",
            [(known.id((group, text), text, None, None, group), group, text) for group, text in bare],
        )
        self._db.executemany("INSERT INTO concept VALUES (?, ?, ?, ?, ?, 0, 0)", known.rows())

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._db.close()

    # ------------------------------------------------------------------ of a note

    def of(self, note: str) -> tuple[list[Mention], dict[int, Concept]]:
        """The entities of a note in the order of its text, and what they stand for."""
        with self._asking() as db:
            rows = db.execute(
                "SELECT begin, end, min(text), max(coalesce(negated, 0)), max(section), max(score), concept,"
                " group_concat(DISTINCT source) FROM mention WHERE note = ? AND coalesce(rank, 1) = 1"
                " AND begin IS NOT NULL AND concept IS NOT NULL GROUP BY begin, end, concept ORDER BY 1, 2 DESC, 7",
                (note,),
            ).fetchall()
            concepts = db.execute(
                f"SELECT {_CONCEPT} FROM concept c WHERE id IN (SELECT concept FROM mention WHERE note = ?)",  # noqa: S608
                (note,),
            ).fetchall()
        mentions = [
            Mention(
                begin, end, text, bool(negated), "family" in (section or "").casefold(), section, score,
                tuple(sorted(filter(None, (sources or "").split(",")))), concept,
            )
            for begin, end, text, negated, section, score, concept, sources in rows
        ]  # fmt: skip
        return mentions, {row[0]: Concept(*row) for row in concepts}

    def sharing(
        self, concept: int, note: str, limit: int = 5
    ) -> tuple[int, list[tuple[str, str | None, int]]]:
        """How many other notes have an entity; and those with most entities of `note`: id, patient, how many."""
        with self._asking() as db:
            (total,) = db.execute(
                "SELECT count(*) FROM has WHERE concept = ? AND note <> ?", (concept, note)
            ).fetchone()
            rows = db.execute(
                "WITH near AS (SELECT note FROM has WHERE concept = ?1 AND note <> ?2 LIMIT ?3)"
                " SELECT note, max(patient), sum(concept IN (SELECT concept FROM has WHERE note = ?2)) AS shared"
                " FROM has WHERE note IN (SELECT note FROM near) GROUP BY note ORDER BY shared DESC, note LIMIT ?4",
                (concept, note, _NEAR, limit),
            ).fetchall()
        return total, rows

    # ------------------------------------------------------------------ of all notes

    def counts(self) -> dict[str, int]:
        """How many different entities there are of each group."""
        with self._asking() as db:
            return dict(db.execute("SELECT grp, count(*) FROM concept GROUP BY grp"))

    def suggest(self, typed: str, limit: int = 12) -> list[Concept]:
        """Entities whose code begins with what was typed, or whose names contain it; the most common first."""
        with self._asking() as db:
            rows = db.execute(
                f"SELECT {_CONCEPT} FROM concept c WHERE upper(substr(code, 1, length(?1))) = upper(?1)"  # noqa: S608
                " OR instr(lower(label), lower(?1)) OR id IN (SELECT concept FROM name WHERE instr(text, lower(?1)))"
                " ORDER BY notes DESC, label LIMIT ?2",
                (typed, limit),
            ).fetchall()
        return [Concept(*row) for row in rows]

    def cohort(
        self, having: Sequence[int], lacking: Sequence[int], patients: int = 100, others: int = 25
    ) -> Found:
        """The patients with all of `having` and none of `lacking`, and the entities that most of them have too."""
        if not having:
            return Found(0, self.patients, (), ())
        one = "SELECT patient FROM owns WHERE concept = ?"
        chosen = " INTERSECT ".join([one] * len(having)) + f" EXCEPT {one}" * len(lacking)
        places = ", ".join("?" * len(having))
        values = (*having, *lacking)
        with self._asking() as db:
            db.execute("DROP TABLE IF EXISTS temp.cohort")
            db.execute("CREATE TEMP TABLE cohort (patient TEXT PRIMARY KEY)")
            db.execute(f"INSERT INTO cohort SELECT * FROM ({chosen})", values)  # noqa: S608
            (total,) = db.execute("SELECT count(*) FROM cohort").fetchone()
            people = db.execute(
                "SELECT patient, count(DISTINCT note) AS n FROM has WHERE patient IN (SELECT patient FROM cohort)"  # noqa: S608
                f" AND concept IN ({places}) GROUP BY patient ORDER BY n DESC, patient LIMIT ?",
                (*having, patients),
            ).fetchall()
            more = db.execute(
                f"SELECT count(*) AS n, {_CONCEPT} FROM cohort JOIN owns USING (patient)"  # noqa: S608
                f" JOIN concept c ON c.id = owns.concept WHERE c.id NOT IN ({places})"
                " GROUP BY c.id ORDER BY n DESC, n * 1.0 / c.patients DESC, c.label LIMIT ?",
                (*having, others),
            ).fetchall()
        return Found(total, self.patients, tuple(people), tuple((Concept(*row[1:]), row[0]) for row in more))

    def alike(self, patient: str) -> list[Alike]:
        """Patients like one, the most alike first."""
        with self._asking() as db:
            rows = db.execute(
                "SELECT other, similarity, codes, shared FROM alike WHERE patient = ? ORDER BY rank",
                (patient,),
            ).fetchall()
        return [Alike(*row) for row in rows]

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            end = time.monotonic() + self._seconds
            self._db.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            try:
                yield self._db
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    raise TooLongError from None
                raise
            finally:
                self._db.set_progress_handler(None, 0)


class _Known:
    """The concepts that were met, numbered as they came."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], list[Any]] = {}

    def id(self, key: tuple[str, str], label: str, system: str | None, code: str | None, group: str) -> int:
        """The number of a concept. Of several labels the first by alphabet is kept."""
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = [len(self._of) + 1, label, system, code, group]
        elif label < found[1]:
            found[1] = label
        return int(found[0])

    def rows(self) -> list[list[Any]]:
        """Id, label, system, code and group of each."""
        return list(self._of.values())


def _batches(rows: Iterable[Mapping[str, Any]], known: _Known) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        group, code, system = group_of(row["kind"]), row["code"], row["code_system"]
        concept = None
        if code is not None:
            label = row["description"] or row["text"] or code
            concept = known.id((system or "", code), label, system, code, group)
        facts = [row[c] for c in COLUMNS[:11]]
        facts[4] = group
        batch.append((*facts, concept))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
