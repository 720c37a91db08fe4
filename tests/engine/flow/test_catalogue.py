"""The catalogue of codes: each with a title and an explanation, and no code in the package without them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weirflow.flow
from weirflow.catalogue import EXPLANATIONS, TITLES


def test_every_code_is_explained():
    assert list(EXPLANATIONS) == list(TITLES)
    assert list(TITLES) == sorted(TITLES)


@pytest.mark.parametrize("code", TITLES)
def test_explanations_are_a_few_plain_sentences(code):
    text = EXPLANATIONS[code]
    sentences = re.split(r"(?<=[.])\s+(?=[A-Z`])", text)
    assert 2 <= len(sentences) <= 5
    assert text.endswith(".")
    assert "  " not in text
    assert text.count("`") % 2 == 0


def test_every_code_that_the_package_uses_is_listed():
    folder = Path(weirflow.flow.__file__).parent
    used = {code for p in folder.glob("*.py") for code in re.findall(r"\bWF\d{3}\b", p.read_text())}
    assert {"WF101", "WF210", "WF308"} <= used <= set(TITLES)
