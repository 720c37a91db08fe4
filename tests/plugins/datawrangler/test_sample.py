"""The samples of sources that the service works on: read of its file, and taken only if that is asked for."""

import json

import pytest

from weirflow.cli import main
from weirflow_datawrangler.convert import convert


def test_only_a_flow_with_a_sample_says_whether_it_is_taken(file_of, source):
    plain, drawn = source(), source()
    drawn["outputs"][0]["sampling"] = {"sampling_method": "sample_by_limit", "limit_rows": 2}
    assert list(convert(file_of(plain)).parameters) == []
    assert list(convert(file_of(drawn)).parameters) == ["sample"]


@pytest.mark.parametrize("asked", ["none", "as-saved"])
def test_a_run_may_ask_for_samples_that_there_are_not(file_of, source, drop, tmp_path, asked):
    (tmp_path / "x.flow").write_text(json.dumps(file_of(source(), drop("d", "b", "s"))))
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    wanted = ["--source", str(tmp_path / "x.csv"), "--sample", asked, "--report", "none"]
    assert main(["run", str(tmp_path / "x.flow"), *wanted]) == 0
    assert [f.read_text() for f in (tmp_path / "output").iterdir()] == ["a\n1\n"]
