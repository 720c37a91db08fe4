"""Golden answers, in the forms in which people keep them."""

import csv
import json

import pytest

from weirflow_labels.readers.base import UnreadableError


def answers(staged):
    return staged.tuples("SELECT dataset_object_id, source, class_name FROM staged_golden")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("dataset_object_id,class_name\n0,crow\n1,owl\n", [("0", None, "crow"), ("1", None, "owl")]),
        ('source,label\ns3://b/a.jpg,"crow, black"\n', [(None, "s3://b/a.jpg", "crow, black")]),
        ("\ufeffClass,Source-Ref,note\r\nowl,b.jpg,x\r\n", [(None, "b.jpg", "owl")]),
        ([{"ImageId": "0a1b", "Label": "Duck"}], [(None, "0a1b", "Duck")]),
        (
            '{"datasetObjectId": 3, "class": "owl"}\n\n{"source": "c", "class": 7}',
            [("3", None, "owl"), (None, "c", "7")],
        ),
    ],
)
def test_forms(lake, content, expected):
    lake.write("golden/birds", content)
    staged = lake.read("golden")
    assert answers(staged) == expected
    assert staged.rejects == []


def test_the_job_of_the_file_and_of_a_line(lake):
    lake.write("golden.csv", "job,source,class\nbirds,a.jpg,owl\n,b.jpg,owl\n")
    assert lake.read("golden").tuples("SELECT job, source FROM staged_golden") == [
        ("birds", "a.jpg"),
        (None, "b.jpg"),
    ]


def test_bad_lines(lake):
    lake.write("a.csv", "dataset_object_id,class\n0,crow\n1,\n,owl\n2\n")
    lake.write("b.jsonl", '{"source": "a", "class": "owl"}\n{"source"\n[1]\n{"source": "b"}\n')
    staged = lake.read("golden")
    assert answers(staged) == [("0", None, "crow"), (None, "a", "owl")]
    assert [(r.local.rpartition("/")[2], r.line_no, r.reason) for r in staged.rejects] == [
        ("a.csv", 3, "it names no class"),
        ("a.csv", 4, "it names no data object"),
        ("a.csv", 5, "it names no class"),
        ("b.jsonl", 2, "it is no JSON object"),
        ("b.jsonl", 3, "it is no JSON object"),
        ("b.jsonl", 4, "it names no class"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (" \n", "it is empty"),
        ("image,verdict\na,b\n", "its first line needs"),
        ("source\na\n", "its first line needs"),
        ('[{"ImageId": ', "not valid JSON from line 1 on"),
    ],
)
def test_what_is_not_golden_says_why(lake, content, reason):
    lake.write("golden.csv", content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("golden")


def test_the_real_list_names_images_without_folder_and_ending(lake, real):
    root = real / "aws__amazon-sagemaker-examples__annotation_consolidation_ic_data"
    lake.add(root / "true_labels.json", "birds/true_labels.json")
    given = {(g["ImageId"], g["Label"]) for g in json.loads((root / "true_labels.json").read_text())}
    staged = lake.read("golden")
    assert set(staged.tuples("SELECT source, class_name FROM staged_golden")) == given
    images = [json.loads(line)["source-ref"] for line in (root / "output.manifest").read_text().splitlines()]
    matched = staged.tuples(
        "SELECT count(DISTINCT source) FROM staged_golden WHERE source IN"
        f" (SELECT parse_filename(s, true) FROM (SELECT unnest({images!r}) AS s))"
    )
    assert matched == [
        (len({i.rpartition("/")[2].partition(".")[0] for i in images} & {g for g, _ in given}),)
    ]
    assert matched > [(0,)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("source,class\na,b\n" + "x" * 200_000 + ",b\n", "not valid CSV from line 2 on"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_python_refuses(lake, content, reason):
    lake.write("golden.csv", content)
    former = csv.field_size_limit(131_072)  # what other programs in this process may have raised
    try:
        with pytest.raises(UnreadableError, match=reason):
            lake.read("golden")
    finally:
        csv.field_size_limit(former)
