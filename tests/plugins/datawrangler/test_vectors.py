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
]


@pytest.mark.parametrize(("label", "given", "wanted"), CASES)
def test_vectors(file_of, source, vendor, label, given, wanted):
    parameters = {"operator": label, f"{label.lower()}_parameters": given}
    node = vendor("x", "spark.manage_vectors", parameters, "s")
    made = convert(file_of(source(), node)).nodes[1:-1]
    assert [(n.operator, n.parameters) for n in made] == [wanted]


def test_the_length_of_the_first_vector_is_not_mapped(file_of, source, vendor):
    given = {"input_column": "v", "output_prefix": "p", "method": "Length of first vector"}
    node = vendor("x", "spark.manage_vectors", {"operator": "Flatten", "flatten_parameters": given}, "s")
    assert [n.operator for n in convert(file_of(source(), node)).nodes[1:-1]] == ["datawrangler.unmapped"]
