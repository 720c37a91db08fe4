"""The run report as a document: balanced, unique ids, links that lead somewhere, nothing from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from weirflow.node.report import Chart, Metric, Notice, Report, TableBlock, Text
from weirflow.report import render
from weirflow.report.words import memory, number, seconds
from weirflow.run.record import (
    ColumnRecord,
    EdgeRecord,
    NodeRecord,
    ProblemRecord,
    RunRecord,
    SampleRecord,
    WaveRecord,
)

VOID = {"br", "col", "hr", "meta", "link", "img", "input"}
HOSTILE = "</style></title><script>alert(1)</script><img src=https://evil.test/x onerror='a()'>\"'&\x00\x07\u202e\ud800"


class Page(HTMLParser):
    """Elements with their attributes and texts; complains about what is not balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.words: dict[str, str] = {}
        self.inside: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({k for k, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.inside.append(dict(attrs).get("id") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.inside.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))
        for place in filter(None, self.inside):
            self.words[place] = self.words.get(place, "") + data

    def values(self, *names: str) -> list[str]:
        return [v or "" for _, attributes in self.elements for k, v in attributes.items() if k in names]


@pytest.fixture(scope="module")
def page(record: RunRecord) -> Page:
    return Page(render(record))


def test_ids_are_unique_and_links_lead_to_them(page: Page):
    ids = page.values("id")
    assert [i for i, n in Counter(ids).items() if n > 1] == []
    targets = page.values("href", "xlink:href")
    assert targets
    assert {t for t in targets if not t.startswith("#")} == set()
    assert {t[1:] for t in targets} <= set(ids)
    clips = {m for v in page.values("clip-path", "fill", "stroke") for m in re.findall(r"url\(#(.+?)\)", v)}
    assert clips <= set(ids)


def test_nothing_comes_from_elsewhere_and_nothing_runs(page: Page):
    assert page.values("src", "srcset", "action", "background") == []
    assert not {"script", "link", "iframe", "object", "embed", "img", "image"} & {t for t, _ in page.elements}
    assert not [k for _, attributes in page.elements for k in attributes if k.startswith("on")]
    styles = [t for where, t in page.texts if where == "style"] + page.values("style")
    assert not [s for s in styles if "url(" in s or "@import" in s]
    policy = next(a["content"] or "" for _, a in page.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "script-src" not in policy


def test_every_chart_has_a_name_a_description_and_its_data(page: Page, record: RunRecord):
    charts = [b for n in record.nodes if n.report for b in n.report.blocks if isinstance(b, Chart)]
    pictures = [a for _, a in page.elements if a.get("role") == "img"]
    names = [[page.words[i] for i in (a["aria-labelledby"] or "").split()] for a in pictures]
    assert names == [[c.title, c.description] for c in charts]
    labels = page.values("aria-label")
    assert all(f"Data of {c.title}" in labels for c in charts)
    assert next(a["aria-label"] for t, a in page.elements if t == "svg") == "Graph of credit-risk"


def test_sections_follow_the_flow(page: Page, record: RunRecord):
    sections = [a["id"] for t, a in page.elements if t == "section"]
    assert sections == ["overview", "graph", "nodes", *(f"node-{n.id}" for n in record.nodes)]


def test_a_node_tells_what_it_did(page: Page):
    flat = page.words["node-flat"]
    for words in ("vectors.flatten@1", "22 → 23", "newstatus_0string", "removedstatus", "1,000 → 1,000"):
        assert words in flat
    assert "changeddurationstring → int64" in page.words["node-typed"]
    assert "(1000, 23)" in page.words["node-snippet"]
    assert 'print(df.shape)\ndf["age_group"] = df["age"] // 10 * 10' in page.words["node-snippet"]
    assert '"low risk",\n      "high risk"' in page.words["node-target"]
    bias = page.words["node-fairness"]
    assert "Class imbalance0.380 is balance; here men are 69 % of the rows." in bias
    assert "Conditional demographic disparitynot defined" in bias


def test_the_overview_is_up_front(page: Page):
    words = page.words["overview"]
    for found in (
        "Bias of risk by sex",
        "0.0748",
        "F1 of high risk0.5503",
        "out/features.parquet",
        "21 statistics in 1 scan",
    ):
        assert found in words
    assert "WF614 fewer than 50 rows have high risk among women" in words


def test_time_is_told_wave_by_wave_and_adds_up():
    nodes = (
        NodeRecord(id="a", operator="read.csv@1", kind="source", seconds=0.2, status="done"),
        NodeRecord(id="m", operator="analyse.quick_model@1", kind="analysis", seconds=1.5, status="done"),
        NodeRecord(id="quick", operator="analyse.schema@1", kind="analysis", seconds=0.0001, status="done"),
        NodeRecord(id="held", operator="custom.pandas@1", kind="transform", seconds=0.3, status="done"),
        NodeRecord(id="w", operator="write.csv@1", kind="sink", seconds=0.5, status="done"),
    )
    wave = WaveRecord(nodes=("m", "quick"), statistics=9, scans=1, seconds=2.0)
    page = Page(
        render(
            RunRecord(
                run="1", flow="f", file="f.flow", weirflow="0", status="done", waves=(wave,),
                started="2026-07-25T14:03:12Z", seconds=4.0, nodes=nodes,  # type: ignore[arg-type]
            )
        )
    )  # fmt: skip
    told = page.words["overview"].partition("Time")[2]
    bars = ["a decoded once0.200 s", "Wave 1: 9 statistics for 2 nodes2.00 s", "m made its report1.50 s"]
    bars += ["held table computed by itself0.300 s", "w written0.500 s", "sample rows1.30 s"]
    assert [b for b in bars if b not in told] == []
    assert [told.index(b) for b in bars] == sorted(told.index(b) for b in bars)
    assert "quick" not in told
    widths = [float(s[6:-1]) for s in page.values("style") if s.startswith("width:")]
    assert widths == [10, 100, 75, 15, 25, 65]


def test_a_rename_is_one_change_and_backticks_are_code():
    before = (ColumnRecord(name="old", dtype="string"), ColumnRecord(name="b", dtype="int64"))
    after = (ColumnRecord(name="fresh", dtype="string", new=True, was="old"), before[1])
    nodes = (
        NodeRecord(id="a", operator="read.csv@1", kind="source", columns=before),
        NodeRecord(
            id="r", operator="columns.rename@1", kind="transform", inputs=(EdgeRecord(node="a"),),
            columns=after, description="Give a column, `<old>`, another name; `<b>` stays.",
        ),
    )  # fmt: skip
    page = Page(
        render(
            RunRecord(
                run="1", flow="f", file="f.flow", weirflow="0", status="done",
                started="2026-07-25T14:03:12Z", seconds=1.0, nodes=nodes,  # type: ignore[arg-type]
            )
        )
    )  # fmt: skip
    assert "renamedold →freshstring" in page.words["node-r"]
    assert not {"new", "removed"} & {text for where, text in page.texts if where == "span"}
    assert [text for where, text in page.texts if where == "code" and "<" in text] == ["<old>", "<b>"]


def test_counts_have_their_thousands_apart_and_samples_do_not():
    table = TableBlock(title="t", columns=("n",), rows=((21000,), (1234.5,)))
    node = NodeRecord(
        id="a", operator="read.csv@1", kind="source", report=Report(title="r", blocks=(table,)),
        sample=SampleRecord(columns=("year",), rows=((1999,),)),
    )  # fmt: skip
    page = Page(
        render(
            RunRecord(
                run="1", flow="f", file="f.flow", weirflow="0", status="done",
                started="2026-07-25T14:03:12Z", seconds=1.0, nodes=(node,),  # type: ignore[arg-type]
            )
        )
    )  # fmt: skip
    assert [text for where, text in page.texts if where == "td"] == ["1999", "21,000", "1,234.5"]


def hostile_record() -> RunRecord:
    column = ColumnRecord(name=HOSTILE, dtype=HOSTILE, personal=True)
    sample = SampleRecord(columns=(HOSTILE, "n"), rows=((HOSTILE, 1), (None, None), ("", float("inf"))))
    chart = Chart(
        title=HOSTILE,
        description=HOSTILE,
        spec={
            "title": HOSTILE,
            "data": {"values": [{"a": HOSTILE, "b": 1, "link": "https://evil.test/", "nan": float("nan")}]},
            "mark": "bar",
            "encoding": {
                "x": {"field": "a", "type": "nominal", "title": HOSTILE},
                "y": {"field": "b", "type": "quantitative"},
                "href": {"field": "link"},
                "tooltip": {"field": "a"},
            },
        },
        columns=(HOSTILE,),
        rows=((HOSTILE,),),
    )
    blocks = (
        Metric(name="m", label=HOSTILE, value=float("nan"), reading=HOSTILE, unit=HOSTILE),
        TableBlock(title=HOSTILE, columns=(HOSTILE,), rows=((HOSTILE,),), note=HOSTILE),
        chart,
        chart,
        Text(text=HOSTILE),
        Text(text=HOSTILE, code=True),
        Notice(text=HOSTILE),
    )
    problem = ProblemRecord(code="WF601", message=HOSTILE, hint=HOSTILE)
    common: dict[str, Any] = {
        "operator": HOSTILE,
        "title": HOSTILE,
        "description": HOSTILE,
        "reason": HOSTILE,
        "parameters": {
            HOSTILE: HOSTILE,
            "list": [HOSTILE],
            "deep": {HOSTILE: [HOSTILE]},
            "code": f"\n{HOSTILE}",
        },
        "columns": (column,),
        "removed": (HOSTILE + "2",),
        "sample": sample,
        "trained": {HOSTILE: HOSTILE},
        "output": HOSTILE,
        "files": (HOSTILE,),
        "items": {"bad": 1},
        "problems": (problem,),
    }
    return RunRecord(
        run=HOSTILE,
        flow=HOSTILE,
        file=HOSTILE,
        description=HOSTILE,
        weirflow=HOSTILE,
        engine=HOSTILE,
        status="failed",
        started="2026-07-25T14:03:12Z",  # type: ignore[arg-type]
        seconds=0.1,
        parameters={HOSTILE: HOSTILE},
        nodes=(
            NodeRecord(id=HOSTILE, kind="source", status="failed", **common),
            NodeRecord(
                id="b",
                kind="analysis",
                inputs=(EdgeRecord(node=HOSTILE, output=HOSTILE, input=HOSTILE),),
                report=Report(title=HOSTILE, blocks=blocks),
                **common,
            ),
        ),
        waves=(WaveRecord(nodes=(HOSTILE,), statistics=1, scans=1, seconds=0.1),),
        problems=(problem,),
    )


def test_hostile_words_stay_words():
    text = render(hostile_record())
    text.encode()  # no lone surrogate
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    page = Page(text)
    test_nothing_comes_from_elsewhere_and_nothing_runs(page)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(not re.search(r"\s", i) for i in ids)
    assert not [v for v in page.values("href", "xlink:href") if not v.startswith("#")]
    shown = HOSTILE.replace("\x00", "\u2400").replace("\x07", "\u2407")
    shown = shown.replace("\u202e", "\ufffd").replace("\ud800", "\ufffd")
    assert shown in page.words["overview"]
    drawn = [a.get("class") for t, a in page.elements if t == "svg"]
    assert Counter(drawn) == {"wf-graph": 1, "wf-graph wf-list": 1, "wide": 2, "narrow": 2}


def test_a_run_of_nothing_is_still_a_page():
    bare = RunRecord(
        run="1", flow="empty", file="e.flow", weirflow="0", status="interrupted",
        started="2026-07-25T14:03:12Z", seconds=0.0,  # type: ignore[arg-type]
    )  # fmt: skip
    page = Page(render(bare))
    assert ("span", "interrupted") in page.texts


def test_a_failed_run_shows_its_errors_as_such_and_counts_no_rows_out(record: RunRecord):
    error = ProblemRecord(code="WF605", message="the disk is full", hint="free some")
    nodes = [
        n.model_copy(update={"status": "failed", "problems": (error,)}) if n.kind == "sink" else n
        for n in record.nodes
    ]
    page = Page(render(record.model_copy(update={"status": "failed", "nodes": tuple(nodes)})))
    lists = [a["class"] for t, a in page.elements if t == "ul" and "problems" in (a.get("class") or "")]
    # The quick model's warning and two errors, in the overview and again at their nodes.
    assert Counter(lists) == {"problems": 2, "problems bad": 4}
    terms = [text for where, text in page.texts if where == "dt"]
    assert "Rows in" in terms
    assert "Rows out" not in terms
    assert "WF605 the disk is fullfree somewrite_csv" in page.words["overview"]


def test_what_was_not_counted_says_so():
    nodes = (
        NodeRecord(id="a", operator="read.csv@1", kind="source"),
        NodeRecord(
            id="b", operator="rows.filter@1", kind="transform", inputs=(EdgeRecord(node="a"),), rows_in=10
        ),
        NodeRecord(id="c", operator="rows.filter@1", kind="transform", rows_in=1000, rows_out=986),
    )
    page = Page(
        render(
            RunRecord(
                run="1", flow="f", file="f.flow", weirflow="0", status="done",
                started="2026-07-25T14:03:12Z", seconds=1.0, nodes=nodes,  # type: ignore[arg-type]
            )
        )
    )  # fmt: skip
    assert "Rowsnot counted" in page.words["node-a"]
    assert "Rows10 → not counted" in page.words["node-b"]
    assert "Rows1,000 → 986 (14 fewer)" in page.words["node-c"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not defined"),
        (1234567, "1,234,567"),
        (-3, "\N{MINUS SIGN}3"),
        (0.0, "0"),
        (-0.00001234, "\N{MINUS SIGN}1.234e\N{MINUS SIGN}05"),
        (0.074812, "0.07481"),
        (0.36, "0.36"),
        (12345.678, "12,346"),
        (99.999, "100"),
        (-1.5, "\N{MINUS SIGN}1.5"),
        (2.5e12, "2.500e+12"),
        (float("inf"), "not finite"),
    ],
)
def test_numbers(value: float | None, text: str):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0001, "under 1 ms"),
        (0.0214, "0.021 s"),
        (2.311, "2.31 s"),
        (42.04, "42.0 s"),
        (59.97, "1 min 0 s"),
        (192.2, "3 min 12 s"),
        (3840, "1 h 4 min"),
    ],
)
def test_seconds(value: float, text: str):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 MiB"), (325_058_560, "310 MiB"), (3 * 2**30, "3,072 MiB")],
)
def test_memory_is_told_as_the_terminal_does(value: int, text: str):
    assert memory(value) == text
