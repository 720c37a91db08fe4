import json
import stat
import subprocess
import sys

import pytest

WILD = """\
flow: 1   # the format
nodes:
- operator: read.csv
  # who
  id: people
  parameters: {path: 'people.csv'}
"""

TAME = """\
flow: 1  # the format
nodes:
  # who
  - id: people
    operator: read.csv
    parameters: {path: people.csv}
"""


@pytest.fixture
def wild(folder):
    file = folder / "wild.flow"
    file.write_text(WILD)
    return file


def test_a_flow_is_laid_out_in_its_place(weirflow, wild):
    wild.chmod(0o640)
    done = weirflow("fmt", "wild.flow")

    assert (done.code, done.out, done.err) == (0, "", "laid out wild.flow\n")
    assert wild.read_text() == TAME
    assert stat.S_IMODE(wild.stat().st_mode) == 0o640
    assert sorted(p.name for p in wild.parent.iterdir()) == ["people.csv", "people.flow", "wild.flow"]


def test_a_second_time_nothing_changes(weirflow, wild):
    wild.write_text(TAME)
    before = wild.stat().st_mtime_ns
    done = weirflow("fmt", "wild.flow")

    assert (done.code, done.err) == (0, "1 flow: nothing to change\n")
    assert wild.stat().st_mtime_ns == before


def test_check_names_files_and_writes_none(weirflow, wild):
    done = weirflow("fmt", "--check", ".")

    assert (done.code, done.out, done.err) == (1, "", "would lay out wild.flow\n")
    assert wild.read_text() == WILD


def test_check_passes_what_is_laid_out(weirflow):
    assert weirflow("fmt", "--check", ".").code == 0


def test_diff_shows_lines_and_writes_none(weirflow, wild):
    done = weirflow("fmt", "--diff", "wild.flow")

    assert done.code == 1
    assert done.out.splitlines()[:5] == [
        "--- wild.flow",
        "+++ wild.flow",
        "@@ -1,6 +1,6 @@",
        "-flow: 1   # the format",
        "+flow: 1  # the format",
    ]
    assert wild.read_text() == WILD


@pytest.mark.parametrize(("given", "code"), [(WILD, 0), (TAME, 0)])
def test_standard_input_goes_to_standard_output(folder, given, code):
    done = subprocess.run(
        [sys.executable, "-m", "weirflow", "fmt", "-"],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, TAME)


def test_standard_input_that_is_wrong(folder):
    done = subprocess.run(
        [sys.executable, "-m", "weirflow", "fmt", "-"],
        input="flow: [",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("<stdin>:1:8: error[WF102]: ")


def test_standard_input_stands_alone(weirflow):
    assert weirflow("fmt", "-", "people.flow").code == 2


def test_carriage_returns_and_a_mark_at_the_beginning_go(weirflow, wild):
    wild.write_bytes(b"\xef\xbb\xbf" + TAME.replace("\n", "\r\n").encode())

    assert weirflow("fmt", "--check", "wild.flow").code == 1
    assert weirflow("fmt", "wild.flow").code == 0
    assert wild.read_bytes() == TAME.encode()


def test_a_link_stays_a_link(weirflow, wild):
    link = wild.parent / "link.flow"
    link.symlink_to("wild.flow")

    assert weirflow("fmt", "link.flow").code == 0
    assert link.is_symlink()
    assert wild.read_text() == TAME


BAD = """\
flow: 1
nodes:
  - id: a
    id: b
    operator: !x read.csv
"""


def test_a_flow_with_errors_stays_as_it_is(weirflow, wild):
    bad = wild.parent / "bad.flow"
    bad.write_text(BAD)
    done = weirflow("fmt", ".")

    assert done.code == 3
    assert bad.read_text() == BAD
    assert wild.read_text() == TAME  # the others are laid out nevertheless
    assert done.err == (
        "laid out wild.flow\n"
        "bad.flow:4:5: error[WF103]: key 'id' stands twice in one mapping, at lines 3 and 4\n"
        "  3 |   - id: a\n"
        "  4 |     id: b\n"
        "    |     ^^\n"
        "  hint: remove one of them\n"
        "  it stands here first: bad.flow:3:5\n"
        "  3 |   - id: a\n"
        "    |     ^^\n"
        "bad.flow:5:15: error[WF104]: the YAML tag '!x' is not supported\n"
        "  4 |     id: b\n"
        "  5 |     operator: !x read.csv\n"
        "    |               ^\n"
        "  hint: remove it; put text that begins with '!' in quotes\n"
        "2 errors in 1 file\n"
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"flow: 2\nnodes: []\n", "WF106"),
        (b"a: 1\n", "WF105"),
        (b"", "WF105"),
        (b"\xff", "WF101"),
        (b"- 1\n", "WF105"),
    ],
)
def test_what_is_no_flow_is_refused(weirflow, wild, content, code):
    wild.write_bytes(content)
    done = weirflow("fmt", "wild.flow")

    assert done.code == 3
    assert f"error[{code}]" in done.err
    assert wild.read_bytes() == content


def test_a_file_that_is_not_there(weirflow):
    done = weirflow("fmt", "poeple.flow")

    assert done.code == 3
    assert "did you mean 'people.flow'?" in done.err


def test_json_is_indented(weirflow, wild):
    wild.write_text('{"flow": 1, "nodes": []}')

    assert weirflow("fmt", "wild.flow").code == 0
    assert wild.read_text() == '{\n  "flow": 1,\n  "nodes": []\n}\n'


def test_a_flow_that_check_refuses_is_laid_out(weirflow, wild):
    """What a flow says may be half done: that it can be read is enough."""
    wild.write_text("flow: 1\nnodes:\n- {operator: no.such, id: a}\n")

    assert weirflow("fmt", "wild.flow").code == 0
    assert wild.read_text() == "flow: 1\nnodes:\n  - {id: a, operator: no.such}\n"


def test_it_loads_no_table_engine(wild):
    code = (
        "import sys, json; from weirflow.cli import main; main(['fmt', 'wild.flow']);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert wild.read_text() == TAME
    assert not {"polars", "pandas", "pyarrow", "pydantic"} & set(json.loads(done.stdout))
