"""A bad element of a file that is one JSON value: it is told by its place, not its values, and the others are read."""

import json

import pytest

from weirflow_labels.readers.base import OTHER_TYPE, UnreadableError

RESPONSES = "jobs/birds/annotations/worker-response/iteration-1/4/2024-05-01_10:00:00.json"
SEQUENCE = "jobs/cars/annotations/consolidated-annotation/output/0/SeqLabel.json"
HALF = "it has half of a surrogate pair, which is no text"


def told(staged):
    """What was left out, by place; that values are not in it."""
    assert all(r.line_no is None and r.raw is None for r in staged.rejects)
    assert not any("secret" in r.reason + (r.place or "") for r in staged.rejects)
    return [(r.place, r.reason) for r in staged.rejects]


def answer(name="crow", **more):
    given = {"submissionTime": "2024-05-01T10:01:00Z", "workerId": "one-of-them", "timeSpentInSeconds": 3}
    return given | {"answerContent": {"crowd-classifier": {"label": name}}} | more


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (answer(timeSpentInSeconds="secret"), "`timeSpentInSeconds` is no number"),
        (answer(timeSpentInSeconds="NaN"), "`timeSpentInSeconds` is no number"),
        (answer(timeSpentInSeconds=["secret"]), "`timeSpentInSeconds` is no number"),
        (answer(submissionTime="secret"), "`submissionTime` is no instant"),
        (answer(submissionTime="infinity"), "`submissionTime` is no instant"),
        (answer(acceptanceTime={"at": "secret"}), "`acceptanceTime` is no instant"),
        (5, "it is no answer"),
        (None, "it is no answer"),
        ("secret", "it is no answer"),
        ({"secret": 1}, "it is no answer"),
        (answer("\ud800"), HALF),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_answer(lake, bad, reason, place):
    given = [answer("crow"), answer("owl")]
    given.insert(place, bad)
    lake.write(RESPONSES, {"answers": given})
    staged = lake.read("responses")
    assert told(staged) == [(f"$.answers[{place}]", reason)]
    good = [n for n in range(3) if n != place]
    found = staged.tuples("SELECT answer_no, class_name FROM staged_responses ORDER BY answer_no")
    assert found == list(zip(good, ("crow", "owl"), strict=True))
    assert staged.tuples("SELECT count(*) FROM staged_sightings") == [(1,)]


def box(**more):
    return {"class-id": "0", "left": 1, "top": 2, "width": 3, "height": 4, "object-id": "a"} | more


def frame(number, *objects, **more):
    return {"frame-no": number, "frame": f"{number}.jpg", "annotations": list(objects)} | more


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (frame("secret"), "`frame-no` is no whole number"),
        (frame(1, box(), box(left="secret")), "`annotations[1].left` is no number"),
        (frame(1, "secret"), "`annotations[0]` is no object"),
        (frame(1, annotations="secret"), "`annotations` is no list"),
        (frame(1, **{"frame-attributes": ["secret"]}), "`frame-attributes` is no object"),
        (frame(1, polygons=[{"vertices": [{"x": 1}, 7]}]), "`polygons[0].vertices[1]` is no object"),
        (frame(1, box(**{"object-name": "\udc00"})), HALF),
        (7, "it is no object"),
        (None, "it is null"),
    ],
)
def test_a_bad_frame_goes_as_a_whole(lake, bad, reason):
    frames = [frame("0", box()), bad, frame("2", box(), box(left=9)), frame("three")]
    lake.write(SEQUENCE, {"tracking-annotations": frames})
    staged = lake.read("sequence")
    three = ('$."tracking-annotations"[3]', "`frame-no` is no whole number")
    assert told(staged) == [('$."tracking-annotations"[1]', reason), three]
    assert staged.tuples("SELECT frame_no, n_objects FROM staged_frames ORDER BY ALL") == [(0, 1), (2, 2)]
    assert staged.tuples('SELECT frame_no, idx, "left" FROM staged_objects ORDER BY ALL') == [
        *((0, 0, 1), (2, 0, 1), (2, 1, 9))
    ]
    assert staged.tuples("SELECT local FROM loading") == [(str(lake.files[0][0]),)]


def test_a_bad_frame_of_one_sensor_and_a_name_that_stands_twice(lake):
    good, bad = json.dumps(frame(0, box())), '{"frame-no": 1, "frame-no": 2}'
    lidar = f'{{"tracking-annotations": [{bad}, {good}]}}'
    camera = f'{{"tracking-annotations": [{good}]}}'
    lake.write(SEQUENCE, f'{{"lidar": {lidar}, "camera-0": {camera}}}')
    staged = lake.read("sequence")
    assert told(staged) == [('$.lidar."tracking-annotations"[0]', "it has a name twice")]
    assert staged.tuples("SELECT sensor, frame_no FROM staged_frames ORDER BY ALL") == [
        ("camera-0", 0),
        ("lidar", 0),
    ]


SQUARE = [0, 0, 9, 0, 9, 9]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"bbox": "secret"}, "`bbox` is no list"),
        ({"bbox": [0, 0, "secret", 1]}, "`bbox[2]` is no number"),
        ({"bbox": [0, 0, 1]}, "`bbox` has not four numbers"),
        ({"segmentation": [["secret"] * 6]}, "`segmentation[0][0]` is no number"),
        ({"segmentation": ["secret"]}, "`segmentation[0]` is no list"),
        ({"segmentation": "secret"}, "`segmentation` is neither a list nor an object"),
        ({"keypoints": [1, 2]}, "`keypoints` are not x, y and visibility of each point"),
        ({"keypoints": [1, 2, "inf"]}, "`keypoints` are not x, y and visibility of each point"),
        ({"attributes": "secret"}, "`attributes` is no object"),
        ({"caption": "\ud800"}, HALF),
        (None, "it is null"),
        ("secret", "it is no object"),
    ],
)
def test_a_bad_annotation(lake, bad, reason):
    images = [{"id": 7, "file_name": "a.jpg", "width": 9, "height": 9}, {"id": 8, "file_name": "b.jpg"}]
    about = {"image_id": 8, "category_id": 1}
    bad = about | bad if isinstance(bad, dict) else bad
    good = [about | {"bbox": [0, 0, 1, 1]}, about | {"segmentation": [SQUARE]}]
    given = {
        "images": images,
        "annotations": [good[0], bad, good[1]],
        "categories": [{"id": 1, "name": "cat"}],
    }
    lake.write("pets.json", given)
    staged = lake.read("coco")
    assert told(staged) == [("$.annotations[1]", reason)]
    found = staged.tuples("SELECT job, line_no, idx, shape, class_name FROM staged_annotations ORDER BY idx")
    assert found == [("pets", 2, 0, "box", "cat"), ("pets", 2, 1, "polygon", "cat")]
    assert staged.tuples("SELECT line_no, source FROM staged_labels ORDER BY ALL") == [
        (1, "a.jpg"),
        (2, "b.jpg"),
    ]


def test_a_bad_image_keeps_the_lines_of_the_others(lake):
    images = [{"id": 7, "width": "secret"}, {"id": 8, "file_name": "b.jpg"}]
    annotations = [{"image_id": i, "category_id": 1, "bbox": [0, 0, 1, 1]} for i in (7, 8)]
    lake.write("pets.json", {"images": images, "annotations": annotations})
    staged = lake.read("coco")
    strays = "1 of its annotations are of images that it does not list, or that cannot be read"
    assert told(staged) == [("$.images[0]", "`width` is no whole number"), (None, strays)]
    assert staged.tuples("SELECT line_no, source FROM staged_annotations") == [(2, "b.jpg")]


def test_a_task_of_label_studio_that_is_no_text(lake):
    def task(name):
        result = [{"from_name": "kind", "type": "choices", "value": {"choices": [name]}}]
        return {"data": {"image": "a.jpg"}, "annotations": [{"id": 1, "result": result}]}

    span = {"from_name": "s", "type": "labels", "value": {"start": 1, "end": 10**30, "labels": ["secret"]}}
    large = {"data": {"text": "words"}, "annotations": [{"id": 1, "result": [span]}]}
    lake.write("a.json", [task("crow"), task("\ud800"), large, "secret", task("owl")])
    staged = lake.read("label_studio")
    wrong = "it is no task, or a value in it is of another type than the format says"
    assert sorted(told(staged)) == [("$[1]", HALF), ("$[2]", wrong), ("$[3]", wrong)]
    assert staged.tuples("SELECT job, line_no, class_name FROM staged_labels ORDER BY ALL") == [
        ("a", 1, "crow"),
        ("a", 5, "owl"),
    ]


def test_golden_answers_of_a_list(lake):
    lake.write("a.json", [{"source": "a", "class": "owl"}, 7, {"source": "\ud800", "class": "owl"}])
    staged = lake.read("golden")
    assert told(staged) == [("$[1]", "it is no JSON object"), ("$[2]", HALF)]
    assert staged.tuples("SELECT source FROM staged_golden") == [("a",)]


@pytest.mark.parametrize(
    ("kind", "path", "content"),
    [
        ("sequence", SEQUENCE, '{"tracking-annotations": [{"frame-no": 1}'),
        ("responses", RESPONSES, '{"answers": [{"workerId": "secret"}, {"wor'),
        ("coco", "a.json", '{"images": [], "annotations": [{"bbox": 7}'),
        ("label_studio", "a.json", '[{"data": {}, "annotations": []}, {"da'),
    ],
)
def test_what_is_cut_short_is_left_out_as_a_whole(lake, duckdb_error, kind, path, content):
    lake.write(path, content)
    assert duckdb_error(lake, kind) == "it ends in the midst of a JSON value"


def test_files_with_nothing_to_leave_out_say_what_they_said(lake):
    lake.write("a.json", {"images": [{"id": 1}, {"id": 1}], "annotations": [{"bbox": 7}]})
    with pytest.raises(UnreadableError, match="two of its images have the same `id`"):
        lake.read("coco")


def test_several_files_are_tried_one_by_one_by_who_reads_them(lake):
    lake.write("a.json", {"images": [None], "annotations": []})
    lake.write("b.json", {"images": [{"id": 1}], "annotations": []})
    with pytest.raises(UnreadableError, match=OTHER_TYPE):
        lake.read("coco")
