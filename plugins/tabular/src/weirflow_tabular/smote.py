"""New rows of rare classes, between those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import DType, Effect, Inputs, Made, NodeError, Rows
from weirflow_tabular.balance import Balance
from weirflow_tabular.checks import require_scalars
from weirflow_tabular.places import groups, sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl

    from weirflow.api import Schema, Table
    from weirflow_tabular.places import Places

    Matrix = np.ndarray[tuple[int, int], np.dtype[Any]]


class Smote(Balance):
    """Append rows of the rarer classes that are made up between neighbours of the same class (SMOTE).

    A new row lies at random between a row and one of its nearest neighbours; of text and booleans it has the most
    frequent value among the neighbours (SMOTE-NC). Every class has at least as many rows afterwards as the most
    frequent one times `ratio`, rounded down. All columns take part: leave out first what should not, such as keys and
    dates. Columns of numbers become floats, and no value may be missing. imbalanced-learn does the work.
    """

    operator = "balance.smote"

    neighbours: int = Field(default=5, ge=1, description="how many nearest neighbours a row has")
    normalise: bool = Field(
        default=False,
        description="find neighbours by numbers divided by their standard deviations, so that all weigh the same",
    )
    type: Literal["float64", "float32"] = Field(
        default="float64", description="type that columns of numbers become; Data Wrangler has float32"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="another seed makes up other rows")

    def effect(self, schema: Schema) -> Effect:
        """Further rows, of all columns; numbers become floats."""
        require_scalars(schema, [self.column])
        if schema.is_open:
            return Effect.unknown()
        made: dict[str, Made] = {}
        for one in schema:
            dtype = one.dtype
            if one.name != self.column:
                if dtype is not None:
                    _require_feature(one.name, dtype)
                    dtype = DType(self.type) if dtype.is_numeric else dtype
                made[one.name] = Made(of=schema.names, dtype=dtype)
        return Effect(makes=made, reads=(self.column,), rows=Rows.changed(by=None))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The rows with the new ones after them."""
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        number = pl.Float64 if self.type == "float64" else pl.Float32
        names = [c for c in frame.columns if c != self.column]
        numbers = [c for c in names if frame[c].dtype.is_numeric()]
        others = [c for c in names if c not in numbers]
        frame = frame.with_columns(pl.col(c).cast(number) for c in numbers)
        _require_whole(frame.select(names))
        group = self.classes(frame)
        wanted = self._wanted(group)
        if not wanted:
            return nw.from_native(frame.lazy())
        if not numbers:
            raise NodeError(
                "there is no column of numbers besides the classes, and new rows lie between numbers",
                hint="encode columns first, or use balance.oversample",
                code="WF614",
            )
        codes = [_sorted_codes(frame[c]) for c in others]
        made, of = self._made(frame.select(numbers).to_numpy(), codes, group, wanted)
        new = {c: pl.Series(c, made[:, i], dtype=number) for i, c in enumerate(numbers)}
        for i, c in enumerate(others):
            new[c] = frame[c].gather(_first(codes[i])[made[:, len(numbers) + i].astype(int)])
        new[self.column] = frame[self.column].gather(_first(group)[of])
        return nw.from_native(pl.concat([frame, pl.DataFrame(new).select(frame.columns)]).lazy())

    def _wanted(self, group: Places) -> dict[int, int]:
        """How many rows each class should have, of those that should have more."""
        counts = [int(n) for n in sizes(group)]
        least = int(max(counts, default=0) * self.ratio)
        wanted = {i: least for i, n in enumerate(counts) if n < least}
        few = min((counts[i] for i in wanted), default=self.neighbours + 1)
        if few <= self.neighbours:
            raise NodeError(
                f"a class of column '{self.column}' has {few} {'row' if few == 1 else 'rows'}, and must have more "
                f"than the {self.neighbours} neighbours that are asked for",
                hint="lower `neighbours`, leave the class out, or use balance.oversample",
                code="WF614",
            )
        return wanted

    def _made(
        self, numbers: Matrix, codes: Sequence[Places], group: Places, wanted: dict[int, int]
    ) -> tuple[Matrix, Places]:
        """The new rows, their numbers first and then their codes, and the classes that they are of."""
        import numpy as np
        from imblearn.over_sampling import SMOTE, SMOTENC

        width = numbers.shape[1]
        deviation = numbers.std(axis=0) if self.normalise else np.ones(width, dtype=numbers.dtype)
        deviation[deviation == 0] = 1
        table = np.column_stack([numbers / deviation, *codes]).astype(numbers.dtype)
        given = {"sampling_strategy": wanted, "random_state": self.seed, "k_neighbors": self.neighbours}
        maker = SMOTENC(list(range(width, table.shape[1])), **given) if codes else SMOTE(**given)
        rows, of = maker.fit_resample(table, group)
        made = np.asarray(rows)[len(group) :]
        made[:, :width] *= deviation
        return made, of[len(group) :]


def _require_feature(name: str, dtype: DType) -> None:
    if not (dtype.is_numeric or dtype.is_text or dtype.kind == "boolean"):
        raise NodeError(
            f"column '{name}' is of type {dtype}, of which no new values can be made up",
            hint="leave it out first (columns.drop), or make numbers of it (dates.extract, vectors.flatten)",
            code="WF402",
        )


def _require_whole(frame: pl.DataFrame) -> None:
    for values in frame:
        if values.null_count():
            raise NodeError(
                f"column '{values.name}' has missing values, and neighbours cannot be found with them",
                hint="fill or drop them first: missing.fill, missing.impute or missing.drop",
                code="WF613",
            )
        if values.dtype.is_float() and not values.is_finite().all():
            raise NodeError(
                f"column '{values.name}' holds infinite values, or ones too large to compute with",
                hint="filter them out first",
                code="WF402",
            )


def _sorted_codes(values: pl.Series) -> Places:
    """The number of each row's value among the distinct ones, which is what ties between values go by."""
    import numpy as np
    import polars as pl

    group = groups(values)
    distinct = values.gather(_first(group)).cast(pl.String).to_numpy()
    code = np.empty(len(distinct), dtype=np.int64)
    code[np.argsort(distinct, kind="stable")] = np.arange(len(distinct))
    return code[group]


def _first(group: Places) -> Places:
    """The first row of each group."""
    import numpy as np

    return np.unique(group, return_index=True)[1]
