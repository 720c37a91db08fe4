"""The canonical layout keeps what a text says and every comment, whatever the text looks like."""

import re
from collections import Counter
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.flow import layout
from weirflow.flow.layout import LayoutError, laid_out
from weirflow.flow.read import parse

WORDS = [
    "a", "age", "low risk", "german.csv", "7+ years", "./x/y.csv", "über", "x-y", "true", "null", "3", "-4.5e3",
    "0x1f", "${data}", "a: b", "# no comment", "", " ", "yes", "no", "12:30", "2024-01-31", "1_000", "~", "- x",
    "it's", 'say "x"', "\\d+", "a\tb", "a\nb", "a\n\nb\n", "  lead", "trail  ", "\u00a0", "\u2028", "\x85", "\x01",
    "😀", "[", "a,b", "{}", "*", "&a", "!t", "%", "@", "`", "?", "? x", ":", "x:", "|", ">", "<<", "=", "...", "---",
    "long " * 30, "x" * 130, "#", "a #b", "a#b",
]  # fmt: skip
"""Texts that are hard to write: of each kind that YAML treats in a way of its own."""


class Scribe:
    """Writes data as YAML in ways that people might, with comments and empty lines wherever they may stand."""

    def __init__(self, random):
        self.random = random
        self.count = 0

    def chance(self, share):
        return self.random.random() < share

    def comment(self):
        self.count += 1
        return (
            "#"
            + self.random.choice(["", " ", "#", "\t"])
            + f"c{self.count}"
            + self.random.choice(["", " # x: 1", " ["])
        )

    def above(self, indent):
        """Comments and empty lines, at the column of what follows or at another."""
        lines = []
        while self.chance(0.25):
            column = indent if self.chance(0.6) else self.random.randrange(12)
            lines.append(
                self.random.choice(["", "", "   "]) if self.chance(0.4) else " " * column + self.comment()
            )
        return lines

    def beside(self):
        return self.random.choice([" ", "   "]) + self.comment() if self.chance(0.15) else ""

    def scalar(self, value, *, flow, key=False):
        if not isinstance(value, str):
            return (
                {None: "null", True: "true", False: "false"}[value]
                if value is None or isinstance(value, bool)
                else repr(value)
            )
        styles = [lambda: self.double(value)]
        printable = value.isprintable()
        if printable and value.strip() == value and value:
            styles.append(lambda: "'" + value.replace("'", "''") + "'")
        if printable and re.fullmatch(r"[^\W\d_][\w ./+-]*\w|[^\W\d_]", value) and not (flow and key):
            styles += [lambda: value] * 3
        return self.random.choice(styles)()

    @staticmethod
    def double(value):
        escapes = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
        hidden = [c for c in value if c not in escapes and not c.isprintable()]
        escapes |= {c: f"\\U{ord(c):08x}" for c in hidden}
        return '"' + "".join(escapes.get(c, c) for c in value) + '"'

    def space(self, indent):
        """White space in brackets: it may hold line breaks and comments."""
        if self.chance(0.85):
            return self.random.choice(["", " ", " "])
        return (
            (self.beside() or " ")
            + "\n"
            + "\n".join([*self.above(indent), " " * (indent + self.random.randrange(1, 6))])
        )

    def flow(self, value, indent):
        if not isinstance(value, (dict, list)):
            return self.scalar(value, flow=True)
        inner = indent + 2
        if isinstance(value, dict):
            parts = [
                f"{self.scalar(k, flow=True, key=True)}:{self.space(inner) or ' '}{self.flow(v, inner)}"
                for k, v in value.items()
            ]
        else:
            parts = [self.flow(v, inner) for v in value]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        text = opening
        for i, part in enumerate(parts):
            text += (
                self.space(inner)
                + part
                + self.space(inner)
                + ("," if i < len(parts) - 1 or self.chance(0.2) else "")
            )
        return text + self.space(inner) + closing

    def literal(self, value, indent):
        if (
            not value.strip()
            or not all(c.isprintable() or c == "\n" for c in value)
            or any(line.isspace() for line in value.split("\n"))
        ):
            return None
        chomp = "-" if not value.endswith("\n") else "+" if value.endswith("\n\n") else ""
        step = self.random.randrange(1, 5)
        first = next(line for line in value.split("\n") if line)
        digit = str(step) if first.startswith(" ") or self.chance(0.2) else ""
        body = [" " * (indent + step) + line if line else "" for line in value.removesuffix("\n").split("\n")]
        return [f"|{digit}{chomp}" + self.beside(), *body]

    def value(self, start, value, indent):
        """The lines of `key:` or `-` (already indented) with its value; `indent` is that of the entry."""
        anchor = f" &a{self.count}" if self.chance(0.05) else ""
        self.count += bool(anchor)
        start += anchor
        deeper = indent + self.random.randrange(1, 5)
        if isinstance(value, str) and self.chance(0.4):
            lines = self.literal(value, indent)
            if lines is not None:
                return [f"{start} {lines[0]}", *lines[1:]]
        if not value or not isinstance(value, (dict, list)) or self.chance(0.3):
            gap = (
                self.beside() + "\n" + "".join(line + "\n" for line in self.above(deeper)) + " " * deeper
                if self.chance(0.1)
                else " "
            )
            text = "" if value is None and gap == " " else gap + self.flow(value, deeper)
            return (start + text + self.beside()).split("\n")
        if isinstance(value, list) and start.lstrip().startswith(("-",)) is False and self.chance(0.3):
            deeper = indent
        lines = self.block(value, deeper)
        if (
            start.endswith("-")
            and self.chance(0.8)
            and deeper > indent + 1
            and lines[0].strip()
            and not lines[0].lstrip().startswith("#")
        ):
            return [start + " " * (deeper - len(start)) + lines[0].lstrip(), *lines[1:]]
        return [start + self.beside(), *self.above(deeper), *lines]

    def block(self, value, indent):
        lines = []
        margin = " " * indent
        entries = value.items() if isinstance(value, dict) else ((None, v) for v in value)
        for i, (key, item) in enumerate(entries):
            if i:
                lines += self.above(indent)
            start = margin + ("-" if key is None else self.scalar(key, flow=False, key=True) + ":")
            lines += self.value(start, item, indent)
        return lines

    def page(self, value):
        mark = [self.comment(), "---" + self.beside()] if self.chance(0.2) else []
        text = "\n".join([*mark, *self.above(0), *self.block(value, 0), *self.above(0)])
        return text + self.random.choice(["", "\n", "\n\n"])


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-99, 99),
    st.sampled_from([0.5, -2.25]),
    st.sampled_from(WORDS),
    st.text(max_size=6, alphabet=st.characters(exclude_categories=["Cs"])),
)
keys = st.one_of(
    st.sampled_from([w for w in WORDS if "\n" not in w and len(w) < 100]),
    st.sampled_from(["columns", "path", "code", "by"]),
)
values = st.recursive(
    leaves, lambda v: st.lists(v, max_size=4) | st.dictionaries(keys, v, max_size=4), max_leaves=10
)
nodes = st.lists(
    st.dictionaries(
        st.sampled_from(["id", "operator", "parameters", "inputs", "title", "tags", "seed", "odd"]),
        values,
        min_size=1,
    ),
    max_size=3,
)
flows = st.fixed_dictionaries(
    {"flow": st.just(1), "nodes": nodes},
    optional={"parameters": values, "tests": values, "description": leaves},
)


def data_of(text):
    parsed = parse(text, "")
    assert not parsed.diagnostics, text
    return parsed.data


def ordered(value):
    if isinstance(value, dict):
        return [(type(k), k, ordered(v)) for k, v in value.items()]
    if isinstance(value, list):
        return [ordered(v) for v in value]
    return type(value), value


def marks(text):
    """The numbers of the scribe's comments. No data holds such a thing."""
    return Counter(re.findall(r"#[ #\t]?c(\d+)", text))


@settings(max_examples=200, deadline=None)
@given(flows, st.integers(0, 10**9))
def test_what_a_text_says_stays(flow, seed):
    text = Scribe(Random(seed)).page(flow)
    old = data_of(text)
    new = laid_out(text)

    assert data_of(new) == old
    for key in old.keys() - {"nodes"}:  # the keys of nodes alone change places
        assert ordered(data_of(new)[key]) == ordered(old[key])
    assert marks(new) == marks(text)
    assert laid_out(new) == new
    assert new.endswith("\n")


WILD = """\
%YAML 1.2
# top
---
# head
flow: 1   # one
name: 'x'


description: >+
   a folded

   text

# about params
parameters: # inline
    # first
    data: {type: path, # the type
        default: "a.csv"}   # after
    when: 2024-01-31
    yes: no
    q: "a \\"b\\" \\\\d"
nodes: # list
- # about a
  operator: read.csv   # op
  # the id
  id: a
  parameters: {path: "${data}", separator: ";", nested: {a: [1,2,3], b: {c: d}}, long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
  # tail of a
# between

# more

- {operator: b.c, id: b, parameters: {}} # b
-
    operator: custom.pandas
    parameters:
      code: |2  # code!
          x = 1
        y
      plain: several
        words here
      columns: [status_sex, vec, risk, credithistory, purpose, otherdebtors, property,
                otherinstallmentplans,telephone, "foreignworker",]
      list:
      - 1
      - - 2
        - 3
      -
        # k
        k: v
      # end of list
    # end of params
# last
"""

TAME = """\
# top
# head
flow: 1  # one
name: x

description: >+
  a folded

  text

# about params
parameters:  # inline
  # first
  data:  # after
    type: path  # the type
    default: a.csv
  when: "2024-01-31"
  "yes": "no"
  q: 'a "b" \\d'
nodes:  # list
  # about a
  # the id
  - id: a
    operator: read.csv  # op
    parameters:
      path: "${data}"
      separator: ";"
      nested: {a: [1, 2, 3], b: {c: d}}
      long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    # tail of a
  # between

  # more

  - {id: b, operator: b.c, parameters: {}}  # b
  - operator: custom.pandas
    parameters:
      code: |2  # code!
          x = 1
        y
      plain: several
        words here
      columns: [status_sex, vec, risk, credithistory, purpose, otherdebtors,
                property, otherinstallmentplans, telephone, foreignworker]
      list:
        - 1
        - - 2
          - 3
        # k
        - k: v
      # end of list
    # end of params
# last
"""


def test_the_layout():
    assert laid_out(WILD) == TAME


@pytest.mark.parametrize("word", [w for w in WORDS if w.isprintable() or "\n" in w])
def test_readers_of_yaml_1_1_take_text_for_the_same_text(word):
    text = f"flow: 1\nnodes: []\nname: {Scribe.double(word)}\n"

    assert yaml.safe_load(laid_out(text))["name"] == word


@pytest.mark.parametrize(
    "word", ["yes", "No", "on", "1_000", "12:30", "2024-01-31", "0b11", "0o17x", "<<", "="]
)
def test_a_bare_word_is_quoted_where_readers_differ(word):
    new = laid_out(f"flow: 1\nnodes: []\nparameters: {{{word}: [{word}]}}\n")

    assert yaml.safe_load(new)["parameters"] == {word: [word]}


def test_a_node_with_an_anchor_keeps_its_order():
    text = "flow: 1\nnodes:\n  - parameters: &p {a: 1}\n    operator: x.y\n    id: a\n  - {parameters: *p, id: b}\n"

    assert laid_out(text) == text


def test_an_empty_line_above_an_item_stays_there_when_its_keys_change_places():
    text = "flow: 1\nnodes:\n  - id: a\n\n  - tags: [x]\n    id: b\n"
    assert laid_out(text) == "flow: 1\nnodes:\n  - id: a\n\n  - id: b\n    tags: [x]\n"


def test_keys_that_are_not_known_come_last():
    text = "flow: 1\nnodes:\n  - odd: 1\n    seed: 2\n    title: t\n    operator: x.y\n"

    assert laid_out(text) == "flow: 1\nnodes:\n  - title: t\n    operator: x.y\n    seed: 2\n    odd: 1\n"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("abc ", min_size=1, max_size=30).map(str.strip).filter(bool), min_size=1, max_size=30)
)
def test_lists_are_wrapped_at_120_columns(items):
    text = f"flow: 1\nnodes: []\ntests: [{', '.join(items)}]\n"
    lines = laid_out(text).splitlines()[2:]

    assert max(map(len, lines)) <= 120
    assert len(lines) == 1 or len(" ".join(line.strip() for line in lines)) > 120
    assert laid_out("\n".join(["flow: 1", "nodes: []", *lines])) == laid_out(text)


def test_json_stays_json():
    text = '{"nodes": [{"parameters": {"b": 1, "a": "é"}, "id": "x", "operator": "x.y"}], "flow": 1}'

    assert laid_out(text) == (
        '{\n  "nodes": [\n    {\n      "id": "x",\n      "operator": "x.y",\n      "parameters": {\n'
        '        "b": 1,\n        "a": "é"\n      }\n    }\n  ],\n  "flow": 1\n}\n'
    )


@pytest.mark.parametrize(("lost", "what"), [("# one", "comments"), ("name: x", "data")])
def test_a_mistake_of_ours_is_found(monkeypatch, lost, what):
    write = layout.write
    monkeypatch.setattr(layout, "write", lambda page: write(page).replace(lost, ""))

    with pytest.raises(LayoutError, match=f"would change the {what}"):
        laid_out("flow: 1  # one\nname: x\nnodes: []\n")
