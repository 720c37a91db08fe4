"""Principal components: what the vendor's parameters, as its guide names them, become."""

import pytest

from weirflow_datawrangler.convert import convert

GIVEN = {
    "input_column": ["a", "b"],
    "number_of_principal_components": "2",
    "variance_threshold_percentage": None,
    "center": True,
    "scale": False,
    "output_format": "Columns",
    "keep_input_columns": "true",
}
WANTED = {"columns": ["a", "b"], "center": True, "scale": False, "to": "columns", "drop": False}


@pytest.fixture
def mapped(file_of, source, vendor):
    def mapped(**changed):
        parameters = {"operator": "PCA", "pca_parameters": GIVEN | changed}
        node = convert(
            file_of(source(), vendor("x", "spark.dimensionality_reduction", parameters, "s"))
        ).nodes[1]
        return node.operator, dict(node.parameters)

    return mapped


def test_a_number_of_components(mapped):
    assert mapped() == ("vectors.pca", WANTED | {"components": 2})


@pytest.mark.parametrize(("share", "variance"), [("95", 0.95), (0.9, 0.9), (100, 1.0)])
def test_a_share_of_the_variance(mapped, share, variance):
    changed = {"number_of_principal_components": "", "variance_threshold_percentage": share}
    found = mapped(**changed, input_column="v", output_format="vector", output_column="p", center="False")
    wanted = {"columns": ["v"], "variance": variance, "to": "vector", "prefix": "p", "center": False}
    assert found == ("vectors.pca", WANTED | wanted)


@pytest.mark.parametrize(
    "changed",
    [
        {"variance_threshold_percentage": 95},
        {"number_of_principal_components": None},
        {"center": None},
        {"output_format": None},
        {"keep_input_columns": None},
        {"solver": "randomised"},
        {"input_column": None},
    ],
)
def test_what_it_does_not_say_is_not_guessed(mapped, changed):
    assert mapped(**changed)[0] == "datawrangler.unmapped"
