"""Other data, of any format, in the place of the vendor's sources."""

import json

import duckdb
import polars as pl
import pytest
from pyarrow import orc

import weirflow
from weirflow.cli import main

ROWS = [{"name": "Ann", "age": "31"}, {"name": "Bo", "age": "x"}, {"name": None, "age": "27"}]
CAST = {"column": "age", "original_data_type": "String", "data_type": "long"}


def as_csv(path):
    pl.DataFrame(ROWS).write_csv(path)


def as_tsv(path):
    pl.DataFrame(ROWS).write_csv(path, separator="\t")


def as_json(path):
    path.write_text(json.dumps(ROWS, indent=1))


def as_lines(path):
    path.write_text("".join(json.dumps(r) + "\n" for r in ROWS))


def as_parquet(path):
    pl.DataFrame(ROWS).write_parquet(path)


def as_orc(path):
    orc.write_table(pl.DataFrame(ROWS).to_arrow(compat_level=pl.CompatLevel.oldest()), path)


def as_folder(path):
    path.mkdir()
    (path / "_SUCCESS").touch()
    as_lines(path / "part-0.json")


FILES = [
    ("x.csv", as_csv),
    ("x.tsv", as_tsv),
    ("x.json", as_json),
    ("lines.json", as_lines),
    ("x.jsonl", as_lines),
    ("x.parquet", as_parquet),
    ("x.orc", as_orc),
    ("part-0000", as_parquet),
    ("folder", as_folder),
]


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(["run", *map(str, arguments), "--report", "none", "-q"])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(("name", "write"), FILES, ids=[name for name, _ in FILES])
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_file_of_any_format_stands_for_any_source(
    run, tmp_path, written, source, vendor, name, write, kind
):
    flow = written(
        source("s", f"s3://bucket/people.{kind}", s3ContentType=kind),
        vendor("c", "spark.cast_single_data_type", CAST, "s"),
    )
    write(tmp_path / name)
    code, err = run(flow, "--source", name)
    assert (code, err) == (0, "")
    (out,) = (tmp_path / "output").iterdir()
    assert out.read_text() == "name,age\nAnn,31\nBo,\n,27\n"


def test_a_source_of_our_own_flows_too(run, tmp_path):
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: a, operator: read.csv, parameters: {path: a.csv, personal: {only: [name]}}}\n"
        "  - {id: b, operator: write.csv, parameters: {path: out.csv}}\n".replace("{only: [name]}", "[name]")
    )
    as_lines(tmp_path / "x.ndjson")
    code, err = run("x.flow", "--source", "a=x.ndjson")
    assert (code, err) == (0, "")
    assert pl.read_csv(tmp_path / "out.csv", infer_schema=False).to_dicts() == ROWS


def test_a_file_that_is_not_what_its_name_says_is_told(run, tmp_path, written, source):
    flow = written(source("s", "s3://bucket/people.csv"))
    (tmp_path / "x.parquet").write_text("a,b\n1,2\n")
    code, err = run(flow, "--source", "x.parquet")
    assert code == 1
    assert "x.parquet is not a Parquet file, or is cut short" in err


def test_a_database_in_the_place_of_athena(tmp_path, monkeypatch, capsys):
    node = {
        "node_id": "a",
        "type": "SOURCE",
        "operator": "sagemaker.athena_source_0.1",
        "parameters": {
            "dataset_definition": {
                "datasetSourceType": "Athena",
                "name": "people",
                "catalogName": "AwsDataCatalog",
                "databaseName": "main",
                "queryString": "SELECT name, age FROM main.people WHERE age > 28 ORDER BY age",
            }
        },
        "inputs": [],
        "outputs": [{"name": "default"}],
    }
    flow = tmp_path / "flows" / "x.flow"  # locations are relative to where they are typed, not to the flow
    flow.parent.mkdir()
    flow.write_text(json.dumps({"metadata": {"version": 1}, "nodes": [node]}))
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(
            "create table people as select * from (values ('Ann', 31), ('Bo', 27)) t(name, age)"
        )
    pl.DataFrame({"name": ["Di"], "age": [40]}).write_parquet(tmp_path / "answer.parquet")
    monkeypatch.chdir(tmp_path)
    for location, text in [
        ("duckdb:///shop.duckdb", "name,age\nAnn,31\n"),
        ("shop.duckdb", "name,age\nAnn,31\n"),
        ("answer.parquet", "name,age\nDi,40\n"),
    ]:
        out = tmp_path / location.replace("/", "_")
        assert main(["run", str(flow), "--source", location, "--output", f"{out}.d", "--report", "none"]) == 0
        assert next((tmp_path / f"{out.name}.d").rglob("*.csv")).read_text() == text
    assert main(["plan", str(flow)]) == 0
    assert "there is no driver here for a database of athena" in capsys.readouterr().err


@pytest.fixture
def two(written, source, vendor):
    """A flow of two sources, of which one asks a service that nobody has described."""
    snow = {"dataset_definition": {"datasetSourceType": "Snowflake", "name": "Sales 2021", "warehouse": "x"}}
    other = vendor("0f5a-11", "snowflake_source", snow, kind="SOURCE")
    typed = vendor("t", "spark.infer_and_cast_type", {}, "0f5a-11")
    typed["trained_parameters"] = {"schema": {"age": "long", "name": "string"}}
    return written(source("7d01-22", "s3://bucket/dt=1/people.csv"), other, typed)


@pytest.mark.parametrize(
    "given",
    [
        ["people=x.csv", "sales_2021=y.csv"],
        ["7d01-22=x.csv", "0f5a-11=y.csv"],
        ["s3://bucket/dt=1/people.csv=x.csv", "Sales 2021=y.csv"],
        ["people.csv=x.csv", "sales_2021.parquet=y.csv"],
        ["in/people.csv", "in/sales_2021.csv"],
    ],
)
def test_sources_are_bound_by_any_name_that_they_have(run, tmp_path, two, given):
    (tmp_path / "in").mkdir()
    for name in ("x.csv", "in/people.csv"):
        (tmp_path / name).write_text("name\nAnn\n")
    for name in ("y.csv", "in/sales_2021.csv"):
        (tmp_path / name).write_text("name,age\nBo,007\n")
    code, err = run(two, *(a for g in given for a in ("--source", g)))
    assert (code, err) == (0, "")
    assert {f.name: f.read_text() for f in (tmp_path / "output").iterdir()} == {
        "people.csv": "name\nAnn\n",
        "types.csv": "age,name\n7,Bo\n",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["sales=y.csv"], "there is no such source"),
        (["y.csv"], "--source needs a name: the flow has 2 sources"),
        (["people=x.csv", "7d01-22=y.csv"], "two locations are given for 'people'"),
    ],
)
def test_a_wrong_name_says_which_there_are(run, tmp_path, two, given, said):
    for name in ("x.csv", "y.csv"):
        (tmp_path / name).write_text("name\nAnn\n")
    code, err = run(two, *(a for g in given for a in ("--source", g)))
    assert code == 2
    assert said in err
    assert "two locations" in said or "its sources: people, sales_2021" in err


def test_a_flow_that_asks_a_service_is_planned_by_the_learned_columns(tmp_path, two, capsys):
    assert main(["plan", str(two), "--schemas"]) == 0
    out, err = capsys.readouterr()
    assert "sales_2021" in out
    assert "age: int64" in out
    assert "planned by the columns that were learned from (node 'sales_2021')" in err


def test_a_source_that_stands_twice_is_bound_at_once(run, tmp_path, written, source):
    flow = written(source("a"), source("b"))
    (tmp_path / "x.csv").write_text("name\nAnn\n")
    assert run(flow, "--source", "x.csv") == (0, "")
    assert {f.name for f in (tmp_path / "output").iterdir()} == {"people.csv", "people_2.csv"}


def test_parameters_in_an_address_are_parameters_of_the_flow(run, tmp_path, file_of, source):
    data = file_of(source("a", "s3://b/{{ Which month }}/${x}/p.csv"), source("b", "s3://b/{{year}}.csv"))
    data["parameters"] = [{"name": "year", "type": "Number", "default_value": 2021}, "what?"]
    (tmp_path / "x.flow").write_text(json.dumps(data))
    loaded = weirflow.open(tmp_path / "x.flow", p={"which_month": "may"}).loaded
    assert [n.parameters["path"] for n in loaded.flow.nodes if n.operator == "read.csv"] == [
        "s3://b/may/${x}/p.csv",
        "s3://b/2021.csv",
    ]
    untold = weirflow.open(tmp_path / "x.flow").loaded.flow
    assert untold.nodes[0].parameters["path"] == "s3://b/{{Which month}}/${x}/p.csv"


def test_a_kind_of_file_without_a_reader_says_so_and_may_be_bound(run, tmp_path, written, source):
    flow = written(source("a", "s3://b/people.avro", s3ContentType="avro"))
    made = weirflow.open(flow).loaded.imported.nodes[0]
    assert (made.mapped, made.reason) == (
        False,
        "there is no reader of avro; a file of another kind may be named in its place",
    )
    as_parquet(tmp_path / "x.parquet")
    assert run(flow, "--source", "x.parquet") == (0, "")
