"""Label Studio: exports as JSON and as JSON_MIN, and the files of annotations that it writes to storage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.common import insert_all
from weirflow_labels.readers.elements import Elements, load_what_can_be
from weirflow_labels.readers.label_studio_export import is_list, moment, records, source, task, worker
from weirflow_labels.readers.label_studio_result import KINDS, Region, Result, read

if TYPE_CHECKING:
    import duckdb

TASKS = 1000  # that are staged at once

# What only the whole file tells: which controls let several classes be chosen. The classes of others are in the label.
_SETTLE = """
UPDATE staged_labels SET class_name = NULL, task_type = task_type || '-multilabel'
WHERE file_id = $file AND list_contains($several, label_attribute);
UPDATE staged_annotations SET task_type = task_type || '-multilabel'
WHERE file_id = $file AND shape = 'class' AND list_contains($several, label_attribute);
DELETE FROM staged_annotations
WHERE file_id = $file AND shape = 'class' AND NOT list_contains($several, label_attribute)
"""


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
        return load_what_can_be(db, paths, self._load, _lists)

    def _load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str], *, sifted: bool) -> Sequence[Reject]:
        return [r for path in paths for r in _File(db, path, sifted=sifted).load()]


def _lists(value: Any) -> Iterator[Elements]:
    if isinstance(value, list):
        yield Elements("$", value, "JSON")


class _File:
    """One export while it is read."""

    def __init__(self, db: duckdb.DuckDBPyConnection, path: str, *, sifted: bool) -> None:
        self.db = db
        self.path = path
        self.sifted = sifted
        self.listed = is_list(path)
        found = db.execute(
            "SELECT file_id, coalesce(job, parse_filename(path, true)), modality FROM loading WHERE local = ?",
            [path],
        ).fetchall()
        self.file_id, self.job, self.modality = found[0]
        self.tasks: list[
            tuple[int, list[tuple[str, dict[str, Any]]]]
        ] = []  # with their rows, which are not staged yet
        self.rejects: list[Reject] = []
        self.places: dict[str, int] = {}  # of tasks, of which JSON_MIN has a record for each annotation
        self.answers: dict[int, int] = {}  # how many annotations of a task were seen
        self.labelled: set[int] = set()
        self.several: set[str] = set()  # controls of which more than one class was chosen at a time
        self.controls: dict[str, str] = {}  # what they ask for, as a type of task

    def load(self) -> Sequence[Reject]:
        count = 0
        for count, record in enumerate(records(self.db, self.path), 1):
            if self.sifted and record == "null":
                continue
            try:
                found = task(json.loads(record))
                key = f"#{count}" if found.get("id") is None else str(found["id"])
                rows = list(self._rows(self.places.setdefault(key, count - 1), found))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
                self._reject(count, "it is no task, or a value in it is of another type than the format says")
                continue
            self.tasks.append((count, rows))
            if len(self.tasks) == TASKS:
                self._flush()
        if count and not self.answers:
            raise UnreadableError("it is no export of Label Studio: none of what it lists is a task")
        self._flush()
        self._settle()
        return self.rejects

    def _reject(self, count: int, reason: str) -> None:
        place = f"$[{count - 1}]" if self.listed else None
        self.rejects.append(Reject(self.path, None, reason, place=place))

    def _rows(self, place: int, found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of a task, with their tables."""
        given = [(annotation, read(annotation["result"])) for annotation in found["annotations"]]
        done = [pair for pair in given if not pair[0].get("was_cancelled")]
        chosen = next((p for p in done if p[0].get("ground_truth")), done[0] if done else None)
        for annotation, result in given:
            yield from self._answer(place, annotation, result)
        self.answers.setdefault(place, 0)
        if chosen is not None and place not in self.labelled:
            self.labelled.add(place)
            yield from self._label(place, found, *chosen)

    def _answer(
        self, place: int, annotation: Mapping[str, Any], result: Result
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of an annotation as that of its worker."""
        at = moment(annotation.get("created_at"))
        about = {"worker_id": worker(annotation.get("completed_by")), "job": self.job}
        if about["worker_id"] is not None:
            yield "sightings", {"worker_id": about["worker_id"], "identity_provider": "Label Studio"}
        if annotation.get("was_cancelled"):
            yield (
                "activity",
                about | {"line_no": place + 1, "event_type": "TasksDeclined", "at": at, "declined": at},
            )
            return
        lead = annotation.get("lead_time")
        number = self.answers.get(place, 0)
        self.answers[place] = number + 1
        yield (
            "responses",
            about
            | {
                "modality": self.modality,
                "dataset_object_id": str(place),
                "answer_no": number,
                "submitted": at,
                "active_s": None if lead is None else float(lead),
                "class_name": result.one_class,
                "n_units": result.units,
                "answer": json.dumps(annotation["result"], ensure_ascii=False),
            },
        )

    def _label(
        self, place: int, found: Mapping[str, Any], annotation: Mapping[str, Any], result: Result
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of the annotation that is the label of a task: one label for each control of the form."""
        if not all(r.measured for r in result.regions):
            self._reject(place + 1, "the size of its image is not in it: what was drawn there has no place")
        data, kind = source(found["data"], annotation["result"])
        about = {"line_no": place + 1, "job": self.job, "source": data}
        label = {
            "source_kind": kind,
            "job_name": self.job,
            "created": moment(annotation.get("created_at")),
            "human": True,
            "image_width": result.size and result.size[0],
            "image_height": result.size and result.size[1],
            "metadata": json.dumps({"task_id": found.get("id"), "annotation_id": annotation.get("id")}),
        }
        names = dict.fromkeys([*result.choices, *(r.name for r in result.regions), *result.others])
        if not names:
            yield "labels", about | label
        for name in names:
            regions = [r for r in result.regions if r.name == name]
            classes = result.choices.get(name, [])
            if len(classes) > 1:
                self.several.add(name)
            task_type = self.controls.setdefault(name, _task_type(regions, classes, kind))
            same = about | {"label_attribute": name, "task_type": task_type}
            rest = result.others.get(name, []) + [r.value | r.attributes for r in regions if r.shape is None]
            value = json.dumps(rest, ensure_ascii=False) if rest else None
            yield (
                "labels",
                same | label | {"class_name": classes[0] if len(classes) == 1 else None, "value": value},
            )
            things = [{"shape": "class", "class_name": c} for c in classes]
            things += [_annotation(r) for r in regions if r.shape not in {None, "track"}]
            yield from (("annotations", same | {"idx": idx} | thing) for idx, thing in enumerate(things))
        if annotation.get("ground_truth") and result.one_class is not None:
            truth = {"dataset_object_id": str(place), "class_name": result.one_class}
            yield "golden", {"job": self.job, "source": data} | truth
        yield from _frames([r for r in result.regions if r.shape == "track"], str(place), self.job)

    def _flush(self) -> None:
        try:
            self._stage(self.tasks)
        except UnreadableError as error:
            for count, rows in self.tasks:
                try:
                    self._stage([(count, rows)])
                except UnreadableError:
                    self._reject(count, str(error))
        self.tasks = []

    def _stage(self, tasks: Sequence[tuple[int, Sequence[tuple[str, dict[str, Any]]]]]) -> None:
        rows: dict[str, list[dict[str, Any]]] = {}
        for _, found in tasks:
            for table, row in found:
                rows.setdefault(table, []).append({"file_id": self.file_id} | row)
        insert_all(self.db, rows)

    def _settle(self) -> None:
        for statement in _SETTLE.split(";"):
            self.db.execute(statement, {"file": self.file_id, "several": sorted(self.several)})
        if len(self.controls) == 1:  # then a task with an empty result has nothing of that
            ((name, task_type),) = self.controls.items()
            self.db.execute(
                "UPDATE staged_labels SET label_attribute = ?, task_type = ?"
                " WHERE file_id = ? AND label_attribute IS NULL",
                [name, task_type, self.file_id],
            )


def _task_type(regions: Sequence[Region], classes: Sequence[str], kind: str) -> str:
    if classes:
        return "image-classification" if kind == "ref" else "text-classification"
    return KINDS.get(regions[0].shape or "", "custom") if regions else "custom"


def _annotation(region: Region) -> dict[str, Any]:
    return region.columns | {
        "shape": region.shape,
        "object_name": region.key,
        "attributes": region.attributes,
    }


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
