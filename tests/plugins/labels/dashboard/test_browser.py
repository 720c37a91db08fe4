"""A dashboard in a real browser with no host to be had: quiet, filtered, listed, by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from weirflow.api import File, Files

pytestmark = pytest.mark.browser

CONTRASTS = """() => {
  const channels = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
  };
  const found = [];
  for (const e of document.querySelectorAll("main *")) {
    if (["title", "desc", "option"].includes(e.localName) || !e.checkVisibility() || e.disabled) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), own = e.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(channels(own)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([e.textContent, ratio]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def pages(database: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of both shipped dashboards."""
    pytest.importorskip("vl_convert")
    from contextlib import nullcontext

    from PIL import Image

    from weirflow_labels.show import Dashboard

    folder = tmp_path_factory.mktemp("pages")
    (folder / "images").mkdir()
    for number in range(4):
        Image.new("RGB", (640, 360), "grey").save(folder / "images" / f"roads-north-1-{number:04d}.jpg")
    target: Any = SimpleNamespace(
        warn=print,
        path=lambda p: folder / p,
        origin=lambda p: str(folder / p),
        file=lambda p: nullcontext(folder / p),
    )
    for name in ("annotations", "workers"):
        node = Dashboard(path=f"{name}.html", spec=name, images="images")
        node.write(Files((File(database),)), target)
    return {n: (folder / f"{n}.html").as_uri() for n in ("annotations", "workers")}


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open an address; at the end the page must have been silent and have asked for nothing else."""
    opened: list[tuple[Any, str, list[str], list[str]]] = []

    def visit(address: str, **options: Any) -> Any:
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **options})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith("data:") else asked.append(r.url))
        page.goto(address)
        opened.append((page, address, said, asked))
        return page

    yield visit
    for page, address, said, asked in opened:
        assert said == []
        assert [a.partition("#")[0] for a in asked] == [address.partition("#")[0]]
        page.close()


def _csv(page: Any, panel: str) -> list[list[str]]:
    address = page.locator(f"#p-{panel} a.csv").get_attribute("href")
    kind, _, text = address.partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    return list(csv.reader(io.StringIO(unquote(text))))


def _tick(page: Any, name: str, *values: str) -> None:
    """Choose in a list of the filters."""
    choice = page.locator(f"#f-{name}")
    choice.locator("summary").click()
    for value in values:
        choice.get_by_role("checkbox", name=value, exact=True).check()


def _sql(database: Path, text: str) -> list[list[str]]:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as db:
        return [[str(v) for v in row] for row in db.execute(text).fetchall()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("name", ["annotations", "workers"])
def test_a_page_fits_and_reads_well(visit: Any, pages: dict[str, str], name: str, width: int, scheme: str):
    page = visit(pages[name], viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRASTS) == []


def test_the_script_says_what_the_page_without_it_says(visit: Any, browser: Any, pages: dict[str, str]):
    texts = "() => [...document.querySelectorAll('table, .number .value')].map(e => e.innerText.trim())"
    hrefs = "() => [...document.querySelectorAll('a.csv[download]')].map(a => decodeURIComponent(a.href))"
    for address in pages.values():
        page, still = visit(address), browser.new_page(java_script_enabled=False)
        still.goto(address)
        assert still.locator(".still svg[role=img]:visible").count() > 4
        assert not still.locator("#filters").is_visible()
        found = []
        for p in (page, still):
            p.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found.append((p.evaluate(texts), p.evaluate(hrefs)))
        assert found[0] == found[1]
        still.close()


def test_filters_change_every_number(visit: Any, pages: dict[str, str], database: Path):
    page = visit(pages["annotations"])
    _tick(page, "job", "roads-south")
    _tick(page, "class", "Vehicle")
    where = "WHERE job = 'roads-south' AND class_name = 'Vehicle'"
    counts = _sql(
        database,
        f"SELECT attributes['Moving'], count(*) FROM objects {where} GROUP BY 1 ORDER BY 2 DESC",
    )
    assert _csv(page, "parked-and-moving")[1:] == counts
    number = sum(int(c[1]) for c in counts)
    assert page.locator("#p-annotations .value").inner_text() == f"{number:,}"
    assert page.locator("#status").inner_text() == "Shown: job roads-south, class Vehicle."
    aside = page.locator("#p-quality-of-frames .aside")
    assert aside.inner_text() == "Not filtered by class."
    assert page.url.endswith("#job=roads-south&class=Vehicle")
    page.get_by_role("button", name="Clear filters").click()
    assert page.locator("#status").inner_text() == "All rows are shown."
    assert "#" not in page.url


def test_several_jobs_and_classes_are_chosen_with_the_keyboard(
    visit: Any, pages: dict[str, str], database: Path
):
    page = visit(pages["annotations"])
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for key in ("Enter", "Tab", "ArrowDown", "Space", "End", "Space"):
        page.keyboard.press(key)
    assert page.locator("#status").inner_text() == "Shown: job roads-north-audit or signs <b>&\"'."
    assert page.locator("#f-job .chosen").inner_text() == "2 of 4"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('details').id") == "f-job"
    assert not page.locator("#f-job input").first.is_visible()
    page = visit(pages["annotations"] + "#job=roads-north&job=roads-south&class=Vehicle&class=Pedestrian")
    expected = _sql(
        database,
        "SELECT class_name, count(*) FROM objects WHERE job IN ('roads-north', 'roads-south')"
        " GROUP BY 1 ORDER BY 2 DESC",
    )
    assert _csv(page, "annotations-by-class")[1:] == expected
    page.locator("#p-annotations-by-class button.entry").first.click()
    count = int(expected[0][1])
    assert page.locator("#frames-count").inner_text() == f"60 of {count} are listed."
    jobs = page.locator("#frames-list dd").all_inner_texts()
    assert not {"roads-north-audit"} & set(jobs)


def test_the_address_keeps_the_filters(visit: Any, pages: dict[str, str], database: Path):
    page = visit(pages["workers"] + "#from=2026-03-05&to=2026-03-09")
    expected = _sql(
        database,
        "SELECT coalesce(w.name, r.worker_id), sum(n_units) FROM responses r LEFT JOIN workers w USING (worker_id)"
        " WHERE CAST(submitted AS DATE) BETWEEN '2026-03-05' AND '2026-03-09' GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    idle = [[f"worker-{w:010x}", "0"] for w in (3, 5, 6)]
    assert _csv(page, "labels-by-worker")[1:] == expected + idle
    assert page.get_by_role("textbox", name="From").input_value() == "2026-03-05"
    page.get_by_role("textbox", name="From").fill("2031-01-01")
    page.get_by_role("textbox", name="To").fill("")
    page.get_by_role("textbox", name="To").dispatch_event("change")
    assert page.locator("#p-answers-over-time .nothing").inner_text() == "No rows under these filters."
    assert page.locator("#p-workers .value").inner_text() == "0"


def test_a_click_lists_frames_with_what_is_drawn(visit: Any, pages: dict[str, str], database: Path):
    page = visit(pages["annotations"])
    page.locator("#p-vehicles-by-type button.entry").first.click()
    dialog = page.get_by_role("dialog", name="Vehicles by type: Car")
    [[count]] = _sql(
        database,
        "SELECT count(*) FROM objects WHERE attributes['Vehicle_Type'] = 'Car'",
    )
    assert dialog.locator("#frames-count").inner_text() == f"60 of {count} are listed."
    assert dialog.locator("#frames-list > li").count() == 12
    dialog.get_by_role("button", name="Show more").click()
    assert dialog.locator("#frames-list > li").count() == 24
    assert dialog.locator("svg.frame image").count() >= 1
    empty = dialog.locator("svg.frame:not(.seen)").first
    assert empty.locator("rect").count() >= 2
    rows = list(
        csv.reader(io.StringIO(unquote(dialog.locator("a.csv").get_attribute("href").partition(",")[2])))
    )
    assert rows[0] == [
        "job",
        "dataset_object_id",
        "object",
        "frame_no",
        "frame",
        "left",
        "top",
        "width",
        "height",
    ]
    known = {
        tuple(r)
        for r in _sql(
            database,
            "SELECT job, dataset_object_id, object_name, frame_no, frame FROM objects"
            " WHERE attributes['Vehicle_Type'] = 'Car'",
        )
    }
    assert {tuple(r[:5]) for r in rows[1:]} <= known
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_everything_is_done_with_the_keyboard(visit: Any, pages: dict[str, str]):
    page = visit(pages["annotations"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    order = []
    for _ in range(60):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate("(document.activeElement.closest('section, form, dialog') || document.body).id")
        )
    sections = list(dict.fromkeys(o for o in order if o))
    assert sections[0] == "filters"
    wanted = page.evaluate("[...document.querySelectorAll('section')].map(s => s.id)")
    assert sections[1:] == wanted[: len(sections) - 1]
    bar = page.locator("#p-objects-per-frame rect.part").first
    bar.focus()
    assert bar.get_attribute("aria-label") == "2: 72"
    page.keyboard.press("Enter")
    assert page.locator("#frames").is_visible()
    page.keyboard.press("Escape")
    assert bar.evaluate("e => e === document.activeElement")
    label = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(label).startswith("3: ")
    page.keyboard.press("End")
    assert page.evaluate(label).startswith("6: ")
    page.locator("#p-vehicles-by-type button.entry").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(label).startswith("SUV")
    page.keyboard.press("Tab")  # the chart was one stop
    assert page.evaluate("document.activeElement.localName") == "summary"
    bars = page.locator("#p-annotations-over-time rect.part")
    bars.first.focus()
    page.keyboard.press("ArrowUp")  # of the same day, the next class
    first, second = bars.first.get_attribute("aria-label"), page.evaluate(label)
    assert (first[:10], first[10:21]) == (second[:10], ", Vehicle: ")
    assert ", Pedestrian: " in second
    page.keyboard.press("ArrowRight")
    assert page.evaluate(label)[:10] > second[:10]
    assert ", Pedestrian: " in page.evaluate(label)
    cell = page.locator("#p-quality-of-frames-per-job td.tone-bad button")
    assert cell.get_attribute("aria-label") == "roads-north-audit, Fail: 30, many"
    cell.focus()
    page.keyboard.press("Enter")
    assert page.locator("#frames-count").inner_text() == "All 30 are listed."


def test_a_chart_says_what_it_shows(visit: Any, pages: dict[str, str], database: Path):
    counts = _sql(
        database,
        "SELECT attributes['Moving'] AS m, count(*) FROM objects WHERE m <> '' GROUP BY 1 ORDER BY 2 DESC",
    )
    greatest = ", ".join(f"{k} {int(n):,}" for k, n in counts)
    page = visit(pages["annotations"])
    said = f"Ring chart of 2 by Moving. The greatest: {greatest}."
    assert page.get_by_role("group", name=said).count() == 1
    for address in pages.values():
        page = visit(address)
        assert page.locator(".live:not([aria-label])").count() == 0
        assert page.locator("table:not(:has(caption)), th:not([scope])").count() == 0
        assert page.locator("[aria-label*=', :']").count() == 0


def test_it_prints_without_controls(visit: Any, pages: dict[str, str]):
    page = visit(pages["annotations"])
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.locator("#p-quality-of-frames-per-job table").is_visible()
