"""Records as bytes: decoded without losing a digit, and with strings as N-Triples writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow_fhir.rdf.faults import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable

BOM = b"\xef\xbb\xbf"


class Number(str):
    """A number with a fraction or an exponent, as the record spells it: `1.00` and `1.0E0` stay what they are."""

    __slots__ = ()


def decode(line: bytes | str) -> Any:
    """A record from JSON, with fractions as `Number`.

    Fails with `FaultError` where it is no JSON, no UTF-8, or nested beyond Python's limit of recursion.
    """
    return _decode(line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line)


def encode(content: Any) -> bytes:
    """A record as compact JSON, digits of a `Number` kept."""
    import msgspec

    try:
        return msgspec.json.encode(content, enc_hook=_raw)
    except RecursionError:
        raise FaultError("nested too deeply") from None
    except (TypeError, UnicodeError, msgspec.MsgspecError):
        raise FaultError("malformed JSON") from None


def _raw(value: Any) -> Any:
    import msgspec

    if isinstance(value, Number):
        return msgspec.Raw(value.encode())
    raise TypeError


def _decoder() -> Callable[[bytes], Any]:
    import msgspec

    read = msgspec.json.Decoder(float_hook=Number).decode

    def decoded(line: bytes) -> Any:
        try:
            return read(line)
        except RecursionError:
            raise FaultError("nested too deeply") from None
        except msgspec.MsgspecError as error:
            raise FaultError("not UTF-8" if "UTF-8" in str(error) else "malformed JSON") from None

    return decoded


def _decode(line: bytes) -> Any:
    """Decode, with a decoder made at the first call: the library is imported no earlier."""
    global _decode  # noqa: PLW0603
    _decode = _decoder()  # type: ignore[assignment]
    return _decode(line)


def escaped(line: bytes) -> Any:
    r"""A record whose strings are spelled as N-Triples has them between quotes.

    JSON escapes what N-Triples must (`"`, `\`, line breaks) and by the same letters, so it is enough to escape each of
    JSON's backslashes once more before decoding: no string is looked at, and a record without any costs nothing.
    """
    if line.startswith(BOM):
        line = line[3:]
    if b"\\" not in line:
        return _decode(line)
    # of \u and \/ N-Triples knows fewer forms: spelled out, then escaped anew; a NUL is refused before it is used
    if b"\\u" in line or b"\\/" in line or b"\0" in line:
        line = encode(_decode(line))
    line = line.replace(rb"\\", b"\0")  # pairs from the left, so that what remains begins an escape
    line = line.replace(b"\\", rb"\\").replace(rb"\\" + b'"', rb"\\\"").replace(b"\0", rb"\\\\")
    return _decode(line)
