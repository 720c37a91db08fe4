"""Interpolation of leaves, its escapes, and secrets that are put in late."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weirflow.errors import FlowError
from weirflow.flow.interpolate import Interpolation, escape_secrets, reveal


def interpolate(value, values=None, environ=None, **more):
    problems = []

    def report(code, message, hint, path, fragment):
        problems.append((code, message, hint, path, fragment))

    result = Interpolation(values or {}, environ or {}, report, **more).value(value, ("p",))
    return result, problems


def good(value, values=None, environ=None):
    result, problems = interpolate(value, values, environ)
    assert problems == []
    return result


def test_a_whole_leaf_keeps_its_type():
    values = {"n": 3, "x": 0.5, "b": True, "l": ["a", 1], "none": None, "s": "7"}
    for name, value in values.items():
        assert good(f"${{{name}}}", values) == value
        assert type(good(f"${{{name}}}", values)) is type(value)


def test_inside_text_it_is_text():
    assert good("n=${n}, b=${b}, s=${s}!", {"n": 3, "b": False, "s": "x"}) == "n=3, b=false, s=x!"


def test_environment():
    assert good("${env:HOME}/x", environ={"HOME": "/h"}) == "/h/x"
    assert good("${env:A:-fall back:-1}") == "fall back:-1"
    assert good("${env:A:-}", environ={}) == ""
    assert good("${env:A:-x}", environ={"A": ""}) == ""


def test_escapes():
    assert good("$${n} $$ $ {n} $n $$${n}", {"n": 1}) == "${n} $$ $ {n} $n $${n}"


def test_every_leaf_and_no_key():
    assert good({"${n}": ["${n}", {"x": "a${n}"}, 5]}, {"n": 1}) == {"${n}": [1, {"x": "a1"}, 5]}


def test_code_is_taken_as_it_stands():
    found = Interpolation({"n": 1}, {}, None).parameters(
        {"code": "f'${n}'", "sql": ["${x}"], "query": "${", "formula": "${n}", "other": {"code": "${n}"}}, ()
    )
    assert found == {
        "code": "f'${n}'",
        "sql": ["${x}"],
        "query": "${",
        "formula": "${n}",
        "other": {"code": 1},
    }


@pytest.mark.parametrize(
    ("leaf", "message", "hint"),
    [
        ("a ${dta}", "the flow declares no parameter 'dta'", "did you mean 'data'?"),
        ("${env:HOM}", "environment variable 'HOM' is not set", "did you mean 'HOME'?"),
        ("${env:QQQ}", "environment variable 'QQQ' is not set", "set it, or write ${env:QQQ:-default}"),
        (
            "x${list}",
            "parameter 'list' has a list, which cannot stand inside text",
            "let '${list}' be the whole value",
        ),
        ("x${none}", "parameter 'none' has no value, which cannot stand inside text", None),
    ],
)
def test_undefined(leaf, message, hint):
    values = {"data": "d", "list": [1], "none": None}
    result, problems = interpolate([leaf], values, {"HOME": "/h"})
    assert result == [leaf]
    assert [(p[0], p[1], p[2], p[3]) for p in problems] == [("WF206", message, hint, ("p", 0))]


def test_a_parameter_without_a_value_is_reported_once_elsewhere():
    assert interpolate("x${a}", unset={"a"}) == ("x${a}", [])


@pytest.mark.parametrize(
    ("leaf", "message", "fragment"),
    [
        ("a ${b c", "'${' is never closed with '}'", "${b"),
        ("${}", "'${}' names nothing", "${}"),
        ("${a b}", "'${a b}' is no interpolation", "${a b}"),
        ("${1}", "'${1}' is no interpolation", "${1}"),
        ("${environ:A}", "'${environ:A}' is no interpolation", "${environ:A}"),
        ("${env:A B}", "'${env:A B}' names no environment variable", "${env:A B}"),
        ("${env:}", "'${env:}' names no environment variable", "${env:}"),
        ("${a:-b}", "'${a:-b}' gives a parameter a default, which only env: takes", "${a:-b}"),
        ("${secret:A:-b}", "'${secret:A:-b}' gives a secret a default", "${secret:A:-b}"),
        ("${env:A:-${b}}", "'${env:A:-${b}' holds another '${'", "${env:A:-${b}"),
    ],
)
def test_malformed(leaf, message, fragment):
    result, problems = interpolate(leaf)
    assert result == leaf
    assert [(p[0], p[1], p[4]) for p in problems] == [("WF207", message, fragment)]


PIECES = [*"${}abc:- ", "secret:", "${", "$${", "${secret:A}", "{secret:A}"]
DOLLARS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(DOLLARS)
def test_escaped_text_means_itself(text):
    """Doubling the dollar of every `${` makes any text literal, through loading and revealing."""
    assert reveal(good(text.replace("${", "$${")), {}) == text


@given(DOLLARS)
def test_foreign_text_is_never_a_reference(text):
    """What the environment holds comes out as it is: it can name no parameter and no secret."""
    loaded = good("${env:V}", environ={"V": text})
    assert reveal(loaded, {"A": "LEAKED"}) == text
    assert reveal(escape_secrets([text]), {"A": "LEAKED"}) == [text]


@given(DOLLARS, DOLLARS, st.sampled_from(["", "{secret:A}", "secret:A}", "x"]))
def test_foreign_texts_put_together_leak_no_secret(first, second, tail):
    loaded, problems = interpolate("${env:V}${env:W}" + tail, environ={"V": first, "W": second})
    if problems:
        assert [p[1] for p in problems] == ["the values put in here make or break a reference to a secret"]
    else:
        assert reveal(loaded, {"A": "LEAKED"}) == first + second + tail


@given(DOLLARS, st.integers())
def test_text_around_a_reference_is_kept(text, n):
    assume(text and not text.endswith("$"))
    assert reveal(good(text.replace("${", "$${") + "${n}", {"n": n}), {}) == f"{text}{n}"


def test_secrets_stay_references_until_they_are_revealed():
    parameters = good(
        {"user": "u", "password": "${secret:PW}", "url": ["x://${u}:${secret:PW}@h"]}, {"u": "me"}
    )
    assert parameters == {"user": "u", "password": "${secret:PW}", "url": ["x://me:${secret:PW}@h"]}
    assert reveal(parameters, {"PW": "${secret:PW}$"}) == {
        "user": "u",
        "password": "${secret:PW}$",
        "url": ["x://me:${secret:PW}$@h"],
    }
    assert parameters["password"] == "${secret:PW}"


def test_code_has_no_secrets():
    parameters = {"code": "'${secret:PW}'", "other": {"code": "${secret:PW}"}}
    assert reveal(parameters, {"PW": "x"}) == {"code": "'${secret:PW}'", "other": {"code": "x"}}


def test_a_secret_that_is_not_set():
    with pytest.raises(FlowError, match="WF206: secret 'PW' is not set"):
        reveal("${secret:PW}", {})
