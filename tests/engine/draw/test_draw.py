"""Pictures of graphs: every node and edge is there, in order, escaped, and laid out without overlaps."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.graph.draw import (
    Drawing,
    DrawnEdge,
    DrawnNode,
    anchor,
    as_html,
    as_mermaid,
    as_pictures,
    as_svg,
    as_text,
)
from weirflow.graph.draw.lanes import in_lanes
from weirflow.graph.draw.layers import _crossings, lay_out

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script>\"&]})|`#quot;\x00\x1b[31m\u202e\ud800"


def drawing(edges: str, *, kinds: str = "") -> Drawing:
    """`"ab bc"`: nodes of one letter in the order they are met; `kinds` makes letters analyses."""
    names = dict.fromkeys(c for c in edges if c.isalpha())
    nodes = tuple(DrawnNode(n, f"op.{n}", "analysis" if n in kinds else "transform") for n in names)
    return Drawing(nodes, tuple(DrawnEdge(*pair) for pair in edges.split() if len(pair) == 2))


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    size = draw(st.integers(1, 25))
    nodes = tuple(DrawnNode(f"n{i}", "op.x", "transform") for i in range(size))
    pairs = [(a, b) for a, b in combinations(range(size), 2)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=40)) if pairs else []
    shuffled = draw(st.permutations(nodes))
    return Drawing(tuple(shuffled), tuple(DrawnEdge(f"n{a}", f"n{b}") for a, b in chosen))


def test_a_chain_with_leaves_keeps_one_lane():
    picture = as_text(drawing("ab bx by bc cd dz dw", kinds="xy"))
    assert [line.partition("op.")[0].rstrip() for line in picture.splitlines()] == [
        "● a",
        "● b",
        "├─◇ x",
        "├─◇ y",
        "● c",
        "● d",
        "├─● z",
        "╰─● w",
    ]


def test_branches_meet_again():
    picture = as_text(drawing("ab ac bd cd de"))
    assert [line.partition("op.")[0].rstrip() for line in picture.splitlines()] == [
        "● a",
        "├─● b",
        "● │ c",
        "●─╯ d",
        "● e",
    ]


def test_text_tells_operator_note_status_ports_and_title():
    nodes = (
        DrawnNode("left", "read.csv@1", "source", note="1,000 rows"),
        DrawnNode("both", "join.left@1", "transform", label="Customers", status="failed"),
    )
    picture = as_text(Drawing(nodes, (DrawnEdge("left", "both", "customers"),)))
    assert picture.splitlines() == [
        "○ left  read.csv@1  1,000 rows",
        "● both  join.left@1  [failed]  (customers: left)  Customers",
    ]


def test_a_chain_of_500_is_one_lane_wide():
    nodes = tuple(DrawnNode(f"n{i}", "op", "transform") for i in range(500))
    chain = Drawing(nodes, tuple(DrawnEdge(a.id, b.id) for a, b in pairwise(nodes)))
    assert all(re.fullmatch(r"● n\d+ +op", line) for line in as_text(chain).splitlines())


@given(drawings())
def test_text_shows_each_node_once_after_what_feeds_it(drawn: Drawing):
    lines = as_text(drawn).splitlines()
    places = {re.search(r"n\d+", line)[0]: i for i, line in enumerate(lines)}  # type: ignore[index]
    assert len(lines) == len(places) == len(drawn.nodes)
    assert all(places[e.source] < places[e.target] for e in drawn.edges)


def test_an_empty_graph_is_drawn():
    empty = Drawing((), ())
    assert as_text(empty) == ""
    assert as_mermaid(empty) == "flowchart TD\n"
    assert ET.fromstring(as_svg(empty)).tag == f"{SVG}svg"


def test_mermaid():
    nodes = (
        DrawnNode("end", "read.csv@1", "source", note="3 rows"),
        DrawnNode("a-b", "analyse.bias@1", "analysis", label='Is "it" fair?'),
        DrawnNode("a.b", "write.csv@1", "sink"),
    )
    edges = (DrawnEdge("end", "a-b"), DrawnEdge("end", "a.b", "left"))
    assert as_mermaid(Drawing(nodes, edges)).splitlines() == [
        "flowchart TD",
        '    n_end(["end<br/>read.csv@1 · 3 rows"])',
        '    n_a_b{{"a-b<br/>Is #34;it#34; fair#63;<br/>analyse.bias@1"}}',
        '    n_a_b_2[("a.b<br/>write.csv@1")]',
        "    n_end --> n_a_b",
        '    n_end -->|"left"| n_a_b_2',
    ]


def test_hostile_words_stay_words():
    nodes = (
        DrawnNode(HOSTILE, HOSTILE, "source", label=HOSTILE, note=HOSTILE, status=HOSTILE),
        DrawnNode("b", "op", "sink"),
    )
    drawn = Drawing(nodes, (DrawnEdge(HOSTILE, "b", HOSTILE),))
    mermaid = as_mermaid(drawn)
    assert len(mermaid.splitlines()) == 4
    assert not set("<>&'`|\x00\x1b\u202e") & set(re.sub(r'<br/>|-->\|"|"\|', "", mermaid))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800]", as_text(drawn))
    svg = ET.fromstring(as_svg(drawn, href=lambda n: f"#{anchor(n)}").encode())
    assert {e.tag.removeprefix(SVG) for e in svg.iter()} <= {
        "svg",
        "title",
        "style",
        "g",
        "a",
        "rect",
        "path",
        "circle",
        "text",
    }
    page = as_html(drawn, HOSTILE)
    assert "<script" not in page
    page.encode()


@pytest.mark.parametrize(("edges", "message"), [("ab ba", "form a circle"), ("aa", "form a circle")])
def test_a_circle_is_refused(edges: str, message: str):
    with pytest.raises(ValueError, match=message):
        drawing(edges)


def test_repeated_and_unknown_ids_are_refused():
    node = DrawnNode("a", "op", "transform")
    with pytest.raises(ValueError, match="one id"):
        Drawing((node, node), ())
    with pytest.raises(ValueError, match="not drawn: 'b'"):
        Drawing((node,), (DrawnEdge("a", "b"),))


@given(st.text(), st.text())
def test_anchors_are_fragments_and_tell_ids_apart(one: str, other: str):
    assert re.fullmatch(r"node-[A-Za-z0-9_.~-]*", anchor(one))
    assert (anchor(one) == anchor(other)) == (one == other)


@given(drawings())
def test_layout_goes_down_without_overlaps(drawn: Drawing):
    layout = lay_out(drawn, 120)
    slots = [s for row in layout.rows for s in row]
    row_of = {s.source: s.row for s in slots if not s.waypoint}
    assert set(row_of) == {n.id for n in drawn.nodes}
    assert all(row_of[e.source] < row_of[e.target] for e in drawn.edges)
    for row in layout.rows:
        assert all(a.x + a.width / 2 <= b.x - b.width / 2 for a, b in pairwise(row))
        assert all(s.x - s.width / 2 >= -1e-6 and s.x + s.width / 2 <= layout.width + 1e-6 for s in row)
    # Following the slots from each node down leads to exactly the nodes that it feeds.
    for slot in (s for s in slots if not s.waypoint):
        reached, waiting = set(), list(slot.down)
        while waiting:
            below = waiting.pop()
            if below.waypoint:
                waiting += below.down
            else:
                reached.add(below.source)
        assert reached == set(drawn.children[slot.source])


@given(drawings())
def test_crossings_are_counted_as_by_hand(drawn: Drawing):
    rows = lay_out(drawn, 120).rows
    crossings = 0
    for row in rows:
        ends = [(a.place, b.place) for a in row for b in a.down]
        crossings += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
    assert _crossings(rows) == crossings


def test_leaves_hang_beside_a_straight_chain():
    chain = [f"c{i}" for i in range(20)]
    leaves = [f"leaf{i}" for i in range(10)]
    nodes = tuple(DrawnNode(n, "op", "transform") for n in chain + leaves)
    edges = [DrawnEdge(a, b) for a, b in pairwise(chain)] + [DrawnEdge("c0", leaf) for leaf in leaves]
    layout = lay_out(Drawing(nodes, tuple(edges)), 120)
    xs = [s.x for row in layout.rows for s in row if s.source in chain and not s.waypoint]
    assert max(xs) - min(xs) < 1
    assert len(layout.rows) == 20
    assert layout.width < 3 * 120 + 100


@given(drawings())
def test_svg_has_a_box_for_each_node_and_a_head_for_each_edge(drawn: Drawing):
    svg = ET.fromstring(as_svg(drawn, href=lambda n: f"#{anchor(n)}"))
    links = [a.get("href") for a in svg.iter(f"{SVG}a")]
    assert sorted(links) == sorted(f"#{anchor(n.id)}" for n in drawn.nodes)
    heads = "".join(p.get("d", "") for p in svg.iter(f"{SVG}path") if p.get("class") == "wf-head")
    assert heads.count("M") == len({(e.source, e.target) for e in drawn.edges})


@given(drawings())
def test_a_list_goes_down_and_its_lanes_are_apart(drawn: Drawing):
    lanes = in_lanes(drawn)
    row_of = {n: i for i, n in enumerate(lanes.order)}
    assert sorted(lanes.order) == sorted(n.id for n in drawn.nodes)
    assert all(row_of[e.source] < row_of[e.target] for e in drawn.edges)
    far = {e.source for e in drawn.edges if row_of[e.target] > row_of[e.source] + 1}
    assert set(lanes.lane_of) == far
    spans = [
        (lane, row_of[n], max(row_of[c] for c in drawn.children[n])) for n, lane in lanes.lane_of.items()
    ]
    for (lane, start, end), (other, first, last) in combinations(spans, 2):
        assert lane != other or end < first or last < start
    needed = max((sum(s <= row <= e for _, s, e in spans) for row in row_of.values()), default=0)
    assert lanes.count == needed


def test_a_list_follows_the_flow():
    chain = [f"c{i}" for i in range(20)]
    nodes = [DrawnNode(n, "op", "transform") for n in chain]
    nodes[3:3] = [DrawnNode(f"leaf{i}", "op", "analysis") for i in range(5)]
    edges = [DrawnEdge(a, b) for a, b in pairwise(chain)] + [DrawnEdge("c2", f"leaf{i}") for i in range(5)]
    lanes = in_lanes(Drawing(tuple(nodes), tuple(edges)))
    assert lanes.order == tuple(n.id for n in nodes)
    assert lanes.lane_of == {"c2": 0}


@given(drawings())
def test_both_pictures_have_a_box_for_each_node_and_a_head_for_each_edge(drawn: Drawing):
    page = ET.fromstring(f"<div>{as_pictures(drawn, href=lambda n: f'#{anchor(n)}')}</div>")
    rows, listed = page
    assert (rows.get("class"), listed.get("class")) == ("wf-graph", "wf-graph wf-list")
    for svg in (rows, listed):
        links = [a.get("href") for a in svg.iter(f"{SVG}a")]
        assert sorted(links) == sorted(f"#{anchor(n.id)}" for n in drawn.nodes)
        heads = "".join(p.get("d", "") for p in svg.iter(f"{SVG}path") if p.get("class") == "wf-head")
        assert heads.count("M") == len({(e.source, e.target) for e in drawn.edges})


def test_five_hundred_nodes_are_drawn():
    nodes = tuple(DrawnNode(f"n{i}", "op", "transform") for i in range(500))
    edges = [DrawnEdge(f"n{i // 2}", f"n{i}") for i in range(1, 500)]
    edges += [DrawnEdge(f"n{i - 7}", f"n{i}") for i in range(20, 500)]
    svg = ET.fromstring(as_svg(Drawing(nodes, tuple(edges))))
    assert len({t.text for t in svg.iter(f"{SVG}text")} & {n.id for n in nodes}) == 500


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, key, value) for key, value in attrs]


def test_the_page_stands_alone():
    page = as_html(drawing("ab bc"), "a flow")
    parser = _Attributes()
    parser.feed(page)
    assert not [a for a in parser.found if a[1] in {"src", "href"}]
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in parser.found
    assert ("svg", "aria-label", "a flow") in parser.found
    assert "prefers-color-scheme:dark" in page
    assert "url(" not in page
