"""Operators on columns as such: drop, keep, rename, move, duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, Effect, Inputs, Made, NewColumn, Open, Transform
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
    """Move columns to the start or the end, or before or after another; they arrive in the order named."""

    operator = "columns.move"

    columns: Columns = Field(description="columns to move, in the order wanted")
    to: Literal["start", "end", "before", "after"] = Field(description="where to")
    target: ColumnName | None = Field(
        default=None, description="with `before` and `after`, the column that they are put beside"
    )

    @model_validator(mode="after")
    def _beside(self) -> Self:
        beside = self.to in {"before", "after"}
        if beside != (self.target is not None):
            raise ValueError(
                f"moving '{self.to}' needs a `target` column" if beside else f"'{self.to}' takes no `target`"
            )
        if self.columns.resolved and self.target in self.columns:
            raise ValueError("the `target` is among the columns to move")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Another order of the columns."""
        moved = tuple(self.columns)
        if self.to == "start":
            return Effect(order=(*moved, ...))
        if self.to == "end":
            return Effect(order=(..., *moved))
        rest = [i for i in schema.items if isinstance(i, Open) or i.name not in moved]
        place = next(
            (k for k, i in enumerate(rest) if not isinstance(i, Open) and i.name == self.target), None
        )
        if place is None:
            return Effect.unknown()  # the target is among columns that only a fit can name
        place += self.to == "after"
        before, after = rest[:place], rest[place:]
        if not any(isinstance(i, Open) for i in before):
            return Effect(order=(*(i.name for i in before if not isinstance(i, Open)), *moved, ...))
        if not any(isinstance(i, Open) for i in after):
            return Effect(order=(..., *moved, *(i.name for i in after if not isinstance(i, Open))))
        return Effect.unknown()

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Select the columns in their new order."""
        return inputs.table.select(self._ordered(inputs.table.collect_schema().names()))

    def _ordered(self, names: Sequence[str]) -> list[str]:
        moved = list(self.columns)
        rest = [n for n in names if n not in moved]
        if self.to in {"start", "end"}:
            return [*moved, *rest] if self.to == "start" else [*rest, *moved]
        assert self.target is not None
        place = rest.index(self.target) + (self.to == "after")
        return [*rest[:place], *moved, *rest[place:]]

    def to_pandas(self, code: PandasCode) -> None:
        """As a selection in the new order."""
        moved = ", ".join(literal(c) for c in self.columns)
        rest = f"df.columns.drop({one_or_list(self.columns)})"
        code.describe(
            f"Move columns {'to the ' + self.to if self.target is None else self.to + ' ' + self.target}"
        )
        if self.to == "start":
            code.write(f"df = df[[{moved}, *{rest}]]")
        elif self.to == "end":
            code.write(f"df = df[[*{rest}, {moved}]]")
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
