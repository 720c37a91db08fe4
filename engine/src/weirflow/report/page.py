"""The page: one file that needs nothing else, runs no script and fetches nothing."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from weirflow.graph.draw import anchor, as_pictures
from weirflow.report.html import Html, join, tag
from weirflow.report.nodes import node_section
from weirflow.report.overview import drawing_of, header, overview

if TYPE_CHECKING:
    from weirflow.run.record import RunRecord

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(record: RunRecord) -> str:
    """Write a run's report as one HTML document, complete for reading offline.

    Pictures need the drawing library; without it their data stands in their place, with the command that
    installs it.
    """
    nodes = {n.id: n for n in record.nodes}
    title = f"Graph of {record.flow}"
    graph = Html(as_pictures(drawing_of(record), href=lambda n: f"#{anchor(n)}", title=title))
    main = tag(
        "main",
        header(record),
        tag(
            "div",
            tag("section", tag("h2", "Overview"), overview(record), id="overview", class_="stack"),
            tag(
                "section",
                tag("h2", "Graph"),
                tag(
                    "div",
                    tag("div", graph),
                    class_="scroll graph card",
                    tabindex="0",
                    role="region",
                    aria_label="Graph",
                ),
                id="graph",
                class_="stack",
            ),
            class_="halves",
        ),
        tag(
            "section",
            tag("h2", "Nodes"),
            *(node_section(n, nodes) for n in record.nodes),
            id="nodes",
            class_="stack",
        ),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{record.flow}: run report"),
        tag("style", Html(files(__package__).joinpath("page.css").read_text("utf-8").strip())),
    )
    body = tag(
        "body", tag("a", "Skip to the report", href="#overview", class_="skip"), _contents(record), main
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _contents(record: RunRecord) -> Html:
    top = (("overview", "Overview"), ("graph", "Graph"), ("nodes", "Nodes"))
    nodes = (
        tag(
            "li",
            tag("a", n.id, href=f"#{anchor(n.id)}", class_=f"{n.kind} {n.status}", title=n.title or None),
        )
        for n in record.nodes
    )
    return tag(
        "nav",
        tag(
            "details",
            tag("summary", "Contents"),
            tag("ul", *(tag("li", tag("a", text, href=f"#{place}")) for place, text in top), class_="parts"),
            join(tag("ol", *nodes)),
        ),
        aria_label="Contents",
    )
