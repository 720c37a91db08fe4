"""The workers' log: the shapes in which it is exported, and lines that are none of it."""

import gzip
import hashlib
import json
from datetime import UTC, datetime

import pytest

from weirflow_labels.layout import Layout
from weirflow_labels.readers.base import UnreadableError

PATH = "logs/WorkerActivity/2024/05/01/000000.gz"


def event(worker="cd449a28", **more):
    """An event as the documentation shows it."""
    return {
        "worker_id": worker,
        "cognito_user_pool_id": "pool-1",
        "cognito_sub_id": "11111111-2222-3333-4444-555555555555",
        "task_accepted_time": "Wed Aug 14 16:00:59 UTC 2019",
        "task_submitted_time": "Wed Aug 14 16:01:04 UTC 2019",
        "task_returned_time": "",
        "task_declined_time": "",
        "workteam_arn": "arn:aws:sagemaker:us-east-2:000000000000:workteam/private-crowd/team",
        "labeling_job_arn": "arn:aws:sagemaker:us-east-2:000000000000:labeling-job/metrics-demo",
        "work_requester_account_id": "000000000000",
        "job_reference_code": "000000000000",
        "job_type": "Private",
        "event_type": "TasksSubmitted",
        "event_timestamp": "1565798464",
    } | more


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def pseudonym(kind, name):
    name = name.rsplit(".", 1)[-1]  # without its workforce and region
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        lambda text: f"2019-08-14T16:01:04.000Z {text}",
        lambda text: f"1565798464000,{quoted(text)}",
        lambda text: f"timestamp,message\n1565798464000,{quoted(text)}",
        lambda text: json.dumps({"@timestamp": "2019-08-14 16:01:04.000", "message": text}),
        lambda text: f"\n\n{text}\n\n",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_shapes_of_exports(lake, written, packed):
    content = written(json.dumps(event())).encode()
    lake.write(PATH, gzip.compress(content) if packed else content)
    staged = lake.read("activity")
    assert staged.rejects == []
    (found,) = staged.rows("activity")
    del found["line_no"]
    assert found == {
        "file_id": 1,
        "worker_id": pseudonym("worker", "cd449a28"),
        "sub": pseudonym("sub", "11111111-2222-3333-4444-555555555555"),
        "job": "metrics-demo",
        "job_type": "Private",
        "event_type": "TasksSubmitted",
        "at": datetime(2019, 8, 14, 16, 1, 4, tzinfo=UTC),
        "accepted": datetime(2019, 8, 14, 16, 0, 59, tzinfo=UTC),
        "submitted": datetime(2019, 8, 14, 16, 1, 4, tzinfo=UTC),
        "returned": None,
        "declined": None,
    }
    assert len(staged.rows("sightings")) == 1


def test_other_times(lake):
    given = [
        event(task_returned_time="Sun Mar  3 01:02:03 UTC 2024", task_submitted_time=None),
        event(task_declined_time="2024-03-03T01:02:03Z", event_timestamp=1709427723000),
        event(event_timestamp=""),
    ]
    lake.write(PATH, "\n".join(map(json.dumps, given)))
    staged = lake.read("activity")
    moment = datetime(2024, 3, 3, 1, 2, 3, tzinfo=UTC)
    assert staged.tuples(
        'SELECT returned, declined, "at", submitted IS NULL FROM staged_activity ORDER BY line_no'
    ) == [
        (moment, None, datetime(2019, 8, 14, 16, 1, 4, tzinfo=UTC), True),
        (None, moment, datetime(2024, 3, 3, 1, 2, 3, tzinfo=UTC), False),
        (None, None, None, False),
    ]


def test_bad_lines_are_rejected_by_number_and_name_nobody(lake):
    good = json.dumps(event()).encode()
    bad = json.dumps(event(task_accepted_time="Wednesday")).encode()
    lines = [
        good,
        good[:-5],
        b"Permission Check Successful",
        b'{"a": 1}',
        b'[1] {"a": "\xff"}',
        bad,
        b"",
        good,
    ]
    lake.write(PATH, b"\n".join(lines))
    staged = lake.read("activity")
    assert [r["line_no"] for r in staged.rows("activity", "line_no")] == [1, 8]
    assert sorted((r.line_no, r.reason, r.raw) for r in staged.rejects) == [
        (2, "it has no valid JSON", None),
        (3, "it has no valid JSON", None),
        (4, "it is no event of a worker", None),
        (5, "it is not UTF-8", None),
        (6, "a time in it cannot be read", None),
    ]


def test_a_worker_may_be_missing(lake):
    lake.write(PATH, json.dumps(event(worker=None, cognito_sub_id="")))
    staged = lake.read("activity")
    assert staged.tuples("SELECT worker_id, sub, job FROM staged_activity") == [(None, None, "metrics-demo")]
    assert staged.rows("sightings") == []


def test_a_compressed_file_that_ends_early(lake):
    lake.write(PATH, gzip.compress("\n".join([json.dumps(event())] * 100).encode())[:-30])
    with pytest.raises(UnreadableError, match="end too early"):
        lake.read("activity")


def test_an_empty_file_has_no_events(lake):
    lake.write(PATH, gzip.compress(b""))
    lake.write("logs/WorkerActivity/other.gz", b"")
    staged = lake.read("activity")
    assert (staged.rows("activity"), staged.rejects) == ([], [])


def test_many_lines_are_staged_in_parts(lake, monkeypatch):
    monkeypatch.setattr("weirflow_labels.readers.activity.BATCH", 7)
    lines = [json.dumps(event(f"w{i}")) if i % 5 else "nothing" for i in range(100)]
    lake.write(PATH, "\n".join(lines))
    staged = lake.read("activity")
    assert staged.tuples("SELECT count(*), count(DISTINCT worker_id) FROM staged_activity") == [(80, 80)]
    assert [r.line_no for r in staged.rejects] == [i + 1 for i in range(0, 100, 5)]


def test_a_wrong_value_anywhere_costs_its_line_alone(lake, spoilt):
    lines = [json.dumps(e) for e in spoilt(event())]
    lines.append(json.dumps(event(job_type="\ud800")))  # half of a pair
    lake.write(PATH, "\n".join([*lines, json.dumps(event("last"))]))
    staged = lake.read("activity")
    read = {n for (n,) in staged.tuples("SELECT line_no FROM staged_activity")}
    assert read.isdisjoint({r.line_no for r in staged.rejects})
    assert read | {r.line_no for r in staged.rejects} == set(range(1, len(lines) + 2))
    assert len(lines) + 1 in read


def test_the_file_that_tries_whether_an_export_may_write_is_none():
    assert Layout().place("logs/worker-activity/aws-logs-write-test") is None
    assert Layout().place("logs/worker-activity/1a2b/stream/000000.gz").kind == "activity"
