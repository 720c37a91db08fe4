import json

import pytest

from weirflow.cli.check import _annotation


def edit(folder, old, new, name="people.flow"):
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_right_flow(weirflow):
    done = weirflow("check", "people.flow")

    assert (done.code, done.out, done.err) == (
        0,
        "",
        "people.flow: nothing wrong (--with-data looks at the columns of the data too)\n",
    )


def test_data_need_not_be_there(weirflow, folder):
    (folder / "people.csv").unlink()

    assert weirflow("check", "people.flow").code == 0


def test_an_error_points_at_its_place(weirflow, folder):
    edit(folder, "columns: city", "colums: city")
    done = weirflow("check", "people.flow")

    assert done.code == 3
    assert "people.flow:11:18: error[WF203]: unknown parameter 'colums'" in done.out
    assert "did you mean 'columns'?" in done.out


def test_all_errors_at_once(weirflow, folder):
    edit(folder, "columns: city", "colums: city")
    edit(folder, "path: out.csv", "pth: out.csv")
    done = weirflow("check", "people.flow")

    assert done.out.index("'colums'") < done.out.index("'pth'")
    assert done.out.rstrip().endswith("errors in 1 file")


def test_a_missing_operator_is_code_4(weirflow, folder):
    edit(folder, "encode.one_hot", "encode.one_hut")
    done = weirflow("check", "people.flow")

    assert done.code == 4
    assert "did you mean 'encode.one_hot'" in done.out


def test_an_invalid_flow_with_a_missing_operator_is_code_3(weirflow, folder):
    edit(folder, "encode.one_hot", "encode.one_hut")
    edit(folder, "path: out.csv", "pth: out.csv")

    assert weirflow("check", "people.flow").code == 3


def test_a_file_that_is_not_there(weirflow):
    done = weirflow("check", "poeple.flow")

    assert done.code == 3
    assert "WF101" in done.out


def test_folders_are_searched_but_not_hidden_ones(weirflow, folder):
    for name in ("sub", ".weirflow"):
        (folder / name).mkdir()
        (folder / name / "bad.flow").write_text("flow: 1\nnodes: 3\n")
    done = weirflow("check", ".")

    assert done.code == 3
    assert "sub/bad.flow" in done.out
    assert ".weirflow" not in done.out


def test_a_folder_without_flows_selects_nothing(weirflow, folder):
    (folder / "empty").mkdir()

    assert weirflow("check", "empty").code == 5


def test_without_a_path_it_is_usage(weirflow):
    assert weirflow("check").code == 2


def test_values_can_be_given(weirflow, folder):
    edit(folder, "{type: path, default: people.csv}", "{type: path}")

    assert weirflow("check", "people.flow").code == 3
    assert weirflow("check", "people.flow", "-p", "data=people.csv").code == 0
    assert weirflow("check", "people.flow", "-p", "data=people.csv", "--set", "city.colums=x").code == 3


def test_with_data_columns_are_known(weirflow, folder):
    edit(folder, "columns: city", "columns: town")

    assert weirflow("check", "people.flow").code == 0
    done = weirflow("check", "people.flow", "--with-data")
    assert done.code == 3
    assert "there is no column 'town'" in done.out


def test_with_data_a_missing_file_is_told(weirflow, folder):
    (folder / "people.csv").unlink()
    done = weirflow("check", "people.flow", "--with-data")

    assert done.code == 3
    assert "WF602" in done.out


def test_json(weirflow, folder):
    edit(folder, "columns: city", "colums: city")
    done = weirflow("check", "people.flow", "--json")
    found = json.loads(done.out)

    assert (done.code, done.err) == (3, "")
    assert found["files"] == 1
    unknown = next(d for d in found["diagnostics"] if d["code"] == "WF203")
    assert (unknown["file"], unknown["line"], unknown["col"]) == ("people.flow", 11, 18)


def test_github(weirflow, folder):
    edit(folder, "columns: city", "colums: city")
    lines = weirflow("check", "people.flow", "--format", "github").out.splitlines()

    unknown = next(line for line in lines if "WF203" in line)
    assert unknown.startswith("::error file=people.flow,line=11,col=18,endLine=11,endColumn=24,")
    assert "title=WF203::unknown parameter 'colums'" in unknown


@pytest.mark.parametrize(("text", "escaped"), [("100%", "100%25"), ("a\nb", "a%0Ab"), ("a: b, c", "a: b, c")])
def test_github_messages_are_escaped(text, escaped):
    facts = {"severity": "warning", "file": "a,b:c.flow", "code": "WF101", "message": text, "hint": None}

    assert _annotation(facts) == f"::warning file=a%2Cb%3Ac.flow,title=WF101::{escaped}"


def test_a_flow_with_declared_inputs_is_right_by_itself(folder, weirflow):
    (folder / "part.flow").write_text(
        "flow: 1\ninputs: {rows: table}\noutputs: {done: kept}\nnodes:\n"
        "  - {id: kept, operator: columns.keep, inputs: rows, parameters: {columns: [name]}}\n"
    )
    for arguments in ([folder], ["part.flow"], ["part.flow", "--with-data"]):
        assert weirflow("check", *arguments).code == 0
    refused = weirflow("run", "part.flow")
    assert refused.code == 3
    assert "error[WF306]: nothing feeds 'rows', which this flow declares as an input" in refused.err


def test_what_is_wrong_in_a_flow_with_declared_inputs_is_found(folder, weirflow):
    (folder / "part.flow").write_text(
        "flow: 1\ninputs: {rows: table}\nnodes:\n"
        "  - {id: kept, operator: columns.keep, inputs: rows, parameters: {columns: [name]}}\n"
        "  - {id: gone, operator: columns.drop, parameters: {columns: [city]}}\n"
    )
    done = weirflow("check", "part.flow")
    assert done.code == 3
    assert "error[WF401]: columns.drop: there is no column 'city'" in done.out


def test_two_sinks_of_one_file(folder, weirflow):
    flow = folder / "people.flow"
    more = "  - {id: again, operator: write.csv, inputs: city, parameters: {path: ./out.csv}}\n"
    flow.write_text(flow.read_text() + more)
    done = weirflow("check", "people.flow", "--json")
    assert done.code == 3
    [found] = json.loads(done.out)["diagnostics"]
    assert (found["code"], found["node"], found["line"]) == ("WF311", "again", 15)
