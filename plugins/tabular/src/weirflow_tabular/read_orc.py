"""A source of tables: ORC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from weirflow.api import (
    Columns,
    NodeError,
    PersonalColumns,
    SourceFacts,
    mark_personal,
    portable,
)
from weirflow_tabular.files import facts_of
from weirflow_tabular.formats import FileSource
from weirflow_tabular.read import PERSONAL, write_columnar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from weirflow.api import PandasCode, Schema, SourceContext, Table


class ReadOrc(FileSource):
    """Read ORC files: one, all of a folder (.orc), or those a pattern finds. NaN is read as null.

    Several files must have the same columns, and are read in the order of their names, stripe by stripe.
    """

    operator = "read.orc"

    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names, types and the number of rows, from the files' footers."""
        import narwhals as nw

        files = self.find(context, (".orc",))
        schema: Schema | None = None
        rows = 0
        for file in files:
            opened = _opened(file)
            rows += opened.nrows
            found = portable.schema_of(nw.from_native(_frame(opened.schema.empty_table()).lazy()))
            if schema is not None and found != schema:
                raise NodeError(
                    f"{file.name} has other columns or types than the first file",
                    hint="read files of one layout",
                    code="WF603",
                )
            schema = found
        assert schema is not None
        return SourceFacts(
            mark_personal(self.with_file_column(schema, files), self.personal), facts_of(files), rows=rows
        )

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The files as one table."""
        import narwhals as nw

        def scan(files: Sequence[Path], schema: Schema) -> Table:
            return nw.from_native(_scan(files, schema.names))

        return self.by_file(self.find(context, (".orc",)), schema, scan)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pd.read_orc`."""
        if not self.refused(code):
            write_columnar(code, self.path, "orc")


def _opened(file: Path) -> Any:
    import pyarrow as pa
    from pyarrow import orc

    try:
        return orc.ORCFile(str(file))
    except (pa.ArrowException, OSError, ValueError):
        raise NodeError(f"{file.name} is not an ORC file, or is cut short", code="WF603") from None


def _frame(found: Any) -> pl.DataFrame:
    """A frame of Arrow's table: text and lists in the form that Polars has, NaN as null."""
    import polars as pl

    frame = pl.from_arrow(found)
    assert isinstance(frame, pl.DataFrame)
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def _scan(files: Sequence[Path], names: Sequence[str]) -> pl.LazyFrame:
    import pyarrow as pa
    from polars.io.plugins import register_io_source

    types = _frame(_opened(files[0]).schema.empty_table()).select(names).schema

    def stripes(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        del size
        wanted = list(names) if columns is None else columns
        left = rows
        for file in files:
            opened = _opened(file)
            for number in range(opened.nstripes):
                if left is not None and left <= 0:
                    return
                try:
                    batch = opened.read_stripe(number, columns=wanted)
                except (pa.ArrowException, OSError):
                    raise NodeError(f"{file.name} is damaged in stripe {number + 1}", code="WF603") from None
                # a file may hold types that are narrower in another writer's footer; names were compared
                frame = _frame(pa.Table.from_batches([batch])).select(wanted)
                if left is not None:
                    frame = frame.head(left)
                    left -= frame.height
                yield frame if predicate is None else frame.filter(predicate)

    return register_io_source(stripes, schema=types)
