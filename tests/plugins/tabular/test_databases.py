"""Queries of databases and tables written to them, on DuckDB, SQLite and a PostgreSQL that the tests start."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import psycopg
import pytest

from weirflow.api import NodeError, SourceContext
from weirflow.cli import main
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_tabular.databases import check_query
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.read_sql import ReadSql
from weirflow_tabular.write_sql import WriteSql

PEOPLE = "create table people (id bigint, name text, pay double precision)"
ROWS = [(1, "Ann", 2.5), (2, None, 0.1), (None, "Bo, é", None)]


def initdb():
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found or folders[-1]).resolve().parent if found or folders else None


@pytest.fixture(scope="session")
def cluster():
    """The folder of the socket of a PostgreSQL that nobody else uses."""
    programs = initdb()
    if programs is None or not (programs / "postgres").exists():
        pytest.skip("PostgreSQL's initdb is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path has to be short
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    if other:  # PostgreSQL does not run as root
        os.chown(folder, 65534, 65534)
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, capture_output=True, cwd=folder, **other,
    )  # fmt: skip
    settings = ["-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **other,
    )  # fmt: skip
    try:
        for _ in range(200):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(host=str(folder), user="tester", dbname="postgres").close()
                break
            time.sleep(0.05)
        yield folder
    finally:
        server.send_signal(signal.SIGINT)  # which ends sessions too
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


class Place:
    """A database, and a way to it that is not ours."""

    def __init__(self, kind, url, connect):
        self.kind = kind
        self.url = url
        self.connect = connect

    def run(self, *statements):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def rows(self, query):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return Place("sqlite", "sqlite:///shop.db", lambda: sqlite3.connect(tmp_path / "shop.db"))
    if request.param == "duckdb":
        return Place("duckdb", "duckdb:///shop.duckdb", lambda: duckdb.connect(tmp_path / "shop.duckdb"))
    folder = request.getfixturevalue("cluster")
    name = f"t{abs(hash(request.node.name)):x}"
    with psycopg.connect(host=str(folder), user="tester", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}")
        connection.execute(f"create database {name}")
    return Place(
        "postgresql",
        f"postgresql://tester:sesame@/{name}?host={folder}",
        lambda: psycopg.connect(host=str(folder), user="tester", dbname=name),
    )


@pytest.fixture
def people(place):
    values = ", ".join("(" + ", ".join("null" if v is None else repr(v) for v in row) + ")" for row in ROWS)
    place.run(PEOPLE, f"insert into people values {values}")
    return place


@pytest.fixture
def read(tmp_path):
    def read(node):
        facts = node.inspect(SourceContext(tmp_path))
        frame = engine("polars").frame(node.scan(SourceContext(tmp_path, engine("polars")), facts.schema))
        return facts, frame

    return read


@pytest.fixture
def write(tmp_path):
    def write(node, frame):
        tables = engine("polars")
        return node.write(tables.from_frame(frame), FileTarget(tmp_path, None, tables))

    return write


# ---------------------------------------------------------------------- reading


def test_a_query_is_read(people, read):
    facts, frame = read(ReadSql(url=people.url, query="select * from people order by id is null, id"))
    assert [str(c) for c in facts.schema] == ["id: int64", "name: string", "pay: float64"]
    assert frame.rows() == ROWS
    assert facts.dear
    assert [Path(f.path).name for f in facts.files] == {
        "sqlite": ["shop.db"],
        "duckdb": ["shop.duckdb"],
        "postgresql": [],
    }[people.kind]


def test_values_are_bound_and_signs_mean_themselves(people, read):
    query = "select id, 'a%b :id ' || name as label from people where pay > :least and name <> :name;"
    _, frame = read(
        ReadSql(url=people.url, query=query.replace(":id ", "; "), values={"least": 1, "name": "'; --"})
    )
    assert frame.rows() == [(1, "a%b ; Ann")]
    plain = "select id from people where name like 'A%' -- a note; with a semicolon"
    assert read(ReadSql(url=people.url, query=plain))[1].rows() == [(1,)]


@pytest.mark.parametrize(
    ("values", "message"), [({"a": 1}, "lacks 'b'"), ({"a": 1, "b": 2, "c": 3}, "has 'c'")]
)
def test_values_and_names_that_do_not_match(people, read, values, message):
    query = "select * from people where id = :a or id = :b"
    with pytest.raises(NodeError, match=rf"`values` {message}"):
        read(ReadSql(url=people.url, query=query, values=values))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from people", "should be a SELECT"),
        ("-- select\nupdate people set id = 1", "should be a SELECT"),
        ("select 1; drop table people", "should be a single statement"),
        ("select 1 as a, 2 as a", "the query gives two columns 'a'"),
        ("select nothing from people", "nothing"),
        ("select * from nowhere", "nowhere"),
        ("select from from people", "from"),
    ],
)
def test_what_cannot_be_asked(people, read, query, message):
    with pytest.raises(NodeError, match=message) as caught:
        read(ReadSql(url=people.url, query=query))
    assert "sesame" not in caught.value.message + (caught.value.hint or "")
    assert people.rows("select count(*) from people") == [(3,)]


def test_a_query_that_writes_after_all_is_refused(people, read):
    if people.kind == "sqlite":
        pytest.xfail("SQLite has no SELECT that writes")
    query = {
        "duckdb": "from (select 1 as a) where nextval('s') > 0",
        "postgresql": "with gone as (delete from people returning id) select * from gone",
    }[people.kind]
    if people.kind == "duckdb":
        people.run("create sequence s")
    with pytest.raises(NodeError, match="refuses"):
        read(ReadSql(url=people.url, query=query))
    assert people.rows("select count(*) from people") == [(3,)]


def test_errors_name_no_value(people, read):
    query = "select cast(name as integer) as n from people"
    if people.kind == "sqlite":
        assert read(ReadSql(url=people.url, query=query))[1]["n"].to_list() == [0, None, 0]
        return
    with pytest.raises(NodeError, match="refuses: ") as caught:
        read(ReadSql(url=people.url, query=query))
    assert "Ann" not in caught.value.message


def test_large_answers_come_in_batches(place, read):
    place.run("create table n (i bigint)")
    place.run(
        "insert into n with recursive r(i) as (select 0 union all select i + 1 from r where i < 119999) "
        "select i from r"
    )
    node = ReadSql(url=place.url, query="select i from n order by i")
    facts, frame = read(node)
    assert frame["i"].to_list() == list(range(120_000))
    assert facts.rows is None


def test_parts_of_an_answer(people, tmp_path):
    node = ReadSql(url=people.url, query="select * from people order by id is null, id")
    facts = node.inspect(SourceContext(tmp_path))
    lazy = node.scan(SourceContext(tmp_path, engine("polars")), facts.schema).to_native()
    assert lazy.select("pay").head(2).collect().rows() == [(2.5,), (0.1,)]
    assert lazy.filter(pl.col("id") == 2).collect().rows() == [ROWS[1]]
    people.run("insert into people values (4, 'Di', 1)")  # nothing holds the database


def test_no_rows(people, read):
    facts, frame = read(ReadSql(url=people.url, query="select id, name from people where id = 7"))
    assert frame.height == 0
    assert facts.schema.names == ("id", "name")


def test_types_of_postgresql(cluster, read):
    query = (
        "select 1::smallint as s, 2 as i, 1.5::real as f, 1.25::numeric(9,2) as m, 1.5::numeric as n, true as b, "
        "date '2020-02-29' as d, timestamp '2020-01-01 10:00' as t, timestamptz '2020-01-01 10:00+02' as z, "
        "array[1,2] as l, '{\"a\": 1}'::jsonb as j, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as u, "
        "'\\x00'::bytea as y, 'NaN'::float8 as nan"
    )
    facts, frame = read(ReadSql(url=f"postgresql://tester@/postgres?host={cluster}", query=query))
    assert [str(c.dtype) for c in facts.schema] == [
        "int16", "int32", "float32", "decimal", "float64", "boolean", "date", "datetime", "datetime[UTC]",
        "list[int32]", "string", "string", "binary", "float64",
    ]  # fmt: skip
    assert frame.row(0) == (
        1, 2, 1.5, Decimal("1.25"), 1.5, True, date(2020, 2, 29), datetime(2020, 1, 1, 10),  # noqa: DTZ001
        datetime(2020, 1, 1, 8, tzinfo=UTC), [1, 2], '{"a": 1}', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        b"\x00", None,
    )  # fmt: skip


def test_types_of_duckdb(tmp_path, read):
    duckdb.connect(tmp_path / "x.duckdb").close()
    query = (
        "select 1::utinyint as s, 1.25::decimal(9,2) as m, date '2020-02-29' as d, [1, 2] as l, {'p': 1} as r, "
        "'a'::enum('a', 'b') as e, 'nan'::double as nan"
    )
    facts, frame = read(ReadSql(url="duckdb:///x.duckdb", query=query))
    assert [str(c.dtype) for c in facts.schema] == [
        "uint8", "decimal", "date", "list[int32]", "struct", "string", "float64",
    ]  # fmt: skip
    assert frame.row(0) == (1, Decimal("1.25"), date(2020, 2, 29), [1, 2], {"p": 1}, "a", None)
    with pytest.raises(NodeError, match="column 'i' of the query is an interval"):
        read(ReadSql(url="duckdb:///x.duckdb", query="select interval 1 day as i"))


def test_duckdb_reads_no_other_files(tmp_path, read):
    duckdb.connect(tmp_path / "x.duckdb").close()
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(NodeError, match="Cannot access file"):
        read(ReadSql(url="duckdb:///x.duckdb", query=f"select * from '{tmp_path / 'x.csv'}'"))


def test_sqlite_values_of_another_type_than_the_first(tmp_path, read):
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [(1,), (2,), ("secret",)])
        connection.commit()
    node = ReadSql(url="sqlite:///x.db", query="select a from t", infer_rows=2)
    with pytest.raises(NodeError, match=r"^column 'a' of the query holds a value of another type") as caught:
        read(node)
    assert "secret" not in caught.value.message
    assert read(ReadSql(url="sqlite:///x.db", query="select a from t"))[1]["a"].to_list() == [
        "1",
        "2",
        "secret",
    ]


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("sqlite:///gone.db", "WF602", "there is no file for the SQLite database 'gone.db'"),
        ("duckdb:///gone.db", "WF602", "there is no file for the DuckDB database 'gone.db'"),
        ("duckdb://", "WF205", "should name a file"),
        ("shop.db", "WF205", "is not written as DIALECT"),
        ("athena://catalog/shop", "WF602", "there is no driver here for a database of athena"),
        ("postgresql://me:sesame@/shop?host=/nowhere", "WF602", "nothing answers there"),
    ],
)
def test_a_database_that_is_not_there(read, url, code, message):
    with pytest.raises(NodeError, match=message) as caught:
        read(ReadSql(url=url, query="select 1 as a"))
    assert caught.value.code == code
    assert "sesame" not in caught.value.message


def test_a_file_that_is_no_database(tmp_path, read):
    for kind in ("sqlite", "duckdb"):
        (tmp_path / "x.db").write_text("name,age\n" * 1000)
        with pytest.raises(
            NodeError, match=f"the {'SQLite' if kind == 'sqlite' else 'DuckDB'} database 'x.db'"
        ):
            read(ReadSql(url=f"{kind}:///x.db", query="select 1 as a"))


@pytest.mark.parametrize(
    ("query", "bare"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("with a as (select ';' as b) select * from a ; ", "with a as (select ';' as b) select * from a"),
        ("(select 1) union (select 2)", "(select 1) union (select 2)"),
        ("/* ; */ values (1)", "/* ; */ values (1)"),
        ("select $a$ ; $a$ -- ;", "select $a$ ; $a$ -- ;"),
    ],
)
def test_queries_that_read(query, bare):
    assert check_query(query) == bare


# ---------------------------------------------------------------------- in the place of another source


def test_another_location(tmp_path):
    node = ReadSql(url="postgresql://host/shop", query="select 1 as a", personal=["a"])
    sqlite3.connect(tmp_path / "x.db").executescript("create table t (a)").connection.close()
    duckdb.connect(tmp_path / "y").close()
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "z")
    assert node.at(str(tmp_path / "x.db")).url == f"sqlite:///{tmp_path / 'x.db'}"
    assert node.at(str(tmp_path / "y")).url == f"duckdb:///{tmp_path / 'y'}"
    assert node.at("duckdb:///z.duckdb").query == "select 1 as a"
    read = node.at(str(tmp_path / "z"))
    assert isinstance(read, ReadParquet)
    assert read.personal == node.personal
    assert isinstance(node.at("some/answer.csv"), ReadCsv)
    with pytest.raises(NodeError, match=r"read\.csv does not ask a database"):
        ReadCsv(path="x.csv").at("sqlite:///x.db")


# ---------------------------------------------------------------------- writing

FRAME = pl.DataFrame(
    {
        "id": [1, None, 3],
        "small": pl.Series([1, 2, None], dtype=pl.Int16),
        "pay": [2.5, None, -1e300],
        "name": ["x", None, "é 'q' \"r\""],
        "ok": [True, None, False],
        "day": [date(2020, 2, 29), None, date(1999, 12, 31)],
        "at": [datetime(2020, 1, 1, 10, 0, 0, 5), None, datetime(1999, 1, 1)],  # noqa: DTZ001
        "select": ["a", "b", "c"],
        'odd "name"': [1, 2, 3],
    }
)


def test_a_table_comes_back_as_it_was(place, read, write, tmp_path):
    receipt = write(WriteSql(url=place.url, table='my "rows"'), FRAME)
    assert receipt.rows == 3
    assert [p.name for p in receipt.paths] == [Path(place.url).name] * (place.kind != "postgresql")
    found = place.rows('select * from "my ""rows""" order by "select"')
    wanted = [tuple(row) for row in FRAME.rows()]
    if place.kind == "sqlite":  # which has no dates, and no booleans
        wanted = [
            (*r[:4], r[4] if r[4] is None else int(r[4]), r[5] and str(r[5]), r[6] and f"{r[6]:%Y-%m-%d %H:%M:%S.%f}",
             *r[7:])
            for r in wanted
        ]  # fmt: skip
    assert found == wanted


def test_what_becomes_of_a_table_that_is_there(people, write):
    new = pl.DataFrame({"pay": [9.5], "id": [9], "name": ["Zoe"]})
    with pytest.raises(NodeError, match="there is a table 'people' already"):
        write(WriteSql(url=people.url, table="people"), new)
    write(WriteSql(url=people.url, table="people", if_exists="append"), new)
    assert people.rows("select * from people where id = 9") == [(9, "Zoe", 9.5)]
    assert people.rows("select count(*) from people") == [(4,)]
    for frame, message in [
        (new.drop("id"), "has column 'id', which the rows lack"),
        (new.with_columns(more=1), "lacks column 'more', which the rows have"),
    ]:
        with pytest.raises(NodeError, match=message):
            write(WriteSql(url=people.url, table="people", if_exists="append"), frame)
    write(WriteSql(url=people.url, table="people", if_exists="replace"), new)
    assert people.rows("select * from people") == [(9.5, 9, "Zoe")]
    tables = "select table_name from information_schema.tables where table_name like 'people%'"
    if people.kind == "sqlite":
        tables = "select name from sqlite_master where name like 'people%'"
    assert people.rows(tables) == [("people",)]


def test_a_write_that_fails_changes_nothing(people, write):
    bad = pl.DataFrame({"id": [7, 8], "name": ["a", "b"], "pay": ["1", "no number"]})
    if people.kind == "sqlite":
        people.run("create trigger no before insert on people begin select raise(abort, 'no'); end")
    with pytest.raises(NodeError, match="refuses: ") as caught:
        write(WriteSql(url=people.url, table="people", if_exists="append"), bad)
    assert "no number" not in caught.value.message
    assert people.rows("select count(*) from people") == [(3,)]


def test_a_failure_leaves_no_new_database(place, write, tmp_path):
    if place.kind == "postgresql":
        place.run("select 1")
        with pytest.raises(NodeError, match="column 'l' is of type list"):
            write(WriteSql(url=place.url, table="t"), pl.DataFrame({"l": [[1]]}))
        return

    def fail(frame):
        raise NodeError("on purpose")

    lazy = FRAME.lazy().map_batches(fail, schema=FRAME.schema)
    import narwhals as nw

    tables = engine("polars")
    with pytest.raises(Exception, match="on purpose"):
        WriteSql(url=place.url, table="t").write(nw.from_native(lazy), FileTarget(tmp_path, None, tables))
    assert list(tmp_path.iterdir()) == []


def test_lists_go_to_duckdb_alone(tmp_path, write, read):
    frame = pl.DataFrame({"l": [["a"], None], "s": [{"p": 1}, {"p": None}]})
    write(WriteSql(url="duckdb:///x.duckdb", table="t"), frame)
    assert read(ReadSql(url="duckdb:///x.duckdb", query="from t"))[1].equals(frame)
    with pytest.raises(NodeError, match="column 'l' is of type list"):
        write(WriteSql(url="sqlite:///x.db", table="t"), frame)
    assert not (tmp_path / "x.db").exists()


def test_a_database_that_is_not_written_to(write):
    with pytest.raises(NodeError, match="a database of mysql cannot be written to"):
        write(WriteSql(url="mysql://host/x", table="t"), FRAME)


# ---------------------------------------------------------------------- whole flows


def test_a_flow_reads_and_replaces_its_own_table_with_a_secret(people, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SHOP", people.url)
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: a, operator: read.sql, parameters: {url: '${secret:SHOP}', query: select * from people}}\n"
        "  - {id: b, operator: scale.standard, parameters: {columns: [id], center: true, scale: false}}\n"
        "  - id: c\n    operator: write.sql\n"
        "    parameters: {url: '${secret:SHOP}', table: people, if_exists: replace}\n"
    )
    assert main(["run", str(tmp_path / "x.flow"), "--report", "none"]) == 0
    assert sorted(people.rows("select id from people"), key=str) == [(-0.5,), (0.5,), (None,)]
    output = "".join(capsys.readouterr())
    kept = "".join(p.read_text() for p in tmp_path.rglob("*.json"))
    assert people.url not in output + kept
    assert "sesame" not in output + kept


def test_a_plan_needs_no_database(tmp_path, capsys):
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: a, operator: read.sql, parameters: {url: 'sqlite:///gone.db', query: select 1}}\n"
        "  - {id: b, operator: write.csv, parameters: {path: out.csv}}\n"
    )
    assert main(["plan", str(tmp_path / "x.flow")]) == 0
    assert "there is no file for the SQLite database 'gone.db'" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "x.flow"), "--report", "none"]) == 1
