"""The base views by hand arithmetic: each label once, jobs, tasks, tracks and audits."""

import pytest

BOX = {"shape": "box", "left": 0, "top": 0, "width": 10, "height": 10, "class_id": "0", "class_name": "car"}


def chained(labels):
    """Job B labels after job A: its manifest repeats the label of A; an intermediate one does so too."""
    labels.put(
        "files",
        {"file_id": 1, "kind": "manifest", "job": "A"},
        {"file_id": 2, "kind": "manifest", "job": "B"},
        {"file_id": 3, "kind": "intermediate", "job": "B"},
        state="loaded",
    )
    a = {"label_attribute": "a", "job_name": "a", "created": "2024-01-01T00:00:00Z", "class_name": "cat"}
    b = {"label_attribute": "b", "job_name": "b", "created": "2024-01-02T00:00:00Z", "class_name": "dog"}
    labels.put(
        "labels",
        {"file_id": 1, "job": "A", **a},
        {"file_id": 2, "job": "B", **a},
        {"file_id": 2, "job": "B", **b},
        {"file_id": 3, "job": "B", **b, "created": "2024-01-03T00:00:00Z", "class_name": "owl"},
        line_no=1, source="s3://b/1.jpg", source_kind="ref", task_type="image-classification",
    )  # fmt: skip
    return labels


def test_chained_and_intermediate_manifests_count_once(labels):
    found = chained(labels).ask(
        "SELECT made_by, job, file_id, class_name FROM distinct_labels ORDER BY made_by"
    )
    assert found == [
        {"made_by": "A", "job": "A", "file_id": 1, "class_name": "cat"},
        {"made_by": "B", "job": "B", "file_id": 2, "class_name": "dog"},  # the final one, though older
    ]


def test_of_two_final_manifests_the_newest_label_counts(labels):
    same = {"source": "x", "label_attribute": "a", "job_name": "a", "line_no": 1}
    labels.put(
        "labels",
        {**same, "file_id": 1, "created": "2024-01-02T00:00:00Z", "class_name": "new"},
        {**same, "file_id": 2, "created": "2024-01-01T00:00:00Z", "class_name": "old"},
    )
    assert labels.column("SELECT class_name FROM distinct_labels") == ["new"]


def test_jobs_have_what_they_made(labels):
    found = chained(labels).ask(
        "SELECT job, label_attribute, n_objects, n_labels, n_files FROM jobs ORDER BY job"
    )
    assert found == [
        {"job": "A", "label_attribute": "a", "n_objects": 1, "n_labels": 1, "n_files": 1},
        {"job": "B", "label_attribute": "b", "n_objects": 1, "n_labels": 1, "n_files": 2},
    ]


def test_a_renamed_folder_is_the_job_of_its_newest_labels(labels):
    labels.put("files", {"kind": "manifest", "job": "copy", "state": "loaded"})
    at = "2024-01-0{}T00:00:00Z"
    labels.put(
        "labels",
        {"label_attribute": "a", "job_name": "first", "created": at.format(1)},
        {"label_attribute": "b", "job_name": "second", "created": at.format(2)},
        line_no=1, job="copy", source="x",
    )  # fmt: skip
    assert labels.column("SELECT made_by FROM distinct_labels ORDER BY label_attribute") == ["first", "copy"]


def test_tasks_are_lines_with_their_answers(labels):
    chained(labels)
    labels.put(
        "responses",
        {"worker_id": "w1", "iteration": 1, "accepted": "2024-01-01T00:00:00Z", "submitted": "2024-01-01T00:01:00Z"},
        {"worker_id": "w2", "iteration": 2, "accepted": "2024-01-01T01:00:00Z", "submitted": "2024-01-01T01:02:00Z"},
        job="A", dataset_object_id="0", active_s=30,
    )  # fmt: skip
    labels.put("frames", {"job": "V", "dataset_object_id": "3", "frame_no": 0}, {"job": "V", "dataset_object_id": "3",
                                                                                "frame_no": 1})  # fmt: skip
    found = {r["job"]: r for r in labels.ask("FROM tasks")}
    assert {j: r["dataset_object_id"] for j, r in found.items()} == {"A": "0", "B": "0", "V": "3"}
    a = found["A"]
    assert (a["source"], a["n_answers"], a["n_workers"], a["n_iterations"]) == ("s3://b/1.jpg", 2, 2, 2)
    assert a["active_s"] == 60
    assert (a["first_accepted"].hour, a["last_submitted"].minute) == (0, 2)
    assert found["V"]["n_frames"] == 2


def test_gaps_of_tracks_are_of_frames_that_there_are(labels):
    key = {"job": "v", "dataset_object_id": "0"}
    labels.put("frames", *({**key, "frame_no": n} for n in range(0, 50, 5)))  # every fifth frame was labelled
    seen = {"whole": (0, 5, 10), "broken": (0, 5, 20, 45), "once": (15,)}
    labels.put(
        "objects", *({**key, "object_id": o, "frame_no": n, "idx": 0} for o, f in seen.items() for n in f)
    )
    found = {r["object_id"]: (r["first"], r["last"], r["n"], r["gaps"]) for r in labels.ask("FROM tracks")}
    assert found == {"whole": (0, 10, 3, 0), "broken": (0, 45, 4, 6), "once": (15, 15, 1, 0)}


@pytest.fixture
def audited(labels):
    """A second level over a first one: a box kept, one moved, one of another class, one removed, one added."""
    flow = {"parent_job": "p", "state": "loaded", "kind": "sequence"}
    labels.put("files", {"job": "first", "level": "first", **flow})
    labels.put("files", {"file_id": 2, "job": "second", "level": "second", **flow})
    labels.put("files", {"file_id": 3, "job": "other", "level": "first", **flow})  # reviewed by nobody
    key = {"dataset_object_id": "0", "frame_no": 0}
    for file_id, job in ((1, "first"), (2, "second"), (3, "other")):
        labels.put("frames", {"file_id": file_id, "job": job, **key})

    def box(job, name, idx, attributes, **changes):
        file_id = {"first": 1, "second": 2, "other": 3}[job]
        entry = {
            "file_id": file_id,
            "job": job,
            **key,
            "object_id": name,
            "idx": idx,
            "attributes": attributes,
        }
        labels.put("objects", {**entry, **BOX, **changes})

    box("first", "kept", 0, {"Moving": "yes"})
    box("first", "moved", 1, {"Moving": "yes"})
    box("first", "changed", 2, {"Moving": "yes"})
    box("first", "turned", 3, {"Moving": "yes"})
    box("first", "removed", 4, {"Moving": "yes"})
    box("other", "elsewhere", 0, None)
    box("second", "kept", 0, {"Audit_Result": "Pass"})
    box("second", "moved", 1, {"Audit_Result": "Fail"}, left=5)
    box("second", "changed", 2, {"Audit_Result": None}, class_name="bus", class_id="1")
    box("second", "turned", 3, {"Moving": "no", "Audit_Result": "Pass"})
    box("second", "added", 4, {})
    return labels


def test_audits_of_objects(audited):
    found = {r["object_id"]: r for r in audited.ask("FROM audit")}
    assert {n: (r["change"], r["adjusted"], r["verdict"], r["class_changed"]) for n, r in found.items()} == {
        "kept": ("same", False, "Pass", False),
        "moved": ("changed", True, "Fail", False),
        "changed": ("changed", True, None, True),
        "turned": ("changed", True, "Pass", False),
        "removed": ("removed", True, None, None),
        "added": ("added", True, None, None),
    }
    assert found["kept"]["iou"] == 1
    assert found["moved"]["iou"] == pytest.approx(50 / 150)
    assert {(r["job"], r["audit_job"]) for r in found.values()} == {("first", "second")}


@pytest.mark.parametrize("ids", [("a1", "a2", "b1"), ("1", "2", "1")], ids=["unique", "numbers"])
def test_an_audit_of_several_jobs_numbers_their_data_objects_anew(labels, ids):
    for file_id, (job, level) in enumerate([("a", "first"), ("b", "first"), ("c", "second")], 1):
        labels.put(
            "files", {"file_id": file_id, "job": job, "level": level, "parent_job": "p"}, state="loaded"
        )
    objects = [("a", 1, "0", ids[:2]), ("b", 2, "0", ids[2:]), ("c", 3, "0", ids[2:]), ("c", 3, "1", ids[:2])]
    for job, file_id, number, named in objects:
        own = {"Audit": f"of {named[0][0]}"} if job == "c" else {}
        entry = {"file_id": file_id, "job": job, "dataset_object_id": number, "frame_no": 0}
        labels.put("frames", {**entry, "frame": "0.jpg", "n_objects": len(named)})
        for idx, name in enumerate(named):
            labels.put("objects", {**entry, **BOX, "idx": idx, "object_id": name, "attributes": own})
    found = labels.ask("SELECT job, dataset_object_id, object_id, change FROM audit ORDER BY ALL")
    told = [(r["job"], r["dataset_object_id"], r["object_id"], r["change"]) for r in found]
    if ids[0] == "a1":  # the audit's own numbers are told
        assert told == [("a", "1", "a1", "same"), ("a", "1", "a2", "same"), ("b", "0", "b1", "same")]
    else:  # '0' of the audit is as much a's as b's, and each object is told once all the same
        assert sorted(t[1:] for t in told) == [("0", "1", "same"), ("1", "1", "same"), ("1", "2", "same")]


@pytest.mark.parametrize("levels", [("first", "second", "third"), ("first", "third", None)])
def test_levels_of_reviews_are_counted(labels, levels):
    """A box of the first level, one that the next one adds, and one that is drawn last."""
    drawn = (["a"], ["a", "b"], ["a", "b", "c"])
    for file_id, (level, names) in enumerate(zip(levels, drawn, strict=True), 1):
        if level is None:
            continue
        entry = {"file_id": file_id, "job": f"job-{level}"}
        labels.put("files", {**entry, "level": level, "parent_job": "p", "state": "loaded"})
        for idx, name in enumerate(names):
            place = {"dataset_object_id": "0", "frame_no": 4, "object_id": name, "idx": idx}
            labels.put("objects", {**entry, **place, **BOX})
    found = labels.ask("SELECT job, object_id, level FROM marks_by_level ORDER BY file_id, object_id")
    told = [(r["object_id"], r["level"]) for r in found]
    assert told == [("a", 0), ("a", 1), ("b", 0), ("a", 2), ("b", 2), ("c", 0)][: 6 if levels[2] else 3]
    reviews = [(f"job-{levels[0]}", f"job-{levels[1]}", 1), ("job-second", "job-third", 2)]
    assert [tuple(r.values()) for r in labels.ask("FROM reviews ORDER BY ALL")] == reviews[
        : 2 if levels[2] else 1
    ]


def test_boxes_of_images_that_an_adjustment_has_again_count_once(labels):
    line = {"line_no": 1, "source": "x", "job": "B", "task_type": "object-detection"}
    for name, status, day in (("a", None, 1), ("b", "adjusted", 2), ("c", "unadjusted", 3)):
        own = {"label_attribute": name, "job_name": name.upper()}
        labels.put(
            "labels", {**line, **own, "adjustment_status": status, "created": f"2024-01-0{day}T00:00:00Z"}
        )
        labels.put("annotations", {"line_no": 1, "label_attribute": name, "idx": 0, **BOX})
    found = labels.ask("SELECT label_attribute, level FROM marks_by_level ORDER BY ALL")
    assert [tuple(r.values()) for r in found] == [("a", 0), ("b", 1), ("c", 2)]


def test_audited_tasks_and_results(audited):
    (tasks,) = audited.ask("FROM audited_tasks")
    assert (tasks["n_audited"], tasks["n_adjusted"], tasks["n_frames"], tasks["n_adjusted_frames"]) == (
        1,
        1,
        1,
        1,
    )
    assert (tasks["n_things"], tasks["n_adjusted_things"]) == (6, 5)
    results = {
        (r["class_name"], r["verdict"]): (r["n"], r["share"]) for r in audited.ask("FROM audit_results")
    }
    assert results[("car", "Pass")] == (2, pytest.approx(2 / 3))
    assert results[("car", "Fail")] == (1, pytest.approx(1 / 3))
    assert results[("car", None)] == (3, None)
    (boxes,) = audited.ask("FROM box_agreement WHERE matched_by = 'object-id'")
    # four pairs with IoU 1, 1/3, 1, 1, and two boxes without another
    assert (boxes["n_pairs"], boxes["n_matched"]) == (6, 4)
    assert boxes["mean_iou"] == pytest.approx(10 / 12)
    assert boxes["score"] == pytest.approx(2 * 10 / 3 / 10)
    assert boxes["f1_at_half"] == pytest.approx(2 * 3 / 10)


@pytest.mark.parametrize(
    ("name", "attributes", "verdicts"),
    [
        ("Checked", {"Checked": "good", "Audit_Notes": "x"}, ["good"]),  # what `about` names
        (None, {"Audit_Notes": "x", "Checked": "good"}, ["x"]),  # what is called after the audit
        (None, {"Checked": "good", "Moving": "no"}, ["good"]),  # the one that the reviewed job lacks
        (None, {"Checked": "good", "More": "no"}, [None]),  # which of two cannot be told
    ],
)
def test_which_attribute_is_the_verdict(labels, name, attributes, verdicts):
    for file_id, level in ((1, "first"), (2, "second")):
        labels.put(
            "files", {"file_id": file_id, "job": level, "level": level, "parent_job": "p", "state": "loaded"}
        )
        own = {"moving": "yes"} if level == "first" else attributes
        entry = {
            "file_id": file_id,
            "job": level,
            "dataset_object_id": "0",
            "frame_no": 0,
            "object_id": "o",
            "idx": 0,
        }
        labels.put("objects", {**entry, "attributes": own})
    if name:
        labels.put("about", {"key": "audit_attribute", "value": name})
    assert labels.column("SELECT verdict FROM audit") == verdicts


def test_verifications_and_adjustments_of_manifests(labels):
    line = {"line_no": 1, "source": "x", "job": "V"}
    labels.put(
        "labels",
        {"label_attribute": "boxes", "job_name": "B", "task_type": "object-detection", "class_name": None},
        {"label_attribute": "check", "job_name": "V", "task_type": "label-verification", "class_name": "bad"},
        created="2024-01-01T00:00:00Z", **line,
    )  # fmt: skip
    labels.db.execute(
        "UPDATE labels SET created = '2024-01-02T00:00:00Z', comment = 'too wide' WHERE job_name = 'V'"
    )
    labels.put(
        "labels",
        {**line, "label_attribute": "fixed", "job_name": "F", "task_type": "object-detection",
         "adjustment_status": "adjusted", "created": "2024-01-03T00:00:00Z"},
    )  # fmt: skip
    found = {r["kind"]: r for r in labels.ask("FROM audit")}
    check, fixed = found["verification"], found["adjustment"]
    assert (check["job"], check["audit_job"], check["verdict"]) == ("B", "V", "bad")
    assert (check["comment"], check["adjusted"], check["source"]) == ("too wide", False, "x")
    assert (fixed["job"], fixed["change"], fixed["adjusted"], fixed["verdict"]) == (
        "B",
        "changed",
        True,
        None,
    )
