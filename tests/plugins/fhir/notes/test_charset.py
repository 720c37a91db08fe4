"""Bytes to text: what is read, by which charset, and what is told."""

import pytest

from weirflow_fhir.notes.charset import UNKNOWN, WRONG, decoded

CAFE = "Café au lait, 38\u2009°C"


@pytest.mark.parametrize(
    ("data", "named", "text", "charset", "fault"),
    [
        (CAFE.encode(), "utf-8", CAFE, "utf-8", ""),
        (CAFE.encode(), "UTF8", CAFE, "utf-8", ""),
        (CAFE.encode(), None, CAFE, "utf-8", ""),
        (b"\xef\xbb\xbf" + CAFE.encode(), "iso-8859-1", CAFE, "utf-8", ""),  # the mark counts
        ("Café".encode("latin-1"), "ISO-8859-1", "Café", "iso-8859-1", ""),
        (b"\x93quoted\x94 \x80", "iso-8859-1", "“quoted” €", "windows-1252", ""),
        (b"\x93quoted\x94", "windows-1252", "“quoted”", "windows-1252", ""),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет", "koi8-r", ""),
        (CAFE.encode("utf-16"), "utf-16", CAFE, "utf-16-le", ""),
        (CAFE.encode("utf-16-be"), "utf-16", CAFE, "utf-16-be", ""),
        (CAFE.encode("utf-16-le"), "utf-16", CAFE, "utf-16-le", ""),
        (CAFE.encode("utf-16-le"), None, CAFE, "utf-16-le", ""),
        (CAFE.encode(), "iso-8859-1", CAFE, "utf-8", WRONG),  # it would read as CafÃ©
        ("Café".encode("latin-1"), "utf-8", "Café", "windows-1252", WRONG),
        ("Café".encode("latin-1"), None, "Café", "windows-1252", WRONG),
        (b"Caf\xc3\xa9", "us-ascii", "Café", "utf-8", WRONG),
        (CAFE.encode(), "x-nothing", CAFE, "utf-8", UNKNOWN),
        (b"abc", "hex", "abc", "utf-8", UNKNOWN),  # a codec of Python's that is none of text
    ],
)
def test_text_of_bytes(data, named, text, charset, fault):
    assert decoded(data, named) == (text, charset, fault)


def test_bytes_that_are_no_text_are_none():
    assert decoded(b"\x00\x01\x02abcdefghi", None) is None


@pytest.mark.parametrize(
    "head",
    [
        b'<meta charset="koi8-r">',
        b"<?xml version='1.0' encoding='koi8-r'?>",
        b"<meta content='a; charset=koi8-r'>",
    ],
)
def test_markup_says_its_charset_itself(head):
    found = decoded(head + "Привет".encode("koi8-r"), None, markup=True)
    assert found.charset == "koi8-r"
    assert found.text.endswith("Привет")


def test_what_contenttype_says_counts_before_what_markup_says():
    assert decoded(b'<meta charset="koi8-r">\xe9', "windows-1252", markup=True).text.endswith("é")
