"""The layout must be what `ruff format` leaves alone: ruff itself is the judge."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.export.layout import docstring, tidy


def ruff(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def laid_out(text: str) -> str:
    return "\n".join(tidy(text)) + "\n"


WORDS = st.sampled_from(
    ["a", "age", "credit_amount", "existing_checking_account", "number_of_people_being_liable_to_provide"]
)
COLUMNS = WORDS.map(lambda w: f'df["{w}"]')


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: f"({p[0]} + {p[1]})"),
        pair.map(lambda p: f"({p[0]} / {p[1]})"),
        pair.map(lambda p: f"(({p[0]}) == ({p[1]}))"),
        pair.map(lambda p: f"(({p[0]}) & ({p[1]}))"),
        pair.map(lambda p: f"({p[0]} and {p[1]})"),
        pair.map(lambda p: f"[{p[0]}, {p[1]}]"),
        pair.map(lambda p: f"({p[0]}).fillna({p[1]})"),
        inner.map(lambda i: f"({i}).astype('float64')"),
        inner.map(lambda i: f"({i}).str.strip()"),
        inner.map(lambda i: f"len({i})"),
        inner.map(lambda i: f"~({i})"),
        inner.map(lambda i: f"df[{i}]"),
        st.tuples(WORDS, inner, WORDS, inner).map(lambda t: f"df.assign({t[0]}={t[1]}, {t[2]}_2={t[3]})"),
        st.tuples(WORDS, inner, WORDS, inner).map(lambda t: f"{{'{t[0]}': {t[1]}, '{t[2]} 2': {t[3]}}}"),
        pair.map(lambda p: f"[{p[0]} for name in {p[1]}]"),
    )


EXPRESSIONS = st.recursive(st.one_of(WORDS, COLUMNS, st.just("0.5")), extend, max_leaves=10)
STATEMENTS = st.one_of(
    EXPRESSIONS.map(lambda e: f"df = {e}"),
    EXPRESSIONS.map(lambda e: f"return {e}"),
    EXPRESSIONS.map(lambda e: f"if {e}:\n        df = 1"),
    EXPRESSIONS.map(lambda e: f"for name in {e}:\n        df = 1"),
)


@settings(max_examples=8, deadline=None, derandomize=True)  # ruff has corners that nobody writes
@given(st.lists(STATEMENTS, min_size=20, max_size=40))
def test_the_code_means_the_same_and_ruff_leaves_it_alone(statements):
    text = "def step(df):\n" + "".join(f"    {s}\n" for s in statements)
    found = laid_out(text)
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
    assert found == ruff(found)


def test_comments_keep_their_places():
    loop = "for a in b:\n    # inside\n    c = [\n        1,  # one\n    ]\n    # last\n"
    text = f"x = 1   #why\n# above\n{loop}\n\ny = 'a'\n"
    assert laid_out(text) == f'x = 1  # why\n# above\n{loop}\ny = "a"\n'


def test_a_comment_beside_a_long_line_goes_above_it():
    text = f"df = df[[{', '.join(repr(w * 9) for w in 'abcdefgh')}]]  # {'word ' * 20}"
    lines = laid_out(text).splitlines()
    assert [line[:7] for line in lines[:4]] == ["# word ", "# word ", "df = df", "    ["]
    assert max(map(len, lines)) <= 88


def test_what_is_not_known_stays_as_it_stands():
    text = "async def f():\n    async with a as b:\n        await  b('x')\n"
    assert laid_out(text) == text


def test_text_over_several_lines_keeps_its_value():
    text = 'if a:\n  x = """one\n  two"""\n  class A:\n      y = """\n  three"""\n'
    assert ast.dump(ast.parse(laid_out(text))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "One line.",
        'It says "yes"',
        'A back\\slash and three """ quotes',
        "word " * 16 + "end.",
        "First.\n\n" + "word " * 60,
    ],
)
def test_docstrings(text):
    found = "def f():\n" + "\n".join(docstring(text, 4)) + "\n"
    assert found == ruff(found)
    function = ast.parse(found).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert " ".join((ast.get_docstring(function) or "").split()) == " ".join(text.split())
    assert all(len(line) <= 88 for line in found.splitlines())
