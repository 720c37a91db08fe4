"""The record of a run: plain data that the store keeps, `--json` prints and the report draws."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from weirflow.node.report import Cell, Report

Status: TypeAlias = Literal["done", "cached", "skipped", "failed", "pending"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")


class ColumnRecord(_Record):
    """A column of a node's output; `dtype` is text such as `int64`, empty where unknown."""

    name: str
    dtype: str = ""
    personal: bool = False
    new: bool = Field(default=False, description="made or changed by this node")
    was: str = Field(default="", description="its name before this node, where it is the same column")


class SampleRecord(_Record):
    """A few rows for the eye; personal columns are masked already."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class EdgeRecord(_Record):
    """An edge into a node: from which node and port, into which port."""

    node: str
    output: str = "default"
    input: str = "default"


class ProblemRecord(_Record):
    """A warning or an error, as the terminal showed it."""

    code: str
    message: str
    hint: str = ""


class NodeRecord(_Record):
    """What became of one node."""

    id: str
    operator: str = Field(description="with its version, as encode.one_hot@1")
    kind: Literal["source", "transform", "estimator", "analysis", "task", "job", "service", "sink"]
    title: str = ""
    description: str = ""
    line: int | None = None
    status: Status = "pending"
    reason: str = Field(default="", description="why it ran or did not")
    seconds: float | None = Field(
        default=None,
        description="time of its own deed; of a held or copied table with all that computes it; None: not told apart",
    )
    inputs: tuple[EdgeRecord, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict, description="secrets as references")
    columns: tuple[ColumnRecord, ...] = ()
    removed: tuple[str, ...] = Field(default=(), description="columns of the input that are gone")
    rows_in: int | None = Field(default=None, description="None: not counted")
    rows_out: int | None = None
    sample: SampleRecord | None = None
    trained: dict[str, Any] | None = None
    report: Report | None = None
    output: str = Field(default="", description="what a custom snippet printed")
    files: tuple[str, ...] = Field(default=(), description="what a sink or task wrote")
    items: dict[str, int] = Field(default_factory=dict, description="items done, cached, bad")
    problems: tuple[ProblemRecord, ...] = ()


class WaveRecord(_Record):
    """One round of fits and analyses: how many statistics were answered for them, and in how many scans.

    `seconds` is the time of all its nodes together, which what analyses do with their answers is part of.
    """

    nodes: tuple[str, ...]
    statistics: int
    scans: int
    seconds: float


class RunRecord(_Record):
    """A whole run."""

    run: str = Field(description="the run's id, sortable by time")
    flow: str
    file: str = Field(description="the flow's path relative to where the command was typed")
    description: str = ""
    weirflow: str
    engine: str = "polars"
    status: Literal["done", "failed", "interrupted"]
    started: datetime
    seconds: float
    peak_bytes: int | None = Field(default=None, description="peak resident memory of the worker")
    parameters: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    nodes: tuple[NodeRecord, ...] = ()
    waves: tuple[WaveRecord, ...] = ()
    scans: int = Field(default=0, description="how often sources were decoded")
    problems: tuple[ProblemRecord, ...] = ()
