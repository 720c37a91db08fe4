"""The views on agreement against statsmodels, the package krippendorff and hand arithmetic."""

import math
import warnings
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

krippendorff = pytest.importorskip("krippendorff")
inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")

CLASSES = ("cat", "dog", "owl")
WORKERS = ("w0", "w1", "w2", "w3")

# one row an object, one entry a worker: a class, or None where he did not rate it
RATINGS = st.lists(st.tuples(*[st.sampled_from((*CLASSES, None))] * len(WORKERS)), min_size=1, max_size=12)
FULL = st.lists(st.tuples(*[st.sampled_from(CLASSES)] * len(WORKERS)), min_size=1, max_size=12)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rated(made, ratings):
    made.clear("responses")
    entries = [
        {"dataset_object_id": str(i), "worker_id": w, "class_name": c}
        for i, row in enumerate(ratings)
        for w, c in zip(WORKERS, row, strict=True)
        if c is not None
    ]
    if entries:
        made.put("responses", *entries, job="j", iteration=1, answer_no=0)
    return made


def near(ours, theirs):
    if theirs is None or math.isnan(theirs):
        return ours is None
    return ours == pytest.approx(theirs, abs=1e-9)


@QUICK
@given(ratings=RATINGS)
def test_krippendorffs_alpha_with_missing_ratings(shared_labels, ratings):
    made = rated(shared_labels, ratings)
    (ours,) = made.column("SELECT krippendorff_alpha FROM agreement") or [None]
    shared = [r for r in ratings if sum(c is not None for c in r) > 1]
    if len({c for r in shared for c in r if c is not None}) < 2:
        assert ours is None  # nothing differs, so that chance cannot be told from skill
        return
    codes = [[np.nan if c is None else CLASSES.index(c) for c in row] for row in ratings]
    theirs = krippendorff.alpha(reliability_data=np.array(codes).T, level_of_measurement="nominal")
    assert near(ours, float(theirs))


@QUICK
@given(ratings=FULL)
def test_fleiss_kappa_of_full_ratings(shared_labels, ratings):
    made = rated(shared_labels, ratings)
    (ours,) = made.column("SELECT fleiss_kappa FROM agreement")
    table = np.array([[row.count(c) for c in CLASSES] for row in ratings])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0 / 0 where all ratings are one class
        theirs = float(inter_rater.fleiss_kappa(table, method="fleiss"))
    assert near(ours, theirs)


@QUICK
@given(ratings=RATINGS)
def test_cohens_kappa_of_every_pair(shared_labels, ratings):
    made = rated(shared_labels, ratings)
    ours = {(r["worker_a"], r["worker_b"]): r for r in made.ask("FROM pairwise_agreement")}
    objects = sum(any(c is not None for c in row) for row in ratings)
    expected = {}
    for (a, one), (b, other) in combinations(enumerate(WORKERS), 2):
        table = np.zeros((len(CLASSES), len(CLASSES)))
        for row in ratings:
            if row[a] is not None and row[b] is not None:
                table[CLASSES.index(row[a]), CLASSES.index(row[b])] += 1
        if table.sum():
            expected[one, other] = table
    assert set(ours) == set(expected)
    for pair, table in expected.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = float(inter_rater.cohens_kappa(table, return_results=False))
        assert near(ours[pair]["cohen_kappa"], theirs)
        assert ours[pair]["n"] == table.sum()
        assert ours[pair]["coverage"] == pytest.approx(table.sum() / objects)
        assert ours[pair]["agreement"] == pytest.approx(np.trace(table) / table.sum())


def test_ratings_of_different_numbers_have_no_fleiss_kappa(labels):
    made = rated(labels, [("cat", "cat", "dog", None), ("cat", "cat", None, None), ("owl", None, None, None)])
    (found,) = made.ask("FROM agreement")
    assert found["fleiss_kappa"] is None
    assert (found["n_objects"], found["n_shared"], found["n_ratings"], found["n_workers"]) == (3, 2, 6, 3)
    assert (found["min_ratings"], found["max_ratings"]) == (2, 3)
    assert found["coverage"] == pytest.approx(2 / 3)
    assert found["raw_agreement"] == pytest.approx((1 / 3 + 1) / 2)  # one pair of three, and one of one


def test_the_latest_rating_of_a_worker_counts(labels):
    labels.put(
        "responses",
        {"iteration": 1, "class_name": "cat", "submitted": "2024-01-01T00:00:00Z"},
        {"iteration": 2, "class_name": "dog", "submitted": "2024-01-02T00:00:00Z"},
        job="j", dataset_object_id="0", answer_no=0, worker_id="w",
    )  # fmt: skip
    assert labels.column("SELECT class_name FROM ratings") == ["dog"]


def test_weights_by_the_rule_of_succession(labels):
    # on the second object the others of w0 say dog and cat, a tie, which counts for nobody; so for w1
    made = rated(
        labels,
        [("cat", "cat", "dog", "cat"), ("dog", "dog", "cat", None), ("owl", "owl", None, None)],
    )
    weights = {r["worker_id"]: (r["n"], r["n_agreed"], r["weight"]) for r in made.ask("FROM worker_weights")}
    assert weights["w0"] == (2, 2, pytest.approx(3 / 4))
    assert weights["w1"] == (2, 2, pytest.approx(3 / 4))
    assert weights["w2"] == (2, 0, pytest.approx(1 / 4))
    assert weights["w3"] == (1, 1, pytest.approx(2 / 3))


def test_the_weighted_consensus_outvotes_bad_workers(labels):
    better, worse = ("good", "fair", "fine", "able"), ("bad", "worse")
    known = [(str(i), w, "cat" if w in better else "dog") for i in range(4) for w in (*better, *worse)]
    known += [("last", "good", "owl"), ("last", "bad", "dog"), ("last", "worse", "dog")]
    labels.put(
        "responses",
        *({"dataset_object_id": d, "worker_id": w, "class_name": c} for d, w, c in known),
        job="j",
    )
    assert labels.column("SELECT class_name FROM consensus WHERE dataset_object_id = 'last'") == ["dog"]
    (found,) = labels.ask("SELECT class_name, share FROM weighted_consensus WHERE dataset_object_id = 'last'")
    # good: 4 of 5 (the last: the others both say dog) -> 5/7; bad: 0 of 4, and a tie of owl and dog -> 1/6
    assert found == {"class_name": "owl", "share": pytest.approx(5 / 7 / (5 / 7 + 1 / 6 + 1 / 6))}


def test_boxes_of_workers_match_each_other_best(labels):
    box = '{{"label": "{}", "left": {}, "top": 0, "width": 10, "height": 10}}'

    def answer(*boxes):
        return '{"crowd-bounding-box": {"boundingBoxes": [' + ", ".join(box.format(*b) for b in boxes) + "]}}"

    labels.put(
        "responses",
        {"worker_id": "a", "answer": answer(("car", 0), ("car", 100))},
        {"worker_id": "b", "answer": answer(("bus", 101), ("car", 5), ("car", 500))},
        job="j", dataset_object_id="0", answer_no=0,
    )  # fmt: skip
    found = labels.ask("SELECT idx_a, idx_b, iou FROM box_matches ORDER BY idx_a")
    assert found == [
        {"idx_a": 0, "idx_b": 1, "iou": pytest.approx(50 / 150)},
        {"idx_a": 1, "idx_b": 0, "iou": pytest.approx(90 / 110)},
    ]
    (found,) = labels.ask("FROM box_agreement")
    assert found["matched_by"] == "best match of workers"
    assert (found["n_objects"], found["n_pairs"], found["n_matched"]) == (1, 1, 2)
    assert found["mean_iou"] == pytest.approx((1 / 3 + 9 / 11) / 2)
    assert found["score"] == pytest.approx(2 * (1 / 3 + 9 / 11) / 5)
    assert found["f1_at_half"] == pytest.approx(2 / 5)
    assert found["same_class"] == 0.5


def test_boxes_of_two_jobs_on_one_image(labels):
    for job, left in (("one", 0), ("two", 2)):
        key = {
            "line_no": 1,
            "job": job,
            "source": "s3://b/a.jpg",
            "label_attribute": job,
            "file_id": ord(job[0]),
        }
        labels.put("labels", {**key, "job_name": job, "task_type": "object-detection"})
        labels.put(
            "annotations",
            {
                **key,
                "idx": 0,
                "shape": "box",
                "left": left,
                "top": 0,
                "width": 8,
                "height": 4,
                "class_name": "car",
            },
        )
    (found,) = labels.ask("SELECT matched_by, job, other_job, mean_iou, score FROM box_agreement")
    iou = pytest.approx(24 / 40)
    assert found == {
        "matched_by": "best match of jobs", "job": "one", "other_job": "two", "mean_iou": iou, "score": iou,
    }  # fmt: skip


@pytest.fixture(scope="module")
def birds(corpus, shared_labels):
    """The corpus's bird images: every answer, the consolidated labels and the right ones."""
    import json

    folder = corpus / "labels" / "aws__amazon-sagemaker-examples__annotation_consolidation_ic_data"
    made = type(shared_labels)()  # which no other test clears
    answers = defaultdict(list)
    responses, lines, golden = [], [], []
    for path in sorted((folder / "worker-response").rglob("*.json")):
        for answer in json.loads(path.read_text())["answers"]:
            label = answer["answerContent"]["crowd-image-classifier"]["label"]
            answers[path.parent.name].append(label)
            responses.append(
                {"dataset_object_id": path.parent.name, "worker_id": answer["workerId"], "class_name": label}
            )
    right = {t["ImageId"]: t["Label"] for t in json.loads((folder / "true_labels.json").read_text())}
    consolidated = {}
    for number, line in enumerate((folder / "output.manifest").read_text().splitlines()):
        found = json.loads(line)
        label = found[next(k for k in found if k.endswith("-metadata"))]["class-name"]
        consolidated[str(number)] = label
        source = found["source-ref"]
        lines.append({"class_name": label, "source": source, "line_no": number + 1})
        image = source.rpartition("/")[2].partition(".")[0]
        if image in right:
            golden.append({"source": source, "class_name": right[image]})
    made.put("responses", *responses, job="birds")
    made.put("labels", *lines, job="birds", label_attribute="birds", task_type="image-classification")
    made.put("golden", *golden)
    return made, answers, consolidated


def test_agreement_on_real_answers(birds):
    """The figures that specs/labels.md, section 5, has from statsmodels and krippendorff."""
    (found,) = birds[0].ask("FROM agreement")
    assert found["fleiss_kappa"] == pytest.approx(0.821378, abs=1e-6)
    assert found["krippendorff_alpha"] == pytest.approx(0.8215, abs=5e-5)
    assert found["raw_agreement"] == pytest.approx(0.845, abs=5e-4)
    assert (found["n_objects"], found["n_ratings"], found["n_workers"]) == (302, 1510, 97)


def test_pairs_on_real_answers_share_little(birds):
    found = birds[0].ask("SELECT n, cohen_kappa AS kappa FROM pairwise_agreement")
    assert len(found) == 1183
    assert (np.median([r["n"] for r in found]), max(r["n"] for r in found)) == (2, 19)
    many = [r["kappa"] for r in found if r["n"] >= 10]
    assert len(many) == 36
    assert (round(min(many), 2), round(float(np.mean(many)), 2)) == (0.20, 0.85)


def test_workers_on_real_answers_against_the_right_ones(birds):
    (found,) = birds[0].ask(
        "SELECT count(*) AS workers, sum(n_right) / sum(n) AS accuracy FROM worker_accuracy"
    )
    assert found == {"workers": 97, "accuracy": pytest.approx(0.859, abs=5e-4)}


def test_consolidated_labels_and_majorities_on_real_answers(birds):
    """300 of 302 where ties are broken by the first answer; three are ties, which we do not break."""
    made, answers, consolidated = birds
    majority = {k: Counter(v).most_common(2) for k, v in answers.items()}
    assert sum(majority[k][0][0] == c for k, c in consolidated.items()) == 300
    clear = {k for k, v in majority.items() if len(v) == 1 or v[0][1] > v[1][1]}
    found = made.ask("SELECT dataset_object_id AS id, agrees FROM consolidation")
    assert len(found) == 302
    assert {r["id"] for r in found if r["agrees"] is not None} == clear
    assert len(clear) == 299
    assert all(r["agrees"] for r in found if r["id"] in clear)
