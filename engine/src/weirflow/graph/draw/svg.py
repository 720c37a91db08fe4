"""A graph as SVG, top down, in light and dark; and a page around it."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from weirflow.graph.draw.lanes import in_lanes
from weirflow.graph.draw.layers import lay_out
from weirflow.graph.draw.model import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from weirflow.graph.draw.layers import Slot
    from weirflow.graph.draw.model import Drawing, DrawnNode
    from weirflow.graph.model import Kind

_HEIGHT = 44.0  # of a box, pixels; so are all lengths here
_MARGIN = 12.0
_GAP = 26.0  # between rows with one track of horizontal lines
_TRACK = 7.0  # between two tracks
_RADIUS = 6.0  # of the bends of an edge
_ID_CHARACTER, _SMALL_CHARACTER = 7.3, 5.8  # average widths in the two sizes of type
_LEAST, _MOST = 124.0, 196.0  # width of a box
_PHONE = 320.0  # width of a list, unless its lanes need more
_LANE = 11.0  # between two lanes
_READABLE = 0.76  # of its size: below it the smaller type is no longer readable

_ICONS: dict[Kind, str] = {
    "source": '<circle cx="0" cy="0" r="4.5"/>',
    "transform": '<rect x="-4.5" y="-4.5" width="9" height="9" rx="1.5"/>',
    "estimator": '<path d="M0-5.5 5.5 0 0 5.5-5.5 0Z"/>',
    "analysis": '<path d="M-4.5 5v-5h2.4v5zM-1.2 5v-10h2.4v10zM2.1 5v-7.5h2.4v7.5z"/>',
    "task": '<path d="M-5-5h10v2.6h-10zM-5-1.3h10v2.6h-10zM-5 2.4h10v2.6h-10z"/>',
    "job": '<path d="M-4-5.5 5.5 0-4 5.5Z"/>',
    "service": '<path fill-rule="evenodd" d="M0-5.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11'
    'M0-2.6a2.6 2.6 0 1 0 0 5.2a2.6 2.6 0 1 0 0-5.2"/>',
    "sink": '<path d="M-5-4.5h10v2.2h-10zM-1.2-1.5h2.4v2.7h2.6l-3.8 4-3.8-4h2.6z"/>',
}


def as_svg(
    drawing: Drawing, *, href: Callable[[str], str] | None = None, title: str = "Graph of the flow"
) -> str:
    """Draw the graph as one SVG element that carries its own style for light and dark.

    `href` gives the address that a node links to, from its id. The element has the classes `wf-graph`, and
    `wf-node`, `wf-<kind>`, `wf-is-<status>` on its nodes; `--wf-*` variables hold its colours and its width.
    """
    return _in_rows(drawing, href, title)[0]


def _in_rows(drawing: Drawing, href: Callable[[str], str] | None, title: str) -> tuple[str, float]:
    """The drawing in rows, and how wide it is."""
    width = _box_width(drawing.nodes)
    layout = lay_out(drawing, width)
    tops, bends = _heights(layout.rows)
    ports = _ports(layout.rows)
    labels = {(e.source, e.target): e.label for e in drawing.edges if e.label}
    edges = "".join(_edges(layout.rows, tops, bends, ports, labels))
    nodes = "".join(
        _node(drawing.by_id[slot.source], slot.x, tops[slot.row], width, href)
        for row in layout.rows
        for slot in row
        if not slot.waypoint
    )
    high = tops[-1] + _HEIGHT if tops else 0.0
    svg = _svg(edges + nodes, (layout.width, high), title, group=href is not None, style=_style())
    return svg, layout.width + 2 * _MARGIN


def as_pictures(
    drawing: Drawing, *, href: Callable[[str], str] | None = None, title: str = "Graph of the flow"
) -> str:
    """The graph as two SVG elements: as `as_svg` draws it, and as a list for where that would not be readable.

    What is around them is to be a CSS container by its width (`container-type: inline-size`): it shows one.
    """
    rows, width = _in_rows(drawing, href, title)
    choice = (
        f"@container (max-width:{width * _READABLE:.0f}px){{.wf-graph{{display:none!important}}"
        ".wf-graph.wf-list{display:block!important}}"
    )
    return rows + _as_list(drawing, href, title, f".wf-list{{display:none!important}}{choice}")


def _as_list(drawing: Drawing, href: Callable[[str], str] | None, title: str, style: str) -> str:
    lanes = in_lanes(drawing)
    left = lanes.count * _LANE + 4 if lanes.count else 0.0
    width = max(_PHONE - 2 * _MARGIN - left, _LEAST)
    step = _HEIGHT + _GAP / 2
    top_of = {node: step * i for i, node in enumerate(lanes.order)}
    labels = {(e.source, e.target): e.label for e in drawing.edges if e.label}
    pieces: list[str] = []
    for node in lanes.order:
        top, below = top_of[node], sorted(top_of[c] for c in drawing.children[node])
        if below and below[0] == top + step:
            x = left + 17
            pieces.append(f'<path class="wf-edge" d="M{_n(x)} {_n(top + _HEIGHT)}V{_n(top + step - 5)}"/>')
            pieces.append(f'<path class="wf-head" d="M{_n(x - 3.5)} {_n(top + step - 6)}h7l-3.5 6z"/>')
            del below[0]
        if below:
            pieces.append(_lane(left - 8 - lanes.lane_of[node] * _LANE, left, top, below))
    for node in lanes.order:
        ports = [labels[p, node] for p in drawing.parents[node] if (p, node) in labels]
        pieces.append(
            _node(drawing.by_id[node], left + width / 2, top_of[node], width, href, ", ".join(ports))
        )
    high = step * (len(lanes.order) - 1) + _HEIGHT if lanes.order else 0.0
    group = href is not None
    return _svg("".join(pieces), (left + width, high), title, group=group, style=style, classes=" wf-list")


def _lane(x: float, left: float, top: float, below: Sequence[float]) -> str:
    """From a box at `top` into its lane, down, and to the boxes `below`."""
    start, last = top + _HEIGHT - 10, below[-1] + 10
    path = f"M{_n(left)} {_n(start)}H{_n(x + 5)}Q{_n(x)} {_n(start)} {_n(x)} {_n(start + 5)}V{_n(last - 5)}"
    heads = ""
    for end in below:
        path += f"M{_n(x)} {_n(end + 5)}Q{_n(x)} {_n(end + 10)} {_n(x + 5)} {_n(end + 10)}H{_n(left - 5)}"
        heads += f"M{_n(left - 6)} {_n(end + 6.5)}v7l6-3.5z"
    return f'<path class="wf-edge" d="{path}"/><path class="wf-head" d="{heads}"/>'


def _svg(
    body: str, size: tuple[float, float], title: str, *, group: bool, style: str, classes: str = ""
) -> str:
    wide, high = (s + 2 * _MARGIN for s in size)
    name = escape(printable(title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wf-graph{classes}" role="{"group" if group else "img"}" '
        f'aria-label="{name}" viewBox="{_n(-_MARGIN)} {_n(-_MARGIN)} {_n(wide)} {_n(high)}" '
        f'width="{_n(wide)}" height="{_n(high)}" style="--wf-width:{_n(wide)}px">'
        f"<title>{name}</title><style>{style}</style>{body}</svg>"
    )


def as_html(drawing: Drawing, title: str) -> str:
    """A standalone page with the graph on it. It loads nothing and runs no script."""
    name = escape(printable(title))
    pictures = as_pictures(drawing, title=title)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{name}</title>'
        "<style>:root{color-scheme:light dark}body{margin:0;padding:1.5rem;background:#fff;color:#1b2129;"
        "font:16px/1.5 system-ui,sans-serif}h1{font-size:1.35rem;margin:0 0 1rem;overflow-wrap:anywhere}"
        "div{container-type:inline-size}svg{display:block;max-width:100%;height:auto;margin:0 auto}"
        "@media (prefers-color-scheme:dark){body{background:#14181d;color:#e6e9ed}}</style></head>"
        f"<body><main><h1>{name}</h1><div>{pictures}</div></main></body></html>\n"
    )


def _style() -> str:
    return files(__package__).joinpath("graph.css").read_text("utf-8").strip()


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _box_width(nodes: Sequence[DrawnNode]) -> float:
    wanted = max((_text_width(n) for n in nodes), default=0.0)
    return min(max(wanted, _LEAST), _MOST)


def _text_width(node: DrawnNode) -> float:
    return 42.0 + max(len(node.id) * _ID_CHARACTER, len(node.operator) * _SMALL_CHARACTER)


def _heights(rows: Sequence[Sequence[Slot]]) -> tuple[list[float], list[dict[int, float]]]:
    """The top of each row, and for each gap the y at which the edges of each slot (by its place) run sideways.

    Edges of different slots that would lie over one another run on tracks of their own.
    """
    tops: list[float] = []
    bends: list[dict[int, float]] = []
    top = 0.0
    for row in rows:
        tops.append(top)
        ends: list[float] = []  # of each track, its rightmost x so far
        track_of: dict[int, int] = {}
        spans = sorted(
            (min(xs), max(xs), slot.place)
            for slot in row
            if slot.down and (xs := [slot.x, *(s.x for s in slot.down)])
        )
        for first, last, place in spans:
            track = next((t for t, end in enumerate(ends) if end + 2 * _RADIUS < first), len(ends))
            ends[track : track + 1] = [last]
            track_of[place] = track
        tracks = max(len(ends), 1)
        middle = top + _HEIGHT + _GAP / 2
        bends.append({place: middle + _TRACK * track for place, track in track_of.items()})
        top += _HEIGHT + _GAP + _TRACK * (tracks - 1)
    return tops, bends


def _ports(rows: Sequence[Sequence[Slot]]) -> dict[tuple[int, int], float]:
    """Where the edge from one slot enters another (by identity): side by side along the box's upper side."""
    found: dict[tuple[int, int], float] = {}
    for slot in (s for row in rows for s in row):
        parents = sorted(slot.up, key=lambda s: s.x)
        step = min(14.0, (slot.width - 24) / len(parents)) if len(parents) > 1 else 0.0
        for i, parent in enumerate(parents):
            found[id(parent), id(slot)] = slot.x + step * (i - (len(parents) - 1) / 2)
    return found


def _edges(
    rows: Sequence[Sequence[Slot]],
    tops: Sequence[float],
    bends: Sequence[dict[int, float]],
    ports: dict[tuple[int, int], float],
    labels: dict[tuple[str, str], str],
) -> Iterable[str]:
    """One path for all that leaves a slot, an arrowhead where it meets a node."""
    for slot in (s for row in rows for s in row if s.down):
        start = tops[slot.row] + (0.0 if slot.waypoint else _HEIGHT)
        bend = bends[slot.row][slot.place]
        path, heads = "", ""
        for below in slot.down:
            x, end = ports[id(slot), id(below)], tops[below.row]
            path += _line(slot.x, start, x, end - (0.0 if below.waypoint else 5.0), bend)
            if below.waypoint:
                continue
            heads += f"M{_n(x - 3.5)} {_n(end - 6)}h7l-3.5 6z"
            if label := labels.get((slot.source, below.source)):
                place = f'x="{_n(x + 6)}" y="{_n(end - 5)}"'
                yield f'<text class="wf-port" {place}>{escape(printable(label))}</text>'
        yield f'<path class="wf-edge" d="{path}"/>'
        if heads:
            yield f'<path class="wf-head" d="{heads}"/>'


def _line(x: float, y: float, to_x: float, to_y: float, bend: float) -> str:
    """Down, sideways at the bend, and down again, with round corners."""
    if abs(to_x - x) < 1:
        return f"M{_n(x)} {_n(y)}L{_n(to_x)} {_n(to_y)}"
    radius = min(_RADIUS, abs(to_x - x) / 2)
    side = radius if to_x > x else -radius
    return (
        f"M{_n(x)} {_n(y)}V{_n(bend - radius)}Q{_n(x)} {_n(bend)} {_n(x + side)} {_n(bend)}"
        f"H{_n(to_x - side)}Q{_n(to_x)} {_n(bend)} {_n(to_x)} {_n(bend + radius)}V{_n(to_y)}"
    )


def _node(
    node: DrawnNode, x: float, top: float, width: float, href: Callable[[str], str] | None, *more: str
) -> str:
    """A box; after the operator stand the node's note and `more`, as far as there is room."""
    room = width - 38
    small = node.operator.partition("@")[0]
    for note in filter(None, (node.note, *more)):
        if (len(small) + len(note) + 3) * _SMALL_CHARACTER <= room:
            small = f"{small} · {note}"
    sentence = escape(printable(node.sentence))
    body = (
        f"<title>{sentence}</title>"
        f'<rect class="wf-box" width="{_n(width)}" height="{_n(_HEIGHT)}" rx="8"/>'
        f'<g class="wf-icon" transform="translate(17 {_n(_HEIGHT / 2)})">{_ICONS[node.kind]}</g>'
        f'<text class="wf-id" x="31" y="19">{_cut(node.id, room / _ID_CHARACTER)}</text>'
        f'<text class="wf-operator" x="31" y="34">{_cut(small, room / _SMALL_CHARACTER)}</text>'
    )
    if href:
        body = f'<a href="{escape(href(node.id))}" aria-label="{sentence}">{body}</a>'
    status = f" wf-is-{escape(node.status)}" if node.status.isalpha() else ""
    place = f"translate({_n(x - width / 2)} {_n(top)})"
    return f'<g class="wf-node wf-{node.kind}{status}" transform="{place}">{body}</g>'


def _cut(text: str, room: float) -> str:
    text = printable(text)
    return escape(text if len(text) <= room else text[: int(room) - 1] + "…")
