"""What workers answered: every answer of every file below a job's `worker-response`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.pseudonyms import sub, worker
from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.common import patterns
from weirflow_labels.readers.elements import Elements, load_what_can_be

if TYPE_CHECKING:
    import duckdb

COUNTED = (
    *("entities", "boundingBoxes", "polygons", "polylines", "keypoints", "instances", "labels"),
    "frameData.entries",
)
"""Lists of an element's answer whose members are units of work: spans, boxes, shapes, classes, frames."""

IDENTITY = frozenset({"workerId", "workerMetadata", "identityData"})
"""Keys that say who answered, which an answer of a template of one's own may repeat."""

_FORM = {
    "answers": "STRUCT(acceptanceTime VARCHAR, submissionTime VARCHAR, timeSpentInSeconds VARCHAR, workerId VARCHAR,"
    " answerContent JSON, workerMetadata JSON)[]"
}

# `from_json` on the text costs a fifth of `read_json` on files this small; it gives null for what has another form
_READ = """
CREATE OR REPLACE TEMP TABLE answers AS
WITH files AS (SELECT filename, from_json(ltrim(content, chr(65279)), ?).answers AS answers FROM read_text(?)),
answers AS (
  SELECT filename, answers IS NULL AS bad, unnest(coalesce(answers, [NULL])) AS a,
    unnest(range(coalesce(len(answers), 1))) AS answer_no
  FROM files
)
SELECT l.*, bad, a IS NULL AS missing, answer_no::INTEGER AS answer_no,
  {fault} AS fault, {worker} AS worker_id, {sub} AS sub,
  a.workerMetadata->>'$.identityData.identityProviderType' AS identity_provider,
  {accepted} AS accepted, {submitted} AS submitted, {active} AS active_s,
  {answer}::JSON AS answer
FROM answers JOIN loading l ON l.local = filename
"""

_TIMES = {
    "acceptanceTime": "TRY_CAST(nullif(a.acceptanceTime, '') AS TIMESTAMPTZ)",
    "submissionTime": "TRY_CAST(nullif(a.submissionTime, '') AS TIMESTAMPTZ)",
    "timeSpentInSeconds": "TRY_CAST(nullif(a.timeSpentInSeconds, '') AS DOUBLE)",
}
_KNOWN = ("acceptanceTime", "submissionTime", "timeSpentInSeconds", "workerId", "answerContent")
_FAULT = (
    "CASE WHEN "
    + " AND ".join(f"a.{name} IS NULL" for name in _KNOWN)
    + " THEN 'it is no answer'"
    + "".join(
        f" WHEN a.{name} <> '' AND NOT coalesce(isfinite({value}), false) THEN '`{name}` is no"
        f" {'number' if 'DOUBLE' in value else 'instant'}'"
        for name, value in _TIMES.items()
    )
    + " END"
)

_STAGE = """
INSERT INTO staged_responses BY NAME
SELECT file_id, job, modality, iteration, dataset_object_id, answer_no, worker_id, accepted, submitted, active_s,
  if(n_units = 1 AND len(labels) = 1, labels[1], NULL) AS class_name, n_units::BIGINT AS n_units, answer
FROM (
  SELECT *, list_sum(list_concat({lengths}, [1 for label in labels])) AS n_units
  FROM (
    SELECT *, list_filter(json_extract_string(answer, '$.*.label'),
      lambda x, i: json_type(answer, '$.*.label')[i] = 'VARCHAR') AS labels
    FROM answers
  )
)
"""


class Responses:
    """Reads files of workers' answers into `responses` and `sightings`.

    An answer is a JSON object with a key for each element of the form, by its name: `crowd-classifier` and the like
    where the template gives none. Units of work are counted over all elements, and null where none of them is of a
    known kind. The class is that of answers with one `label` and nothing else; that of forms which let several be
    chosen is null, also where one was. An answer that cannot be read is left out, and the others keep their numbers.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the answers of some files."""
        return load_what_can_be(db, paths, self._load, _lists)

    def _load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str], *, sifted: bool) -> Sequence[Reject]:
        if any(Path(p).stat().st_size == 0 for p in paths):
            raise UnreadableError("it is empty")
        known = "a.workerMetadata->>'$.identityData.sub'"
        answer = _hidden(
            _hidden("a.answerContent::VARCHAR", "a.workerId", worker("a.workerId")), known, sub(known)
        )
        db.execute(
            _READ.format(
                worker=worker("nullif(a.workerId, '')"),
                sub=sub(f"nullif({known}, '')"),
                answer=answer,
                fault=_FAULT,
                **dict(zip(("accepted", "submitted", "active"), _TIMES.values(), strict=True)),
            ),
            [json.dumps(_FORM), patterns(paths)],
        )
        if db.execute("SELECT count(*) FROM answers WHERE bad").fetchall()[0][0]:
            raise UnreadableError("it has no list of `answers`, so it is no response of workers")
        left_out = db.execute(
            "SELECT local, answer_no, fault FROM answers WHERE fault IS NOT NULL AND NOT ($sifted AND missing)"
            " ORDER BY ALL",
            {"sifted": sifted},
        ).fetchall()
        db.execute("DELETE FROM answers WHERE fault IS NOT NULL")
        _strip(db)
        lengths = [f"json_array_length(answer, '$.*.{name}')" for name in COUNTED]
        lengths.append("[len(json_keys(m)) for m in json_extract(answer, '$.*.labelMappings')]")
        db.execute(_STAGE.format(lengths=", ".join(lengths)))
        db.execute(
            "INSERT INTO staged_sightings BY NAME SELECT DISTINCT file_id, worker_id, sub, identity_provider"
            " FROM answers WHERE worker_id IS NOT NULL OR sub IS NOT NULL"
        )
        db.execute("DROP TABLE answers")
        return [Reject(path, None, fault, place=f"$.answers[{n}]") for path, n, fault in left_out]


def _lists(value: Any) -> Iterator[Elements]:
    if isinstance(value, dict) and isinstance(value.get("answers"), list):
        yield Elements("$.answers", value["answers"], "JSON")


def _hidden(text: str, secret: str, pseudonym: str) -> str:
    """SQL for a text with a pseudonym where an id stood. Short ones are in the text for other reasons."""
    return f"if(length({secret}) > 8, replace({text}, {secret}, {pseudonym}), {text})"


def _strip(db: duckdb.DuckDBPyConnection) -> None:
    """Take who answered out of the answers themselves."""
    keys = "|".join(sorted(IDENTITY))
    found = db.execute(
        f"SELECT file_id, answer_no, answer::VARCHAR FROM answers WHERE regexp_matches(answer::VARCHAR, '\"({keys})\"')"  # noqa: S608
    ).fetchall()
    for file_id, number, answer in found:
        db.execute(
            "UPDATE answers SET answer = ? WHERE file_id = ? AND answer_no = ?",
            [json.dumps(_anonymous(json.loads(answer))), file_id, number],
        )


def _anonymous(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _anonymous(v) for k, v in value.items() if k not in IDENTITY}
    return [_anonymous(v) for v in value] if isinstance(value, list) else value
