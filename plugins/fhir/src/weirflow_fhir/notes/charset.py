"""Bytes of a text to the text: by what they say of themselves, what is said of them, and what they can be."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

UNKNOWN = "charset is unknown"
WRONG = "charset is not the one that is given"
NO_TEXT = "bytes are no text in any charset"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITHIN = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""")
_HEAD = 1024  # bytes in which HTML and XML say what they are written in
_C1 = re.compile(rb"[\x80-\x9f]")
_FEW = 0.3  # the share of NUL from which on bytes of unknown charset are UTF-16


class Decoded(NamedTuple):
    """A text, the charset by which it was read, and what was wrong with what was said of it."""

    text: str
    charset: str
    fault: str = ""


def decoded(data: bytes, named: str | None, *, markup: bool = False) -> Decoded | None:
    """The text of bytes; None where they are none.

    A byte-order mark counts first, then the charset that is `named` or, of markup, written within. What does not fit
    is read as UTF-8 if it is that, else as Windows-1252, and told. Latin-1 is read as Windows-1252, as browsers do: it
    has letters where Latin-1 has controls, which nobody writes into notes.
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], marked) or _guessed(data[len(mark) :], WRONG)
    if named is None and markup and (found := _WITHIN.search(data[:_HEAD])):
        named = found[1].decode("ascii")
    if named is None:
        return _guessed(data, "")
    charset = _known(named)
    if charset is None:
        return _guessed(data, UNKNOWN)
    if charset in {"iso8859-1", "ascii"} and _C1.search(data):
        charset = "cp1252" if charset == "iso8859-1" else charset
    if charset in {"iso8859-1", "cp1252"} and not data.isascii() and (read := _strictly(data, "utf-8")):
        return read._replace(fault=WRONG)  # Latin letters in an order that happens to be UTF-8 make no words
    if charset == "utf-16":
        charset = "utf-16-le" if _looks_little(data) else "utf-16-be"
    return _strictly(data, charset) or _guessed(data, WRONG)


def _known(name: str) -> str | None:
    """Python's name of a charset of text."""
    try:
        found = codecs.lookup(name.strip())
        "".encode(found.name)  # codecs that are none of text, such as hex, refuse
    except (LookupError, ValueError):
        return None
    return found.name


def _strictly(data: bytes, charset: str) -> Decoded | None:
    try:
        return Decoded(data.decode(charset), _said(charset))
    except UnicodeError:
        return None


def _guessed(data: bytes, fault: str) -> Decoded | None:
    head = data[: 1 << 16]
    if head.count(0) > _FEW * len(head) and not len(data) % 2:
        charset = "utf-16-le" if _looks_little(head) else "utf-16-be"
        return _told(_strictly(data, charset), fault)
    if 0 in data:
        return None
    if read := _strictly(data, "utf-8"):
        return _told(read, fault)
    return Decoded(data.decode("cp1252", "replace"), "windows-1252", fault or WRONG)


def _told(read: Decoded | None, fault: str) -> Decoded | None:
    return read and read._replace(fault=fault)


def _looks_little(data: bytes) -> bool:
    """Whether the high bytes, most of which are 0 in European texts, come second."""
    head = data[: 1 << 12]
    return head[1::2].count(0) >= head[::2].count(0)


def _said(charset: str) -> str:
    return {"cp1252": "windows-1252", "iso8859-1": "iso-8859-1", "ascii": "us-ascii"}.get(charset, charset)
