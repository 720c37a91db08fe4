"""A made label database: two jobs of video, a review of one of them, boxes on images, and the workers' answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from weirflow.api import File, Files

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
JOBS = ("roads-north", "roads-south")
REVIEW = "roads-north-audit"
BOXES = "signs <b>&\"'"
CLASSES = ("Vehicle", "Vehicle", "Vehicle", "Pedestrian")
TYPES = ("Car", "Car", "Car", "SUV", "Van", "Bus", "Truck", "Tram", "Bike", "Car")
FRAMES = 40


def _objects(job: str, video: int, number: int) -> list[dict[str, Any]]:
    found = []
    for i in range(2 + (number * 7 + video) % 5):
        kind = CLASSES[i % 4]
        attributes = {"Moving": "Dynamic" if (i + video) % 3 else "Stationary"}
        if kind == "Vehicle":
            attributes["Vehicle_Type"] = TYPES[(i * 3 + video) % 10]
        found.append(
            {
                "object_id": f"{job}-{video}-{i}",
                "object_name": f"{kind}:{i + 1}",
                "class_name": kind,
                "left": 30.0 + 90 * i + number,
                "top": 60.0 + 12 * i,
                "width": 70.0,
                "height": 45.0,
                "attributes": attributes,
            }
        )
    return found


def _row(db: Any, table: str, **values: Any) -> None:
    names = ", ".join(f'"{k}"' for k in values)
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


def make(path: Path, *, filled: bool = True) -> Path:
    """Write a database, with rows or with none."""
    from weirflow_labels.database import connect, create, define_views

    with connect(path) as db:
        create(db, "lake")
        define_views(db)
        if filled:
            _fill(db)
    return path


def _fill(db: Any) -> None:
    number = 0
    for j, job in enumerate((*JOBS, REVIEW)):
        base = JOBS[0] if job == REVIEW else job
        level = "second" if job == REVIEW else "first"
        for video in range(3):
            number += 1
            created = START + timedelta(days=j * 9 + video * 3)
            _row(
                db,
                "files",
                file_id=number,
                path=f"{job}/{video}/SeqLabel.json",
                kind="sequence",
                job=job,
                level=level,
                parent_job=base,
                state="loaded",
                loaded_at=START + timedelta(days=40),
            )
            _row(
                db,
                "labels",
                file_id=number,
                line_no=video + 1,
                job=job,
                job_name=job,
                source=f"s3://b/{base}/{video}.json",
                source_kind="ref",
                label_attribute="drawn-ref",
                task_type="video-object-tracking",
                created=created,
                human=True,
            )
            for frame_no in range(FRAMES):
                objects = _objects(base, video, frame_no)
                frame = f"{base}-{video}-{frame_no:04d}.jpg"
                quality = {"Frame_Quality": "Fail" if (frame_no + video) % 4 == 0 else "Pass"}
                _row(
                    db,
                    "frames",
                    file_id=number,
                    job=job,
                    dataset_object_id=str(video),
                    frame_no=frame_no,
                    frame=frame,
                    n_objects=len(objects),
                    attributes=quality if job == REVIEW else {},
                )
                for i, found in enumerate(objects):
                    if job == REVIEW:
                        found["attributes"] = {"audit": "Fail" if (i + frame_no) % 9 == 0 else "Pass"}
                    _row(
                        db,
                        "objects",
                        file_id=number,
                        job=job,
                        dataset_object_id=str(video),
                        frame_no=frame_no,
                        frame=frame,
                        shape="box",
                        idx=i,
                        **found,
                    )
    number += 1
    _row(
        db, "files", file_id=number, path="signs/output.manifest", kind="manifest", job=BOXES, state="loaded"
    )
    for line in range(25):
        source, created = f"s3://bucket/signs/{line:03d}.jpg", START + timedelta(days=30 + line % 4)
        _row(
            db,
            "labels",
            file_id=number,
            line_no=line + 1,
            job=BOXES,
            job_name=BOXES,
            source=source,
            source_kind="ref",
            label_attribute="signs",
            task_type="object-detection",
            created=created,
            image_width=640,
            image_height=480,
        )
        _row(
            db,
            "annotations",
            file_id=number,
            line_no=line + 1,
            job=BOXES,
            source=source,
            label_attribute="signs",
            task_type="object-detection",
            idx=0,
            shape="box",
            class_name=("=Stop" if line % 3 else "</script><b>Yield"),
            left=100.0,
            top=80.0,
            width=120.0,
            height=120.0,
        )
    kinds = [*dict.fromkeys(TYPES), "Lorry"]  # nobody chose the last one, nor the class Cyclist
    for job in (*JOBS, REVIEW):
        offered = [("class", c, None) for c in (*dict.fromkeys(CLASSES), "Cyclist")]
        offered += [("attribute", "Vehicle_Type", kinds), ("attribute", "Moving", ["Dynamic", "Stationary"])]
        for i, (scope, name, choices) in enumerate(offered):
            _row(db, "categories", file_id=1, job=job, scope=scope, position=i, name=name, choices=choices)
    for w in range(7):
        _row(
            db,
            "workers",
            worker_id=f"worker-{w:010x}",
            name="Ada Example" if w == 2 else None,
            email={2: "ada@example.org", 4: "bob@example.org"}.get(w),
        )
        for event in ("Accepted", "Submitted")[: 2 - w % 2]:
            told = {"worker_id": f"worker-{w:010x}", "job": JOBS[0], "accepted": START, "at": START}
            _row(db, "activity", file_id=99, event_type=f"Tasks{event}", **told)
    for i in range(180):
        job = (*JOBS, REVIEW)[i % 3]
        accepted = START + timedelta(days=i % 23, minutes=7 * i)
        active = 40.5 + (i * 37) % 400
        modality = "VideoObjectTrackingAudit" if job == REVIEW else "VideoObjectTracking"
        _row(
            db,
            "responses",
            file_id=100 + i,
            job=job,
            modality=modality,
            iteration=1,
            dataset_object_id=str(i % 5),
            answer_no=0,
            worker_id=f"worker-{(i * i) % 7:010x}",
            accepted=accepted,
            submitted=accepted + timedelta(seconds=active * 1.5),
            active_s=active,
            n_units=3 + i % 8,
        )


class Target:
    """Where a sink writes, without an engine."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.tables: Any = None
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def path(self, location: str) -> Path:
        return self.base / location

    def origin(self, location: str) -> str:
        return location if "://" in location else str(self.base / location)

    def file(self, location: str) -> Any:
        from contextlib import nullcontext

        return nullcontext(self.path(location))

    def folder(self, location: str) -> Any:
        from contextlib import nullcontext

        self.path(location).mkdir()
        return nullcontext(self.path(location))


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled database."""
    pytest.importorskip("duckdb")
    return make(tmp_path_factory.mktemp("labels") / "labels.duckdb")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows."""
    pytest.importorskip("duckdb")
    return make(tmp_path_factory.mktemp("labels") / "empty.duckdb", filled=False)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write a node's output over a database: the folder, and what was warned of."""
    pytest.importorskip("vl_convert")

    def write(node: Any, database: Path) -> SimpleNamespace:
        target = Target(tmp_path)
        receipt = node.write(Files((File(database),)), target)
        return SimpleNamespace(folder=tmp_path, warned=target.warned, receipt=receipt)

    return write
