"""The text of a flow file that an importer has made: whatever it holds, it is read as the same."""

from hypothesis import given
from hypothesis import strategies as st

from weirflow.api import ImportedFlow, ImportedNode, Interpolated
from weirflow.flow.imported import flow_text
from weirflow.flow.layout import laid_out
from weirflow.flow.read import parse

PIECES = [*" \t\n\r#:-|>'\"%&*!{}[],\\ab\x00\x85\u2028\ufeff", "0E0", "1_0", "no", "~", ".5", "...", "${"]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def escaped(value):
    """As a flow has a text in which `${` stands for itself."""
    match value:
        case str():
            return value.replace("${", "$${")
        case list():
            return [escaped(v) for v in value]
        case dict():
            return {escaped(k): escaped(v) for k, v in value.items()}
    return value


@given(name=TEXTS, note=TEXTS, code=TEXTS, value=VALUES)
def test_whatever_is_in_it_is_read_as_the_same(name, note, code, value):
    node = ImportedNode("a", "custom.pandas", {"code": code, "given": value}, title=name, notes=(note,))
    text = flow_text(ImportedFlow((node,), description=note, notes=(note,)), name)
    found = parse(text, "").data
    (made,) = found["nodes"]
    assert made["parameters"] == {"code": code, "given": escaped(value)}
    assert (found["name"], made.get("title", "")) == (escaped(name), escaped(name))
    assert found.get("description", "") == escaped(note)
    assert laid_out(text) == text


def test_code_stands_line_by_line():
    code = "import time \n\nif x:\n    df = df.drop('a', axis=1)  # ${no}\n"
    text = flow_text(ImportedFlow((ImportedNode("a", "custom.pandas", {"code": code}),)), "x")
    assert text.splitlines()[5:] == [
        "    parameters:",
        "      code: |",
        "        import time ",
        "",
        "        if x:",
        "            df = df.drop('a', axis=1)  # ${no}",
    ]


def test_a_list_that_stands_in_two_places_is_written_twice():
    columns = ["a"]
    node = ImportedNode("n", "columns.drop", {"columns": columns, "others": columns})
    assert "columns: [a]\n      others: [a]\n" in flow_text(ImportedFlow((node,)), "x")


def test_a_parameter_of_the_flow_is_put_in_where_it_is_meant():
    node = ImportedNode("n", "x.y", {"a": Interpolated("${sample}"), "b": "${sample}"})
    assert 'parameters: {a: "${sample}", b: "$${sample}"}' in flow_text(ImportedFlow((node,)), "x")
