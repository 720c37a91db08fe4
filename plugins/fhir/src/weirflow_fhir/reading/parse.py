"""Bytes of JSON to resources, with the class of fault where they are none."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

CUT = "truncated JSON"
INVALID = "not JSON"
ENCODING = "not UTF-8"
SURROGATE = "lone surrogate"
NOT_A_NUMBER = "NaN or Infinity"
DIGITS = "number of too many digits"
DEEP = "nested too deeply"
DOUBLE = "duplicate key"
NO_OBJECT = "not an object"
NO_TYPE = "no resourceType"
BAD_TYPE = "resourceType is not the name of a type"

_TYPE = re.compile(r"[A-Z][A-Za-z]*")


class FaultError(Exception):
    """What is wrong with a line or an entry: a class of fault, and nothing of the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parsed(raw: bytes) -> dict[str, Any]:
    """The resource that these bytes of JSON are.

    Numbers with a point or an exponent are `rdf.Number`, as they were written; others are ints, however large. Raises
    FaultError where it is no resource: what FHIR and JSON call an error is none that a reader may pass over, such as
    an object that has a key twice, of which every parser drops one silently.
    """
    return resource(decoded(raw))


def decoded(raw: bytes) -> Any:
    """The value that these bytes of JSON are. Raises FaultError."""
    import msgspec

    decode, encode = _codec()
    try:
        value = decode(raw)
        # A key is followed by a colon, so that what is written again lacks one for each key that was dropped; strings
        # hold as many colons after a quote as before, unless one of the two was written as an escape.
        once = msgspec.json.format(raw, indent=-1).count(b'":') == encode(value).count(b'":')
    except (msgspec.DecodeError, RecursionError) as error:
        raise FaultError(_reason(raw, error)) from None
    if not once or b"\\u00" in raw:
        _refuse_doubles(raw)
    return value


def resource(value: Any) -> dict[str, Any]:
    """The same value if it is a resource. Raises FaultError."""
    if not isinstance(value, dict):
        raise FaultError(NO_OBJECT)
    if (kind := value.get("resourceType")) is None:
        raise FaultError(NO_TYPE)
    if not isinstance(kind, str) or _TYPE.fullmatch(kind) is None:
        raise FaultError(BAD_TYPE)
    return value


@lru_cache(maxsize=1)
def _codec() -> tuple[Callable[[bytes], Any], Callable[[Any], bytes]]:
    import msgspec

    from weirflow_fhir.rdf.content import Number

    return msgspec.json.Decoder(float_hook=Number).decode, msgspec.json.Encoder(enc_hook=str).encode


def _refuse_doubles(raw: bytes) -> None:
    def once(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) != len(pairs):
            raise FaultError(DOUBLE)

    json.loads(raw, object_pairs_hook=once, parse_float=str)


def _reason(raw: bytes, error: Exception) -> str:
    """The class of fault, found at leisure: the parser's own words may hold some of the content."""
    if isinstance(error, RecursionError):
        return DEEP
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ENCODING
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=str)
    except FaultError as fault:
        return fault.reason
    except json.JSONDecodeError as wrong:
        cut = wrong.pos >= len(text.rstrip()) or wrong.msg.startswith("Unterminated string")
        return CUT if cut or _ends_in_word(text, wrong.pos) else INVALID
    except RecursionError:
        return DEEP
    except ValueError:  # of an int with more digits than Python reads
        return DIGITS
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return SURROGATE
    return INVALID


def _refuse_constant(_: str) -> NoReturn:
    raise FaultError(NOT_A_NUMBER)


def _ends_in_word(text: str, position: int) -> bool:
    """Whether the text breaks off within true, false or null."""
    left = text[position:].rstrip()
    return any(word.startswith(left) for word in ("true", "false", "null"))
