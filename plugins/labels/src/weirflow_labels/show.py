"""`labels.dashboard` and `labels.charts`: a label database as a page, and as pictures and CSV files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weirflow.api import Field, Location, Origin, Port, Receipt, Sink
from weirflow_labels.dashboard.data import panels, prepare
from weirflow_labels.dashboard.frames import Frame, FrameBook, Sample, in_turn
from weirflow_labels.dashboard.images import add_images
from weirflow_labels.dashboard.panel import LeftOut, PanelData
from weirflow_labels.dashboard.spec_file import SpecFile, read_spec
from weirflow_labels.database import database_of, opened, rows

if TYPE_CHECKING:
    from weirflow.api import Files, Target

_SPEC = "a YAML file that says what is shown, or one of the shipped specs `workers` and `annotations`"


class Dashboard(Sink):
    """Write a dashboard over a label database: one HTML file that needs no network and no server.

    A spec says what is shown: headline numbers, pies, bars, histograms, tables. `workers` (time, tasks and labels of
    each worker) and `annotations` (classes, attributes, audits, quality of frames) come with weirflow and fit any
    database: a panel whose attribute or rows do not occur is left out, and the page says so. Attributes are called as
    your labelling jobs call them: `python -m weirflow_labels.dashboard annotations` prints a spec to edit.

    The page filters by job, class and date, lists the frames behind a part of a chart, and gives every table as CSV.
    It holds sums, not rows, but for the frames that are listed, which are some of each part. Workers are pseudonyms
    unless the database has their names; the shipped specs show no e-mail addresses. Without JavaScript, and with
    `interactive: false`, it is pictures and tables.
    """

    operator: ClassVar[str] = "labels.dashboard"
    inputs: ClassVar[tuple[Port, ...]] = (Port("database", "files"),)

    path: Location = Field(description="the HTML file")
    spec: Origin = Field(default="annotations", description=_SPEC)
    title: str | None = Field(default=None, description="a title in place of the spec's")
    images: Origin | None = Field(
        default=None, description="a local folder with the frames or images, so that they are shown small"
    )
    interactive: bool = Field(default=True, description="whether it has filters and lists of frames")

    def write(self, files: Files, target: Target) -> Receipt:
        """Write the page."""
        from weirflow_labels.dashboard.page import render

        read = _read(files, self.spec, target, frames=self.interactive)
        if self.images is not None and self.interactive:
            frames = [read.frames[i] for i in in_turn(read.samples.values())]
            read.notes += add_images(frames, target.origin(self.images))
        text = render(
            read.file.spec,
            self.title or read.file.spec.title,
            read.panels,
            samples=read.samples if self.interactive else None,
            frames=read.frames,
            notes=read.notes,
            about=read.about,
        )
        with target.file(self.path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        path = target.path(self.path)
        return Receipt((path,), bytes=path.stat().st_size)


class Charts(Sink):
    """Write every chart of a dashboard as a PNG picture, and every panel's numbers as a CSV file, into a folder.

    They are what `labels.dashboard` shows of the same spec without filters, and are named after the panels' titles.
    No browser is needed. The headline numbers are one file, `numbers.csv`.
    """

    operator: ClassVar[str] = "labels.charts"
    inputs: ClassVar[tuple[Port, ...]] = (Port("database", "files"),)

    path: Location = Field(description="the folder, which holds these files and nothing else")
    spec: Origin = Field(default="annotations", description=_SPEC)

    @property
    def writes_folder(self) -> bool:
        """It fills a folder."""
        return True

    def write(self, files: Files, target: Target) -> Receipt:
        """Draw the pictures and write the tables."""
        from weirflow_labels.dashboard.charts import png
        from weirflow_labels.dashboard.tables import table_of
        from weirflow_labels.dashboard.words import csv

        read = _read(files, self.spec, target, frames=False)
        written: dict[str, bytes] = {}
        numbers: list[list[str | float | None]] = []
        for panel in read.panels:
            if isinstance(panel, LeftOut):
                continue
            found = panel.shown()
            if panel.panel.kind == "number":
                heading, column = next(iter(panel.cube.columns.items()))
                group = found.totals.get(None)
                value = None if group is None else group.value(heading)
                numbers.append([panel.panel.title, value, column.measure.unit])
                continue
            written[f"{panel.name}.csv"] = table_of(panel, found).csv().encode()
            if panel.panel.kind != "table" and found.rows:
                written[f"{panel.name}.png"] = png(panel)
        if numbers:
            written["numbers.csv"] = csv(["number", "value", "unit"], numbers).encode()
        with target.folder(self.path) as folder:
            for name, content in written.items():
                (folder / name).write_bytes(content)
        size = sum(map(len, written.values()))
        return Receipt(tuple(target.path(self.path) / n for n in sorted(written)), bytes=size)


@dataclass
class _Read:
    """What a database has to show."""

    file: SpecFile
    panels: list[PanelData | LeftOut]
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    about: str = ""


def _read(files: Files, spec: str, target: Target, *, frames: bool) -> _Read:
    place = Path(target.origin(spec))
    file = read_spec(spec, place)
    with opened(database_of(files)) as db:
        prepare(db, file)
        read = _Read(file, list(panels(db, file)))
        for left in read.panels:
            if isinstance(left, LeftOut) and not file.shipped:
                target.warn(f"the panel '{left.title}' is left out: {left.reason}")
        loaded = rows(
            db,
            "SELECT count(*) AS n, max(loaded_at) AS at FROM main.files WHERE state IN ('loaded', 'stale')",
        )[0]
        read.about = f"From {loaded['n']:,} files"
        if loaded["at"] is not None:
            read.about += f", the last of them read on {loaded['at']:%Y-%m-%d at %H:%M} UTC"
        read.about += "."
        if frames:
            book = FrameBook(db)
            for panel in read.panels:
                if isinstance(panel, PanelData):
                    read.samples[panel.name] = book.samples(panel)
            book.complete()
            read.frames = book.frames
    return read
