"""Operators on vectors: what the vendor's parameters become."""

import pytest

from weirflow_datawrangler.convert import convert

CASES = [
    (
        "Assemble",
        {"input_column": ["a", "b"], "output_column": "v"},
        ("vectors.assemble", {"columns": ["a", "b"], "output": "v"}),
    ),
    (
        "Flatten",
        {"input_column": ["v"], "output_prefix": "p", "vector_length": "3"},
        ("vectors.flatten", {"column": "v", "length": 3, "prefix": "p", "drop": False}),
    ),
    (
        "Flatten",
        {"input_column": "v", "output_prefix": "p", "method": "Length of first vector", "vector_length": 2},
        ("vectors.unpack", {"column": "v", "prefix": "p", "drop": False, "as_many_as": "first"}),
    ),
    (
        "Flatten",
        {"input_column": "v", "detect_outputs": "Fixed", "number_of_outputs": 4},
        ("vectors.flatten", {"column": "v", "length": 4, "drop": False}),
    ),
    (
        "Flatten",
        {"input_column": "v"},
        ("vectors.unpack", {"column": "v", "drop": False, "as_many_as": "first"}),
    ),
]


@pytest.mark.parametrize(("label", "given", "wanted"), CASES)
def test_vectors(file_of, source, vendor, label, given, wanted):
    parameters = {"operator": label, f"{label.lower()}_parameters": given}
    node = vendor("x", "spark.manage_vectors", parameters, "s")
    made = convert(file_of(source(), node)).nodes[1:-1]
    assert [(n.operator, n.parameters) for n in made] == [wanted]
