"""Label Studio's exports: documents by hand in the documented shapes, with places worked out by hand."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from weirflow_labels.readers.base import UnreadableError

SIZE = {"original_width": 400, "original_height": 200, "image_rotation": 0}


def item(kind, value, name="tag", key=None, **more):
    found = {"from_name": name, "to_name": "img", "type": kind, "value": value} | more
    return found if key is None else found | {"id": key}


def box(x, label, key, **more):
    value = {"x": x, "y": 10, "width": 25, "height": 50, "rotation": 0, "rectanglelabels": [label]}
    return item("rectanglelabels", value | more, key=key, **SIZE)


def choice(*classes, name="kind"):
    return item("choices", {"choices": list(classes)}, name)


def annotation(*result, by=7, **more):
    return {
        "id": 1001,
        "result": list(result),
        "completed_by": by,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2021-03-09T22:16:08.728353Z",
        "updated_at": "2021-03-09T23:00:00Z",
        "lead_time": 4.288,
    } | more


def task(*annotations, number=1, data=None):
    return {
        "id": number,
        "data": data or {"image": "s3://b/a.jpg"},
        "project": 3,
        "annotations": list(annotations),
    }


def pseudonym(name):
    return "worker-" + hashlib.sha256(str(name).encode()).hexdigest()[:10]


def test_boxes_in_percent_become_pixels(lake):
    lake.write(
        "exports/cars.json", [task(annotation(box(50, "car", "r1"), box(0, "bus", "r2", rotation=45)))]
    )
    staged = lake.read("label_studio")
    first, second = staged.rows("annotations", order="idx")
    assert [first[c] for c in ("left", "top", "width", "height", "class_name", "shape", "object_name")] == [
        *(200, 20, 100, 100, "car", "box", "r1")
    ]
    assert second["attributes"] == [("rotation", "45")]
    assert (first["line_no"], first["source"], first["label_attribute"]) == (1, "s3://b/a.jpg", "tag")
    (label,) = staged.rows("labels")
    assert (label["task_type"], label["image_width"], label["image_height"]) == ("object-detection", 400, 200)
    assert (label["job"], label["human"], label["source_kind"]) == ("cars", True, "ref")
    assert label["created"] == datetime(2021, 3, 9, 22, 16, 8, 728_353, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "shape", "task_type", "points"),
    [
        (
            item("polygonlabels", {"points": [[0, 0], [50, 0], [50, 100]], "polygonlabels": ["a"]}, **SIZE),
            *("polygon", "instance-segmentation", [(0, 0), (200, 0), (200, 200)]),
        ),
        (
            item("keypointlabels", {"x": 25, "y": 50, "width": 0.5, "keypointlabels": ["a"]}, **SIZE),
            *("keypoint", "keypoint-detection", [(100, 100)]),
        ),
        (
            item("brushlabels", {"format": "rle", "rle": [1], "brushlabels": ["a"]}),
            "mask",
            "semantic-segmentation",
            None,
        ),
    ],
)
def test_shapes(lake, given, shape, task_type, points):
    lake.write("a.json", [task(annotation(given))])
    (found,) = lake.read("label_studio").rows("annotations")
    assert (found["shape"], found["task_type"], found["class_name"]) == (shape, task_type, "a")
    assert (found["vertices"] and [(v["x"], v["y"]) for v in found["vertices"]]) == points


def test_spans_of_text(lake):
    data = {"text": "Ann of Cambridge"}
    span = {"start": 7, "end": 16, "text": "Cambridge", "labels": ["place"]}
    lake.write("ner.json", [task(annotation(item("labels", span, "ner", "s1")), data=data)])
    staged = lake.read("label_studio")
    (found,) = staged.rows("annotations")
    assert (found["shape"], found["class_name"], found["task_type"]) == ("span", "place", "text-span")
    assert found["source"][found["text_start"] : found["text_end"]] == "Cambridge"
    assert staged.tuples("SELECT source_kind FROM staged_labels") == [("text",)]


def test_marked_up_text_has_paths_and_offsets_besides(lake):
    paths = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "hypertextlabels": ["x"]}
    given = [
        item("hypertextlabels", paths | {"globalOffsets": {"start": 3, "end": 5}}, "ner"),
        item("hypertextlabels", paths, "other"),
    ]
    lake.write("a.json", [task(annotation(*given), data={"text": "<p>text</p>"})])
    staged = lake.read("label_studio")
    assert staged.tuples("SELECT text_start, text_end FROM staged_annotations") == [(3, 5)]
    ((value,),) = staged.tuples("SELECT value FROM staged_labels WHERE label_attribute = 'other'")
    assert json.loads(value) == [paths]


def test_one_class_and_several(lake):
    data = {"text": "good"}
    lake.write("one.json", [task(annotation(choice("yes"), choice("red", name="colour")), data=data)])
    lake.write(
        "more.json", [task(annotation(choice("a", "b")), number=1), task(annotation(choice("a")), number=2)]
    )
    staged = lake.read("label_studio")
    found = staged.tuples(
        "SELECT job, label_attribute, task_type, class_name FROM staged_labels ORDER BY ALL"
    )
    assert found == [
        ("more", "kind", "image-classification-multilabel", None),
        ("more", "kind", "image-classification-multilabel", None),
        ("one", "colour", "text-classification", "red"),
        ("one", "kind", "text-classification", "yes"),
    ]
    found = staged.tuples("SELECT job, line_no, idx, shape, class_name FROM staged_annotations ORDER BY ALL")
    assert found == [("more", 1, 0, "class", "a"), ("more", 1, 1, "class", "b"), ("more", 2, 0, "class", "a")]


def test_what_was_asked_of_a_region_are_attributes(lake):
    shared = {"x": 0, "y": 0, "width": 10, "height": 10}
    given = [
        item("rectangle", shared, "product", "r1", **SIZE),
        item("labels", shared | {"labels": ["Tea", "Drink"]}, "kind", "r1", **SIZE),
        item("textarea", shared | {"text": ["Roasted"]}, "name", "r1", **SIZE),
        item("choices", shared | {"choices": ["x", "y"]}, "sort", "r1", **SIZE),
        item("number", shared | {"number": 12.5}, "price", "r1", **SIZE),
        {"type": "relation", "from_id": "r1", "to_id": "r1", "direction": "right"},
    ]
    lake.write("a.json", [task(annotation(*given))])
    staged = lake.read("label_studio")
    (found,) = staged.rows("annotations")
    assert (found["class_name"], found["label_attribute"]) == ("Tea", "kind")
    assert dict(found["attributes"]) == {
        "name": "Roasted",
        "sort": '["x", "y"]',
        "price": "12.5",
        "labels": '["Tea", "Drink"]',
    }
    assert staged.tuples("SELECT n_units FROM staged_responses") == [(1,)]


def test_other_kinds_are_the_value_of_the_label(lake):
    given = [
        item("taxonomy", {"taxonomy": [["Animal", "Dog"]]}, "tree"),
        item("labels", {"start": 0.5, "end": 2.25, "channel": 0, "labels": ["speech"]}, "sound", "s"),
        item(
            "ellipselabels",
            {"x": 1, "y": 1, "radiusX": 2, "radiusY": 3, "ellipselabels": ["o"]},
            "round",
            "e",
            **SIZE,
        ),
    ]
    lake.write("a.json", [task(annotation(*given))])
    staged = lake.read("label_studio")
    assert staged.rows("annotations") == []
    found = dict(staged.tuples("SELECT label_attribute, value FROM staged_labels WHERE task_type = 'custom'"))
    assert json.loads(found["tree"]) == [{"taxonomy": [["Animal", "Dog"]]}]
    assert json.loads(found["sound"]) == [{"start": 0.5, "end": 2.25, "channel": 0, "labels": ["speech"]}]
    assert (found.keys(), staged.rejects) == ({"tree", "sound", "round"}, [])
    assert staged.tuples("SELECT n_units FROM staged_responses") == [(2,)]


def test_every_annotation_is_an_answer_and_one_of_them_the_label(lake):
    annotations = [
        annotation(choice("a"), by={"id": 5, "email": "ann@example.com", "first_name": "Ann"}),
        annotation(choice("b"), by=6, ground_truth=True, id=1002, lead_time=None),
        annotation(by=7, was_cancelled=True),
    ]
    lake.write("jobs.json", [task(annotation(choice("a"), by=None)), task(*annotations, number=2)])
    staged = lake.read("label_studio")
    found = staged.tuples(
        "SELECT dataset_object_id, answer_no, worker_id, class_name, n_units, active_s"
        " FROM staged_responses ORDER BY ALL"
    )
    assert found == [
        ("0", 0, None, "a", 1, 4.288),
        ("1", 0, pseudonym(5), "a", 1, 4.288),
        ("1", 1, pseudonym(6), "b", 1, None),
    ]
    assert staged.tuples("SELECT line_no, class_name FROM staged_labels ORDER BY ALL") == [(1, "a"), (2, "b")]
    assert staged.tuples("SELECT dataset_object_id, source, class_name FROM staged_golden") == [
        ("1", "s3://b/a.jpg", "b")
    ]
    assert staged.tuples('SELECT worker_id, job, event_type, declined = "at" FROM staged_activity') == [
        (pseudonym(7), "jobs", "TasksDeclined", True)
    ]
    assert {w for (w,) in staged.tuples("SELECT worker_id FROM staged_sightings")} == {
        pseudonym(i) for i in (5, 6, 7)
    }
    for table in ("labels", "responses", "sightings", "activity"):
        assert "ann@example.com" not in json.dumps(staged.rows(table), default=str)


def test_a_task_without_a_result_is_a_label_with_nothing(lake):
    lake.write("cars.json", [task(annotation()), task(annotation(box(0, "car", "r")), number=2)])
    found = lake.read("label_studio").tuples(
        "SELECT line_no, label_attribute, task_type FROM staged_labels ORDER BY 1"
    )
    assert found == [(1, "tag", "object-detection"), (2, "tag", "object-detection")]


def test_tracked_boxes(lake):
    frames = [(1, 0, True), (18, 50, True), (25, 50, False)]
    sequence = [
        {"frame": n, "x": x, "y": 0, "width": 10, "height": 20, "enabled": on, "time": n / 25}
        for n, x, on in frames
    ]
    given = [
        item(
            "videorectangle",
            {"sequence": sequence, "labels": ["Cell"], "framesCount": 99},
            "box",
            "t1",
            **SIZE,
        ),
        item(
            "videorectangle",
            {"sequence": sequence[:1], "labels": ["Wall"], "framesCount": 99},
            "box",
            "t2",
            **SIZE,
        ),
    ]
    lake.write("film.json", [task(annotation(*given), data={"video": "/data/film.mp4"})])
    staged = lake.read("label_studio")
    found = staged.tuples(
        "SELECT object_id, frame_no, idx, class_name, \"left\", height, attributes['enabled']"
        " FROM staged_objects ORDER BY ALL"
    )
    assert found == [
        ("t1", 1, 0, "Cell", 0, 40, "true"),
        ("t1", 18, 0, "Cell", 200, 40, "true"),
        ("t1", 25, 0, "Cell", 200, 40, "false"),
        ("t2", 1, 1, "Wall", 0, 40, "true"),
    ]
    assert staged.tuples("SELECT dataset_object_id, frame_no, n_objects FROM staged_frames ORDER BY ALL") == [
        *[("0", 1, 2), ("0", 18, 1), ("0", 25, 1)]
    ]
    assert staged.tuples("SELECT task_type FROM staged_labels") == [("video-object-tracking",)]


def test_json_min(lake):
    value = {"x": 50, "y": 10, "width": 25, "height": 50, "rotation": 0, "rectanglelabels": ["car"]}
    end = {"annotation_id": 9, "created_at": "2021-03-09T22:16:08Z", "updated_at": "2021-03-09T22:16:08Z"}
    lake.write(
        "exports/min.json",
        [
            {
                "image": "a.jpg",
                "id": 4,
                "tag": [value | SIZE],
                "kind": "day",
                "annotator": 7,
                "lead_time": 3.5,
            }
            | end,
            {"image": "a.jpg", "id": 4, "tag": [], "kind": "night", "annotator": 8, "lead_time": 1} | end,
            {"image": "b.jpg", "id": 5, "kind": {"choices": ["day", "fog"]}, "annotator": 7, "lead_time": 1}
            | end,
        ],
    )
    staged = lake.read("label_studio")
    found = staged.tuples(
        "SELECT dataset_object_id, answer_no, worker_id, class_name, active_s FROM staged_responses ORDER BY ALL"
    )
    assert found == [
        ("0", 0, pseudonym(7), None, 3.5),
        ("0", 1, pseudonym(8), "night", 1),
        ("2", 0, pseudonym(7), None, 1),
    ]
    assert staged.tuples(
        "SELECT source, \"left\", class_name FROM staged_annotations WHERE shape = 'box'"
    ) == [("a.jpg", 200, "car")]
    assert staged.tuples(
        "SELECT line_no, source FROM staged_labels WHERE label_attribute = 'kind' ORDER BY 1"
    ) == [
        (1, "a.jpg"),
        (3, "b.jpg"),
    ]


def test_json_min_of_the_documentation_has_no_sizes(lake):
    value = {"x": 50, "y": 10, "width": 25, "height": 50, "rotation": 0, "rectanglelabels": ["car"]}
    lake.write("min.json", [{"image": "a.jpg", "tag": [value]}])
    staged = lake.read("label_studio")
    assert staged.tuples('SELECT class_name, "left" FROM staged_annotations') == [("car", None)]
    assert [(r.place, "size of its image" in r.reason) for r in staged.rejects] == [("$[0]", True)]


def test_the_file_of_one_annotation_in_storage(lake):
    whole = task(annotation(box(50, "car", "r")))
    (given,) = whole.pop("annotations")
    lake.write("1001.json", given | {"task": whole})
    assert lake.read("label_studio").tuples("SELECT source, class_name FROM staged_annotations") == [
        ("s3://b/a.jpg", "car")
    ]


def test_a_bad_task_is_rejected_by_its_number(lake):
    bad = [
        {"id": 2, "data": {"image": "a"}, "annotations": [annotation(item("choices", {}))]},
        {"id": 3, "data": {"image": "a"}, "annotations": [annotation(choice("a"), created_at="yesterday")]},
        {"id": 4, "data": {"image": "a"}, "annotations": [annotation(box("far", "a", "r"))]},
        {"id": 5, "annotations": [annotation(choice("a"))]},
        7,
    ]
    lake.write("a.json", [task(annotation(choice("a"))), *bad, task(annotation(choice("b")), number=8)])
    staged = lake.read("label_studio")
    assert [r.place for r in staged.rejects] == [f"$[{n}]" for n in range(1, 6)]
    assert staged.tuples("SELECT line_no, class_name FROM staged_labels ORDER BY 1") == [(1, "a"), (7, "b")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (" ", "it is empty"),
        ("text", "neither a list nor an object"),
        ({"answers": []}, "none of what it lists is a task"),
        ([1, 2], "none of what it lists is a task"),
    ],
)
def test_what_is_no_export_says_why(lake, content, reason):
    lake.write("a.json", content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("label_studio")


def test_a_truncated_export(lake, duckdb_error):
    lake.write("a.json", json.dumps([task(annotation(choice("a")))])[:-20])
    assert duckdb_error(lake, "label_studio") in {
        "it ends in the midst of a JSON value",
        "it is not valid JSON",
    }


def test_many_tasks_are_staged_in_parts(lake, monkeypatch):
    monkeypatch.setattr("weirflow_labels.readers.label_studio.TASKS", 7)
    lake.write("a.json", [task(annotation(choice("ab"[i % 2])), number=i) for i in range(100)])
    staged = lake.read("label_studio")
    assert staged.tuples(
        "SELECT class_name, count(*), min(line_no) FROM staged_labels GROUP BY 1 ORDER BY 1"
    ) == [
        ("a", 50, 1),
        ("b", 50, 2),
    ]


def test_a_wrong_value_anywhere_costs_its_task_alone(lake, spoilt):
    given = [
        box(1, "a", "r"),
        choice("a"),
        item("labels", {"start": 1, "end": 2, "labels": ["x"]}, "ner", "s"),
        item("textarea", {"text": ["x"]}, "note", "r"),
        item("polygonlabels", {"points": [[1, 2]], "polygonlabels": ["a"]}, "shape", "q", **SIZE),
        item(
            "videorectangle",
            {"sequence": [{"frame": 1, "x": 1, "y": 1, "width": 1, "height": 1}]},
            "v",
            "t",
            **SIZE,
        ),
    ]
    tasks = [t for i, g in enumerate(given) for t in spoilt(task(annotation(g), number=f"t{i}"))]
    tasks = [t | {"id": i} if isinstance(t, dict) else t for i, t in enumerate(tasks)]
    lake.write("a.json", [*tasks, task(annotation(choice("last", name="end")), number="last")])
    staged = lake.read("label_studio")
    assert staged.tuples("SELECT line_no FROM staged_labels WHERE class_name = 'last'") == [(len(tasks) + 1,)]
    lost = {r.place for r in staged.rejects}
    kept = {n for (n,) in staged.tuples("SELECT line_no FROM staged_labels")}
    assert len(lost) > 500
    assert len(kept) > 500


def test_a_number_that_no_column_holds(lake):
    span = {"start": 1, "end": 10**30, "labels": ["x"]}
    lake.write("a.json", [task(annotation(choice("a"))), task(annotation(item("labels", span)), number=2)])
    assert [r.place for r in lake.read("label_studio").rejects] == ["$[1]"]
