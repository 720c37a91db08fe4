"""The tables agree with what the specification says of a few types."""

import pytest

from weirflow_fhir.definitions import load


@pytest.mark.parametrize(("version", "release", "resources"), [("R4", "4.0.1", 146), ("R5", "5.0.0", 158)])
def test_versions_have_as_many_resource_types_as_the_code_system_of_types_lists(version, release, resources):
    definitions = load(version)
    assert definitions.release == release
    assert sum(map(definitions.resource, definitions.types)) == resources


def test_elements_know_where_they_are_defined():
    types = load("R4").types
    assert types["Patient"].elements["id"].path == "Resource.id"
    assert types["Patient"].elements["text"].path == "DomainResource.text"
    assert types["Patient.contact"].elements["modifierExtension"].path == "BackboneElement.modifierExtension"
    assert types["Age"].elements["value"].path == "Quantity.value"


def test_choices_are_expanded_and_contents_referred_to():
    types = load("R4").types
    deceased = types["Patient"].elements["deceasedDateTime"]
    assert (deceased.type, deceased.choice, deceased.modifier, deceased.many) == (
        "dateTime",
        "deceased",
        True,
        False,
    )
    item = types["Questionnaire.item"].elements["item"]
    assert (item.type, item.many, item.reference) == ("Questionnaire.item", True, True)


def test_every_type_that_an_element_names_is_there():
    for version in ("R4", "R5"):
        types = load(version).types
        missing = {e.type for t in types.values() for e in t.elements.values()} - set(types)
        assert not missing


def test_r6_takes_the_tables_of_r5():
    assert load("R6").types == load("R5").types
