"""`labels.flatten`: rows against what was written by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from weirflow.api import Inputs, ItemOutput, NodeError
from weirflow.cli import main
from weirflow_labels.flatten import COLUMNS, Flatten


def line(attribute, kind, value, **metadata):
    """A line with one label."""
    return {
        "source-ref": "s3://b/1",
        attribute: value,
        f"{attribute}-metadata": {"type": f"groundtruth/{kind}"} | metadata,
    }


BOX = {"class_id": 0, "left": 1, "top": 2.5, "width": 3, "height": 4}
BOXES = line(
    "a",
    "object-detection",
    {"image_size": [{"width": 9, "height": 8}], "annotations": [BOX]},
    **{"class-map": {"0": "dog"}, "job-name": "labeling-job/j", "objects": [{"confidence": 0.5}]},
)
CUBE = {"class-id": 1, "center-x": 0.5, "yaw": 1.5, "label-category-attributes": {"Type": "Sedan"}}
CUBES = line("b", "point_cloud_object_detection", {"annotations": [CUBE]}, class_map={"1": "Car"})
ONE = line(
    "c", "image-classification", 3, **{"class-name": "cat", "creation-date": "2020-01-02T03:04:05", "more": 1}
)


@pytest.fixture
def flat(tmp_path):
    """Flatten manifests, which are lists of lines by their paths: the table, and what was warned of."""

    def flattened(manifests, path="lake", **parameters):
        location = path if "://" in path else str(tmp_path / path)
        for name, lines in manifests.items():
            file = tmp_path / "lake" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
        node = Flatten(path=location, **parameters)
        results, warnings = [], []
        for number, item in enumerate(node.items(Inputs([]))):
            folder = tmp_path / f"item{number}"
            folder.mkdir(exist_ok=True)
            result = node.process(item, ItemOutput(folder, warnings.append))
            assert [f.name for f in folder.iterdir()] == ["labels.parquet"]
            results.append(replace(result, folder=folder))
        outputs = node.finish(results)
        assert [f.name for f in outputs["files"]] == [f"{r.key}.parquet" for r in results]
        return outputs["default"].collect("polars").to_native(), warnings

    return flattened


def rows(table):
    """Rows as dicts, without what is null."""
    return [{k: v for k, v in r.items() if v is not None} for r in table.to_dicts()]


def test_what_is_marked_is_a_row_whatever_it_is(flat):
    table, warnings = flat({"x/one.manifest": [BOXES, ONE], "y/two.manifest": [CUBES | BOXES]})
    assert warnings == []
    box = {
        "source": "s3://b/1",
        "label_attribute": "a",
        "task_type": "object-detection",
        "job_name": "j",
        "idx": 0,
    }
    box |= {"shape": "box", "class_id": "0", "class_name": "dog", "confidence": 0.5}
    box |= {"left": 1.0, "top": 2.5, "width": 3.0, "height": 4.0, "line_no": 1}
    cube = {
        "source": "s3://b/1",
        "label_attribute": "b",
        "task_type": "point-cloud-object-detection",
        "idx": 0,
    }
    cube |= {"path": "y/two.manifest", "line_no": 1, "shape": "cuboid", "class_id": "1", "class_name": "Car"}
    cube |= {"cuboid_center_x": 0.5, "cuboid_yaw": 1.5, "attributes": '{"Type":"Sedan"}'}
    first, *others = rows(table)
    assert first == box | {"path": "x/one.manifest"}
    assert sorted(others, key=lambda r: r["label_attribute"]) == [box | {"path": "y/two.manifest"}, cube]


def test_labels_are_rows_too(flat):
    table, _ = flat({"one.manifest": [ONE, BOXES]}, table="labels")
    common = {"path": "one.manifest", "source": "s3://b/1", "source_kind": "ref"}
    one = {
        "line_no": 1,
        "label_attribute": "c",
        "task_type": "image-classification",
        "class_id": "3",
        "value": "3",
    }
    one |= {
        "class_name": "cat",
        "created": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        "metadata": '{"more":1}',
    }
    two = {"line_no": 2, "label_attribute": "a", "task_type": "object-detection", "job_name": "j"}
    two |= {"image_width": 9, "image_height": 8}
    assert rows(table) == [common | one, common | two]


@pytest.mark.parametrize("table", ["annotations", "labels"])
@pytest.mark.parametrize("lines", [[], [ONE], [BOXES], [CUBES], [BOXES | CUBES | ONE], ["{bad"]])
def test_the_columns_are_those_that_were_promised(flat, table, lines):
    names = {"string": pl.String, "int64": pl.Int64, "float64": pl.Float64, "boolean": pl.Boolean}
    found, _ = flat({"one.manifest": lines}, table=table)
    expected = {n: names.get(t.kind, pl.Datetime("us", "UTC")) for n, t in COLUMNS[table].items()}
    assert dict(found.schema) == expected


def test_bad_lines_are_told_and_the_others_are_read(flat):
    table, warnings = flat({"one.manifest": [BOXES, *["{bad"] * 7, BOXES]})
    assert table["line_no"].to_list() == [1, 9]
    told = [f"line {n}: it is not valid JSON" for n in range(2, 7)]
    assert warnings == [*told, "2 more of its lines cannot be read"]


def test_an_attribute_whose_labels_change_their_type_is_not_overlooked(flat):
    """The first has nothing that is marked, and so is not looked at for such rows."""
    other = line("a", "custom", {"x": 1})
    table, _ = flat({"one.manifest": [other, BOXES]})
    assert [(r["line_no"], r["shape"]) for r in rows(table)] == [(2, "box")]


def test_a_folder_has_the_final_manifests_and_a_pattern_what_it_names(flat):
    lake = {
        "j/manifests/output/output.manifest": [BOXES],
        "j/manifests/intermediate/1/output.manifest": [BOXES],
        "j/lines.jsonl": [BOXES],
    }
    assert flat(lake)[0]["path"].to_list() == ["j/manifests/output/output.manifest"]
    assert flat(lake, "lake/**/*.jsonl")[0]["path"].to_list() == ["j/lines.jsonl"]
    assert flat(lake, "lake/j/lines.jsonl")[0]["path"].to_list() == ["lines.jsonl"]
    with pytest.raises(NodeError, match="there is no manifest in"):
        flat(lake, "lake/*.none")


@pytest.fixture
def store(bucket):
    """Manifests in a bucket, one of them with a bad line."""
    body = json.dumps(BOXES)
    for key, text in {
        "jobs/one/manifests/output/output.manifest": f"{body}\n{{bad\n{body}\n",
        "jobs/two/lines.jsonl": body,
        "jobs/one/image.jpg": "no",
    }.items():
        bucket.put_object(Key=key, Body=text.encode())
    return f"s3://{bucket.name}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/jobs/one/manifests/output/output.manifest", [("output.manifest", 1), ("output.manifest", 3)]),
        ("/jobs/two/lines.jsonl", [("lines.jsonl", 1)]),
        ("/jobs/**/*.jsonl", [("two/lines.jsonl", 1)]),
        ("/jobs", [("one/manifests/output/output.manifest", n) for n in (1, 3)]),
    ],
)
def test_manifests_of_a_bucket(flat, store, path, found):
    table, warnings = flat({}, store + path)
    assert table.select("path", "line_no").rows() == found
    assert warnings == ["line 2: it is not valid JSON"] * (len(found) - 1)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "s3://no-such-bucket/x.manifest",
            "'s3://no-such-bucket/x.manifest' cannot be read: there is no such",
        ),
        ("{store}/none.manifest", "there is no manifest in '{store}/none.manifest'"),
        ("{store}/jobs/*.manifest", r"there is no manifest in '{store}/jobs/\*.manifest'"),
        ("https://host/x.manifest", "files by https:// cannot be read, only by s3://"),
    ],
)
def test_manifests_that_are_not_in_a_bucket(flat, store, path, message):
    with pytest.raises(NodeError, match=message.replace("{store}", store)) as caught:
        flat({}, path.replace("{store}", store))
    assert caught.value.code == "WF602"


def test_a_flow_flattens_a_bucket_and_later_what_changed_in_it(store, bucket, tmp_path, monkeypatch, capsys):
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        f"  - {{id: a, operator: labels.flatten, parameters: {{path: '{store}/jobs/**'}}}}\n"
        "  - {id: b, operator: columns.keep, inputs: a, parameters: {columns: [path, line_no]}}\n"
        "  - {id: c, operator: write.csv, parameters: {path: out.csv}}\n"
    )
    monkeypatch.chdir(tmp_path)
    bucket.Object("jobs/one/image.jpg").delete()
    assert main(["run", "x.flow", "--report", "none"]) == 0
    one = "one/manifests/output/output.manifest"
    assert (tmp_path / "out.csv").read_text() == f"path,line_no\n{one},1\n{one},3\ntwo/lines.jsonl,1\n"
    bucket.put_object(Key=f"jobs/{one}", Body=json.dumps(BOXES).encode())
    assert main(["run", "x.flow", "--report", "none"]) == 0
    assert (tmp_path / "out.csv").read_text() == f"path,line_no\n{one},1\ntwo/lines.jsonl,1\n"
