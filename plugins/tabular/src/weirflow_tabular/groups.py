"""One row for each group of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    INT64,
    ColumnName,
    Effect,
    Inputs,
    Made,
    NewColumn,
    Rows,
    Transform,
    portable,
)
from weirflow_tabular.aggregates import (
    Aggregate,
    expression,
    made_type,
    pandas_call,
    pandas_cast,
    require_aggregable,
    require_keys,
)
from weirflow_tabular.pandas_text import column, literal, pandas_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

Function: TypeAlias = Aggregate | Literal["list"]


class AggregateGroups(Transform):
    """Make one row of each group of rows that have the same keys, with aggregates of other columns.

    Groups are in the order in which they first occur; a missing key makes a group of its own. Without keys all rows are
    one group, which is there without rows too. Of the functions, `count`, `sum`, `mean`, `min`, `max`, `median`
    (interpolated), `std` and `var` (of a sample) and `n_distinct` leave missing values out, and are null without a
    value, the counts 0; `first` and `last` are those of the first and last row, and `list` has all in the order of the
    rows, missing or not.
    """

    operator = "group.aggregate"
    ordered = True

    by: tuple[ColumnName, ...] = Field(default=(), description="the keys; none by default")
    aggregations: dict[ColumnName, Function | tuple[Function, ...] | dict[Function, NewColumn]] = Field(
        default={},
        description=(
            "functions of each column, as {pay: mean, age: [min, max], city: {n_distinct: cities}}: one, several, "
            "which are called `{column}_{function}`, or new names by function"
        ),
    )
    rows: NewColumn | None = Field(
        default=None, description="name of a column with the number of rows of each group; none by default"
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [*self.by, *self._outputs()]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise ValueError(f"two columns would be called '{twice}'")
        if not names:
            raise ValueError("there is nothing to make: give `by`, `aggregations` or `rows`")
        return self

    def _outputs(self) -> Iterator[str]:
        if self.rows is not None:
            yield self.rows
        yield from (output for _, _, output in self._each())

    def _each(self) -> Iterator[tuple[str, Function, str]]:
        """Column, function and name of what it makes."""
        for name, given in self.aggregations.items():
            if isinstance(given, dict):
                yield from ((name, function, output) for function, output in given.items())
            else:
                functions = (given,) if isinstance(given, str) else given
                yield from ((name, function, f"{name}_{function}") for function in functions)

    def effect(self, schema: Schema) -> Effect:
        """The keys, and a column for each function."""
        require_keys(schema, self.by)
        makes = {} if self.rows is None else {self.rows: Made(dtype=INT64)}
        for name, function, output in self._each():
            require_aggregable(schema, name, function)
            makes[output] = Made(of=(name,), dtype=made_type(function, schema.dtype(name)))
        return Effect(
            makes=makes, keep=self.by, order=(*self.by, *makes), reads=self.by, rows=Rows.changed(by=self.by)
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Group the rows."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        schema = portable.schema_of(inputs.table)
        made = [] if self.rows is None else [pl.len().cast(pl.Int64).alias(self.rows)]
        for name, function, output in self._each():
            # in a group, the values are the list
            value = (
                pl.col(name)
                if function == "list" and self.by
                else expression(function, pl.col(name), schema.dtype(name))
            )
            made.append(value.alias(output))
        if not self.by:
            return nw.from_native(native.select(made))
        return nw.from_native(native.group_by(*self.by, maintain_order=True).agg(made))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.groupby`."""
        code.use("import pandas as pd")
        code.describe(f"Aggregate the rows{' of each ' + ' and '.join(self.by) if self.by else ''}")
        each = list(self._each())
        if any(code.schema.dtype(name) is None for name, _, _ in each):
            code.refuse("the types of its columns are not known before the run")
            return
        if not self.by:
            code.write(f"df = pd.DataFrame({literal_of(self._totals(code))})")
            return
        keys = f"{literal(list(self.by))}, sort=False, dropna=False"
        if not each and self.rows is None:
            code.write(f"df = df[{literal(list(self.by))}].drop_duplicates(ignore_index=True)")
            return
        code.write(f"groups = df.groupby({keys})")
        made = [] if self.rows is None else [(self.rows, "groups.size()")]
        for name, function, output in each:
            cast = pandas_cast(function, code.schema.dtype(name))
            made.append((output, f"groups[{literal(name)}].{pandas_call(function)}{cast}"))
        code.write(f"df = pd.DataFrame({literal_of(made)}).reset_index()")

    def _totals(self, code: PandasCode) -> list[tuple[str, str]]:
        """Of all rows, as columns of one value."""
        made = [] if self.rows is None else [(self.rows, "[len(df)]")]
        for name, function, output in self._each():
            dtype, values = made_type(function, code.schema.dtype(name)), column(name)
            if function == "list":
                value = f"{values}.tolist()"
            elif function in {"first", "last"}:
                value = f"next(iter({values}{'.iloc[::-1]' if function == 'last' else ''}), None)"
            else:
                value = f"{values}.{pandas_call(function)}"
            name_of = None if dtype is None else pandas_type(dtype)
            typed = f', dtype="{name_of}"' if name_of else ', dtype="object"'
            made.append((output, f"pd.Series([{value}]{typed})"))
        return made


def literal_of(made: list[tuple[str, str]]) -> str:
    """A dict of code by name."""
    return "{" + ", ".join(f"{literal(name)}: {text}" for name, text in made) + "}"
