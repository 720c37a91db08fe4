import csv
import subprocess
import sys

import pytest


@pytest.fixture
def fitted(weirflow):
    """The flow, fitted by a run."""
    assert weirflow("run", "people.flow", "--report", "none", "-q").code == 0


def rows(file):
    with file.open() as handle:
        return list(csv.DictReader(handle))


def test_the_module_writes_what_the_run_wrote(weirflow, folder, fitted):
    done = weirflow("export", "people.flow", "--to", "pandas", "-o", "people.py")
    ours = rows(folder / "out.csv")
    (folder / "out.csv").unlink()
    subprocess.run([sys.executable, "people.py"], check=True, cwd=folder)

    assert (done.code, done.out, done.err) == (0, "", "wrote people.py\n")
    assert rows(folder / "out.csv") == ours
    assert "import weirflow" not in (folder / "people.py").read_text()


def test_without_a_file_it_goes_to_standard_output(weirflow, fitted):
    done = weirflow("export", "people.flow", "--to", "pandas")

    compile(done.out, "people.py", "exec")
    assert (done.code, done.err) == (0, "")


def test_a_file_is_replaced_only_by_force(weirflow, folder, fitted):
    (folder / "people.py").write_text("mine\n")
    refused = weirflow("export", "people.flow", "--to", "pandas", "-o", "people.py")

    assert refused.code == 2
    assert "error[WF802]" in refused.err
    assert (folder / "people.py").read_text() == "mine\n"
    assert weirflow("export", "people.flow", "--to", "pandas", "-o", "people.py", "--force").code == 0
    assert (folder / "people.py").read_text() != "mine\n"


def test_what_is_not_fitted_is_named(weirflow):
    done = weirflow("export", "people.flow", "--to", "pandas")

    assert (done.code, done.out) == (1, "")
    assert "WF612" in done.err
    assert "city" in done.err


def test_refit_writes_code_that_learns(weirflow, folder):
    flow = (folder / "people.flow").read_text()
    (folder / "people.flow").write_text(
        flow.replace("encode.one_hot", "scale.min_max").replace("columns: city", "columns: age")
    )
    assert weirflow("export", "people.flow", "--to", "pandas", "--refit", "-o", "people.py").code == 0
    subprocess.run([sys.executable, "people.py"], check=True, cwd=folder)

    # 27 is the least and 42 the greatest age, so that 31 lies at 4 / 15
    assert [float(r["age"]) for r in rows(folder / "out.csv")] == pytest.approx([4 / 15, 1, 0], rel=1e-12)


def test_the_form_has_to_be_said(weirflow):
    assert weirflow("export", "people.flow").code == 2
    assert weirflow("export", "people.flow", "--to", "cobol").code == 2
