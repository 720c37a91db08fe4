"""The numbers of dashboards, against plain SQL and plain Python over the same database."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from weirflow.api import NodeError

duckdb = pytest.importorskip("duckdb")

from weirflow_labels.dashboard import query  # noqa: E402
from weirflow_labels.dashboard.cube import OTHER, grouped, shown  # noqa: E402
from weirflow_labels.dashboard.data import panels, prepare  # noqa: E402
from weirflow_labels.dashboard.panel import LeftOut, PanelData  # noqa: E402
from weirflow_labels.dashboard.spec_file import SHIPPED, parse_spec, read_spec  # noqa: E402
from weirflow_labels.dashboard.tables import table_of  # noqa: E402
from weirflow_labels.database import connect  # noqa: E402


def _read(database: Path, spec: str) -> dict[str, Any]:
    file = read_spec(spec, Path()) if spec in SHIPPED else parse_spec(spec, "mine.yaml", shipped=False)
    with connect(database, read_only=True) as db:
        prepare(db, file)
        return {p.panel.title if isinstance(p, PanelData) else p.title: p for p in panels(db, file)}


def _panel(database: Path, text: str) -> Any:
    spec = "title: T\npanels:\n- title: P\n" + "".join(f"  {line}\n" for line in text.splitlines())
    (found,) = _read(database, spec).values()
    return found


def _sql(database: Path, text: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as db:
        return list(db.execute(text).fetchall())


def _table(panel: PanelData) -> list[list[Any]]:
    table = table_of(panel, panel.shown())
    return [[r.name, *(c.value for c in r.cells)] for r in table.rows]


def test_the_table_of_workers_is_what_sql_says(database: Path):
    panel = _read(database, "workers")["Worker metrics"]
    expected = _sql(
        database,
        "SELECT coalesce(w.name, r.worker_id), sum(active_s), sum(epoch_ms(submitted) - epoch_ms(accepted)) / 1000,"
        " count(DISTINCT (r.job, dataset_object_id)), count(*), count(DISTINCT r.job), sum(n_units),"
        " min(active_s), avg(active_s), max(active_s)"
        " FROM responses r LEFT JOIN workers w USING (worker_id) GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    idle = [f"worker-{w:010x}" for w in (3, 5, 6)]  # who have answered nothing
    table = _table(panel)
    assert table[len(expected) :] == [[w, 0, 0, 0, 0, 0, 0, None, None, None] for w in idle]
    for got, wanted in zip(table, expected, strict=False):
        assert got[0] == wanted[0]
        assert got[1:] == pytest.approx([float(v) for v in wanted[1:]])


def test_the_csv_is_the_table(database: Path):
    panel = _read(database, "workers")["Total time spent labeling by worker"]
    lines = list(csv.reader(io.StringIO(table_of(panel, panel.shown()).csv())))
    expected = _sql(
        database,
        "SELECT coalesce(w.name, r.worker_id), sum(active_s) FILTER (modality = 'VideoObjectTracking'),"
        " sum(active_s) FILTER (modality = 'VideoObjectTrackingAudit'), sum(active_s)"
        " FROM responses r LEFT JOIN workers w USING (worker_id) GROUP BY 1 ORDER BY 4 DESC",
    )
    assert lines[0] == ["worker", "VideoObjectTracking", "VideoObjectTrackingAudit", "total"]
    assert [(r[0], *map(float, r[1:])) for r in lines[1:]] == expected


def test_objects_that_a_review_repeats_count_once(database: Path):
    found = _read(database, "annotations")
    pairs = _sql(database, "SELECT class_name, count(*) FROM objects WHERE job NOT LIKE '%audit' GROUP BY 1")
    pairs += _sql(database, "SELECT class_name, count(*) FROM annotations GROUP BY 1")
    expected = sorted(pairs, key=lambda p: -p[1])
    assert _table(found["Annotations by class"]) == [*(list(p) for p in expected), ["Cyclist", 0]]
    [[reviewed]] = [list(r) for r in _sql(database, "SELECT count(*) FROM objects WHERE job LIKE '%audit'")]
    assert found["Objects reviewed"].cube.rows == reviewed


def test_a_pie_has_six_parts_at_most(database: Path):
    panel = _read(database, "annotations")["Vehicles by type"]
    counts = _sql(
        database,
        "SELECT attributes['Vehicle_Type'] AS t, count(*) AS n FROM objects WHERE t IS NOT NULL"
        " GROUP BY t ORDER BY n DESC, t",
    )
    assert len(counts) > 6
    result = panel.shown()
    assert result.rows == [*(c[0] for c in counts[:5]), OTHER]
    assert result.totals[OTHER].n == sum(c[1] for c in counts[5:])


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_specs_fit_an_empty_database(empty: Path, name: str):
    found = _read(empty, name)
    assert all(isinstance(p, LeftOut) for p in found.values())
    assert {p.reason for p in found.values()} == {"there are no rows"}


def test_an_attribute_that_does_not_occur_is_left_out_with_what_is_near(database: Path):
    found = _panel(database, "kind: pie\nfrom: objects\nby: {attribute: Vehicel_Type}")
    assert found == LeftOut("P", "no row has an attribute `Vehicel_Type`; did you mean 'Vehicle_Type'?")


def test_an_attribute_is_found_in_another_case(database: Path):
    found = _panel(database, "kind: pie\nfrom: objects\nby: {attribute: [none, moving]}")
    assert found.by_title == "Moving"


def test_every_other_attribute_has_a_panel(database: Path):
    spec = (
        "title: T\npanels:\n"
        "- {title: 'By {attribute}', kind: bar, from: objects, by: {attribute: '*'}}\n"
        "- {title: M, kind: bar, from: objects, by: {attribute: Moving}}\n"
    )
    assert list(_read(database, spec)) == ["By Vehicle_Type", "By audit", "M"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: pie\nfrom: object\nby: job", "mine.yaml:5: there is no table `object`"),
        ("kind: pie\nfrom: objects\nby: jobs", "mine.yaml:6: there is no column `jobs`"),
        ("kind: pie\nfrom: objects\nby: job\nwhere: jib = 1", "mine.yaml:7: "),
        ("kind: pie\nfrom: labels\nby: {attribute: a}", "mine.yaml:6: its rows have no column `attributes`"),
        ("kind: bar\nfrom: labels\nby: {date: job}", "mine.yaml:6: `job` holds no dates"),
        ("kind: histogram\nfrom: labels\nby: job", "mine.yaml:6: `job` holds no numbers"),
        ("kind: number\nfrom: labels\nvalue: sum(job)", "mine.yaml:6: `job` holds no numbers"),
        ("kind: number\nfrom: SELECT * FROM read_csv('/etc/passwd')", "mine.yaml:5: "),
        ("kind: number\nfrom: (DELETE FROM labels)", "mine.yaml:5: "),
    ],
)
def test_what_the_database_does_not_have_is_an_error_with_its_line(database: Path, text: str, message: str):
    with pytest.raises(NodeError) as caught:
        _panel(database, text)
    assert caught.value.message.startswith(message)
    assert "/etc/passwd" not in caught.value.message or "disabled" in caught.value.message


def test_days_are_coarser_where_a_cube_would_be_too_large(database: Path, monkeypatch: pytest.MonkeyPatch):
    text = "kind: bar\nfrom: responses\nby: worker_id\nfilters: {date: submitted}"
    fine = _panel(database, text)
    assert fine.filters == ("job", "class", "date")
    monkeypatch.setattr(query, "MOST_CELLS", 60)
    weeks = _panel(database, text)
    assert all(len(d) == 10 for d in weeks.cube.dimensions["date"].values)
    assert len(weeks.cube.counts) <= 60 < len(fine.cube.counts)
    assert weeks.notes == ["Dates are counted by week: a filter takes the weeks that begin in its span."]
    monkeypatch.setattr(query, "MOST_CELLS", 6)
    bare = _panel(database, text)
    assert bare.filters == ()
    assert bare.cube.rows == weeks.cube.rows == fine.cube.rows == 180


def test_many_different_values_count_once_where_they_are_met_first(
    database: Path, monkeypatch: pytest.MonkeyPatch
):
    text = "kind: number\nfrom: objects\nvalue: distinct(object_id)"
    [(expected,)] = _sql(database, "SELECT count(DISTINCT object_id) FROM objects")
    assert _panel(database, text).shown().totals[None].value("P") == expected
    monkeypatch.setattr(query, "MOST_DIFFERENT", 2)
    assert _panel(database, text).shown().totals[None].value("P") == expected


def test_the_rarest_are_one_where_there_are_too_many(database: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(query, "MOST_KEYS", 2)
    panel = _panel(database, "kind: bar\nfrom: objects\nby: {attribute: Vehicle_Type}")
    result = panel.shown()
    assert (len(result.rows), result.rows[-1]) == (3, OTHER)
    [(all_,)] = _sql(database, "SELECT count(attributes['Vehicle_Type']) FROM objects")
    assert sum(g.n for g in result.totals.values()) == all_


def test_values_that_are_not_there_are_none_and_not_zero(database: Path):
    rows = "from: SELECT job, NULL::DOUBLE AS s FROM labels"
    found = _panel(database, f"kind: bar\n{rows}\nby: job\nvalue: sum(s)")
    assert found == LeftOut("P", "no row has a value of `s`")
    table = _panel(database, f"kind: table\n{rows}\nby: job\ncolumns: {{S: sum(s), N: count}}")
    assert [r[1] for r in _table(table)] == [None] * 4


def test_what_is_offered_and_nobody_chose_is_zero(database: Path):
    """Lorry is offered by the jobs of roads, and by no other."""
    panel = _panel(database, "kind: bar\nfrom: objects\nby: {attribute: vehicle_type}\nzeros: offered_values")
    assert _table(panel)[-1] == ["Lorry", 0]
    jobs = panel.cube.dimensions["job"]
    cells = [
        i for i, n in enumerate(panel.cube.counts) if n == 0 and jobs.values[jobs.codes[i]] == "roads-south"
    ]
    kinds = panel.cube.dimensions["by"]
    assert {kinds.values[kinds.codes[i]] for i in cells} == {
        "Car",
        "SUV",
        "Van",
        "Bus",
        "Truck",
        "Tram",
        "Bike",
        "Lorry",
    }
    own = "kind: table\nfrom: objects\nby: class_name\ncolumns: {N: count, M: mean(width)}\nzeros: "
    table = _table(_panel(database, own + "SELECT 'Tram' AS class_name UNION ALL SELECT NULL"))
    assert table[-1] == ["Tram", 0, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zeros: no_table", "mine.yaml:7: there is no table `no_table`"),
        ("zeros: SELECT 1 AS x", "mine.yaml:7: there is no column `class_name`"),
    ],
)
def test_zeros_that_are_not_there_are_an_error_with_its_line(database: Path, text: str, message: str):
    with pytest.raises(NodeError) as caught:
        _panel(database, f"kind: pie\nfrom: objects\nby: class_name\n{text}")
    assert caught.value.message == message


def test_a_histogram_has_every_bin(database: Path):
    panel = _panel(database, "kind: histogram\nfrom: SELECT unnest([1, 2, 2, 5, NULL]) AS n\nby: n")
    assert _table(panel) == [["1", 1], ["2", 2], ["3", 0], ["4", 0], ["5", 1]]
    wide = _panel(database, "kind: histogram\nfrom: SELECT unnest([0, 99, 100]) AS n\nby: n")
    assert _table(wide)[0] == ["0 to 4", 1]
    assert _table(wide)[-2:] == [["95 to 99", 1], ["100 to 104", 1]]


def test_cells_are_marked_by_their_share_of_the_row(database: Path):
    panel = _read(database, "annotations")["Quality of frames per job"]
    (row,) = table_of(panel, panel.shown()).rows
    fails = [c for c in row.cells if c.colour == "Fail"]
    assert [(c.value, c.tone, c.mark) for c in fails] == [(30, "bad", "many")]


def test_filters_and_groups_agree_with_sql(database: Path):
    panel = _read(database, "annotations")["Classes per job"]
    codes = panel.cube.dimensions["job"]
    cells = [i for i, c in enumerate(codes.codes) if codes.values[c] == "roads-south"]
    result = shown(panel.panel, grouped(panel.cube, cells), [], panel.cube.columns)
    expected = _sql(database, "SELECT class_name, count(*) FROM objects WHERE job = 'roads-south' GROUP BY 1")
    assert {c: result.groups["roads-south", c].n for c in result.colours} == {**dict(expected), "Cyclist": 0}
