"""Label category configurations of the documented forms."""

import pytest

from weirflow_labels.layout import Layout
from weirflow_labels.readers.base import UnreadableError

PATH = "jobs/cars/label-categories.json"


def test_classes_and_attributes_in_their_order(lake):
    lake.write(
        PATH,
        {
            "document-version": "2020-08-15",
            "frameAttributes": [{"name": "Count", "type": "number", "description": "how many", "minimum": 0}],
            "categoryGlobalAttributes": [
                {"name": "Moving", "type": "string", "enum": ["Stationary", "Dynamic"], "isRequired": True}
            ],
            "labels": [
                {
                    "label": "Vehicle",
                    "categoryAttributes": [{"name": "Doors", "type": "string", "enum": [2, "4"]}],
                },
                {
                    "label": "Person",
                    "attributes": [{"name": "Age", "type": "string"}],
                    "editsAllowed": "none",
                },
            ],
            "annotationType": "BoundingBox",
            "instructions": {"shortInstruction": "Draw", "fullInstruction": ""},
            "auditLabelAttributeName": "cars-ref",
        },
    )
    staged = lake.read("categories")
    found = staged.tuples(
        "SELECT scope, class_name, position, name, type, choices, required, shape FROM staged_categories"
    )
    assert found == [
        ("class", "Vehicle", 0, "Vehicle", None, None, None, "box"),
        ("class", "Person", 1, "Person", None, None, None, "box"),
        ("attribute", None, 0, "Moving", "string", ["Stationary", "Dynamic"], True, None),
        ("attribute", "Vehicle", 0, "Doors", "string", ["2", "4"], None, None),
        ("attribute", "Person", 0, "Age", "string", None, None, None),
        ("frame attribute", None, 0, "Count", "number", None, None, None),
    ]
    assert staged.tuples("SELECT DISTINCT file_id, job FROM staged_categories") == [(1, "cars")]


def test_the_older_form_of_several_jobs(lake):
    for job in ("a", "b"):
        labels = [{"label": f"{job}{i}"} for i in range(2)]
        lake.write(f"jobs/{job}/label-categories.json", {"document-version": "2018-11-28", "labels": labels})
    found = lake.read("categories").tuples(
        "SELECT job, position, name, shape FROM staged_categories ORDER BY ALL"
    )
    assert found == [("a", 0, "a0", None), ("a", 1, "a1", None), ("b", 0, "b0", None), ("b", 1, "b1", None)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ('{"labels": [', "not valid JSON from line 1 on"),
        ("[]", "it has no `labels`"),
        ({"answers": []}, "it has no `labels`"),
        ({"labels": {"label": "a"}}, "`labels` is missing or of another type"),
        ({"labels": [{"label": "a"}, {"name": "b"}]}, "`labels.1.label` is missing"),
        (
            {"labels": [], "frameAttributes": [{"name": 1}]},
            "`frameAttributes.0.name` is missing or of another type",
        ),
    ],
)
def test_what_is_no_configuration_says_why(lake, content, reason):
    lake.write(PATH, content)
    with pytest.raises(UnreadableError, match=reason):
        lake.read("categories")


@pytest.mark.parametrize(
    "path",
    [
        "jobs/cars/label_category_config.json",
        "jobs/cars/label_category_config-2.json",
        "jobs/cars/label-categories.json",
        "tool/label-categories.json",
        "tool/cars-label_categories-v2.json",
    ],
)
def test_files_that_are_configurations(path):
    assert Layout().place(path).kind == "categories"
