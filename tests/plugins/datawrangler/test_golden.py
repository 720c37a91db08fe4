"""What the service itself computed: its outputs and its models, in flows by others."""

import csv

import pytest

import weirflow
from weirflow.cli import main


@pytest.fixture
def flow(tmp_path, corpus):
    """A flow of the corpus, beside which a run may write."""

    def copy(name):
        (tmp_path / "theirs.flow").write_bytes((corpus / "datawrangler" / "flows" / name).read_bytes())
        return tmp_path / "theirs.flow"

    return copy


def run(*arguments):
    return main(["run", *map(str, arguments), "--report", "none", "-q"])


def test_the_output_of_the_service_is_reproduced_to_the_byte(flow, corpus, tmp_path):
    theirs = flow("arunprsh__no-code-low-code__feature-transformations.flow")
    data = corpus / "datawrangler" / "data" / "diabetic__diabetic_readmission.csv"
    assert run(theirs, "--source", data, "--sample", "as-saved") == 0
    golden = (corpus / "datawrangler" / "data" / "diabetic__OUTPUT_diabetic_transformed.csv").read_bytes()
    assert (tmp_path / "output" / "one_hot_encode.csv").read_bytes() == golden
    assert run(theirs, "--source", data, "--sample", "as-saved", "--refit", "-o", tmp_path / "anew") == 0
    assert (tmp_path / "anew" / "one_hot_encode.csv").read_bytes() == golden  # the same is learned anew


def test_the_file_that_is_written_gives_what_the_vendors_gives(flow, corpus, tmp_path):
    theirs = flow("arunprsh__no-code-low-code__feature-transformations.flow")
    data = corpus / "datawrangler" / "data" / "diabetic__diabetic_readmission.csv"
    mine = tmp_path / "mine.flow"
    assert main(["import", str(theirs), "-o", str(mine), "-q"]) == 0
    assert run(theirs, "--source", data, "-o", tmp_path / "a") == 0
    assert run(mine, "--frozen", "--source", f"diabetic_readmission={data}", "-o", tmp_path / "b") == 0
    made = (tmp_path / "a" / "one_hot_encode.csv").read_bytes()
    assert made == (tmp_path / "b" / "one_hot_encode.csv").read_bytes()
    assert made.count(b"\n") == 69_571  # all rows: the service's sample is taken only where it is asked for


def test_a_plan_needs_no_data(flow, capsys):
    theirs = flow("arunprsh__no-code-low-code__feature-transformations.flow")
    plan = weirflow.Project(theirs)
    assert plan.plan(facts=plan.inspect(absent=True)).nodes["one_hot_encode"].action == "use"
    assert main(["plan", str(theirs), "--schemas"]) == 0
    out, err = capsys.readouterr()
    assert "race_caucasian: float64" in out
    assert "planned by the columns that were learned from" in err


LACKING = {
    "untitled@8dfc75d2": "one of its sources is not public",
    "datawrangler__customers": "it casts a column of a category that the service had not learned; a refit mends it",
}


def test_every_flow_whose_data_is_there_runs_to_its_end(corpus, tmp_path):
    folder = corpus / "datawrangler"
    heads = {}
    for file in sorted((folder / "data").glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as text:
            heads[file] = set(next(csv.reader(text)))
    ended, failed = [], []
    for number, theirs in enumerate(sorted((folder / "flows").glob("*.flow"))):
        copy = tmp_path / str(number) / "theirs.flow"
        copy.parent.mkdir()
        copy.write_bytes(theirs.read_bytes())
        imported = weirflow.Project(copy).loaded.imported
        sources = [
            n.id for n in imported.nodes if n.operator.startswith(("read.", "datawrangler.unmapped_source"))
        ]
        found = {
            s: next((f for f, h in heads.items() if h == set(imported.sources.get(s, ()))), None)
            for s in sources
        }
        if not any(found.values()):
            continue
        given = [a for s, f in found.items() if f is not None for a in ("--source", f"{s}={f}")]
        (ended if run(copy, *given, "--allow-code") == 0 else failed).append(theirs.stem)
    assert [name for name in failed if not any(name.endswith(n) for n in LACKING)] == []
    assert len(ended) >= 13
