"""Whether text is valid, against Python's own methods."""

import polars as pl
import pytest

from weirflow_tabular.text_validate import ValidateText

TEXTS = [
    "abc",
    "ABC",
    "Abc Def",
    "12",
    "½",
    "²",
    "٣",
    "",
    None,
    " \t",
    "a1",
    "a b",
    "ß",
    "\U0001397c",
    "x.y",
    "Éa",
]
FRAME = pl.DataFrame({"t": TEXTS})
KINDS = {
    "alphanumeric": str.isalnum,
    "letters": str.isalpha,
    "digits": str.isdigit,
    "space": str.isspace,
    "title": str.istitle,
    "lower": str.islower,
    "upper": str.isupper,
    "numeric": str.isnumeric,
    "decimal": str.isdecimal,
}


def each(function):
    return [None if t is None else function(t) for t in TEXTS]


@pytest.mark.parametrize("check", KINDS)
def test_kinds_of_characters(both, check):
    made = both(ValidateText(columns=["t"], check=check), FRAME).frame["t"].to_list()
    assert made == each(KINDS[check])
    assert True in made
    assert False in made
    numbers = both(ValidateText(columns=["t"], check=check, type="int64", output="ok"), FRAME).frame
    assert numbers["ok"].to_list() == each(lambda t: int(KINDS[check](t)))


def test_lengths_beginnings_and_ends(both):
    def made(**options):
        return both(ValidateText(columns=["t"], **options), FRAME).frame["t"].to_list()

    assert made(check="length", minimum=2, maximum=3) == each(lambda t: 2 <= len(t) <= 3)
    assert made(check="length", maximum=1) == each(lambda t: len(t) <= 1)
    assert made(check="length", minimum=3) == each(lambda t: len(t) >= 3)
    assert made(check="starts_with", text="a") == each(lambda t: t.startswith("a"))
    assert made(check="ends_with", text=".y") == each(lambda t: t.endswith(".y"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"check": "length"}, "`minimum` or `maximum` is what `length` needs"),
        ({"check": "letters", "minimum": 1}, "`minimum` or `maximum` is what `length` needs"),
        ({"check": "starts_with"}, "`text` is what `starts_with` and `ends_with` need"),
        ({"check": "lower", "text": "a"}, "`text` is what"),
        ({"check": "nice"}, "Input should be 'length'"),
    ],
)
def test_checks_have_what_they_need(options, message):
    with pytest.raises(ValueError, match=message):
        ValidateText(columns=["t"], **options)
