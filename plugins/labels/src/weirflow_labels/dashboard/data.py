"""The numbers of a dashboard: each panel's query summed up to a small cube, read-only and without the outside world."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from weirflow.api import NodeError
from weirflow_labels.dashboard.panel import LeftOut, PanelData
from weirflow_labels.dashboard.query import MOST_KEYS, Query, different
from weirflow_labels.dashboard.spec import AttributeOf, Panel
from weirflow_labels.dashboard.sql import NoDataError, Rows, WrongPanelError, first_line
from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

    from weirflow_labels.dashboard.spec_file import SpecFile

_ALL = "*"


def prepare(db: duckdb.DuckDBPyConnection, file: SpecFile) -> None:
    """Shut a connection off from all but the database, and define the queries of a spec as views of its own.

    Those that several panels are made of are worked out once.
    """
    import duckdb

    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    used = Counter(p.from_ for p in file.spec.panels)
    for name, query in file.spec.queries.items():
        what = "TABLE" if used[name] > 1 else "VIEW"
        try:
            db.execute(
                f"CREATE OR REPLACE TEMP {what} {quoted(name)} AS ({query.rstrip().removesuffix(';')})"
            )
        except duckdb.Error as error:
            raise NodeError(f"{file.at('queries', name)}: {first_line(error)}", code="WF603") from error


def panels(db: duckdb.DuckDBPyConnection, file: SpecFile) -> Iterator[PanelData | LeftOut]:
    """The panels of a spec with their numbers, or why they are left out. Raises NodeError with file and line."""
    names: set[str] = set()
    for index, panel in enumerate(file.spec.panels):
        try:
            for found in _panel(db, panel, index, file):
                yield _named(found, names) if isinstance(found, PanelData) else found
        except WrongPanelError as wrong:
            place = file.at("panels", index, wrong.field)
            raise NodeError(f"{place}: {wrong.message}", code="WF603", hint=wrong.hint) from wrong


def _named(found: PanelData, names: set[str]) -> PanelData:
    name = base = re.sub(r"[^a-z0-9]+", "-", found.panel.title.lower()).strip("-")[:60] or "panel"
    number = 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    return replace(found, name=name)


def _panel(
    db: duckdb.DuckDBPyConnection, panel: Panel, index: int, file: SpecFile
) -> Iterator[PanelData | LeftOut]:
    rows = Rows.of(db, panel)
    occurring = rows.attributes(db) if _uses_attributes(panel) else {}
    if isinstance(panel.by, AttributeOf) and panel.by.attribute == _ALL:
        for name in _unnamed(occurring, file):
            title = (
                panel.title.replace("{attribute}", name)
                if "{attribute}" in panel.title
                else f"{panel.title}: {name}"
            )
            one = panel.model_copy(update={"by": AttributeOf(attribute=name), "title": title})
            if different(db, rows, f"attributes[{literal(name)}]", MOST_KEYS) < MOST_KEYS:
                yield Query(db, one, index, rows, occurring).run()
        return
    try:
        yield Query(db, panel, index, rows, occurring).run()
    except NoDataError as none:
        hint = f"; {none.hint}" if none.hint else ""
        yield LeftOut(panel.title, f"{none.message}{hint}")


def _uses_attributes(panel: Panel) -> bool:
    return isinstance(panel.by, AttributeOf) or isinstance(panel.colour, AttributeOf)


def _unnamed(occurring: dict[str, int], file: SpecFile) -> list[str]:
    """The attributes that no other panel is about."""
    named = {
        n.casefold()
        for p in file.spec.panels
        for f in (p.by, p.colour)
        if isinstance(f, AttributeOf)
        for n in f.names
    }
    return [n for n in occurring if n.casefold() not in named]
