"""`labels.flatten`: rows against what was written by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from weirflow.api import Inputs, ItemOutput, NodeError
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
        for name, lines in manifests.items():
            file = tmp_path / "lake" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
        node = Flatten(path=str(tmp_path / path), **parameters)
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
