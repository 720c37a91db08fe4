"""From the fields of a panel to SQL over what it is `from`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow.api import did_you_mean
from weirflow_labels.spelling import quoted

if TYPE_CHECKING:
    import duckdb

    from weirflow_labels.dashboard.spec import Panel

FILTER_COLUMNS = {
    "job": ("job",),
    "class": ("class_name",),
    "date": ("created", "submitted", "at", "accepted"),
}
"""The columns that are filtered by, unless a panel says otherwise: the first that there is."""

_QUERY = re.compile(r"\s*(?:(?:SELECT|WITH|FROM|VALUES)\b|\()", re.IGNORECASE)


class WrongPanelError(Exception):
    """A panel asks for what there is not; `field` is the key of the panel that does."""

    def __init__(self, field: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.hint = hint


class NoDataError(Exception):
    """A panel has nothing to show in this database; the message says why, in a sentence."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def as_text(column: str) -> str:
    """A column as text that a page may hold; what is null is said to be none."""
    return f"coalesce({clean(f'CAST({column} AS VARCHAR)')}, '(none)')"


def clean(expression: str) -> str:
    """Without control characters, which no page may hold, and no longer than can be read."""
    return f"left(regexp_replace({expression}, '[\\x00-\\x1f\\x7f]', ' ', 'g'), 200)"


@dataclass(frozen=True)
class Rows:
    """The rows that a panel is made of: SQL that selects them, and their columns by name."""

    sql: str
    types: dict[str, str]

    @classmethod
    def of(cls, db: duckdb.DuckDBPyConnection, panel: Panel) -> Rows:
        """Look at what a panel is `from`. Raises WrongPanelError where that is no table, view or query."""
        return cls._of(db, "from", panel.from_, panel.where)

    @classmethod
    def offered(cls, db: duckdb.DuckDBPyConnection, panel: Panel) -> Rows | None:
        """Look at the `zeros` of a panel, if it has any. Raises WrongPanelError as `of` does."""
        return None if panel.zeros is None else cls._of(db, "zeros", panel.zeros)

    @classmethod
    def _of(cls, db: duckdb.DuckDBPyConnection, key: str, relation: str, where: str | None = None) -> Rows:
        import duckdb

        query = bool(_QUERY.match(relation))
        base = f"({relation.rstrip().removesuffix(';')})" if query else quoted(relation)
        for field, condition in ((key, None), ("where", where)):
            select = f"SELECT * FROM {base} AS t" + (f" WHERE {condition}" if condition else "")  # noqa: S608
            try:
                found = db.execute(f"DESCRIBE {select}").fetchall()
            except duckdb.Error as error:
                if field == key and not query:
                    raise WrongPanelError(
                        key, f"there is no table `{relation}`", _nearest(db, relation)
                    ) from error
                raise WrongPanelError(field, first_line(error)) from error
        return cls(f"({select})", {str(r[0]): str(r[1]) for r in found})

    def column(self, name: str, field: str) -> str:
        """A column as SQL writes it. Raises WrongPanelError where there is none of that name."""
        if name not in self.types:
            raise WrongPanelError(
                field,
                f"there is no column `{name}`",
                did_you_mean(name, self.types) or f"columns are {', '.join(self.types)}",
            )
        return quoted(name)

    def attributes(self, db: duckdb.DuckDBPyConnection) -> dict[str, int]:
        """The attributes that occur and in how many rows, the most frequent first."""
        if not self.types.get("attributes", "").startswith("MAP"):
            return {}
        found = db.execute(
            f"SELECT k, count(*) AS n FROM (SELECT unnest(map_keys(attributes)) AS k FROM {self.sql})"  # noqa: S608
            " GROUP BY k ORDER BY n DESC, k"
        ).fetchall()
        return dict(found)

    def filters(self, panel: Panel) -> dict[str, str]:
        """The columns that this panel can be filtered by."""
        chosen: dict[str, str] = {}
        for name, columns in FILTER_COLUMNS.items():
            if name in panel.filters:
                column = panel.filters[name]
                if column is not None:
                    self.column(column, "filters")
                    chosen[name] = column
            else:
                first = next((c for c in columns if c in self.types), None)
                if first is not None:
                    chosen[name] = first
        return chosen

    def is_instant(self, name: str) -> bool:
        """Whether a column holds instants or dates."""
        return self.types[name].startswith(("TIMESTAMP", "DATE"))

    def is_number(self, name: str) -> bool:
        """Whether a column holds numbers."""
        return self.types[name].startswith(
            ("TINY", "SMALL", "INT", "BIG", "HUGE", "U", "FLOAT", "DOUBLE", "DECIMAL")
        )


def chosen_attribute(names: tuple[str, ...], occurring: dict[str, int]) -> str:
    """The first of several attributes that occurs, in other letters' case if need be. Raises NoDataError."""
    for name in names:
        if name in occurring:
            return name
        folded = [o for o in occurring if o.casefold() == name.casefold()]
        if folded:
            return folded[0]
    listed = " or ".join(f"`{n}`" for n in names)
    raise NoDataError(f"no row has an attribute {listed}", did_you_mean(names[0], occurring))


def first_line(error: Any) -> str:
    """What DuckDB says is wrong with a query, without what it quotes."""
    line = re.sub(r"^\w+ Error: ", "", str(error).strip().splitlines()[0])
    return line[:1].lower() + line[1:]


def _nearest(db: duckdb.DuckDBPyConnection, name: str) -> str | None:
    names = [r[0] for r in db.execute("SELECT table_name FROM information_schema.tables").fetchall()]
    return did_you_mean(name, names) or f"tables and views are {', '.join(sorted(set(names)))}"
