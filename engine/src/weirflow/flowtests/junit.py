"""Outcomes as JUnit XML, which continuous integration reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.errors import Diagnostic
    from weirflow.flowtests.carry_out import Outcome

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suites: Sequence[tuple[str, Sequence[tuple[Outcome, str]], Sequence[Diagnostic]]]) -> str:
    """A `testsuites` document: a suite for each flow, by its name, with its outcomes and their texts.

    A case that cannot be carried out is an error. A flow whose cases cannot be read is one case, an error too.
    """
    root = ET.Element("testsuites")
    now = datetime.now(UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    for name, outcomes, problems in suites:
        suite = ET.SubElement(root, "testsuite", name=_clean(name))
        for outcome, text in outcomes:
            case = _case(suite, name, outcome.case.name, outcome.seconds)
            if outcome.invalid:
                _trouble(case, "error", outcome.invalid[0], text)
            elif not outcome.ok:
                failures = [f.diagnostic for found in outcome.found for f in found.failures]
                _trouble(case, "failure", failures[0], text)
        if problems:
            text = "\n".join(f"{d.code}: {d.message}" for d in problems)
            _trouble(_case(suite, name, "(the tests of this flow)", 0.0), "error", problems[0], text)
        seconds = sum(o.seconds for o, _ in outcomes)
        suite.attrib |= {**_counts(suite), "skipped": "0", "time": f"{seconds:.3f}", "timestamp": now}
    root.attrib |= {
        name: str(sum(int(s.attrib[name]) for s in root)) for name in ("tests", "failures", "errors")
    }
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, flow: str, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_clean(flow), name=_clean(name), time=f"{seconds:.3f}")


def _trouble(case: ET.Element, kind: str, first: Diagnostic, text: str) -> None:
    found = ET.SubElement(case, kind, type=first.code, message=_clean(first.message))
    found.text = _clean(text)


def _counts(suite: ET.Element) -> dict[str, str]:
    return {
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
    }


def _clean(text: str) -> str:
    """Text without the characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", text)
