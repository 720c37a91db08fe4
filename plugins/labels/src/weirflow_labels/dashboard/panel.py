"""A panel with its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow_labels.dashboard.cube import Cube, Key, Shown, grouped, shown
from weirflow_labels.dashboard.spec import Panel

if TYPE_CHECKING:
    from weirflow_labels.dashboard.sql import Rows


@dataclass(frozen=True)
class PanelData:
    """A panel with its numbers.

    `order` and `labels` are of keys that have an order of their own, `index` which panel of the spec it is, `rows` what
    it is made of, `selects` the SQL of its dimensions, `missing_title` what a row lacks that is not shown.
    """

    panel: Panel
    name: str
    index: int
    cube: Cube
    rows: Rows
    selects: dict[str, str]
    order: list[Key] = field(default_factory=list)
    labels: dict[Key, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    by_title: str = ""
    missing_title: str = ""

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters that work on it."""
        return tuple(f for f in ("job", "class", "date") if f in self.cube.dimensions)

    @property
    def lists_frames(self) -> bool:
        """Whether its rows are things in frames or images, which can be listed."""
        return self.panel.frames and bool({"frame", "source"} & set(self.rows.types))

    def shown(self) -> Shown:
        """What it shows without filters."""
        return shown(self.panel, grouped(self.cube), self.order, self.cube.columns)


@dataclass(frozen=True)
class LeftOut:
    """A panel that has nothing to show, and why."""

    title: str
    reason: str
