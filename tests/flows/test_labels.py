"""The labels flow, run as a user would run it, against what plain Python counts in the files of the made lake."""

import csv
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import chain

import pytest

pytestmark = pytest.mark.slow

ANSWERS = ("--select", "+answers_saved", "--report", "none")

pytest.importorskip("duckdb", reason="the flow needs the extra `labels`")


def copied(repository, folder):
    leave = shutil.ignore_patterns(".weirflow", "output", "*.trained.json", "__pycache__")
    shutil.copytree(repository / "flows" / "labels", folder, ignore=leave)
    # the lake has folders of that name, which a copy of the flow must keep
    shutil.copytree(repository / "flows" / "labels" / "lake", folder / "lake", dirs_exist_ok=True)
    return folder


def run(folder, *options):
    """Run the flow in a process of its own; what it says, results and words apart."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("WEIRFLOW_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "weirflow", "run", "labels.flow", *options],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


class Ran:
    """A folder in which the flow has run."""

    def __init__(self, folder, said):
        self.folder, self.said = folder, said
        self.lake = folder / "lake"

    def rows(self, query):
        import duckdb

        with duckdb.connect(str(self.folder / "output" / "labels.duckdb"), read_only=True) as db:
            return db.execute(query).fetchall()

    def answers(self, name):
        """The rows of an answer to a query, as text."""
        (file,) = (self.folder / "output" / "answers").rglob(f"{name}.csv")
        with file.open(newline="") as lines:
            return list(csv.DictReader(lines))

    def sequences(self):
        """Jobs and data objects with their frames."""
        for path in sorted(self.lake.rglob("SeqLabel.json")):
            yield (
                path.relative_to(self.lake).parts[4],
                path.parent.name,
                json.loads(path.read_text())["tracking-annotations"],
            )

    def responses(self):
        """Jobs with every answer of every worker. Files of single frames lie one folder deeper, and are none."""
        for path in sorted(self.lake.rglob("worker-response/iteration-*/*/*.json")):
            parts = path.relative_to(self.lake).parts
            for answer in json.loads(path.read_text())["answers"]:
                yield parts[parts.index("annotations") - 1], answer

    def events(self):
        """The workers' log."""
        for path in sorted(self.lake.rglob("*.gz")):
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                yield json.loads(line.split(" ", 1)[1])


@pytest.fixture(scope="module")
def ran(repository, tmp_path_factory):
    folder = copied(repository, tmp_path_factory.mktemp("labels") / "labels")
    return Ran(folder, run(folder))


@pytest.fixture
def again(repository, tmp_path):
    """A folder of its own in which the flow has run up to its answers, for tests that change the lake."""
    folder = copied(repository, tmp_path / "labels")
    return Ran(folder, run(folder, *ANSWERS))


# ---------------------------------------------------------------------- the lake


def test_the_generator_makes_the_committed_lake(repository, tmp_path):
    flow = repository / "flows" / "labels"
    subprocess.run([sys.executable, flow / "make_lake.py", tmp_path / "lake"], check=True)
    made, committed = (
        {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (tmp_path / "lake", flow / "lake")
    )
    assert set(made) == set(committed)
    differing = [path for path in made if plain(path, made[path]) != plain(path, committed[path])]
    assert differing == []
    assert (tmp_path / "names.csv").read_bytes() == (flow / "names.csv").read_bytes()


def plain(path, content):
    """What a file says. Another version of zlib or of Pillow may write the same in other bytes."""
    if path.endswith(".gz"):
        return gzip.decompress(content)
    if path.endswith(".jpg"):
        from PIL import Image

        with Image.open(io.BytesIO(content)) as image:
            small = image.resize((16, 9)).convert("RGB").tobytes()
            return image.size, [value // 16 for value in small]
    return content


def test_the_lake_is_small_and_names_nobody(repository):
    files = [p for p in (repository / "flows" / "labels" / "lake").rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 2_000_000
    assert not [p for p in files if p.suffix != ".jpg" and b"@" in plain(p.name, p.read_bytes())]


# ---------------------------------------------------------------------- a run


def test_it_ends_with_the_paths_of_the_dashboards(ran):
    said = ran.said.stdout + ran.said.stderr
    for page in ("workers.html", "annotations.html"):
        assert f"output/{page}" in said
        text = (ran.folder / "output" / page).read_text()
        assert text.lower().startswith("<!doctype html>")
        assert not re.search(r"""(?:src|href)=["']?https?://""", text)


def test_the_line_that_was_cut_short_is_told_and_loses_nothing_else(ran):
    path = "jobs/leaves/manifests/output/output.manifest"
    lines = (ran.lake / path).read_text().splitlines()
    assert f"{path}, line {len(lines)}" in ran.said.stderr
    assert ran.rows("SELECT path, line_no FROM rejects JOIN files USING (file_id)") == [(path, len(lines))]
    found = ran.rows(f"SELECT count(*) FROM labels JOIN files USING (file_id) WHERE path = '{path}'")
    assert found == [(len(lines) - 1,)]


def test_every_object_of_every_frame_is_there(ran):
    expected = {
        (job, item, int(f["frame-no"]), a["object-id"], a["left"], a["top"], a["width"], a["height"])
        for job, item, frames in ran.sequences()
        for f in frames
        for a in f["annotations"]
    }
    found = ran.rows(
        'SELECT job, dataset_object_id, frame_no, object_id, "left", top, width, height FROM objects'
    )
    assert len(found) == len(expected)
    assert set(found) == expected


def test_frames_without_objects_count_too(ran):
    expected = Counter(job for job, _, frames in ran.sequences() for _ in frames)
    assert dict(ran.rows("SELECT job, count(*) FROM frames GROUP BY job")) == expected


def test_attributes_count_as_they_were_given(ran):
    expected = Counter(
        (job, name, str(value))
        for job, _, frames in ran.sequences()
        for f in frames
        for a in f["annotations"]
        for name, value in a["label-category-attributes"].items()
    )
    found = ran.rows(
        "SELECT job, e.key, e.value, count(*) FROM (SELECT job, unnest(map_entries(attributes)) AS e FROM objects)"
        " GROUP BY ALL"
    )
    assert {(job, name, value): n for job, name, value, n in found} == expected


def test_every_answer_counts_and_files_of_frames_do_not(ran):
    expected = defaultdict(list)
    for job, answer in ran.responses():
        expected[job].append(answer["timeSpentInSeconds"])
    found = ran.rows("SELECT job, count(*), sum(active_s) FROM responses GROUP BY job")
    assert {job: n for job, n, _ in found} == {job: len(times) for job, times in expected.items()}
    for job, _, seconds in found:
        assert seconds == pytest.approx(sum(expected[job]))


def test_the_workers_log_is_whole(ran):
    expected = Counter((e["labeling_job_arn"].rpartition("/")[2], e["event_type"]) for e in ran.events())
    found = ran.rows("SELECT job, event_type, count(*) FROM activity GROUP BY ALL")
    assert {(job, event): n for job, event, n in found} == expected


def test_a_class_is_what_most_workers_said(ran):
    votes = defaultdict(Counter)
    for path in ran.lake.rglob("jobs/leaves/annotations/worker-response/iteration-*/*/*.json"):
        for answer in json.loads(path.read_text())["answers"]:
            votes[int(path.parent.name)][answer["answerContent"]["crowd-image-classifier"]["label"]] += 1
    found = ran.rows(
        "SELECT line_no - 1, class_name FROM labels JOIN files f USING (file_id)"
        " WHERE label_attribute = 'leaf' AND f.kind = 'manifest'"
    )
    assert len(found) == len(votes)
    for number, name in found:
        assert votes[number][name] == max(votes[number].values())


def test_nobody_is_in_the_database_under_what_the_service_calls_them(ran):
    raw = {a["workerId"] for _, a in ran.responses()} | {e["cognito_sub_id"] for e in ran.events()}
    content = b"".join(p.read_bytes() for p in (ran.folder / "output").rglob("*") if p.is_file())
    assert not [name for name in raw if name.encode() in content]


def test_a_worker_of_the_log_is_the_worker_of_the_answers(ran):
    # answers call a worker `private.us-east-1.<id>`, the log `<id>`
    people = {a["workerId"].rpartition(".")[2] for _, a in ran.responses()} | {
        e["worker_id"] for e in ran.events()
    }
    assert ran.rows("SELECT count(*), count(DISTINCT worker_id) FROM workers") == [(len(people), len(people))]


def test_workers_are_held_against_known_answers(ran):
    truth = {
        int(g["source-ref"][-7:-4]): g["label"]
        for g in json.loads((ran.lake / "golden" / "leaves.json").read_text())
    }
    right = Counter()
    for path in ran.lake.rglob("jobs/leaves/annotations/worker-response/iteration-*/*/*.json"):
        if (n := int(path.parent.name)) in truth:
            for a in json.loads(path.read_text())["answers"]:
                right[a["answerContent"]["crowd-image-classifier"]["label"] == truth[n]] += 1
    assert ran.rows("SELECT sum(n), sum(n_right) FROM worker_accuracy") == [(right.total(), right[True])]


def test_what_workers_could_choose_is_known_the_unused_too(ran):
    found = ran.rows(
        "SELECT job, choices FROM categories WHERE scope = 'attribute' AND name = 'Vehicle_Type' ORDER BY job"
    )
    expected = {job: ["Car", "Van", "Bus", "SUV"] for job, _, _ in ran.sequences()}
    assert dict(found) == expected


def test_workers_have_the_names_of_the_file(ran):
    with (ran.folder / "names.csv").open(newline="") as lines:
        names = {
            f"sub-{hashlib.sha256(r['sub'].encode()).hexdigest()[:10]}": r["name"]
            for r in csv.DictReader(lines)
        }
    found = dict(ran.rows("SELECT sub, name FROM workers WHERE sub IS NOT NULL AND name IS NOT NULL"))
    assert found == {k: v for k, v in names.items() if k in found}
    assert len(found) == len(names)


# ---------------------------------------------------------------------- answers to queries


def test_the_published_queries_and_checks_are_answered(ran):
    frames = list(ran.sequences())
    with_objects = [f for _, _, many in frames for f in many if f["annotations"]]
    assert len(ran.answers("published_frames")) == len(with_objects)
    assert len(ran.answers("published_labels")) == sum(len(f["annotations"]) for f in with_objects)
    tracked = [a for job, a in ran.responses() if job.startswith("vehicles")]
    counts = Counter(int(r["tasks"]) for r in ran.answers("published_worker_metrics") if r["tasks"])
    assert counts == Counter(
        len(a["answerContent"]["trackingAnnotations"]["frameData"]["entries"]) for a in tracked
    )
    for check in ("annotations", "worker_metrics", "manifests", "audit_manifests"):
        assert 0 < len(ran.answers(f"published_check_{check}")) <= 10


def test_audits_are_counted_by_kind_of_vehicle(ran):
    verdicts = defaultdict(Counter)
    for _, _, frames in ran.sequences():
        for a in chain.from_iterable(f["annotations"] for f in frames):
            if "audit" in (given := a["label-category-attributes"]):
                verdicts[given["Vehicle_Type"]][given["audit"]] += 1
    found = {r["vehicle_type"]: (int(r["reviewed"]), int(r["failed"])) for r in ran.answers("failed_audits")}
    assert found == {kind: (sum(c.values()), c["Fail"]) for kind, c in verdicts.items()}


def test_the_ends_of_tasks_are_counted(ran):
    ends = Counter((e["labeling_job_arn"].rpartition("/")[2], e["event_type"]) for e in ran.events())
    for row in ran.answers("ends_of_tasks"):
        assert [int(row[end]) for end in ("submitted", "returned", "declined")] == [
            ends[row["job"], f"Tasks{end.capitalize()}"] for end in ("submitted", "returned", "declined")
        ]


# ---------------------------------------------------------------------- tables and training


def test_parquet_holds_what_the_database_holds(ran):
    import pyarrow.parquet as pq

    for table in ("objects", "frames", "labels", "responses", "activity"):
        files = list((ran.folder / "output" / "tables").rglob("*.parquet"))
        rows = sum(
            pq.ParquetFile(p).metadata.num_rows
            for p in files
            if table in {p.stem, *p.relative_to(ran.folder / "output" / "tables").parts[:-1]}
        )
        assert rows == ran.rows(f"SELECT count(*) FROM {table}")[0][0]


def test_only_what_passed_the_audit_is_trained_on(ran):
    made = json.loads((ran.folder / "output" / "coco" / "annotations.json").read_text())
    kept = [
        f
        for job, _, frames in ran.sequences()
        for f in frames
        if job.endswith("-audit") and f["frame-attributes"]["Frame_Quality"] == "Pass"
    ]
    expected = Counter(
        a["label-category-attributes"]["Vehicle_Type"]
        for f in kept
        for a in f["annotations"]
        if a["label-category-attributes"]["audit"] == "Pass"
    )
    classes = {c["id"]: c["name"] for c in made["categories"]}
    assert Counter(classes[a["category_id"]] for a in made["annotations"]) == expected
    assert {i["file_name"] for i in made["images"]} == {
        f"{f['frame'].rpartition('_')[0]}/{f['frame']}" for f in kept
    }
    assert all((ran.lake / "frames" / i["file_name"]).is_file() for i in made["images"])
    assert {(i["width"], i["height"]) for i in made["images"]} == {(640, 360)}


# ---------------------------------------------------------------------- a second run


def test_a_second_run_reads_nothing_again(again):
    before = again.rows("SELECT path, loaded_at, loaded_run FROM files ORDER BY path")
    database = again.folder / "output" / "labels.duckdb"
    stamp = database.stat().st_mtime_ns
    run(again.folder, *ANSWERS)
    assert database.stat().st_mtime_ns == stamp
    assert again.rows("SELECT path, loaded_at, loaded_run FROM files ORDER BY path") == before


def test_a_changed_file_changes_the_numbers_and_nothing_else(again):
    (path,) = again.lake.glob(
        "batch_manifests/VideoObjectTracking/*-vehicles-south/**/output/1/SeqLabel.json"
    )
    count = again.rows("SELECT count(*) FROM objects")[0][0]
    loaded = dict(again.rows("SELECT path, loaded_run FROM files"))
    content = json.loads(path.read_text())
    taken = content["tracking-annotations"][3]["annotations"]
    content["tracking-annotations"][3]["annotations"] = []
    path.write_text(json.dumps(content))
    answers = len(again.answers("published_labels"))
    run(again.folder, *ANSWERS)
    assert again.rows("SELECT count(*) FROM objects") == [(count - len(taken),)]
    assert len(again.answers("published_labels")) == answers - len(taken)
    now = dict(again.rows("SELECT path, loaded_run FROM files"))
    assert {p for p in now if now[p] != loaded[p]} == {path.relative_to(again.lake).as_posix()}


def test_a_lake_of_ones_own(again, tmp_path):
    own = tmp_path / "own" / "job-7"
    (own / "manifests" / "output").mkdir(parents=True)
    line = {
        "source-ref": "s3://b/a.jpg",
        "fruit": 0,
        "fruit-metadata": {
            "class-name": "Apple",
            "job-name": "labeling-job/job-7",
            "confidence": 0.8,
            "type": "groundtruth/image-classification",
            "human-annotated": "yes",
            "creation-date": "2026-03-04T05:06:07.000000",
        },
    }
    (own / "manifests" / "output" / "output.manifest").write_text(json.dumps(line) + "\n")
    run(again.folder, "-p", f"lake={tmp_path / 'own'}", "--select", "database")
    assert again.rows("SELECT job, class_name FROM labels") == [("job-7", "Apple")]
