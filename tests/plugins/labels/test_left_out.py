"""What runs say of what they, and runs before them, could not read."""

import json

import pytest

MANIFEST = "one/manifests/output/output.manifest"
ANSWERS = "one/annotations/worker-response/iteration-1/0/2024-01-01_00:00:00.json"
META = {"type": "groundtruth/image-classification", "job-name": "labeling-job/one", "class-name": "crow"}
GOOD = json.dumps({"source-ref": "s3://b/a.jpg", "kind": 0, "kind-metadata": META}) + "\n"


def answers(*seconds):
    content = {"crowd-classifier": {"label": "crow"}}
    given = [{"workerId": "w", "timeSpentInSeconds": s, "answerContent": content} for s in seconds]
    return json.dumps({"answers": given})


def standing(count):
    view = "the view `left_out` of 'labels.duckdb'"
    return f"{count} that earlier runs could not read are still left out: {view} lists all"


def test_each_run_tells_how_much_earlier_ones_left_out(real):
    real.put(MANIFEST, GOOD + "{oh")
    real.put(ANSWERS, answers(1, "secret", 3))
    seconds = f"{ANSWERS}, at $.answers[1]: `timeSpentInSeconds` is no number"
    line = f"{MANIFEST}, line 2: it is not valid JSON"
    assert sorted(real.refresh()) == sorted([line, seconds])
    assert real.refresh() == [standing(2)]
    real.put("two/manifests/output/output.manifest", GOOD + "\n{ah")
    assert real.refresh() == [
        "two/manifests/output/output.manifest, line 3: it is not valid JSON",
        standing(2),
    ]
    real.put(MANIFEST, GOOD)
    assert real.refresh() == [standing(2)]
    listed = real.rows("SELECT path, line_no, place, reason, state, since_run FROM left_out")
    assert listed == [
        (ANSWERS, None, "$.answers[1]", "`timeSpentInSeconds` is no number", "loaded", 1),
        ("two/manifests/output/output.manifest", 3, None, "it is not valid JSON", "loaded", 2),
    ]
    assert real.rows("SELECT answer_no, active_s FROM responses ORDER BY ALL") == [(0, 1), (2, 3)]
    real.put(ANSWERS, answers(1, 2, 3))
    (real.lake / "two/manifests/output/output.manifest").unlink()
    assert real.refresh() == []
    assert real.refresh() == []


def test_a_database_that_is_made_anew_has_nothing_of_earlier_runs(real):
    real.put(MANIFEST, GOOD + "{oh")
    real.refresh()
    assert real.refresh(layout=("{job}",)) == [f"{MANIFEST}, line 2: it is not valid JSON"]


@pytest.mark.parametrize("bad", ["{oh\n{ah", "<html>\n"])
def test_a_manifest_of_bad_lines_alone_keeps_the_last_good_rows(real, bad):
    real.put(MANIFEST, GOOD)
    real.refresh()
    real.put(MANIFEST, bad)
    said = real.refresh()
    assert [s.partition(":")[0] for s in said] == [f"{MANIFEST}, line {n}" for n in range(1, len(said) + 1)]
    assert real.states == {MANIFEST: "stale"}
    assert real.rows("SELECT class_name FROM labels") == [("crow",)]
    assert real.rows("SELECT error FROM files") == [("nothing for the tables can be read from it",)]
    real.put(MANIFEST, GOOD * 2)
    assert real.refresh() == []
    assert (real.states, len(real.rows("FROM labels"))) == ({MANIFEST: "loaded"}, 2)


def test_a_file_whose_every_answer_is_bad_keeps_the_last_good_ones(real):
    real.put(ANSWERS, answers(1, 2))
    real.refresh()
    real.put(ANSWERS, answers("x", "y"))
    assert len(real.refresh()) == 2
    assert real.states == {ANSWERS: "stale"}
    assert real.rows("SELECT active_s FROM responses ORDER BY ALL") == [(1,), (2,)]
    assert real.rows("SELECT place, state FROM left_out") == [
        ("$.answers[0]", "stale"),
        ("$.answers[1]", "stale"),
    ]
