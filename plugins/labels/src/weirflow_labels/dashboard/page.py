"""The page: one file that needs nothing else. Without its script it is a page of pictures and tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from weirflow_labels.dashboard.charts import svg
from weirflow_labels.dashboard.markup import Html, join, tag
from weirflow_labels.dashboard.panel import LeftOut, PanelData
from weirflow_labels.dashboard.payload import payload
from weirflow_labels.dashboard.tables import Table, described, table_of
from weirflow_labels.dashboard.words import plain, spoken

if TYPE_CHECKING:
    from weirflow_labels.dashboard.cube import Shown
    from weirflow_labels.dashboard.frames import Frame, Sample
    from weirflow_labels.dashboard.spec import Spec

_KEYS = (
    "A click on a part lists its frames. By keyboard: arrows within a chart, Enter, and Escape to come back."
)
SCRIPTS = ("model.js", "draw.js", "frames.js", "page.js")


def render(
    spec: Spec,
    title: str,
    found: Sequence[PanelData | LeftOut],
    *,
    samples: dict[str, list[Sample]] | None = None,
    frames: Sequence[Frame] = (),
    notes: Sequence[str] = (),
    about: str = "",
) -> str:
    """Write a dashboard as one HTML document. `samples` is None where it has no script."""
    panels = [p for p in found if isinstance(p, PanelData)]
    left = [p for p in found if isinstance(p, LeftOut)]
    shown = {p.name: p.shown() for p in panels}
    numbers = [p for p in panels if p.panel.kind == "number"]
    others = [p for p in panels if p.panel.kind != "number"]
    script = None if samples is None else _script()
    main = tag(
        "main",
        tag(
            "header",
            tag("h1", title),
            tag("p", spec.lead, class_="lead") if spec.lead else None,
            tag("p", about, class_="about") if about else None,
            tag("p", _KEYS, class_="about keys") if script and any(p.lists_frames for p in others) else None,
        ),
        None if script is None else _filters(panels),
        tag("dl", *(_number(p, shown[p.name]) for p in numbers), class_="numbers", id="numbers")
        if numbers
        else None,
        tag("div", *(_section(p, shown[p.name]) for p in others), class_="grid", id="panels"),
        _foot(left, notes),
        id="main",
        tabindex="-1",
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(_asset("page.css"))),
    )
    body = [tag("a", "Skip to the numbers", href="#main", class_="skip"), main]
    if script is not None:
        assert samples is not None
        body.append(_dialog())
        data = Html(payload(panels, samples, frames))
        body.append(tag("script", data, type="application/json", id="data"))
        body.append(tag("script", Html(script)))
    return f"<!doctype html>\n{tag('html', head, tag('body', *body), lang='en')}\n"


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text("utf-8").strip()


def _script() -> str:
    parts = "\n".join(_asset(n) for n in SCRIPTS)
    return f'"use strict";(() => {{\n{parts}\n}})();'


def _policy(script: str | None) -> str:
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    if script is None:
        return policy
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"{policy}; script-src 'sha256-{digest}'"


def _filters(panels: Sequence[PanelData]) -> Html:
    """Native controls; the script fills in what there is to choose, and shows them."""
    values: dict[str, set[str]] = {"job": set(), "class": set(), "date": set()}
    for panel in panels:
        for name in panel.filters:
            values[name] |= {str(v) for v in panel.cube.dimensions[name].values if v is not None}
    parts = [
        _choice(name, word, everything, sorted(values[name]))
        for name, word, everything in (("job", "Job", "All jobs"), ("class", "Class", "All classes"))
        if values[name] - {"(none)"}
    ]
    if values["date"]:
        low, high = min(values["date"]), max(values["date"])
        parts += [
            tag("label", tag("span", word), tag("input", type="date", id=f"f-{name}", min=low, max=high))
            for name, word in (("from", "From"), ("to", "To"))
        ]
    if not parts:
        return Html("")
    return tag(
        "form",
        *parts,
        tag("button", "Clear filters", type="reset", id="clear"),
        tag("p", "All rows are shown.", id="status", role="status"),
        id="filters",
        hidden=True,
        aria_label="Filters",
    )


def _choice(name: str, word: str, everything: str, values: Sequence[str]) -> Html:
    """A list of values of which several may be chosen; none is all."""
    boxes = (tag("label", tag("input", type="checkbox", value=v), tag("span", v)) for v in values)
    return tag(
        "details",
        tag("summary", tag("span", word, class_="word"), " ", tag("span", everything, class_="chosen")),
        tag("fieldset", tag("legend", word), *boxes),
        id=f"f-{name}",
        class_="choice",
        data_all=everything,
    )


def _number(panel: PanelData, found: Shown) -> Html:
    heading, column = next(iter(panel.cube.columns.items()))
    group = found.totals.get(None)
    value = None if group is None else group.value(heading)
    note = " ".join([panel.panel.note, *panel.notes]).strip()
    return tag(
        "div",
        tag("dt", panel.panel.title),
        tag("dd", spoken(value, column.measure.unit), class_="value"),
        tag("dd", note, class_="note") if note else None,
        tag("dd", "", class_="aside", hidden=True),
        id=f"p-{panel.name}",
        class_="number",
    )


def _section(panel: PanelData, found: Shown) -> Html:
    table = table_of(panel, found)
    notes = [n for n in (panel.panel.note, *panel.notes) if n]
    missing = f"{plain(found.missing)} rows have no {panel.missing_title}." if found.missing else ""
    is_table = panel.panel.kind == "table"
    data = tag(
        "div",
        html_table(table, panel.panel.title),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=f"{panel.panel.title}: table",
    )
    figure = None
    if not is_table:
        picture = svg(panel, described(panel, table)) if found.rows else None
        figure = tag(
            "figure",
            tag("div", picture, class_="still"),
            tag("div", class_="live", role="group", hidden=True),
        )
    wide = panel.panel.wide or (is_table and len(table.heads) > 4)  # noqa: PLR2004
    return tag(
        "section",
        tag("h2", panel.panel.title, id=f"p-{panel.name}-h"),
        tag("p", " ".join(notes), class_="note") if notes else None,
        tag("p", class_="aside", hidden=True),
        figure,
        data if is_table else tag("details", tag("summary", "Numbers"), data),
        tag(
            "p",
            tag("span", missing, class_="missing"),
            tag(
                "a",
                "Download CSV",
                href=f"data:text/csv;charset=utf-8,{quote(table.csv())}",
                download=f"{panel.name}.csv",
                class_="csv",
                aria_label=f"Download CSV: {panel.panel.title}",
            ),
            class_="foot",
        ),
        id=f"p-{panel.name}",
        class_=f"panel {panel.panel.kind}{' wide' if wide else ''}",
        aria_labelledby=f"p-{panel.name}-h",
    )


def html_table(table: Table, caption: str) -> Html:
    """A table with its caption; cells that stand out say so in words as well."""
    body = [
        tag(
            "tr",
            tag("th", row.name, scope="row"),
            *(
                tag(
                    "td",
                    c.text,
                    tag("span", c.mark, class_="mark") if c.mark else None,
                    class_=f"tone-{c.tone}" if c.tone else None,
                )
                for c in row.cells
            ),
        )
        for row in table.rows
    ]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", h, scope="col") for h in table.heads))),
        tag("tbody", *body),
    )


def _foot(left: Sequence[LeftOut], notes: Sequence[str]) -> Html | None:
    if not left and not notes:
        return None
    out = tag(
        "details",
        tag("summary", f"{len(left)} panel{'s' if len(left) != 1 else ''} left out, for want of data"),
        tag("ul", *(tag("li", tag("b", p.title), f": {p.reason}.") for p in left)),
    )
    return tag("footer", out if left else None, join(*(tag("p", n) for n in notes)))


def _dialog() -> Html:
    return tag(
        "dialog",
        tag("form", tag("h2", "", id="frames-h"), tag("button", "Close", id="frames-close"), method="dialog"),
        tag("p", "", id="frames-count"),
        tag("ol", id="frames-list"),
        tag(
            "p",
            tag("button", "Show more", type="button", id="frames-more"),
            tag("a", "Download CSV", id="frames-csv", class_="csv"),
            class_="foot",
        ),
        id="frames",
        aria_labelledby="frames-h",
        aria_describedby="frames-count",
    )
