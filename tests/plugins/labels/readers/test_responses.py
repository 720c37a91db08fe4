"""Workers' answers: all of them, whatever the element of the form, and nobody's identity."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from weirflow_labels.layout import Layout
from weirflow_labels.readers.base import UnreadableError

PATH = "jobs/birds/annotations/worker-response/iteration-{}/{}/2024-05-01_10:00:00.json"
WORKER = "private.us-east-1.0123456789abcdef"
SUB = "11111111-2222-3333-4444-555555555555"


def pseudonym(name, kind="worker"):
    name = name.rsplit(".", 1)[-1]  # without its workforce and region
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def answer(content, worker=WORKER, **more):
    """An answer with all that the format has."""
    return {
        "acceptanceTime": "2024-05-01T10:00:00.250Z",
        "submissionTime": "2024-05-01T10:01:00.5Z",
        "timeSpentInSeconds": 42.5,
        "workerId": worker,
        "answerContent": content,
        "workerMetadata": {
            "identityData": {
                "identityProviderType": "Cognito",
                "issuer": "https://idp.example/pool",
                "sub": SUB,
            }
        },
    } | more


def test_every_answer_is_a_row(lake):
    classes = ("crow", "owl", "crow")
    given = [
        answer({"crowd-image-classifier": {"label": c}}, f"worker-number-{i}") for i, c in enumerate(classes)
    ]
    lake.write(PATH.format(2, 17), {"answers": given})
    staged = lake.read("responses")
    found = staged.tuples(
        "SELECT job, iteration, dataset_object_id, answer_no, worker_id, class_name, n_units, active_s"
        " FROM staged_responses ORDER BY answer_no"
    )
    assert found == [
        ("birds", 2, "17", i, pseudonym(f"worker-number-{i}"), c, 1, 42.5) for i, c in enumerate(classes)
    ]
    (first, *_) = staged.rows("responses", "accepted, submitted, answer", "answer_no")
    assert first["accepted"] == datetime(2024, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC)
    assert first["submitted"] == datetime(2024, 5, 1, 10, 1, 0, 500_000, tzinfo=UTC)
    assert json.loads(first["answer"]) == {"crowd-image-classifier": {"label": "crow"}}
    assert staged.tuples("SELECT DISTINCT sub, identity_provider FROM staged_sightings") == [
        (pseudonym(SUB, "sub"), "Cognito")
    ]
    assert len(staged.rows("sightings")) == 3


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00+02:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
        ("2024-05-01 10:00:00.123456", datetime(2024, 5, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_times_with_and_without_zone(lake, written, instant):
    lake.write(PATH.format(1, 0), {"answers": [answer({}, submissionTime=written)]})
    assert lake.read("responses").tuples("SELECT submitted FROM staged_responses") == [(instant,)]


def test_old_files_have_neither_times_nor_identity_and_some_no_worker(lake):
    content = {"crowd-classifier": {"label": "spam"}}
    lake.write(
        PATH.format(1, 0),
        {"answers": [{"answerContent": content, "workerId": WORKER}, {"answerContent": content}]},
    )
    staged = lake.read("responses")
    found = staged.tuples(
        "SELECT worker_id, accepted, active_s, class_name FROM staged_responses ORDER BY answer_no"
    )
    assert found == [(pseudonym(WORKER), None, None, "spam"), (None, None, None, "spam")]
    assert staged.tuples("SELECT * FROM staged_sightings") == [(1, pseudonym(WORKER), None, None)]


TYPE = "a value in it is of another type than the format says"
BOX = {"height": 1, "label": "Red", "left": 1, "top": 2, "width": 1}


@pytest.mark.parametrize(
    ("content", "units", "name"),
    [
        ({"crowd-classifier": {"label": "a"}}, 1, "a"),
        ({"animals": {"labels": ["a", "b"]}}, 2, None),
        ({"animals": {"labels": ["a"]}}, 1, None),
        ({"animals": {"labels": []}}, 0, None),
        (
            {"crowd-entity-annotation": {"entities": [{"label": "x", "startOffset": 0, "endOffset": 3}] * 4}},
            4,
            None,
        ),
        (
            {
                "annotatedResult": {
                    "boundingBoxes": [BOX, BOX],
                    "inputImageProperties": {"height": 9, "width": 9},
                }
            },
            2,
            None,
        ),
        ({"annotatedResult": {"polygons": [{"label": "x", "vertices": [{"x": 1, "y": 2}]}]}}, 1, None),
        (
            {
                "crowdKeypoint": {
                    "keypoints": [{"label": "x", "x": 1, "y": 1}] * 6,
                    "inputImageProperties": {},
                }
            },
            6,
            None,
        ),
        ({"annotatedResult": {"labelMappings": {"a": {"color": "#fff"}, "b": {"color": "#000"}}}}, 2, None),
        ({"annotatedResult": {"instances": [{"color": "#fff", "label": "a"}] * 3}}, 3, None),
        ({"trackingAnnotations": {"frameData": {"entries": [{}] * 5}}}, 5, None),
        ({"first": {"label": "a"}, "second": {"label": "b"}}, 2, None),
        ({"label": "not an element"}, None, None),
        ({"on": {"on": True}, "comment": "text"}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_units_and_classes_of_every_documented_element(lake, content, units, name):
    lake.write(PATH.format(1, 0), {"answers": [answer(content)]})
    assert lake.read("responses").tuples("SELECT n_units, class_name FROM staged_responses") == [
        (units, name)
    ]


def test_nobody_is_named_in_an_answer(lake):
    content = {
        "note": f"by {WORKER}",
        "who": {"workerId": WORKER, "kept": [{"identityData": {"sub": SUB}, "a": 1}]},
        "s": SUB,
    }
    lake.write(PATH.format(1, 0), {"answers": [answer(content)]})
    staged = lake.read("responses")
    ((text,),) = staged.tuples("SELECT answer::VARCHAR FROM staged_responses")
    assert json.loads(text) == {
        "note": f"by {pseudonym(WORKER)}",
        "who": {"kept": [{"a": 1}]},
        "s": pseudonym(SUB, "sub"),
    }
    everything = json.dumps(staged.rows("responses") + staged.rows("sightings"), default=str)
    assert WORKER not in everything
    assert SUB not in everything
    assert "idp.example" not in everything


def test_the_modality_comes_from_the_path(lake):
    path = "lake/VideoObjectTracking/p-first_level-cars/output/cars/annotations/worker-response/iteration-1/0/t.json"
    lake.write(path, {"answers": [answer({})]})
    assert lake.read("responses").tuples("SELECT modality, job FROM staged_responses") == [
        ("VideoObjectTracking", "cars")
    ]


def test_files_of_single_frames_are_no_answers():
    for suffix in ("jpg", "jpeg", "png"):
        path = f"jobs/cars/annotations/worker-response/iteration-1/0/0a1b2c/frame_0001.{suffix}.json"
        assert Layout().place(path) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ({}, "no list of `answers`"),
        ([1], "no list of `answers`"),
        ({"answers": {"answerContent": {}}}, "no list of `answers`"),
        ({"tracking-annotations": []}, "no list of `answers`"),
    ],
)
def test_what_is_no_response_says_why(lake, content, reason):
    lake.write(PATH.format(1, 0), content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("responses")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps({"answers": [answer({})]})[:-10], "it ends in the midst of a JSON value"),
        (b'{"answers": "\xff"}', "it is not UTF-8"),
    ],
)
def test_broken_files(lake, duckdb_error, content, reason):
    lake.write(PATH.format(1, 0), content)
    assert duckdb_error(lake, "responses") == reason


def test_a_file_without_answers_and_one_with_a_byte_order_mark(lake):
    lake.write(PATH.format(1, 0), {"answers": []})
    lake.write(PATH.format(1, 1), "\ufeff" + json.dumps({"answers": [answer({})]}))
    assert lake.read("responses").tuples("SELECT dataset_object_id FROM staged_responses") == [("1",)]


def test_the_real_answers(lake, real):
    root = real / "aws__amazon-sagemaker-examples__annotation_consolidation_ic_data"
    places = sorted(root.rglob("worker-response/**/*.json"))
    expected = Counter()
    for place in places:
        lake.add(place, f"birds/{place.relative_to(root)}")
        for given in json.loads(place.read_text())["answers"]:
            (element,) = given["answerContent"].values()
            key = (place.parent.parent.name.removeprefix("iteration-"), place.parent.name)
            expected[*key, pseudonym(given["workerId"]), element["label"]] += 1
    assert (len(places), expected.total()) == (302, 1510)
    staged = lake.read("responses")
    found = staged.tuples(
        "SELECT iteration::VARCHAR, dataset_object_id, worker_id, class_name FROM staged_responses"
    )
    assert Counter(found) == expected
    assert staged.tuples("SELECT count(DISTINCT worker_id) FROM staged_sightings") == [(97,)]
    assert staged.tuples("SELECT count(*) FROM staged_responses WHERE submitted IS NULL OR n_units <> 1") == [
        (0,)
    ]


def test_a_real_answer_of_a_private_worker(lake, real):
    place = real / "worker_response_ner__from_public_code_comment.json"
    lake.add(place, PATH.format(1, 0))
    (given,) = json.loads(place.read_text())["answers"]
    staged = lake.read("responses")
    (found,) = staged.rows("responses")
    assert found["active_s"] == given["timeSpentInSeconds"]
    assert found["accepted"] == datetime.fromisoformat(given["acceptanceTime"])
    assert found["n_units"] == len(given["answerContent"]["crowd-entity-annotation"]["entities"])
    assert staged.tuples("SELECT sub FROM staged_sightings") == [
        (pseudonym(given["workerMetadata"]["identityData"]["sub"], "sub"),)
    ]
