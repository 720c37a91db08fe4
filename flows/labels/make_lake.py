"""Make the lake that `labels.flow` runs on: what labelling jobs of Ground Truth leave behind, small and invented.

    python flows/labels/make_lake.py flows/labels/lake

It needs Pillow, and writes the same bytes every time. There are two jobs that track vehicles through the frames of two
cameras, an audit of each, and one in which twelve workers classify pictures of leaves. What is awkward in real
lakes is here too: numbers of frames as text in one job and as integers in the other, a line cut short, a manifest
that repeats the labels of earlier jobs, an intermediate manifest, files of single frames among the workers' answers,
attributes that were not filled in, and a worker of whom answers do not say who they are.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from lake_files import WORKERS, Lake, Worker, as_json, as_lines, created, digest, instant, stamp, uuid
from PIL import Image, ImageDraw

BUCKET = "s3://made-lake"
WIDTH, HEIGHT = 640, 360
FRAMES = 8  # of each sequence
CAMERAS = {"north": ("north-1", "north-2"), "south": ("south-1", "south-2")}  # jobs, and what they label
TYPES = {"Car": (92, 44), "Van": (104, 60), "Bus": (150, 72), "SUV": (98, 54)}  # with their sizes in pixels
PAINT = ("#c0392b", "#2e86c1", "#239b56", "#b7950b", "#7d3c98")
LEAVES = ("Oak", "Maple", "Birch", "Willow")
PICTURES = 40


@dataclass(frozen=True)
class Vehicle:
    """One vehicle of a sequence, and how it moves: the pixels from one frame to the next."""

    id: str
    name: str
    type: str
    paint: str
    left: int
    top: int
    speed: int
    first: int
    last: int

    def box(self, frame: int) -> dict[str, int]:
        """Where it is."""
        width, height = TYPES[self.type]
        left = self.left + self.speed * frame
        return {"height": height, "width": min(width, WIDTH - left), "top": self.top, "left": left}


def vehicles(lake: Lake, sequence: str) -> list[Vehicle]:
    """The vehicles of a sequence: some of them stand, some come later or leave earlier."""
    made = []
    for n in range(3 + lake.below(3)):
        kind = lake.pick(("Car", "Car", "Car", "Van", "Bus", "SUV", "SUV"))
        moves = lake.chance(0.6)
        first = 1 + lake.below(3)  # nothing is in the first frame
        made.append(
            Vehicle(
                id=uuid(f"{sequence} {n}"),
                name=f"Vehicle:{n + 1}",
                type=kind,
                paint=lake.pick(PAINT),
                left=20 + lake.below(300),
                top=62 + 56 * n,
                speed=8 + lake.below(18) if moves else 0,
                first=first,
                last=first + 2 + lake.below(FRAMES - first - 2),
            )
        )
    return made


def tracking(lake: Lake, sequence: str, seen: list[Vehicle], *, as_text: bool) -> list[dict[str, Any]]:
    """The labels of a sequence, as a worker of the first level gives them."""
    frames = []
    for number in range(FRAMES):
        here = [v for v in seen if v.first <= number <= v.last]
        found = []
        for v in here:
            attributes = {"Moving": "Dynamic" if v.speed else "Stationary", "Vehicle_Type": v.type}
            if lake.chance(0.05):
                del attributes["Moving"]  # it is not required
            found.append(
                {
                    **v.box(number),
                    "class-id": "0",
                    "label-category-attributes": attributes,
                    "object-id": v.id,
                    "object-name": v.name,
                }
            )
        frames.append(
            {
                "annotations": found,
                "frame-no": str(number) if as_text else number,
                "frame": _frame(sequence, number),
                "frame-attributes": {"Number_Of_Vehicles": len(found)},
            }
        )
    return frames


def audited(lake: Lake, frames: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """The same labels with a verdict on each, and whether the reviewer has moved a box."""
    adjusted = False
    made = []
    for frame in frames:
        found = []
        for label in frame["annotations"]:
            fails = lake.chance(0.12)
            moved = dict(label)
            if fails and lake.chance(0.5):
                moved |= {"left": label["left"] + 6, "width": max(label["width"] - 10, 8)}
                adjusted = True
            verdict = {"audit": "Fail" if fails else "Pass"}
            moved["label-category-attributes"] = label["label-category-attributes"] | verdict
            found.append(moved)
        quality = {"Frame_Quality": "Fail" if lake.chance(0.15) else "Pass"}
        made.append(frame | {"annotations": found, "frame-attributes": frame["frame-attributes"] | quality})
    return made, adjusted


def draw(seen: list[Vehicle], number: int) -> bytes:
    """A frame of a camera: a road, and vehicles as blocks with windows."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#9aa59a")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 60, WIDTH, HEIGHT), fill="#5d6266")
    for x in range(0, WIDTH, 80):
        pen.rectangle((x, 205, x + 40, 209), fill="#e8e4d8")
    for v in seen:
        if v.first <= number <= v.last:
            box = v.box(number)
            left, top, right = box["left"], box["top"], box["left"] + box["width"]
            pen.rectangle((left, top, right, top + box["height"]), fill=v.paint)
            pen.rectangle((left + 8, top + 6, right - 8, top + box["height"] // 3), fill="#d6e4ea")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return out.getvalue()


def track_vehicles(lake: Lake) -> None:
    """A job of the first level for each camera, and one of the second that audits what it has made."""
    for job, sequences in CAMERAS.items():
        job_name, audit = f"vehicles-{job}", f"vehicles-{job}-audit"
        folder = _batch("VideoObjectTracking", "first", job_name)
        audit_folder = _batch("VideoObjectTrackingAudit", "second", audit)
        lines, audit_lines = [], []
        for n, sequence in enumerate(sequences):
            seen = vehicles(lake, sequence)
            frames = tracking(lake, sequence, seen, as_text=job == "north")
            put_frames(lake, sequence, seen)
            people = WORKERS[n : n + 2] if job == "north" else WORKERS[2 + n : 3 + n]  # some tasks go to two
            _answers(lake, folder, job_name, n, people, frames)
            line = {"source-ref": f"{BUCKET}/frames/{sequence}/seq.json"}
            line |= _sequence(lake, folder, job_name, "vehicles-ref", n, frames)
            lines.append(line)
            with_verdicts, adjusted = audited(lake, frames)
            _answers(lake, audit_folder, audit, n, WORKERS[6 + n : 7 + n], with_verdicts)
            more = _sequence(lake, audit_folder, audit, "vehicles-audit-ref", n, with_verdicts)
            more["vehicles-audit-ref-metadata"]["adjustment-status"] = (
                "adjusted" if adjusted else "unadjusted"
            )
            audit_lines.append(line | more)
        lake.put(f"{folder}/manifests/output/output.manifest", as_lines(lines))
        lake.put(f"{folder}/label_category_config_vehicles.json", categories())
        lake.put(f"{audit_folder}/manifests/output/output.manifest", as_lines(audit_lines))
        lake.put(f"{audit_folder}/label_category_config_vehicles.json", categories(audit=True))


def put_frames(lake: Lake, sequence: str, seen: list[Vehicle]) -> None:
    """Put the frames of a sequence into the lake, and the file that lists them."""
    home = f"frames/{sequence}"
    names = [_frame(sequence, n) for n in range(FRAMES)]
    for n, name in enumerate(names):
        lake.put(f"{home}/{name}", draw(seen, n))
    listed = [{"frame-no": n, "frame": name} for n, name in enumerate(names)]
    about = {"seq-no": 1, "prefix": f"{BUCKET}/{home}/", "number-of-frames": FRAMES, "frames": listed}
    lake.put(f"{home}/seq.json", about)


def _frame(sequence: str, number: int) -> str:
    return f"{sequence}_{number:04d}.jpg"


def _sequence(
    lake: Lake, folder: str, job: str, attribute: str, number: int, frames: list[dict[str, Any]]
) -> dict[str, Any]:
    """Put a sequence into a job's output, and give what its line of the manifest says."""
    path = f"{folder}/annotations/consolidated-annotation/output/{number}/SeqLabel.json"
    lake.put(path, {"tracking-annotations": frames})
    lake.clock += timedelta(hours=1)  # the job ends, and the next one begins
    metadata = {
        "class-map": {"0": "Vehicle"},
        "job-name": f"labeling-job/{job}",
        "human-annotated": "yes",
        "creation-date": created(lake.clock),
        "type": "groundtruth/video-object-tracking",
    }
    return {attribute: f"{BUCKET}/{path}", f"{attribute}-metadata": metadata}


def _answers(
    lake: Lake, folder: str, job: str, number: int, people: tuple[Worker, ...], frames: list[dict[str, Any]]
) -> None:
    """Put what workers have answered on a sequence into a job's output, and files of frames, which are no answers."""
    entries = [{"frameNumber": int(f["frame-no"]), "frame": f["frame"]} for f in frames]
    content = {"trackingAnnotations": {"frameData": {"entries": entries}}}
    answers = [lake.answer(w, job, 25.0 * len(frames), content) for w in people]
    home = f"{folder}/annotations/worker-response/iteration-1/{number}"
    lake.put(f"{home}/{stamp(answers)}.json", {"answers": answers})
    hidden = digest(f"{job} {number}")[:32]
    for frame in frames[:2]:
        boxes = [
            {
                **{k: a[k] for k in ("left", "top", "width", "height")},
                "label": "Vehicle",
                "objectId": a["object-id"],
                "objectName": a["object-name"],
                "labelCategoryAttributes": a["label-category-attributes"],
            }
            for a in frame["annotations"]
        ]
        single = {
            "frameNumber": int(frame["frame-no"]),
            "frame": frame["frame"],
            "boundingBoxes": boxes,
            "frameAttributes": frame["frame-attributes"],
        }
        lake.put(f"{home}/{hidden}/{frame['frame']}.json", {"trackingAnnotations": single})


def categories(*, audit: bool = False) -> dict[str, Any]:
    """What workers are asked: the classes, and the attributes with their choices."""
    choice = {"type": "string", "isRequired": False}
    attributes = [
        {"name": "Moving", "description": "Does it move?", "enum": ["Stationary", "Dynamic"], **choice},
        {"name": "Vehicle_Type", "description": "What is it?", "enum": list(TYPES), **choice},
    ]
    frame = [{"name": "Number_Of_Vehicles", "description": "How many are there?", "type": "number"}]
    verdicts = ["Pass", "Fail"]
    made: dict[str, Any] = {"document-version": "2020-08-15"}
    if audit:
        attributes.append({"name": "audit", "description": "Is the label right?", "enum": verdicts, **choice})
        frame.append({"name": "Frame_Quality", "description": "Is it sharp?", "enum": verdicts, **choice})
        made["auditLabelAttributeName"] = "vehicles-ref"
    return made | {
        "labels": [{"label": "Vehicle"}],
        "categoryGlobalAttributes": attributes,
        "frameAttributes": frame,
        "annotationType": "BoundingBox",
        "instructions": {
            "shortInstruction": "Track vehicles.",
            "fullInstruction": "Box each from end to end.",
        },
    }


def classify_leaves(lake: Lake) -> None:
    """Three workers look at each picture; where they differ, two more do. Some pictures have a known answer."""
    job, folder = "leaves", "jobs/leaves"
    truth = [lake.pick(LEAVES) for _ in range(PICTURES)]
    lines, early = [], []
    for n, leaf in enumerate(truth):
        source = {"source-ref": f"{BUCKET}/leaves/leaf_{n:03d}.jpg"}
        votes: list[str] = []
        people = sorted(WORKERS, key=lambda w: digest(f"{n} {w.number}"))[:5]
        for iteration, group in ((1, people[:3]), (2, people[3:])):
            if len(set(votes)) == 1:  # they agree
                continue
            answers = []
            for worker in group:
                wrong = [x for x in LEAVES if x != leaf]
                vote = leaf if lake.chance(worker.skill) else lake.pick(wrong)
                votes.append(vote)
                content = {"crowd-image-classifier": {"label": vote}}
                answers.append(lake.answer(worker, job, 8.0, content, named=worker != WORKERS[-1]))
            home = f"{folder}/annotations/worker-response/iteration-{iteration}/{n}"
            lake.put(f"{home}/{stamp(answers)}.json", {"answers": answers})
        winner, count = Counter(votes).most_common(1)[0]
        metadata = {
            "class-name": winner,
            "job-name": f"labeling-job/{job}",
            "confidence": round(count / len(votes), 2),
            "type": "groundtruth/image-classification",
            "human-annotated": "yes",
            "creation-date": created(lake.clock + timedelta(minutes=1)),
        }
        lines.append(source | {"leaf": LEAVES.index(winner), "leaf-metadata": metadata})
        early.append(lines[-1] if len(set(votes)) == 1 else source)  # not labelled yet
    cut = as_json(source)[:-14]  # a line that was cut short
    lake.put(f"{folder}/manifests/output/output.manifest", as_lines(lines) + cut + "\n")
    lake.put(f"{folder}/manifests/intermediate/1/output.manifest", as_lines(early))
    lake.put(f"{folder}/label-categories.json", {"labels": [{"label": x} for x in LEAVES]})
    known = [
        {"source-ref": f"{BUCKET}/leaves/leaf_{n:03d}.jpg", "label": truth[n]} for n in range(0, PICTURES, 3)
    ]
    lake.put("golden/leaves.json", known)


def made_lake() -> dict[str, bytes]:
    """The files of the lake by path."""
    lake = Lake()
    track_vehicles(lake)
    classify_leaves(lake)
    lines = [f"{instant(at)} {as_json(event)}\n" for at, event in sorted(lake.events, key=lambda e: e[0])]
    middle = len(lines) // 2
    for number, part in enumerate((lines[:middle], lines[middle:])):
        packed = gzip.compress("".join(part).encode(), mtime=0)
        lake.put(f"WorkerActivity/made-up-export/{number:06d}.gz", packed)
    return lake.files


def names() -> str:
    """What the workers would be called, as CSV; one has no name."""
    trees = (
        "Alder",
        "Beech",
        "Cedar",
        "Dogwood",
        "Elder",
        "Fir",
        "Ginkgo",
        "Hazel",
        "Ironwood",
        "Juniper",
        "Larch",
    )
    rows = [
        f"{w.sub},{tree},{tree.lower()}@labels.example\n" for w, tree in zip(WORKERS, trees, strict=False)
    ]
    return "sub,name,email\n" + "".join(rows)


def _batch(modality: str, level: str, job: str) -> str:
    return f"batch_manifests/{modality}/crossing-{level}_level-{job}/output/{job}"


def main(folder: str) -> None:
    """Write the lake into a folder, and the names beside it."""
    for path, content in made_lake().items():
        place = Path(folder, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    Path(folder).with_name("names.csv").write_text(names())


if __name__ == "__main__":
    main(*sys.argv[1:])
