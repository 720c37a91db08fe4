"""`labels.query` and `labels.table`: answers, what is refused, and what errors tell."""

import csv
import os
import tempfile
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from weirflow.api import File, Files, Inputs, ItemOutput, NodeError
from weirflow_labels.database import connect, create, define_views
from weirflow_labels.query import LabelTable, QueryLabels


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "labels.duckdb"
    with connect(path) as db:
        create(db, "lake")
        db.execute(
            "INSERT INTO responses (file_id, job, dataset_object_id, worker_id, class_name, submitted, active_s) VALUES"
            " (1, 'birds', '0', 'a', 'owl', '2024-02-29T12:00:00+01:00', 1.5),"
            " (1, 'birds', '0', 'b', 'secret', '2024-02-29T12:00:00.25Z', 'nan'), (1, NULL, '1', 'a', NULL, NULL, NULL)"
        )
        db.execute(
            "INSERT INTO frames (file_id, frame_no, attributes) VALUES (1, 0, MAP {'Quality': 'good', 'b': NULL})"
        )
        define_views(db)
    return path


@pytest.fixture
def ask(database, tmp_path):
    """Answer queries as the engine does; the files by name."""

    def do(node=QueryLabels, **parameters):
        task = node.model_validate(parameters)
        results = []
        for item in task.items(Inputs([("database", Files((File(database),)))])):
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            result = task.process(item, ItemOutput(folder))
            assert not [p for p in folder.iterdir() if p.is_dir()]
            results.append(type(result)(result.key, result.facts, folder))
        return task.finish(results)

    return do


def text(outputs):
    (file,) = outputs["files"]
    return file.path.read_text()


def test_csv_has_instants_in_utc_and_nested_values_as_json(ask):
    query = (
        "SELECT job, active_s, submitted, submitted::DATE AS day, submitted::TIMESTAMP AS plain, sum(1) OVER () AS n,"
        " [1, 2] AS list, true AS yes FROM responses ORDER BY worker_id, job NULLS LAST"
    )
    rows = list(csv.reader(text(ask(sql=query)).splitlines()))
    assert rows[0] == ["job", "active_s", "submitted", "day", "plain", "n", "list", "yes"]
    assert rows[1] == [
        "birds",
        "1.5",
        "2024-02-29T11:00:00Z",
        "2024-02-29",
        "2024-02-29T11:00:00",
        "3",
        "[1,2]",
        "true",
    ]
    assert rows[2][:2] == ["", ""]
    assert rows[3][1:3] == ["", "2024-02-29T12:00:00.25Z"]  # what is no number is null
    assert (
        text(ask(sql={"a": "SELECT attributes FROM frames"})).splitlines()[1]
        == '"{""Quality"":""good"",""b"":null}"'
    )


def test_parquet_keeps_types_and_nested_values(ask):
    query = (
        "SELECT submitted, attributes, sum(frame_no) OVER () AS n FROM responses, frames ORDER BY ALL LIMIT 1"
    )
    (file,) = ask(sql=query, format="parquet")["files"]
    table = pq.read_table(file.path)
    assert file.name == "query.parquet"
    assert str(table.schema.field("attributes").type).startswith("map<string, string")
    assert [str(table.schema.field(c).type) for c in ("n", "submitted")] == [
        "int64",
        "timestamp[us, tz=UTC]",
    ]


def test_files_of_a_folder_and_of_a_pattern(ask, tmp_path):
    (tmp_path / "sql" / "deep").mkdir(parents=True)
    (tmp_path / "sql" / "one.sql").write_text(
        "\ufeffSELECT 1 AS a; -- first\n\nSELECT 2 AS b;\n-- the end\n", "utf-8"
    )
    (tmp_path / "sql" / "deep" / "two.sql").write_text(
        "WITH x AS (FROM responses) SELECT count(*) AS n FROM x"
    )
    (tmp_path / "sql" / "notes.txt").write_text("no query")
    names = [f.name for f in ask(path=str(tmp_path / "sql"))["files"]]
    assert names == ["deep/two.csv", "one.csv"]


def test_the_last_statement_counts_and_descriptions_are_answers(ask, tmp_path):
    (tmp_path / "one.sql").write_text("SELECT 1 AS a;\nSELECT 2 AS b;\n-- the end\n")
    assert text(ask(path=str(tmp_path / "*.sql"))) == "b\n2\n"
    assert text(ask(sql="DESCRIBE rejects")).splitlines()[1].startswith("file_id,INTEGER,")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT 1;\n\n  -- why not\n  DROP TABLE labels",
            r"line 4, column 3: only SELECT, WITH, FROM and DESCRIBE are run",
        ),
        ("COPY labels TO 'x.csv'", "line 1, column 1: only SELECT"),
        ("ATTACH 'other.duckdb'", "only SELECT"),
        ("SET memory_limit = '100GB'", "only SELECT"),
        ("INSTALL httpfs", "only SELECT"),
        ("CREATE TEMP TABLE t AS SELECT 1", "only SELECT"),
        ("EXPLAIN ANALYZE SELECT 1", "only SELECT"),
        ("", "there is no query"),
        ("-- nothing", "there is no query"),
        ("SELECT 1 AS a, 2 AS a", "two columns of the answer are called 'a'"),
        (
            "SELECT 1;\nSELECT jobb\nFROM jobs",
            r'line 2, column 8: Referenced column "jobb" not found.*\(Candidate bindings: "job',
        ),
        (
            "SELECT\n  1 AS a\nFROM job",
            r'line 3, column 6: Table with name job does not exist! \(Did you mean "jobs"\?\)',
        ),
        ("SELECT 1 +\n FROM", r"line 2, column \d+: syntax error"),
        ("SELECT '" + "x" * 300 + "' AS a, foo FROM jobs", 'line 1, column 317: Referenced column "foo"'),
        ("FROM read_text('/etc/hostname')", "disabled by configuration"),
        ("FROM '/etc/hostname'", "does not exist|disabled by configuration"),
        ("FROM glob('/*')", "disabled by configuration"),
        ("FROM read_csv('https://example.org/x.csv')", "disabled by configuration|error of"),
        ("FROM sqlite_scan('a', 'b')", "sqlite_scan"),
        ("FROM secret_frame", "secret_frame does not exist"),
    ],
)
def test_what_is_refused_and_where(ask, sql, said):
    secret_frame = pl.DataFrame({"a": [1]})  # which Python's variables would give, were they let
    with pytest.raises(NodeError, match=f"(?s){said}") as caught:
        ask(sql=sql)
    assert caught.value.code in {"WF402", "WF403"}
    assert secret_frame.height == 1


@pytest.mark.parametrize("written", ["csv", "parquet"])
def test_errors_tell_no_values(ask, written):
    with pytest.raises(NodeError, match=r"the query failed with an error of conversion") as caught:
        ask(sql="SELECT class_name::INTEGER AS n FROM responses", format=written)
    assert "secret" not in caught.value.message
    assert "owl" not in caught.value.message


def test_a_query_ends_after_its_time(ask):
    with pytest.raises(NodeError, match="it took longer than 1 s"):
        ask(
            sql="SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 3",
            seconds=1,
        )


def test_a_query_has_no_more_than_its_memory(ask):
    with pytest.raises(NodeError, match="it needs more than 64 MB"):
        ask(sql="SELECT len(list(range)) AS n, list(range::VARCHAR) AS l FROM range(100000000)", memory=64)


def test_items_change_with_the_database_and_the_query(database):
    def etag(sql):
        (item,) = QueryLabels(sql=sql).items(Inputs([("database", Files((File(database),)))]))
        return item.etag

    first = etag("SELECT 1")
    assert etag("SELECT 1") == first != etag("SELECT 2")
    os.utime(database, ns=(1, 1))
    assert etag("SELECT 1") != first


@pytest.mark.parametrize("wrong", [{}, {"sql": "SELECT 1", "path": "a.sql"}])
def test_one_of_path_and_sql(wrong):
    with pytest.raises(ValidationError, match="give `path` or `sql`"):
        QueryLabels(**wrong)


def test_places_without_queries(ask, tmp_path):
    with pytest.raises(NodeError, match="nowhere' is not there"):
        ask(path=str(tmp_path / "nowhere"))
    with pytest.raises(NodeError, match="no file of SQL"):
        ask(path=str(tmp_path / "*.SQL"))


def test_a_table_view_or_query_as_a_table(ask, tmp_path):
    table = ask(LabelTable, name="frames")["default"].to_native().collect()
    assert table["attributes"].to_list() == ['{"Quality":"good","b":null}']
    assert table.schema["frame_no"] == pl.Int64


def test_a_table_that_is_not_there(ask):
    with pytest.raises(NodeError, match="no table or view 'worker_time'") as caught:
        ask(LabelTable, name="worker_time")
    assert "worker_times" in (caught.value.hint or "")


def test_what_is_no_database_of_labels(tmp_path):
    import duckdb

    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()
    task = LabelTable(name="jobs")
    for files, said in (
        ((File(path),), "no database of labels"),
        ((), "0 files"),
        ((File(tmp_path / "x"),), "not there"),
    ):
        with pytest.raises(NodeError, match=said):
            list(task.items(Inputs([("database", Files(files))])))
