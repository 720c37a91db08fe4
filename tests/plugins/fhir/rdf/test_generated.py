"""Records of every type, made from the tables: lines are counted by the rules, and two parsers read one graph."""

import json
from random import Random

import pyoxigraph as ox
import pytest
import rdflib

from weirflow_fhir.definitions import load
from weirflow_fhir.rdf import Mapping

_VALUES = {
    "boolean": True,
    "integer": -3,
    "unsignedInt": 0,
    "positiveInt": 2,
    "integer64": "5",
    "decimal": 1.5,
    "date": "2020-01",
    "dateTime": "2020",
    "instant": "2020-01-01T00:00:00Z",
    "time": "12:00:00",
    "base64Binary": "aGk=",
}
_DEEP = 3


class Maker:
    """Makes a value of a type, and tells how many lines lie within its node."""

    def __init__(self, version, seed):
        self.definitions = load(version)
        self.lists = version != "R4"
        self.random = Random(seed)

    def value(self, element, depth):
        if self.definitions.primitive(element.type):
            return _VALUES.get(element.type, f'"\\é{self.random.random()}\n'), 1
        value, lines = self.content(element.type, depth + 1)
        return value, lines + bool(self.lists and element.choice)

    def content(self, name, depth):
        elements = [
            e
            for e in self.definitions.types[name].elements.values()
            if e.type != "Resource"
            and e.key != "modifierExtension"
            and (depth < _DEEP or self.definitions.primitive(e.type))
        ]
        value, lines = {}, 0
        for element in self.random.sample(elements, min(6, len(elements))):
            if element.type == "xhtml":
                value[element.key], lines = '<div a="b"/>', lines + 1
            elif element.many:
                made = [self.value(element, depth) for _ in range(self.random.randint(1, 3))]
                value[element.key] = [each for each, _ in made]
                lines += sum(within + 2 for _, within in made) + self.lists
            else:
                value[element.key], within = self.value(element, depth)
                lines += 1 + within
        return value, lines


@pytest.mark.parametrize("version", ["R4", "R5"])
def test_records_of_every_type_have_the_lines_that_the_rules_count(version):
    mapping, definitions = Mapping(version), load(version)
    whole, expected = [], 0
    for name in filter(definitions.resource, definitions.types):
        content, lines = Maker(version, name).content(name, 0)
        text = mapping.lines(json.dumps({"resourceType": name, **content, "id": "x"}))
        assert text.count("\n") == lines + 2 + 2 * ("id" not in content), name
        expected += text.count("\n")
        whole.append(text)
    quads = list(ox.parse("".join(whole), ox.RdfFormat.N_TRIPLES))
    assert len(set(quads)) == len(quads) == expected  # no two nodes have one label
    objects = [q.object for q in quads if isinstance(q.object, ox.BlankNode)]
    assert len(objects) == len(set(objects))
    few = "".join(whole[::40])
    graph = rdflib.Graph().parse(data=few, format="nt")
    texts = sorted(str(o) for o in graph.objects() if isinstance(o, rdflib.Literal))
    literals = [
        q.object.value for q in set(ox.parse(few, ox.RdfFormat.N_TRIPLES)) if isinstance(q.object, ox.Literal)
    ]
    assert texts == sorted(literals)
