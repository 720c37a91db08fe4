"""The XML is held against the attributes and elements that readers of JUnit XML require."""

from xml.etree import ElementTree as ET

from weirflow.errors import Diagnostic, Where
from weirflow.flow.cases import Case, Expectation
from weirflow.flowtests.carry_out import Found, Outcome
from weirflow.flowtests.compare import Failure
from weirflow.flowtests.junit import junit


def case(name):
    return Case(name, 0, Where("x.flow"), (), (), {}, {}, ())


def outcomes():
    wrong = Failure(Diagnostic("WF615", "'a' is <not> \x1b as expected"))
    return [
        (Outcome(case("good"), seconds=0.25), ""),
        (
            Outcome(case('bad & "quoted"'), (Found(Expectation("a", Where("x"), []), (wrong,)),), 0.5),
            "got \x00",
        ),
        (Outcome(case("unfit"), invalid=(Diagnostic("WF309", "needs a source"),)), "text"),
    ]


def test_what_readers_require():
    text = junit([("x.flow", outcomes(), []), ("y.flow", [], [Diagnostic("WF201", "unknown key")])])
    root = ET.fromstring(text)

    assert root.tag == "testsuites"
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("4", "1", "2")
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"} == set(suite.attrib)
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        assert float(suite.attrib["time"]) == sum(float(c.attrib["time"]) for c in suite)
        for found in suite:
            assert (found.tag, set(found.attrib)) == ("testcase", {"classname", "name", "time"})
            for trouble in found:
                assert trouble.tag in {"failure", "error"}
                assert set(trouble.attrib) == {"type", "message"}


def test_names_and_texts_come_through_and_control_characters_do_not():
    root = ET.fromstring(junit([("x.flow", outcomes(), [])]))
    good, bad, unfit = root[0]

    assert [c.attrib["name"] for c in root[0]] == ["good", 'bad & "quoted"', "unfit"]
    assert len(good) == 0
    assert (bad[0].tag, bad[0].attrib["type"], bad[0].text) == ("failure", "WF615", "got \ufffd")
    assert bad[0].attrib["message"] == "'a' is <not> \ufffd as expected"
    assert unfit[0].tag == "error"
