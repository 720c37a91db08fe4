"""Attachments to texts: base64, hash, size, type and charset, each checked, and what is wrong told by its class."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow_fhir.notes.charset import NO_TEXT, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE64 = "attachment is not base64"
EMPTY = "attachment has no data"
HASH = "attachment is not what its hash is of"
SIZE = "attachment does not have the size that is given"
RTF = "RTF cannot be read"
NOT_TEXT = "attachment is not text: "
MISLABELLED = "attachment is not of the type that is given"

_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+)\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^"';\s]+)""", re.IGNORECASE)
_TOLD = re.compile(r"(?:application|audio|font|image|message|model|multipart|text|video)/[a-z0-9.+-]{1,50}")
_HTML = {"text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/hl7-cda+xml"}
_RTF = {"text/rtf", "application/rtf", "application/x-rtf", "text/richtext"}
_OTHERS = {"application/markdown", "application/x-markdown", "application/text", "application/txt"}
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\xd0\xcf\x11\xe0", "application/msword"),
)


class UnreadError(Exception):
    """Why an attachment gives no text: a class of fault, and nothing of the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Content(NamedTuple):
    """The text of an attachment.

    raw: the text before markup was taken from it. faults: what was wrong though it could be read.
    """

    text: str
    raw: str
    content_type: str | None
    charset: str | None
    faults: tuple[str, ...] = ()


def read(attachment: Mapping[str, Any]) -> Content:
    """The text of an attachment that holds its data. Raises UnreadError."""
    given = attachment.get("contentType")
    content_type = type_of(given)
    if content_type is not None and not _may_be_text(content_type):
        raise UnreadError(NOT_TEXT + (content_type if _TOLD.fullmatch(content_type) else "another type"))
    data = _bytes(attachment.get("data"))
    for magic, found in _MAGIC:
        if data.startswith(magic):
            raise UnreadError(NOT_TEXT + found)
    faults = _checked(attachment, data)
    charset = _CHARSET.search(given) if isinstance(given, str) else None
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        raw = data.decode("cp1252", "replace")  # RTF is ASCII, and says itself what its escapes are of
        return Content(_of_rtf(raw), raw, content_type, None, faults)
    if content_type in _RTF:
        faults = (*faults, MISLABELLED)
    markup = content_type in _HTML or (content_type or "").endswith("+xml")
    found_text = decoded(data, charset[1] if charset else None, markup=markup)
    if found_text is None:
        raise UnreadError(NO_TEXT)
    if found_text.fault:
        faults = (*faults, found_text.fault)
    raw = found_text.text
    if markup:
        from weirflow_fhir.notes.markup import text_of

        return Content(text_of(raw), raw, content_type, found_text.charset, faults)
    return Content(raw, raw, content_type, found_text.charset, faults)


def type_of(given: object) -> str | None:
    """The type that a contentType gives, in lower case and without parameters."""
    found = _TYPE.match(given) if isinstance(given, str) else None
    return found[1].lower() if found else None


def _may_be_text(content_type: str) -> bool:
    return (
        content_type.startswith("text/")
        or content_type in _HTML | _RTF | _OTHERS
        or content_type.endswith("+xml")
    )


def _bytes(data: object) -> bytes:
    """The bytes of base64; white space, in which it is wrapped at times, does not count."""
    if not isinstance(data, str):
        raise UnreadError(EMPTY if data is None else BASE64)
    try:
        found = binascii.a2b_base64("".join(data.split()), strict_mode=True)
    except ValueError:
        raise UnreadError(BASE64) from None
    if not found:
        raise UnreadError(EMPTY)
    return found


def _checked(attachment: Mapping[str, Any], data: bytes) -> tuple[str, ...]:
    """What its hash and size say against the data."""
    faults = []
    size = attachment.get("size")
    if size is not None and str(size) != str(len(data)):  # integer64, which R5 writes as a string
        faults.append(SIZE)
    given = attachment.get("hash")
    if isinstance(given, str) and not _is_hash(given.strip(), data):
        faults.append(HASH)
    return tuple(faults)


def _is_hash(given: str, data: bytes) -> bool:
    """Whether it is the base64 of the SHA-1 of the data; SHA-256 and hexadecimal digits, which are met, count too."""
    for name in ("sha1", "sha256"):
        digest = hashlib.new(name, data, usedforsecurity=False)
        if given in {base64.b64encode(digest.digest()).decode(), digest.hexdigest()}:
            return True
        if given == base64.b64encode(digest.hexdigest().encode()).decode():
            return True
    return False


def _of_rtf(raw: str) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        text: str = rtf_to_text(raw, errors="replace")
    except Exception as error:
        raise UnreadError(RTF) from error
    # the library leaves characters beyond the first 65,536 as the two halves that RTF writes them in
    return text.strip("\n").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
