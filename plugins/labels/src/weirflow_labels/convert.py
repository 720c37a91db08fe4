"""`labels.convert`: labels as the files that training takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from weirflow.api import Field, Location, Origin, Port, Receipt, Sink
from weirflow_labels.conversion import augmented, coco, mot
from weirflow_labels.conversion.chosen import Choice, choose, left_out
from weirflow_labels.conversion.sizes import measure
from weirflow_labels.database import database_of, opened, rows

if TYPE_CHECKING:
    import duckdb

    from weirflow.api import Files, Target

SHAPES = {"coco": coco.SHAPES, "mot": mot.SHAPES, "manifest": augmented.SHAPES}

Values = str | tuple[str, ...]


class ConvertLabels(Sink):
    """Write boxes and polygons in images, and tracks through frames, as files that training takes.

    - `coco`: `annotations.json`, with frames as images, and `video_id`, `track_id` and attributes beside what COCO has.
    - `mot`: for each sequence a folder with `gt/gt.txt`, `gt/labels.txt` and `seqinfo.ini`, as MOTChallenge has them.
      Pixels count from 1 there. Images are not copied.
    - `manifest`: `output.manifest`, a line for each image or frame, as bounding box jobs of Ground Truth write it.

    Where jobs have labelled the same images, as an audit does, `jobs` or `label_attributes` says which count. Sizes of
    images are taken from the labels, from the files in `images`, or from `frame_size`. Where none is known, COCO and
    MOT leave them out with a warning, and a manifest is refused. Lines and key points are left out with a warning, and
    so are polygons where the format has none.
    """

    operator: ClassVar[str] = "labels.convert"
    inputs: ClassVar[tuple[Port, ...]] = (Port("database", "files"),)

    path: Location = Field(description="the folder, which holds these files and nothing else")
    to: Literal["coco", "mot", "manifest"] = Field(description="the format")
    jobs: tuple[str, ...] = Field(
        default=(),
        description="the jobs whose labels count, by name or shell pattern in any case; all of them if empty",
    )
    label_attributes: tuple[str, ...] = Field(
        default=(),
        description="the label attributes that count, by name or shell pattern; all of them if empty",
    )
    attributes: dict[str, Values] = Field(
        default_factory=dict,
        description="what attributes of objects must say: with `{audit: Pass}` nothing else is written",
    )
    frame_attributes: dict[str, Values] = Field(
        default_factory=dict, description="what attributes of frames must say: others are left out"
    )
    class_attribute: str | None = Field(
        default=None, description="an attribute to take the class from; objects without it keep theirs"
    )
    images: Origin | None = Field(
        default=None, description="a folder with the image files, under the last parts of their addresses"
    )
    frame_size: tuple[int, int] | None = Field(
        default=None, description="width and height of images of which nothing else tells them, in pixels"
    )
    frame_rate: float = Field(default=30, gt=0, description="frames a second of the sequences, for `mot`")
    first_frame: int = Field(
        default=0, description="the number that the labels give to the first frame of a sequence, for `mot`"
    )
    prefix: str = Field(
        default="", description="what goes before the names of images, for `manifest`: `s3://bucket/a/`"
    )
    attribute: str = Field(default="boxes", min_length=1, description="the label attribute, for `manifest`")

    @property
    def writes_folder(self) -> bool:
        """It fills a folder."""
        return True

    def write(self, files: Files, target: Target) -> Receipt:
        """Convert what is chosen."""
        images = None if self.images is None else Path(target.origin(self.images))
        with opened(database_of(files)) as db:
            choose(db, self._choice())
            unknown = measure(db, images, self.frame_size)
            name_videos(db)
            if unknown and self.to != "manifest":
                target.warn(
                    f"the sizes of {unknown} images are not known; `images` or `frame_size` tells them"
                )
            for shape, count in left_out(db, SHAPES[self.to]).items():
                target.warn(f"{count} of shape '{shape}' are left out: {self.to} has none")
            with target.folder(self.path) as folder:
                names = self._write(db, folder)
                size = sum((folder / n).stat().st_size for n in names)
        return Receipt(tuple(target.path(self.path) / n for n in names), bytes=size)

    def _write(self, db: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
        if self.to == "coco":
            return coco.write_coco(db, folder)
        if self.to == "mot":
            return mot.write_mot(db, folder, self.frame_rate, self.first_frame)
        return augmented.write_manifest(db, folder, self.attribute, self.prefix)

    def _choice(self) -> Choice:
        return Choice(
            self.jobs,
            self.label_attributes,
            {k: _several(v) for k, v in self.attributes.items()},
            {k: _several(v) for k, v in self.frame_attributes.items()},
            self.class_attribute,
        )


def name_videos(db: duckdb.DuckDBPyConnection) -> None:
    """Make the table `named_videos`, with a name for each sequence that a folder may have."""
    db.execute("CREATE TEMP TABLE named_videos (video_id BIGINT, name VARCHAR)")
    taken: set[str] = set()
    for video in rows(db, "SELECT * FROM videos ORDER BY video_id"):
        parts = [video["job"], video["dataset_object_id"], video["sensor"]]
        if video["job"] is None:
            parts[0] = Path(video["path"]).with_suffix("").as_posix()
        name = re.sub(r"[^\w.-]+", "-", "-".join(p for p in parts if p)).strip(".-") or "sequence"
        while name in taken:
            name = f"{name}-{video['video_id']}"
        taken.add(name)
        db.execute("INSERT INTO named_videos VALUES (?, ?)", [video["video_id"], name])


def _several(values: Values) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else values
