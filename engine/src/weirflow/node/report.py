"""What an analysis yields: numbers, tables, charts and sentences, as plain data that JSON can hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Cell: TypeAlias = bool | int | float | str | None


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Metric(_Block):
    """One number with its name and a sentence on how to read it. None means that it is not defined here."""

    kind: Literal["metric"] = "metric"
    name: str = Field(description="a stable, short name, as `class_imbalance`")
    label: str = Field(description="the name that a person reads")
    value: float | int | None = Field(description="the number, or None where it is not defined")
    reading: str = Field(default="", description="one sentence on how to read it")
    unit: str = Field(default="", description="its unit; empty for a pure number")


class TableBlock(_Block):
    """A small table to be shown as it is."""

    kind: Literal["table"] = "table"
    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


class Chart(_Block):
    """A picture: a Vega-Lite specification that carries its own data, and the words that stand for it.

    `spec` is None where the drawing library is not installed; the data is then shown as a table.
    """

    kind: Literal["chart"] = "chart"
    title: str
    description: str = Field(description="what the picture shows, for those who do not see it")
    spec: dict[str, Any] | None
    columns: tuple[str, ...] = Field(description="the names of the data's columns")
    rows: tuple[tuple[Cell, ...], ...] = Field(description="the data behind the picture")


class Text(_Block):
    """A paragraph, or with `code` a block of preformatted text such as a snippet's output."""

    kind: Literal["text"] = "text"
    text: str
    code: bool = False


class Notice(_Block):
    """Something the reader should know before trusting the numbers."""

    kind: Literal["notice"] = "notice"
    text: str


Block: TypeAlias = Annotated[Metric | TableBlock | Chart | Text | Notice, Field(discriminator="kind")]


class Report(_Block):
    """The result of an analysis: a title and blocks in reading order."""

    kind: Literal["report"] = "report"
    title: str
    blocks: tuple[Block, ...] = ()

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises KeyError where there is none."""
        for block in self.blocks:
            if isinstance(block, Metric) and block.name == name:
                return block
        raise KeyError(name)
