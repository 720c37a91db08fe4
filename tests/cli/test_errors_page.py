"""The page of all codes in the documentation is what `weirflow explain --all` writes."""

import re

from weirflow.catalogue import TITLES


def test_the_page_is_fresh(weirflow, repository):
    """If not: `weirflow explain --all > docs/reference/errors.md`."""
    done = weirflow("explain", "--all")

    assert (done.code, done.err) == (0, "")
    assert done.out == (repository / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")


def test_it_has_every_code_once(weirflow):
    found = re.findall(r"^### (WF\d{3}): (.*)$", weirflow("explain", "--all").out, re.MULTILINE)

    assert dict(found) == TITLES
    assert len(found) == len(TITLES)


def test_a_code_and_all_of_them_contradict(weirflow):
    assert weirflow("explain", "--all", "WF203").code == 2
