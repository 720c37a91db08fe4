"""Databases of labels, made by hand."""

import pytest

from weirflow_labels.database import create, define_views, rows


class Labels:
    """A database in memory, to put rows into and to ask."""

    def __init__(self):
        import duckdb

        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        create(self.db, "lake")
        define_views(self.db)

    def put(self, table, *entries, **common):
        """Insert rows of the same columns, each with what all have in common."""
        every = common if table in {"about", "workers"} else {"file_id": 1, **common}
        entries = [{**every, **e} for e in entries or [{}]]
        names = ", ".join(f'"{n}"' for n in entries[0])
        places = ", ".join([f"({', '.join('?' * len(entries[0]))})"] * len(entries))
        values = [v for e in entries for v in e.values()]
        self.db.execute(f"INSERT INTO {table} ({names}) VALUES {places}", values)

    def clear(self, *tables):
        """Take all rows out."""
        for table in tables:
            self.db.execute(f"DELETE FROM {table}")

    def ask(self, query, *parameters):
        """The rows of a query, as dicts."""
        return rows(self.db, query, parameters)

    def column(self, query, *parameters):
        """The one column of a query."""
        return [next(iter(r.values())) for r in self.ask(query, *parameters)]


@pytest.fixture
def labels():
    return Labels()


@pytest.fixture(scope="module")
def shared_labels():
    """One for a whole module, which its tests clear before they use it."""
    return Labels()
