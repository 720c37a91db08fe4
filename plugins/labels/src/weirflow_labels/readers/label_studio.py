"""Label Studio: exports as JSON and as JSON_MIN, and the files of annotations that it writes to storage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.common import insert, object_size, patterns, worker_of
from weirflow_labels.readers.label_studio_result import KINDS, Region, Result, read

if TYPE_CHECKING:
    import duckdb

TASKS = 1000  # that are staged at once
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|/[^ ]*$|data:|[^ ]+\.[A-Za-z0-9]{2,4}$")
ABOUT = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "history")
"""What JSON_MIN says of an annotation, after its results; `id` stands before them."""


class LabelStudio:
    """Reads exports of Label Studio into `labels`, `annotations`, `objects`, `frames`, `responses` and more.

    Lines are positions of tasks, from 1. Every annotation is a row of `responses`, since tasks may have several. One of
    them is the task's label: that marked as the truth, which is `golden` too, else the first. A skipped task is a row
    of `activity`, declined. What is drawn is in pixels; of a tracked box only the frames where it was set are there.
    Regions of kinds without columns, as of sound, are the `value` of the label.

    JSON_MIN does not tell a class from a text: a lone text counts as a class.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the tasks of some files."""
        rejects: list[Reject] = []
        for path in paths:
            rejects += _File(db, path).load()
        return rejects


class _File:
    """One export while it is read."""

    def __init__(self, db: duckdb.DuckDBPyConnection, path: str) -> None:
        self.db = db
        self.path = path
        found = db.execute("SELECT file_id, job, modality FROM loading WHERE local = ?", [path]).fetchall()
        self.file_id, job, self.modality = found[0]
        self.job = job or Path(path).stem
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.rejects: list[Reject] = []
        self.answers: dict[str, int] = {}  # how many annotations of a task were seen
        self.labelled: set[str] = set()
        self.places: dict[str, int] = {}  # of tasks of JSON_MIN, which has a record for each annotation
        self.several: set[str] = set()  # controls of which more than one class was chosen at a time
        self.controls: dict[str, str] = {}  # what they ask for, as a type of task

    def load(self) -> Iterable[Reject]:
        number = -1
        for number, record in enumerate(_records(self.db, self.path)):
            try:
                task = _task(json.loads(record))
                key = str(task["id"]) if task.get("id") is not None else f"#{number}"
                self._task(self.places.setdefault(key, number), task)
            except (KeyError, TypeError, ValueError, AttributeError):
                reason = (
                    "it is no task of Label Studio, or a value in it is of another type than the format says"
                )
                self.rejects.append(Reject(self.path, number + 1, reason))
            if number % TASKS == TASKS - 1:
                self._flush()
        if number >= 0 and not self.answers:
            raise UnreadableError("it is no export of Label Studio: none of what it lists is a task")
        self._flush()
        self._settle()
        return self.rejects

    def _task(self, number: int, task: Mapping[str, Any]) -> None:
        read_all = [(a, read(a["result"])) for a in task["annotations"]]
        rows: list[tuple[str, dict[str, Any]]] = []
        place = str(number)
        count = self.answers.get(place, 0)
        truths = [pair for pair in read_all if pair[0].get("ground_truth")]
        chosen = next((p for p in truths or read_all if not p[0].get("was_cancelled")), None)
        for annotation, result in read_all:
            moment = _moment(annotation.get("created_at"))
            worker = _worker(annotation.get("completed_by"))
            about = {"worker_id": worker, "job": self.job}
            if worker is not None:
                rows.append(("sightings", {"worker_id": worker, "identity_provider": "Label Studio"}))
            if annotation.get("was_cancelled"):
                event = {
                    "line_no": number + 1,
                    "event_type": "TasksDeclined",
                    "at": moment,
                    "declined": moment,
                }
                rows.append(("activity", about | event))
                continue
            lead = annotation.get("lead_time")
            answer = {
                "modality": self.modality,
                "dataset_object_id": place,
                "answer_no": count,
                "submitted": moment,
                "active_s": None if lead is None else float(lead),
                "class_name": result.one_class,
                "n_units": result.units,
                "answer": json.dumps(annotation["result"], ensure_ascii=False),
            }
            rows.append(("responses", about | answer))
            count += 1
        if chosen is not None and place not in self.labelled:
            source, kind = _source(task["data"], chosen[0]["result"])
            rows += self._label(number, task, *chosen, {"job": self.job, "source": source}, kind)
        self.answers[place] = count
        for table, row in rows:
            self.rows.setdefault(table, []).append({"file_id": self.file_id} | row)

    def _label(
        self,
        number: int,
        task: Mapping[str, Any],
        annotation: Mapping[str, Any],
        result: Result,
        about: dict[str, Any],
        kind: str,
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of the annotation that is the label of a task: one label for each control of the form."""
        self.labelled.add(str(number))
        if not all(r.measured for r in result.regions):
            reason = "the size of its image is not in it, so that what was drawn is without place"
            self.rejects.append(Reject(self.path, number + 1, reason))
        names = [*result.choices, *(r.name for r in result.regions), *result.others]
        task_id = {"task_id": task.get("id"), "annotation_id": annotation.get("id")}
        for name in dict.fromkeys(names) or [None]:
            regions = [r for r in result.regions if r.name == name]
            classes = result.choices.get(name or "", [])
            rest = result.others.get(name or "", []) + [
                r.columns | r.attributes for r in regions if r.shape is None
            ]
            task_type = _task_type(regions, classes, kind) if name is not None else None
            if name is not None and task_type is not None:
                self.controls.setdefault(name, task_type)
            if name is not None and len(classes) > 1:
                self.several.add(name)
            same = {"line_no": number + 1, "label_attribute": name, "task_type": task_type} | about
            yield (
                "labels",
                same
                | {
                    "source_kind": kind,
                    "job_name": self.job,
                    "created": _moment(annotation.get("created_at")),
                }
                | {"human": True, "class_name": classes[0] if len(classes) == 1 else None}
                | dict(zip(("image_width", "image_height"), result.size or (None, None), strict=True))
                | {
                    "value": json.dumps(rest, ensure_ascii=False) if rest else None,
                    "metadata": json.dumps(task_id),
                },
            )
            drawn = [r for r in regions if r.shape not in {None, "track"}]
            things = [{"shape": "class", "class_name": c} for c in classes]
            things += [
                r.columns | {"shape": r.shape, "object_name": r.key, "attributes": r.attributes}
                for r in drawn
            ]
            yield from (("annotations", same | {"idx": idx} | thing) for idx, thing in enumerate(things))
        if annotation.get("ground_truth") and result.one_class is not None:
            yield "golden", about | {"dataset_object_id": str(number), "class_name": result.one_class}
        yield from _frames([r for r in result.regions if r.shape == "track"], str(number), self.job)

    def _flush(self) -> None:
        for table, rows in self.rows.items():
            insert(self.db, table, rows)
        self.rows = {}

    def _settle(self) -> None:
        """Decide what only the whole file tells: which controls let several classes be chosen, and what is empty."""
        self.db.execute(
            "UPDATE staged_labels SET class_name = NULL, task_type = task_type || '-multilabel'"
            " WHERE file_id = ? AND list_contains(?, label_attribute)",
            [self.file_id, sorted(self.several)],
        )
        self.db.execute(
            "UPDATE staged_annotations SET task_type = task_type || '-multilabel'"
            " WHERE file_id = ? AND shape = 'class' AND list_contains(?, label_attribute)",
            [self.file_id, sorted(self.several)],
        )
        self.db.execute(
            "DELETE FROM staged_annotations"
            " WHERE file_id = ? AND shape = 'class' AND NOT list_contains(?, label_attribute)",
            [self.file_id, sorted(self.several)],
        )
        if len(self.controls) == 1:  # then a task without a result has nothing of that
            ((name, task_type),) = self.controls.items()
            self.db.execute(
                "UPDATE staged_labels SET label_attribute = ?, task_type = ?"
                " WHERE file_id = ? AND label_attribute IS NULL",
                [name, task_type, self.file_id],
            )


def _records(db: duckdb.DuckDBPyConnection, path: str) -> Iterator[str]:
    """The JSON objects of a file, one after another, so that it need not be in memory."""
    with Path(path).open(encoding="utf-8-sig") as file:
        first = next((c for c in iter(lambda: file.read(1), "") if not c.isspace()), "")
    if not first:
        raise UnreadableError("it is empty")
    if first not in "[{":
        raise UnreadableError("it is no export of Label Studio: it has neither a list nor an object")
    form = "array" if first == "[" else "unstructured"
    with db.cursor() as reader:
        reader.execute(
            f"SELECT json FROM read_json_objects(?, format = '{form}', maximum_object_size = {object_size([path])})",  # noqa: S608
            [patterns([path])],
        )
        while found := reader.fetchmany(TASKS):
            yield from (record for (record,) in found)


def _task(value: dict[str, Any]) -> dict[str, Any]:
    """A task with its annotations, whatever of the three forms it has. `completions` is what they once were called."""
    if isinstance(value.get("task"), dict) and "result" in value:
        return {**value["task"], "annotations": [value]}
    for name in ("annotations", "completions"):
        if isinstance(value.get(name), list):
            return value | {"annotations": value[name]}
    keys = list(value)
    if "id" in value and "annotator" in value:
        results = keys[keys.index("id") + 1 : keys.index("annotator")]
    else:
        results = [
            k for k in keys if isinstance(value[k], list) and all(isinstance(v, dict) for v in value[k])
        ]
    data = {k: v for k, v in value.items() if k not in {*results, "id", *ABOUT}}
    items = [item for name in results for item in _items(name, value[name])]
    annotation = {
        "id": value.get("annotation_id"),
        "completed_by": value.get("annotator"),
        "created_at": value.get("created_at"),
        "lead_time": value.get("lead_time"),
        "result": items,
    }
    if not data or (not results and "annotator" not in value):
        raise KeyError("data")
    return {"id": value.get("id"), "data": data, "annotations": [annotation]}


def _items(name: str, given: Any) -> Iterator[dict[str, Any]]:
    """Items of JSON_MIN as those of JSON, whose type is the key that says what was chosen."""
    for value in given if isinstance(given, list) else [given]:
        if not isinstance(value, dict):
            yield {"from_name": name, "type": "choices", "value": {"choices": [str(value)]}}
            continue
        kind = next(
            (k for k in value if k.endswith("labels") or k in {"choices", "taxonomy", "text"}), "unknown"
        )
        size = {k: value.get(k) for k in ("original_width", "original_height")}
        yield {"from_name": name, "type": "textarea" if kind == "text" else kind, "value": value} | size


def _task_type(regions: Sequence[Region], classes: Sequence[str], kind: str) -> str:
    if classes:
        return "image-classification" if kind == "ref" else "text-classification"
    return KINDS.get(regions[0].shape or "", "custom") if regions else "custom"


def _frames(tracks: Sequence[Region], place: str, job: str) -> Iterator[tuple[str, dict[str, Any]]]:
    counts: dict[int, int] = {}
    same = {"job": job, "dataset_object_id": place}
    for track in tracks:
        for frame in track.keyframes:
            idx = counts.get(frame["frame_no"], 0)
            counts[frame["frame_no"]] = idx + 1
            attributes = track.attributes | frame["attributes"]
            about = {
                "shape": "box",
                "idx": idx,
                "object_id": track.key,
                "class_name": track.columns["class_name"],
            }
            yield "objects", same | about | frame | {"attributes": attributes}
    for number, count in sorted(counts.items()):
        yield "frames", same | {"frame_no": number, "n_objects": count}


def _source(data: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> tuple[str | None, str]:
    """The data object of a task, and whether it is an address or a text.

    Old exports name its key, as `$image`. Else it is the first address, or the first text.
    """
    named = [str(i["source"]).removeprefix("$") for i in items if i.get("source")]
    texts = [v for k, v in data.items() if isinstance(v, str) and (not named or k in named)]
    address = next((v for v in texts if ADDRESS.match(v)), None)
    if address is not None:
        return address, "ref"
    return (texts[0] if texts else None), "text"


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _worker(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("id") if value.get("id") is not None else value.get("email")
    return None if value is None else worker_of(str(value))
