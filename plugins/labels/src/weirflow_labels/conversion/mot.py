"""MOTChallenge: a folder a sequence, with `gt/gt.txt` and `seqinfo.ini`.

The columns are those of https://motchallenge.net/instructions: frame, track, left, top, width, height, whether it
counts, class, visibility. Frames, tracks and pixels count from 1 there, so that the pixel at the top left is (1, 1).
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_labels.conversion.chosen import streamed
from weirflow_labels.database import rows

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

SHAPES = ("box",)

_BOXES = """
SELECT s.frame_no, m.track_id, m."left", m.top, m.width, m.height, c.number
FROM marked m JOIN sized s USING (image_id) JOIN classes c ON c.name = m.class
WHERE m.video_id = ? AND m.shape = 'box' ORDER BY s.frame_no, m.track_id, m.mark_id
"""


def write_mot(db: duckdb.DuckDBPyConnection, folder: Path, frame_rate: float, first_frame: int) -> list[str]:
    """Write the sequences; the names of the files that were written.

    Raises NodeError where frames have no numbers or those are below `first_frame`, and where boxes belong to no track.
    """
    classes = [c["name"] for c in rows(db, "SELECT name FROM classes ORDER BY number")]
    files = []
    for video in rows(
        db, "SELECT * FROM named_videos WHERE video_id IN (SELECT video_id FROM sized) ORDER BY video_id"
    ):
        facts = _facts(db, video, first_frame)
        home = folder / video["name"]
        (home / "gt").mkdir(parents=True)
        (home / "seqinfo.ini").write_text(_seqinfo(video["name"], facts, frame_rate), encoding="utf-8")
        (home / "gt" / "labels.txt").write_text("".join(f"{c}\n" for c in classes), encoding="utf-8")
        with (home / "gt" / "gt.txt").open("w", encoding="utf-8") as out:
            for m in streamed(db, _BOXES, [video["video_id"]]):
                frame = m["frame_no"] - first_frame + 1
                box = (m["left"] + 1, m["top"] + 1, m["width"], m["height"])
                numbers = ",".join(f"{n:.12g}" for n in box)
                out.write(f"{frame},{m['track_id']},{numbers},1,{m['number'] + 1},1\n")
        files += [f"{video['name']}/{f}" for f in ("seqinfo.ini", "gt/labels.txt", "gt/gt.txt")]
    if not files:
        raise NodeError("MOT is made of sequences of frames, and there are none", hint="choose `to: coco`")
    return files


def _facts(db: duckdb.DuckDBPyConnection, video: dict[str, Any], first_frame: int) -> dict[str, Any]:
    """Frames and sizes of a sequence."""
    number = [video["video_id"]]
    if rows(
        db, "SELECT 1 FROM marked WHERE video_id = ? AND shape = 'box' AND object_id IS NULL LIMIT 1", number
    ):
        raise NodeError(
            f"sequence '{video['name']}' has boxes that belong to no track, and MOT needs tracks",
            hint="choose `to: coco`",
        )
    frames = rows(db, "SELECT frame_no, name, width, height FROM sized WHERE video_id = ?", number)
    numbers = [f["frame_no"] for f in frames]
    if None in numbers:
        raise NodeError(f"sequence '{video['name']}' has frames without a number")
    if min(numbers) < first_frame:
        raise NodeError(
            f"sequence '{video['name']}' has a frame {min(numbers)}, and the first should be {first_frame}",
            hint="`first_frame` says which number the first frame has",
        )
    sizes = Counter((f["width"], f["height"]) for f in frames if f["width"] is not None)
    if len(sizes) > 1:
        raise NodeError(f"the frames of sequence '{video['name']}' have different sizes")
    ending = Counter(PurePosixPath(f["name"]).suffix for f in frames).most_common(1)[0][0]
    size = next(iter(sizes), None)
    return {"length": max(numbers) - first_frame + 1, "size": size, "ending": ending}


def _seqinfo(name: str, facts: dict[str, Any], frame_rate: float) -> str:
    lines = [
        "[Sequence]",
        f"name={name}",
        "imDir=img1",
        f"frameRate={frame_rate:g}",
        f"seqLength={facts['length']}",
    ]
    if facts["size"] is not None:
        lines += [f"imWidth={facts['size'][0]}", f"imHeight={facts['size'][1]}"]
    if facts["ending"]:
        lines.append(f"imExt={facts['ending']}")
    return "\n".join(lines) + "\n"
