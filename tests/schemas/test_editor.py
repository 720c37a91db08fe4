"""What an editor makes of flows by our schemas: the real language server for YAML marks, completes and explains."""

import pytest

HEAD = "# yaml-language-server: $schema=../../schemas/flow.schema.json\nflow: 1\nnodes:\n"


def node(operator, parameters):
    return f"{HEAD}  - id: a\n    operator: {operator}\n    parameters: {parameters}\n"


def place(text, words):
    """Line from 1 and column from 0 of the first occurrence of words."""
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n") - 1


@pytest.mark.parametrize("name", ["credit-risk.flow", "credit-risk-custom.flow", "credit-risk.tests.yaml"])
def test_the_files_that_ship_are_good(editor, repository, name):
    text = (repository / "flows" / "credit-risk" / name).read_text()
    assert "yaml-language-server: $schema=" in text.splitlines()[0]
    assert editor.open(name, text) == []


def test_interpolation_may_stand_for_any_value(editor):
    text = node("read.csv", '{path: "${data}", header: "${has_header}", skip: "${env:SKIP}"}')
    assert editor.open("interpolated.flow", text) == []


@pytest.mark.parametrize(
    ("parameters", "marked", "said"),
    [
        ('{path: x.csv, delimeter: ";"}', "delimeter", "delimeter is not allowed"),
        ("{path: x.csv, skip: some}", "some", "Incorrect type"),
        ("{path: x.csv, skip: -1}", "-1", "Value is below the minimum of 0"),
        ("{path: x.csv, header: 1}", "1", "Incorrect type"),
    ],
)
def test_wrong_parameters_are_marked(editor, parameters, marked, said):
    ((line, words, message),) = editor.open(
        f"bad-{len(parameters)}-{marked}.flow", node("read.csv", parameters)
    )
    assert (line, words) == (6, marked)
    assert said in message


def test_a_parameter_that_is_missing_is_named(editor):
    ((_, _, message),) = editor.open("missing.flow", node("read.csv", "{skip: 1}"))
    assert message == 'Missing property "path".'


def test_an_unknown_operator_and_an_unknown_key_are_marked(editor):
    text = f"{HEAD}  - id: a\n    operator: read.cvs\n  - id: b\n    operater: read.csv\n    operator: read.csv\n"
    text += "    parameters: {path: x.csv}\n"
    marks = [(line, words) for line, words, _ in editor.open("unknown.flow", text)]
    assert marks == [(5, "read.cvs"), (7, "operater")]


def test_operators_are_offered_with_their_documentation(editor):
    text = f"{HEAD}  - id: a\n    operator: s\n"
    editor.open("operators.flow", text)
    offered = editor.complete("operators.flow", 5, 15)
    assert {"scale.standard", "read.csv", "write.parquet", "analyse.bias", "files.hash"} <= offered.keys()
    assert "A constant column, which has no deviation, becomes 0." in offered["scale.standard"]


def test_parameters_of_the_operator_are_offered_with_their_documentation(editor):
    text = f"{HEAD}  - id: a\n    operator: scale.robust\n    parameters:\n      c\n"
    editor.open("parameters.flow", text)
    offered = editor.complete("parameters.flow", 7, 7)
    assert "numeric columns" in offered["columns"]
    assert "delimiter" not in offered  # which is another operator's


def test_values_of_a_parameter_are_offered(editor):
    text = node("columns.cast", "\n      types: {a: int64}\n      invalid: e")
    editor.open("values.flow", text)
    assert {"error", '"null"'} <= editor.complete("values.flow", 8, 16).keys()


def test_what_is_pointed_at_is_explained(editor):
    text = node("text.split", "{column: status, delimiter: ':', output: parts}")
    editor.open("hover.flow", text)
    assert "split text at a delimiter" in editor.hover("hover.flow", *place(text, "text.split"))
    assert "what stands between the parts" in editor.hover("hover.flow", *place(text, "delimiter"))
