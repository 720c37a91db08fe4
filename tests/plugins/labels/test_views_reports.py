"""The reports by hand arithmetic."""

from datetime import UTC, date, datetime

import pytest

AT = "2024-03-0{}T{}:00Z"


def only(rows, *names):
    return sorted((tuple(r[n] for n in names) for r in rows), key=repr)


@pytest.fixture
def video(labels):
    """Two frames with cars and a bus, one without anything; the label was made at half past nine."""
    key = {"job": "v", "dataset_object_id": "0"}
    labels.put("files", {"job": "v", "kind": "sequence", "state": "loaded"})
    labels.put(
        "labels",
        {"job": "v", "job_name": "V", "line_no": 1, "source": "s", "label_attribute": "v-ref",
         "task_type": "video-object-tracking", "created": AT.format(1, "09:30")},
    )  # fmt: skip
    labels.put(
        "frames",
        {"frame_no": 0, "attributes": {"Quality": "good"}},
        {"frame_no": 1, "attributes": {"Quality": "good"}},
        {"frame_no": 2, "attributes": None},
        **key,
    )
    labels.put(
        "objects",
        {"frame_no": 0, "idx": 0, "class_name": "car", "attributes": {"Moving": "yes", "Note": None}},
        {"frame_no": 0, "idx": 1, "class_name": "car", "attributes": {"Moving": "no"}},
        {"frame_no": 1, "idx": 0, "class_name": "car", "attributes": {"Moving": "yes"}},
        {"frame_no": 1, "idx": 1, "class_name": "bus", "attributes": None},
        shape="box", **key,
    )  # fmt: skip
    labels.put(
        "categories",
        {"scope": "class", "name": "car", "position": 0, "choices": None},
        {"scope": "class", "name": "van", "position": 1, "choices": None},
        {"scope": "attribute", "name": "Moving", "position": 0, "choices": ["yes", "no", "unsure"]},
        {"scope": "frame attribute", "name": "Quality", "position": 0, "choices": ["good", "bad"]},
        job="v",
    )
    return labels


def test_annotations_in_time(video):
    hour = datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert only(video.ask("FROM annotations_by_hour"), "hour", "class_name", "n") == [
        (hour, "bus", 1),
        (hour, "car", 3),
    ]
    assert only(video.ask("FROM annotations_by_day"), "day", "n") == [
        (date(2024, 3, 1), 1),
        (date(2024, 3, 1), 3),
    ]


def test_hours_and_days_are_of_utc_whatever_the_session_says(video):
    video.db.execute("SET TimeZone = 'Asia/Kathmandu'")  # five hours and three quarters ahead
    assert video.column("SELECT DISTINCT epoch(hour) FROM annotations_by_hour") == [
        datetime(2024, 3, 1, 9, tzinfo=UTC).timestamp()
    ]
    video.db.execute("SET TimeZone = 'Pacific/Kiritimati'")
    assert video.column("SELECT DISTINCT day FROM annotations_by_day") == [date(2024, 3, 1)]


def test_classes_attributes_and_frames(video):
    assert only(video.ask("FROM class_counts"), "class_name", "n") == [("bus", 1), ("car", 3), ("van", 0)]
    assert only(video.ask("FROM frames_by_label"), "class_name", "n_frames", "n_objects") == [
        ("bus", 1, 1),
        ("car", 2, 3),
    ]
    assert only(video.ask("FROM objects_per_frame"), "n_objects", "n_frames") == [(0, 1), (2, 2)]
    assert only(video.ask("FROM attribute_counts"), "class_name", "attribute", "value", "n", "n_frames") == [
        ("car", "Moving", "no", 1, 1),
        ("car", "Moving", "yes", 2, 2),
        ("car", "Note", None, 1, 1),
    ]
    assert only(video.ask("FROM attribute_totals"), "attribute", "value", "n") == [
        ("Moving", "no", 1),
        ("Moving", "unsure", 0),
        ("Moving", "yes", 2),
        ("Note", None, 1),
    ]
    assert only(video.ask("FROM frame_attribute_counts"), "attribute", "value", "n") == [
        ("Quality", "bad", 0),
        ("Quality", "good", 2),
    ]


def test_marks_are_of_all_tables(video):
    image = {"file_id": 2, "line_no": 1, "source": "x", "label_attribute": "a", "job": "i"}
    video.put("labels", {**image, "job_name": "i", "class_name": None})
    video.put("annotations", {**image, "idx": 0, "shape": "span", "class_name": "name"})
    video.put("labels", {**image, "label_attribute": "b", "job_name": "c", "class_name": "cat"})
    assert video.ask("SELECT shape, count(*) AS n FROM marks GROUP BY ALL ORDER BY shape") == [
        {"shape": "box", "n": 4},
        {"shape": "class", "n": 1},
        {"shape": "span", "n": 1},
    ]


@pytest.fixture
def worked(labels):
    """Ada works on two jobs, Ben on one; one answer has no times."""
    labels.put("workers", {"worker_id": "worker-a", "name": "Ada"})
    answer = {"dataset_object_id": "0", "modality": "M", "n_units": 2, "iteration": 1}

    def put(job, worker, task, taken, given, active, units):
        taken, given = (None if t is None else AT.format(1, t) for t in (taken, given))
        mine = {
            "job": job,
            "worker_id": worker,
            "dataset_object_id": task,
            "accepted": taken,
            "submitted": given,
        }
        labels.put("responses", {**answer, **mine, "active_s": active, "n_units": units})

    put("j", "worker-a", "0", "08:00", "08:01", 30, 2)
    put("j", "worker-a", "1", "08:10", "08:13", 150, 4)
    put("k", "worker-a", "0", "09:00", "09:01", 60, 1)
    put("j", "worker-b", "0", "09:00", "09:10", 300, 3)
    put("j", "worker-b", "1", None, None, None, None)
    return labels


def test_jobs_and_labels_per_worker(worked):
    found = worked.ask("FROM jobs_per_worker")
    assert only(found, "worker", "n_jobs", "n_answers", "n_tasks") == [
        ("Ada", 2, 3, 3),
        ("worker-b", 1, 2, 2),
    ]
    found = worked.ask("FROM labels_per_worker")
    assert only(found, "worker", "job", "n_labels") == [
        ("Ada", "j", 6),
        ("Ada", "k", 1),
        ("worker-b", "j", 3),
    ]


def test_times_of_workers_and_team(worked):
    ada, ben = worked.ask("FROM worker_times ORDER BY worker")
    names = ("n_tasks", "active_sum_s", "active_min_s", "active_mean_s", "active_max_s")
    assert tuple(ada[n] for n in names) == (3, 240, 30, 80, 150)
    assert tuple(ada[n] for n in ("wall_sum_s", "wall_min_s", "wall_mean_s", "wall_max_s")) == (
        300,
        60,
        100,
        180,
    )
    assert tuple(ben[n] for n in (*names, "n_active", "n_wall")) == (2, 300, 300, 300, 300, 1, 1)
    assert len(worked.ask("FROM worker_job_times")) == 3
    (team,) = worked.ask("FROM team_statistics")
    assert (team["n_workers"], team["n_jobs"], team["n_tasks"], team["n_answers"], team["n_labels"]) == (
        2,
        2,
        3,
        5,
        10,
    )
    assert (team["active_sum_s"], team["active_median_s"], team["active_per_worker_mean_s"]) == (
        540,
        105,
        270,
    )


def test_throughput(worked):
    found = worked.ask("FROM throughput_by_hour WHERE job = 'j' ORDER BY hour")
    assert only(found, "n_answers", "n_tasks", "n_labels", "labels_per_active_hour") == [
        (1, 1, 3, pytest.approx(36)),
        (2, 2, 6, pytest.approx(120)),
    ]
    assert only(worked.ask("FROM throughput_by_day"), "job", "n_answers", "active_s") == [
        ("j", 3, 480),
        ("k", 1, 60),
    ]


def test_abandonment_counts_an_acceptance_once(labels):
    one, two, three, four = (AT.format(1, f"08:0{n}") for n in range(4))
    nothing = {"accepted": None, "submitted": None, "returned": None, "declined": None}
    labels.put(
        "activity",
        {**nothing, "event_type": "TasksAccepted", "accepted": one},
        {**nothing, "event_type": "TasksSubmitted", "accepted": one, "submitted": two},
        {**nothing, "event_type": "TasksAccepted", "accepted": two},
        {**nothing, "event_type": "TasksReturned", "accepted": two, "returned": three},
        {**nothing, "event_type": "TasksAccepted", "accepted": three},
        {**nothing, "event_type": "TasksDeclined", "declined": four},
        job="j", worker_id="w",
    )  # fmt: skip
    (found,) = labels.ask("FROM abandonment")
    assert (found["n_accepted"], found["n_submitted"], found["n_returned"], found["n_declined"]) == (
        3,
        1,
        1,
        1,
    )
    assert found["n_open"] == 1
    assert found["submitted_share"] == found["returned_share"] == pytest.approx(1 / 3)
    assert found["abandoned_share"] == pytest.approx(2 / 3)


def test_consensus_changes_between_iterations(labels):
    said = [(1, "cat"), (1, "dog"), (1, "cat"), (2, "dog"), (2, "dog"), (3, "cat")]
    labels.put(
        "responses",
        *({"iteration": i, "class_name": c, "worker_id": f"w{n}"} for n, (i, c) in enumerate(said)),
        job="j", dataset_object_id="0",
    )  # fmt: skip
    found = labels.ask("FROM consensus_changes ORDER BY iteration")
    names = ("iteration", "n_answers", "class_name", "class_before", "changed")
    assert [tuple(r[n] for n in names) for r in found] == [
        (1, 3, "cat", None, None),
        (2, 5, "dog", "cat", True),
        (3, 6, None, "dog", True),  # three against three
    ]
    assert [r["share"] for r in found] == pytest.approx([2 / 3, 3 / 5, 1 / 2])


@pytest.mark.parametrize("golden", ["s3://b/dir/1.jpg", "1", None])
def test_accuracy_against_golden_answers(labels, golden):
    labels.put(
        "labels",
        {"job": "j", "job_name": "j", "line_no": 1, "source": "s3://b/dir/1.jpg", "label_attribute": "a",
         "class_name": "cat"},
    )  # fmt: skip
    labels.put(
        "responses",
        {"worker_id": "w1", "class_name": "cat"},
        {"worker_id": "w2", "class_name": "dog"},
        job="j", dataset_object_id="0",
    )  # fmt: skip
    labels.put(
        "golden", {"source": golden, "dataset_object_id": None if golden else "0", "class_name": "cat"}
    )
    assert only(labels.ask("FROM worker_accuracy"), "worker_id", "n", "accuracy") == [
        ("w1", 1, 1.0),
        ("w2", 1, 0.0),
    ]
    assert only(labels.ask("FROM label_accuracy"), "class_name", "n", "n_right") == [("cat", 1, 1)]
    labels.put(
        "golden", {"source": golden, "dataset_object_id": None if golden else "0", "class_name": "dog"}
    )
    assert labels.ask("FROM worker_accuracy") == []  # two right answers are none
