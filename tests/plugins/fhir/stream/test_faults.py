"""What is wrong with a line is told by its class, and never by its content."""

import json

import pytest

from weirflow_fhir.reading.parse import FaultError, parsed

SECRET = "Muriel"
NEST = 3_000

FAULTS = {
    "cut in a string": (b'{"resourceType":"Patient","name":"Muriel', "truncated JSON"),
    "cut in a number": (b'{"resourceType":"Patient","n":1', "truncated JSON"),
    "cut in a word": (b'{"resourceType":"Patient","active":tru', "truncated JSON"),
    "cut after a key": (b'{"resourceType":"Patient","Muriel":', "truncated JSON"),
    "Latin-1": ('{"resourceType":"Patient","name":"Muriël"}'.encode("latin-1"), "not UTF-8"),
    "overlong UTF-8": (b'{"resourceType":"Patient","name":"\xc0\xaf"}', "not UTF-8"),
    "UTF-8 of a surrogate": (b'{"resourceType":"Patient","name":"\xed\xa0\x80"}', "not UTF-8"),
    "high surrogate alone": (rb'{"resourceType":"Patient","name":"Muriel \ud83d"}', "lone surrogate"),
    "low surrogate alone": (rb'{"resourceType":"Patient","name":"\ude00"}', "lone surrogate"),
    "surrogate in a key": (rb'{"resourceType":"Patient","\ud83dx":1}', "lone surrogate"),
    "NaN": (b'{"resourceType":"Observation","value":NaN}', "NaN or Infinity"),
    "minus infinity": (b'{"resourceType":"Observation","value":-Infinity}', "NaN or Infinity"),
    "5,000 digits": (
        b'{"resourceType":"Observation","value":' + b"9" * 5_000 + b"}",
        "number of too many digits",
    ),
    "3,000 deep": (
        b'{"resourceType":"Basic","x":' + b"[" * NEST + b"]" * NEST + b"}",
        "nested too deeply",
    ),
    "3,000 objects deep": (b'{"a":' * NEST + b"1" + b"}" * NEST, "nested too deeply"),
    "key twice": (b'{"resourceType":"Patient","id":"1","id":"Muriel"}', "duplicate key"),
    "key twice deep inside": (
        b'{"resourceType":"Patient","name":[{"family":"Muriel"},{"text":"a","text":"a"}]}',
        "duplicate key",
    ),
    "key twice, once as an escape": (rb'{"resourceType":"Patient","id":"1","i\u0064":"2"}', "duplicate key"),
    "key twice beside a text that looks like one": (
        rb'{"resourceType":"Patient","id":"1","id":"\u0022:"}',
        "duplicate key",
    ),
    "key twice, with spaces": (b'{"resourceType" : "Patient", "id" : "1", "id": "2"}', "duplicate key"),
    "two values": (b'{"resourceType":"Patient"} {"resourceType":"Patient"}', "not JSON"),
    "a control character": (b'{"resourceType":"Patient","name":"Muriel\x01"}', "not JSON"),
    "single quotes": (b"{'resourceType':'Patient'}", "not JSON"),
    "no JSON at all": (b"Muriel", "not JSON"),
    "a list": (b'[{"resourceType":"Patient"}]', "not an object"),
    "a text": (b'"Muriel"', "not an object"),
    "no resourceType": (b'{"id":"Muriel"}', "no resourceType"),
    "null for resourceType": (b'{"resourceType":null}', "no resourceType"),
    "resourceType of another kind": (
        b'{"resourceType":["Muriel"]}',
        "resourceType is not the name of a type",
    ),
    "resourceType that is no name": (
        b'{"resourceType":"<Muriel>"}',
        "resourceType is not the name of a type",
    ),
    "resourceType in lower case": (b'{"resourceType":"patient"}', "resourceType is not the name of a type"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_class_of_fault(name):
    raw, reason = FAULTS[name]
    with pytest.raises(FaultError, match=f"^{reason}$") as caught:
        parsed(raw)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None  # a parser's words may quote what it read


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"Patient","name":":"}',
        '{"resourceType":"Patient","name":"\\":x\\":"}',
        '{"resourceType":"Patient","name":"\\\\","x":"\\\\\\":"}',
        '{"resourceType":"Patient","name":"\\u0022:"}',
        '{"resourceType":"Patient","a\\\\":1,"a":{"a":2}}',
        '{"resourceType" : "Patient" ,\t"a" :\r{"b" : [ ] } }',
        '{"resourceType":"Patient","a":"\\ud83d\\ude00","b":"😀","c":"\\/\\b"}',
    ],
)
def test_what_only_looks_like_a_fault(text):
    assert parsed(text.encode()) == json.loads(text)


def test_numbers_are_kept_to_the_digit():
    raw = b'{"resourceType":"Basic","a":1.00,"b":1.0E0,"c":-0.0,"d":1e400,"e":123456789012345678901234567890,"f":-7}'
    assert list(parsed(raw).values())[1:] == [
        "1.00",
        "1.0E0",
        "-0.0",
        "1e400",
        123456789012345678901234567890,
        -7,
    ]
