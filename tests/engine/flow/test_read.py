"""Text into data: syntax errors in plain words, duplicate keys, tags, aliases, foreign files."""

from __future__ import annotations

import json

import pytest
import yaml

from weirflow.flow import yaml_reader
from weirflow.flow.read import parse, read_file


@pytest.fixture(params=["libyaml", "pure"])
def loader(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.setattr(yaml_reader, "_Loader", yaml.SafeLoader)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML is built without libyaml")


def only(text):
    (found,) = parse(text, "x.flow").diagnostics
    return found


YAML_FAULTS = [
    ("a:\n\tb: 1\n", 2, 1, "a tab is used for indentation"),
    ("a: b: c\n", 1, 5, "a second ': ' stands on one line"),
    ("a: 1\n  b: 2\n", 2, 4, "this line is indented deeper than the one above, which already has a value"),
    ("word\nb: 1\n", 2, 2, "the line above has no ':'"),
    ("a:b\nc: d\n", 2, 2, "the line above has no space after its ':'"),
    ("a: 1\nword\n", 2, 1, "this line is neither 'key: value' nor a list item"),
    ("a: 'x\nb: 2\n", 1, 4, "a quote opens here and never closes"),
    ("a: [1, 2\nb: 3\n", 2, 2, "the list opened at line 1 needs a ',' or its ']' before this"),
    ("a: {b: 1\n", 2, 1, "the mapping opened at line 1 needs a ',' or its '}' before this"),
    ("a: {b: 1,, c}\n", 1, 10, None),
    ("a: 1\n}\n", 2, 1, "a '}' that nothing opens"),
    ('a: "b"c\n', 1, 7, "text goes on after its closing quote or bracket"),
    ("a: @x\n", 1, 4, "a value cannot begin with '@'"),
    ("a: `x`\n", 1, 4, "a value cannot begin with '`'"),
    ("a: %x\n", 1, 4, "a value cannot begin with '%'"),
    ("a: - b\n", 1, 4, "a list item begins on the line of its key"),
    ("  a: 1\nb: 2\n", 2, 1, "this line is indented less than the first one"),
    ('a: "\\q"\n', 1, None, "an unknown '\\' escape stands in double quotes"),
    ("a: !t!x y\n", 1, 4, "a value begins with '!', which marks a YAML tag"),
    ("a: *b\n", 1, 4, "nothing above is marked '&b'"),
    ("a: {{ x }}\n", 1, 5, "a key is a list or a mapping, and keys are plain words"),
    ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
    ("a: \x01\n", 1, 4, "a control character stands in the text"),
    ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n>>>>>>> x\n", 2, 1, "a merge conflict marker '<<<<<<<' stands in the file"),
    ("a: " + "9" * 5000, 1, 4, "a number has too many digits"),
    ("a: " + "[" * 200 + "]" * 200, 1, 103, "the text nests deeper than 100 levels"),
    (
        "nodes:\n  - id: a\n    operator: b\n   parameters: 1\n", 4, 4,
        "the indentation of this line matches nothing above it; the list around it began at line 2, column 3",
    ),
]  # fmt: skip


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(("text", "line", "column", "message"), YAML_FAULTS)
def test_yaml_faults(text, line, column, message):
    found = only(text)
    assert found.code == "WF102"
    assert found.where.line == line
    if column is not None:
        assert found.where.column == column
    if message is not None:
        assert found.message == message


JSON_FAULTS = [
    ('{"a": 1,}', 1, 8, "a ',' stands before a closing bracket"),
    ('{"a": 1\n "b": 2}', 2, 2, "a ',' or a closing bracket is expected here"),
    ("{a: 1}", 1, 2, "a key in double quotes is expected here"),
    ("{'a': 1}", 1, 2, "text in JSON stands in double quotes"),
    ('{"a": 1 // x\n}', 1, 9, "a comment stands in JSON, which has none"),
    ('{"a": "x', 1, 7, "a quote opens here and never closes"),
    ('{"a" 1}', 1, 6, "a ':' is expected after the key"),
    ('{"a": }', 1, 7, "a value is expected here"),
    ('{"a": 1} x', 1, 10, "text goes on after the closing '}'"),
    ('{"a": "x\ny"}', 1, 9, "a line break or a control character stands inside quotes"),
    ('{"a": "\\ud800"}', 1, 8, "'\\ud800' is half of a character"),
    ('{"a": NaN}', 1, 7, "NaN is no JSON"),
    ('{"a": ' + "[" * 20000 + "]" * 20000 + "}", 1, 1, "the text nests deeper than 100 levels"),
    ('{"a": ' + "[" * 200 + "]" * 200 + "}", 1, 1, "the text nests deeper than 100 levels"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), JSON_FAULTS)
def test_json_faults(text, line, column, message):
    found = only(text)
    assert (found.code, found.where.line, found.where.column, found.message) == (
        "WF102",
        line,
        column,
        message,
    )


@pytest.mark.usefixtures("loader")
def test_yaml_key_twice_names_both_lines_and_keeps_the_first():
    parsed = parse("a: 1\nb:\n  c: 1\n  'c': 2\na: 2\n", "x.flow")
    assert parsed.data == {"a": 1, "b": {"c": 1}}
    assert [(d.code, d.message) for d in parsed.diagnostics] == [
        ("WF103", "key 'c' stands twice in one mapping, at lines 3 and 4"),
        ("WF103", "key 'a' stands twice in one mapping, at lines 1 and 5"),
    ]
    assert [(d.also[0][0].line, d.where.line) for d in parsed.diagnostics] == [(3, 4), (1, 5)]


def test_json_key_twice_names_both_lines_and_keeps_the_first():
    parsed = parse('{"a": 1,\n "b": {"k\\u0065y": "a:,", "x": ["key"],\n "key": 2},\n "a": 3}', "x.flow")
    assert parsed.data == {"a": 1, "b": {"key": "a:,", "x": ["key"]}}
    places = [(d.message, d.also[0][0].column, d.where.line, d.where.column) for d in parsed.diagnostics]
    assert places == [
        ("key 'key' stands twice in one mapping, at lines 2 and 3", 8, 3, 2),
        ("key 'a' stands twice in one mapping, at lines 1 and 4", 2, 4, 2),
    ]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a: !x 1", "!x"),
        ("a: !!str 1", "!!str"),
        ("a: !!python/name:os.system ''", "!!python/name:os.system"),
    ],
)
def test_tags_are_refused(text, tag):
    found = only(text)
    assert (found.code, found.message) == ("WF104", f"the YAML tag '{tag}' is not supported")
    assert (found.where.line, found.where.column) == (1, 4)


@pytest.mark.usefixtures("loader")
def test_aliases_work_until_they_explode():
    parsed = parse("a: &x [1, 2]\nb: *x\nc: {d: *x}\n", "x.flow")
    assert parsed.data == {"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}
    laughs = "a0: &a0 [x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
    )
    found = only(laughs)
    assert (found.code, found.message) == ("WF104", "aliases repeat more than 10,000 values")


@pytest.mark.usefixtures("loader")
def test_an_alias_inside_its_own_anchor_is_undefined():
    assert only("a: &x [1, *x]\n").message == "nothing above is marked '&x'"


def test_deep_brackets_do_not_overflow_the_stack():
    assert only("a: " + "[" * 100_000).message == "the text nests deeper than 100 levels"


def test_a_merge_key_is_a_plain_key():
    assert parse("a: &a {x: 1}\nb: {<<: *a}\n", "x").data == {"a": {"x": 1}, "b": {"<<": {"x": 1}}}


@pytest.mark.parametrize("text", ["", " \n\n", "\t"])
def test_an_empty_file(text):
    assert (only(text).code, only(text).message) == ("WF105", "the file is empty")


def test_json_and_yaml_agree():
    data = {"flow": 1, "nodes": [{"id": "é", "x": [1, 2.5, None, True, "no"]}]}
    assert parse(json.dumps(data), "x").data == data
    assert parse("\n " + json.dumps(data), "x").data == data
    assert parse("flow: 1\nnodes:\n- id: é\n  x: [1, 2.5, null, true, no]\n", "x").data == data


def test_unreadable_files(tmp_path):
    def fault(path):
        (found,) = read_file(path, path.name).diagnostics
        assert found.code == "WF101"
        return found.message, found.hint

    (tmp_path / "churn.flow").write_text("flow: 1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.flow").write_bytes(b"a: 1\nb: caf\xe9\n")
    (tmp_path / "wide.flow").write_bytes("flow: 1".encode("utf-16"))
    assert fault(tmp_path / "chrun.flow") == ("there is no file 'chrun.flow'", "did you mean 'churn.flow'?")
    assert fault(tmp_path / "zzz.flow")[1] == "flows in that folder: churn.flow, latin.flow, wide.flow"
    assert fault(tmp_path / "nowhere" / "x.flow")[0] == "there is no folder 'nowhere' to hold 'x.flow'"
    assert fault(tmp_path)[1] == "it holds churn.flow, latin.flow, wide.flow"
    assert fault(tmp_path / "folder") == ("'folder' is a folder, and a flow is a file", None)
    message, hint = fault(tmp_path / "latin.flow")
    assert message == "line 2 of 'latin.flow' is not UTF-8 text"
    assert hint == "save it as UTF-8"
    assert fault(tmp_path / "wide.flow")[0] == "'wide.flow' is UTF-16 text, and a flow is UTF-8"


def test_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "x.flow"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_file(path, "x.flow").text == "a: 1\nb: 2\n"
