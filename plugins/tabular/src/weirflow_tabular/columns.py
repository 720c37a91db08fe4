"""Operators on columns as such: drop, keep, rename, move, duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, Effect, Inputs, Made, NewColumn, NodeError, Open, Transform
from weirflow_tabular.checks import require_new
from weirflow_tabular.pandas_text import assign, column, literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.api import PandasCode, Schema, Table


class DropColumns(Transform):
    """Remove columns."""

    operator = "columns.drop"

    columns: Columns = Field(description="columns to remove")

    def effect(self, schema: Schema) -> Effect:
        """Remove the columns, touch nothing else."""
        del schema
        return Effect(drops=tuple(self.columns))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Remove the columns."""
        return inputs.table.drop(*self.columns)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.drop`."""
        code.write(f"df = df.drop(columns={one_or_list(self.columns)})")


class KeepColumns(Transform):
    """Keep some columns, in the order they are named, and remove the rest."""

    operator = "columns.keep"

    columns: Columns = Field(description="columns to keep, in the order wanted")

    def effect(self, schema: Schema) -> Effect:
        """Exactly these columns, in this order."""
        del schema
        return Effect(keep=tuple(self.columns), order=tuple(self.columns))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Select the columns."""
        return inputs.table.select(*self.columns)

    def to_pandas(self, code: PandasCode) -> None:
        """As a selection by a list of names."""
        code.describe("Keep these columns, in this order")
        code.write(f"df = df[{literal(list(self.columns))}]")


class RenameColumns(Transform):
    """Give columns other names; each keeps its place. Two columns may swap their names."""

    operator = "columns.rename"

    columns: dict[ColumnName, NewColumn] = Field(
        min_length=1, description="new names by old ones, as {old: new}"
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        new = list(self.columns.values())
        twice = next((n for n in new if new.count(n) > 1), None)
        if twice is not None:
            raise ValueError(f"two columns would be called '{twice}'")
        return self

    def effect(self, schema: Schema) -> Effect:
        """The same values under other names, in the same places."""
        require_new(schema, self.columns.values(), besides=self.columns)
        return Effect(
            makes={new: Made(of=(old,), alias=True) for old, new in self.columns.items()},
            drops=tuple(self.columns),
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Rename the columns."""
        return inputs.table.rename(dict(self.columns))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.rename`."""
        code.describe("Give columns other names")
        code.write(f"df = df.rename(columns={literal(self.columns)})")


class MoveColumns(Transform):
    """Move columns to the start or the end, before or after another, or to a place that is numbered from 0.

    They arrive in the order named, or, with `keep_order`, in that of the table. The number of a place is how many of
    the other columns come before it; where there are fewer, the columns come last.
    """

    operator = "columns.move"

    columns: Columns = Field(description="columns to move, in the order wanted")
    to: Literal["start", "end", "before", "after", "index"] = Field(description="where to")
    target: ColumnName | None = Field(
        default=None, description="with `before` and `after`, the column that they are put beside"
    )
    index: int | None = Field(
        default=None, ge=0, description="with `index`, how many of the other columns come first"
    )
    keep_order: bool = Field(
        default=False, description="moved columns keep the order that they have in the table"
    )

    @model_validator(mode="after")
    def _beside(self) -> Self:
        beside = self.to in {"before", "after"}
        if beside != (self.target is not None):
            raise ValueError(
                f"moving '{self.to}' needs a `target` column" if beside else f"'{self.to}' takes no `target`"
            )
        if (self.to == "index") != (self.index is not None):
            raise ValueError(
                "moving to 'index' needs an `index`"
                if self.index is None
                else f"'{self.to}' takes no `index`"
            )
        if self.columns.resolved and self.target in self.columns:
            raise ValueError("the `target` is among the columns to move")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Another order of the columns."""
        moved = self._moved(schema.names)
        if len(moved) < len(self.columns):
            return Effect.unknown()  # nobody knows yet where those that a fit will name stand
        if self.to == "start":
            return Effect(order=(*moved, ...))
        if self.to == "end":
            return Effect(order=(..., *moved))
        rest = [i for i in schema.items if isinstance(i, Open) or i.name not in moved]
        place = self._place([None if isinstance(i, Open) else i.name for i in rest])
        if place is None:
            return Effect.unknown()  # the target is among columns that only a fit can name
        before, after = rest[:place], rest[place:]
        if not any(isinstance(i, Open) for i in before):
            self._check_index(schema)
            return Effect(order=(*(i.name for i in before if not isinstance(i, Open)), *moved, ...))
        if self.target is not None and not any(isinstance(i, Open) for i in after):
            return Effect(order=(..., *moved, *(i.name for i in after if not isinstance(i, Open))))
        return Effect.unknown()

    def _check_index(self, schema: Schema) -> None:
        if self.index is not None and not schema.is_open and self.index >= len(schema):
            raise NodeError(
                f"there is no place {self.index} among {len(schema)} columns",
                hint=f"the last one is {len(schema) - 1}; `to: end` needs no number",
                code="WF402",
            )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Select the columns in their new order."""
        return inputs.table.select(self._ordered(inputs.table.collect_schema().names()))

    def _moved(self, names: Sequence[str]) -> list[str]:
        """The columns to move, in the order that they arrive in; with `keep_order` those that are known."""
        several = self.keep_order and len(self.columns) > 1
        return [n for n in names if n in self.columns] if several else list(self.columns)

    def _place(self, rest: Sequence[str | None]) -> int | None:
        """How many of the other columns come first; None where the target is not among them."""
        if self.index is not None:
            return self.index
        return rest.index(self.target) + (self.to == "after") if self.target in rest else None

    def _ordered(self, names: Sequence[str]) -> list[str]:
        moved = self._moved(names)
        rest = [n for n in names if n not in moved]
        if self.to in {"start", "end"}:
            return [*moved, *rest] if self.to == "start" else [*rest, *moved]
        place = self._place(rest)
        assert place is not None
        return [*rest[:place], *moved, *rest[place:]]

    def to_pandas(self, code: PandasCode) -> None:
        """As a selection in the new order."""
        names = list(self.columns)
        if self.keep_order and len(names) > 1:
            if any(c not in code.schema for c in names):
                code.refuse("the order of its columns is not known before the run")
                return
            names = self._moved(code.schema.names)
        moved = ", ".join(literal(c) for c in names)
        rest = f"df.columns.drop({one_or_list(names)})"
        where = f"to place {self.index}" if self.index is not None else f"to the {self.to}"
        code.describe(f"Move columns {where if self.target is None else self.to + ' ' + self.target}")
        if self.to == "start":
            code.write(f"df = df[[{moved}, *{rest}]]")
        elif self.to == "end":
            code.write(f"df = df[[*{rest}, {moved}]]")
        elif self.index is not None:
            code.write(f"""
                rest = {rest}
                df = df[[*rest[:{self.index}], {moved}, *rest[{self.index}:]]]
            """)
        else:
            code.write(f"""
                rest = {rest}
                place = rest.get_loc({literal(self.target)}){" + 1" if self.to == "after" else ""}
                df = df[[*rest[:place], {moved}, *rest[place:]]]
            """)


class DuplicateColumn(Transform):
    """Copy a column under a new name; the copy comes last."""

    operator = "columns.duplicate"

    column: ColumnName = Field(description="column to copy")
    output: NewColumn = Field(description="name of the copy")

    def effect(self, schema: Schema) -> Effect:
        """One column more, of the same values."""
        require_new(schema, [self.output])
        return Effect(makes={self.output: Made(of=(self.column,), alias=True)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Copy the column."""
        import narwhals as nw

        return inputs.table.with_columns(nw.col(self.column).alias(self.output))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.assign`."""
        code.write(assign([(self.output, column(self.column))]))
