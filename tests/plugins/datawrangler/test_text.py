"""Operators on text: what the vendor's parameters become, and what comes out of a flow of them."""

import csv
import json
import math

import pytest

from weirflow.plan.model import Options
from weirflow.project import Project
from weirflow_datawrangler.convert import convert
from weirflow_datawrangler.mapping.patterns import java_pattern
from weirflow_datawrangler.models import decode, vector
from weirflow_datawrangler.step import UnmappedError


@pytest.fixture
def mapped(file_of, source, vendor):
    """The operators and parameters that a node becomes."""

    def make(operator, label, given):
        key = f"{'_'.join(label.lower().replace('-', ' ').split())}_parameters"
        node = vendor("x", operator, {"operator": label, key: given}, "s")
        return [(n.operator, n.parameters) for n in convert(file_of(source(), node)).nodes[1:-1]]

    return make


FORMATS = [
    ("Left pad", {"width": "5", "fill_character": "*"}, "text.pad", ("left", "*", 5)),
    ("Right pad", {"width": 5}, "text.pad", ("right", " ", 5)),
    ("Center", {"width": 4, "fill_character": "-"}, "text.pad", ("both", "-", 4)),
    ("Center (pad on either side)", {"width": "4"}, "text.pad", ("both", " ", 4)),
    ("Prepend zeros", {"width": 3}, "text.pad", ("left", "0", 3)),
]


@pytest.mark.parametrize(("label", "given", "operator", "wanted"), FORMATS)
def test_widths(mapped, label, given, operator, wanted):
    side, character, width = wanted
    made = {"columns": ["a"], "width": width, "side": side, "character": character, "as_text": True}
    made |= {} if side == "both" else {"truncate": True}
    assert mapped("spark.format_string", label, {"input_column": "a", **given}) == [(operator, made)]


MATCHES = {"at": "start", "null_matches": True}
REST = r"[^\n\r\x85\u2028\u2029]*"
EDITS = [
    (
        "Find substring",
        {"substring": "x", "start": "", "end": None},
        ("text.find", {"substring": "x", "type": "float64"}),
    ),
    (
        "Find substring (from right)",
        {"substring": "x"},
        ("text.find", {"substring": "x", "type": "float64", "last": True}),
    ),
    (
        "Find substring",
        {"needle": "x", "start_index": "2", "end_index": -1},
        ("text.find", {"substring": "x", "type": "float64", "start": 2, "stop": -1}),
    ),
    ("Matches", {"pattern": "a|b"}, ("text.matches", {"pattern": "a|b", **MATCHES})),
    (
        "Matches",
        {"pattern": "a", "ignore_case": "true"},
        ("text.matches", {"pattern": "a", **MATCHES, "ignore_case": True}),
    ),
    (
        "Matches",
        {"pattern": "a", "case": False},
        ("text.matches", {"pattern": "a", **MATCHES, "ignore_case": True}),
    ),
    ("Matches", {"pattern": "a", "case": True}, ("text.matches", {"pattern": "a", **MATCHES})),
    ("Find all occurrences", {"pattern": "a+"}, ("text.find_all", {"pattern": "a+"})),
    ("Find all occurrences", {"pattern": "(a)b"}, ("text.find_all", {"pattern": "(a)b", "group": 1})),
    (
        "Extract using regex",
        {"pattern": "(a)(b)", "index": "2"},
        ("text.extract", {"pattern": "(a)(b)", "otherwise": "", "group": 2}),
    ),
    (
        "Extract from position",
        {"start_position": -3, "length": 2},
        ("text.slice", {"start": -3, "stop": -1}),
    ),
    ("Extract from position", {"start_position": -3, "length": 3}, ("text.slice", {"start": -3})),
    ("Extract from position", {"start_position": 0, "length": 3}, ("text.slice", {"start": 0, "stop": 3})),
    (
        "Replace from position",
        {"start_position": 0, "length": 2, "replacement": ""},
        ("text.slice", {"start": 0, "stop": 1, "replacement": ""}),
    ),
    (
        "Convert regex to missing",
        {"pattern": "a|b"},
        ("text.to_missing", {"pattern": "^a|b$", "at": "anywhere", "where": "matches"}),
    ),
    ("Extract using regex", {"pattern": r"\d+"}, ("text.extract", {"pattern": "[0-9]+", "otherwise": ""})),
    (
        "Extract between delimiters",
        {"left_delimiter": "(", "right_delimiter": ")"},
        ("text.extract", {"pattern": r"\(([^\n\r\x85\u2028\u2029]*)\)", "otherwise": ""}),
    ),
    ("Extract from position", {"start_position": 2, "length": "3"}, ("text.slice", {"start": 1, "stop": 4})),
    (
        "Replace from position",
        {"start_position": 1, "length": 2, "replacement": "$"},
        ("text.slice", {"start": 0, "stop": 2, "replacement": "$"}),
    ),
    (
        "Replace between delimiters",
        {"left_delimiter": "<", "right_delimiter": ">", "replacement": "$1"},
        (
            "text.replace",
            {"pattern": f"({REST}<){REST}(>{REST})", "replacement": "$<1>$$1$<2>"},
        ),
    ),
    (
        "Convert regex to missing",
        {"pattern": "(a|b)[|]"},
        ("text.to_missing", {"pattern": "(a|b)[|]", "where": "matches"}),
    ),
    (
        "Convert non-matches to missing",
        {"pattern": r"\w+"},
        ("text.to_missing", {"pattern": "[a-zA-Z0-9_]+", "where": "differs"}),
    ),
]


@pytest.mark.parametrize(("label", "given", "wanted"), EDITS)
def test_searches_and_edits(mapped, label, given, wanted):
    operator, parameters = wanted
    assert mapped("spark.search_and_edit", label, {"input_column": ["a"], **given, "output_column": "b"}) == [
        (operator, {"columns": ["a"], **parameters, "as_text": True, "output": "b"})
    ]


def test_several_columns_are_named_after_each(mapped):
    given = {"input_column": ["a", "c"], "substring": "x", "output_column": "b"}
    made = mapped("spark.search_and_edit", "Find substring", given)
    assert [(p["columns"], p["output"]) for _, p in made] == [(["a"], "b_a"), (["c"], "b_c")]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"delimiter": "."}, {"delimiter": "."}),
        ({"delimiter": ".", "limit": "2"}, {"delimiter": ".", "limit": 2}),
        ({"delimiter": ".", "limit": 1}, {"delimiter": ".", "limit": 1}),
        ({"delimiter": "", "limit": -1}, {"delimiter": r"[ \t\n\x0b\f\r]+", "regex": True}),
    ],
)
def test_splits(mapped, given, wanted):
    assert mapped("spark.search_and_edit", "Split string by delimiter", {"input_column": "a", **given}) == [
        ("text.split", {"column": "a", **wanted, "output": "a"})
    ]


UNMAPPED = [
    ("spark.search_and_edit", "Matches", {"pattern": "(?=a)"}),
    ("spark.search_and_edit", "Matches", {}),
    ("spark.search_and_edit", "Extract using regex", {"pattern": r"\p{Alpha}"}),
    ("spark.search_and_edit", "Extract using regex", {"pattern": r"[^\S]"}),
    ("spark.search_and_edit", "Find all occurrences", {"pattern": "(a)(b)"}),
    ("spark.search_and_edit", "Extract using regex", {"pattern": "(a)b", "index": 2}),
    ("spark.search_and_edit", "Replace from position", {"start_position": 1, "length": 2}),
    ("spark.search_and_edit", "Replace between delimiters", {"left_delimiter": "<", "right_delimiter": ">"}),
    ("spark.format_string", "Strip left and right", {"characters_to_remove": ""}),
    ("spark.search_and_edit", "Find all occurrences", {"pattern": "a*"}),
    ("spark.format_string", "Left pad", {"width": 3, "fill_character": "ab"}),
    ("spark.format_string", "Left pad", {}),
    ("spark.format_string", "Add prefix or suffix", {}),
    ("spark.validate_string", "Is nice", {}),
    ("spark.featurize_text", "Vectorize", {"vectorizer": "Hashing", "output_format": "Columns"}),
    (
        "spark.featurize_text",
        "Vectorize",
        {"tokenizer": "Custom", "tokenizer_custom_parameters": {"stem": 1}},
    ),
]


@pytest.mark.parametrize(("operator", "label", "given"), UNMAPPED)
def test_what_has_no_equal_says_so(mapped, operator, label, given):
    assert [o for o, _ in mapped(operator, label, {"input_column": "a", **given})] == [
        "datawrangler.unmapped"
    ]


@pytest.mark.parametrize(
    ("label", "given", "wanted"),
    [
        ("Is alphanumeric", {}, {"check": "alphanumeric"}),
        ("Is alpha", {}, {"check": "letters"}),
        ("Is lowercase", {}, {"check": "lower"}),
        ("Starts with", {"prefix": "x"}, {"check": "starts_with", "text": "x"}),
        ("Ends with", {"suffix": "x"}, {"check": "ends_with", "text": "x"}),
        ("Length", {"min_length": "2", "max_length": 3}, {"check": "length", "minimum": 2, "maximum": 3}),
        ("Length", {"length": 2}, {"check": "length", "minimum": 2, "maximum": 2}),
    ],
)
def test_validations(mapped, label, given, wanted):
    made = mapped("spark.validate_string", label, {"input_column": "a", **given, "output_column": "ok"})
    assert made == [
        ("text.validate", {"columns": ["a"], **wanted, "type": "int64", "as_text": True, "output": "ok"})
    ]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"\s+", r"[ \t\n\x0b\f\r]+"),
        (r"[\s,]\D\\s", r"[ \t\n\x0b\f\r,][^0-9]\\s"),
        ("a&&b", "a&&b"),
        (r"\[a\]\d", r"\[a\][0-9]"),
    ],
)
def test_classes_of_java_are_of_ascii(pattern, wanted):
    assert java_pattern(pattern) == wanted


@pytest.mark.parametrize("pattern", ["[a[b]]", "[a&&b]", "(a", r"(a)\1"])
def test_patterns_of_java_that_mean_something_else(pattern):
    with pytest.raises(UnmappedError, match="its pattern"):
        java_pattern(pattern)


VECTORIZE = {
    "tokenizer": "Standard",
    "vectorizer": "Count Vectorizer",
    "apply_idf": "Yes",
    "output_format": "Vector",
    "tokenizer_standard_parameters": {},
    "vectorizer_count_vectorizer_parameters": {
        "minimum_term_frequency": 1,
        "minimum_document_frequency": 1,
        "maximum_document_frequency": 0.999,
        "maximum_vocabulary_size": "262144",
        "binarize_count": False,
    },
    "apply_idf_yes_parameters": {"minimum_document_frequency": 2},
    "input_column": "t",
}
STANDARD = {
    "column": "t",
    "output": "t_features",
    "to": "sparse",
    "pattern": r"[ \t\n\x0b\f\r]",
    "min_token_length": 0,
    "min_term_frequency": 1,
    "min_documents": 1,
    "max_documents": 0.999,
    "max_terms": 262144,
}


def test_terms_that_are_counted(mapped):
    filled = ("missing.fill", {"columns": ["t"], "value": ""})
    assert mapped("spark.featurize_text", "Vectorize", VECTORIZE) == [
        filled,
        ("text.vectorise", {**STANDARD, "idf": True, "idf_min_documents": 2}),
    ]
    assert mapped("spark.featurize_text", "Vectorize", {**VECTORIZE, "apply_idf": "No"}) == [
        filled,
        ("text.vectorise", STANDARD),
    ]
    hashing = {
        "vectorizer": "Hashing",
        "vectorizer_hashing_parameters": {"number_of_features": "100"},
        "apply_idf_yes_parameters": {},
    }
    cut = {k: STANDARD[k] for k in ("column", "output", "to", "pattern", "min_token_length")}
    assert mapped("spark.featurize_text", "Vectorize", {**VECTORIZE, **hashing}) == [
        filled,
        ("text.hash", {**cut, "features": 100, "idf": True, "idf_min_documents": 1}),
    ]
    custom = {
        "minimum_token_length": "2",
        "gaps": "false",
        "pattern": r"\w+",
        "lowercase": False,
    }
    given = {
        "tokenizer": "Custom",
        "tokenizer_custom_parameters": custom,
        "output_format": "Columns",
        "apply_idf": "No",
    }
    _, (_, made) = mapped("spark.featurize_text", "Vectorize", {**VECTORIZE, **given, "output_column": "w"})
    wanted = {"pattern": "[a-zA-Z0-9_]+", "gaps": False, "lowercase": False, "min_token_length": 2}
    assert made == {**STANDARD, **wanted, "to": "columns", "output": "w"}


def test_statistics_have_two_underscores(mapped):
    assert mapped("spark.featurize_text", "Character statistics", {"input_column": "t"}) == [
        ("text.statistics", {"column": "t", "prefix": "t__", "rules": "data_wrangler"})
    ]


def test_a_flow_of_text_gives_what_the_service_would(written, source, vendor, tmp_path):
    """Columns by name, order and value: Spark's count of terms, and the documented rules, by hand."""
    concat = {
        "operator": "Concatenate columns",
        "concat_columns_parameters": {"left_column": "t", "right_column": "u", "delimiter": "/"},
    }
    find = {
        "operator": "Extract between delimiters",
        "extract_between_delimiters_parameters": {
            "input_column": "u",
            "left_delimiter": "(",
            "right_delimiter": ")",
            "output_column": "in",
        },
    }
    zeros = {"operator": "Prepend zeros", "prepend_zeros_parameters": {"input_column": "u", "width": 3}}
    counts = {"operator": "Vectorize", "vectorize_parameters": {**VECTORIZE, "apply_idf": "Yes"}}
    flow = written(
        source(),
        vendor("c", "spark.manage_columns", concat, "s"),
        vendor("f", "spark.search_and_edit", find, "c"),
        vendor("z", "spark.format_string", zeros, "f"),
        vendor("v", "spark.featurize_text", counts, "z"),
        vendor(
            "w",
            "spark.cast_single_data_type",
            {"column": "t_features", "original_data_type": "object", "data_type": "string"},
            "v",
        ),
    )
    (tmp_path / "mine.csv").write_text("t,u\nred  bag,(a)(b)\nred hat,7\n,\nBlue,x\n")
    project = Project(flow, sources={"": str(tmp_path / "mine.csv")})
    assert project.run(Options(report="none"), apart=False).check().ok
    (file,) = (tmp_path / "output").glob("*.csv")
    with file.open(newline="") as text:
        made = {name: list(values) for name, *values in zip(*csv.reader(text), strict=True)}
    # four rows: '' stands in two, red in two, each other term in one, and weighs nothing since 2 are asked for
    weight = math.log(5 / 3)
    assert list(made) == ["t", "u", "t_u", "in", "t_features"]
    assert made["t_u"] == ["red  bag/(a)(b)", "red hat/7", "", "Blue/x"]
    assert made["in"] == ["a)(b", "", "", ""]
    assert made["u"] == ["(a)", "007", "", "00x"]
    assert made["t_features"] == [
        f"(5,[0,1,2],[{weight},{weight},0.0])",
        f"(5,[1,4],[{weight},0.0])",
        f"(5,[0],[{weight}])",
        "(5,[3],[0.0])",
    ]


def test_the_services_weights_are_those_of_the_formula(corpus):
    seen = 0
    for file in sorted((corpus / "datawrangler" / "flows").glob("*.flow")):
        for node in json.loads(file.read_text())["nodes"]:
            learned = (node.get("trained_parameters") or {}).get("vectorize_parameters") or {}
            if "idf_model" not in learned:
                continue
            model = decode(learned["idf_model"], "IDFModel")
            fewest, rows = model.parameters["minDocFreq"], model.row["numDocs"]
            wanted = [math.log((rows + 1) / (n + 1)) if n >= fewest else 0 for n in model.row["docFreq"]]
            assert vector(model.row["idf"]) == pytest.approx(wanted, rel=1e-12)
            seen += 1
    assert seen
