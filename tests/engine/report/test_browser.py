"""The run report in a real browser: quiet, self-contained, readable on a phone, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from weirflow.report import render

if TYPE_CHECKING:
    from weirflow.run.record import RunRecord

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
    throw new Error("no background");
  };
  const found = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (["title", "desc", "style"].includes(e.localName)) continue;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const box = e.closest(".wf-node")?.querySelector(".wf-box");
    const back = box ? channels(getComputedStyle(box).fill) : ground(e);
    const [a, b] = [light(channels(e.namespaceURI.endsWith("svg") ? style.fill : style.color)), light(back)];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def address(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("vl_convert")
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(record), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_is_quiet_fits_and_reads_well(browser: Any, address: str, scheme: str, width: int):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    poor = [found for found in page.evaluate(CONTRASTS) if found[0] < 4.5]
    assert poor == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(246, 247, 248)" if scheme == "light" else "rgb(15, 19, 23)"
    )
    assert said == []
    assert asked == [address]
    page.close()


OVER = """() => {
  const found = [];
  for (const svg of document.querySelectorAll(".chart svg, .graph svg")) {
    if (!svg.checkVisibility()) continue;
    const box = svg.parentElement.getBoundingClientRect();
    const words = svg.closest(".chart, .graph").closest("section").id;
    const whole = svg.getBoundingClientRect();
    if (whole.width > box.width + 0.5) found.push([words, "picture", whole.width, box.width]);
    for (const e of svg.querySelectorAll("text, path, rect, line")) {
      const r = e.getBoundingClientRect();
      if (!r.width && !r.height) continue;
      const cut = r.right > box.right + 1 || r.left < box.left - 1;
      if (cut) found.push([words, e.outerHTML.slice(0, 60), r.left, r.right]);
      if (e.localName !== "text" || !e.textContent) continue;
      const size = parseFloat(getComputedStyle(e).fontSize) * Math.abs(svg.getScreenCTM().a);
      if (size < 9) found.push([words, e.textContent, size]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("width", [375, 1280])
def test_pictures_are_whole_and_readable(browser: Any, address: str, width: int):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    forms = {"narrow": width == 375, "wide": width == 1280}
    for form, shown in forms.items():
        drawn = page.locator(f".chart svg.{form}")
        assert drawn.count() > 5
        assert {drawn.nth(i).is_visible() for i in range(drawn.count())} == {shown}
    assert page.locator(".graph svg:visible").count() == 1
    found = page.evaluate(OVER)
    if width == 1280:  # the graph beside the overview is a little smaller
        found = [f for f in found if f[0] != "graph"]
    assert found == []
    page.close()


def test_the_browser_tells_names_of_charts_and_nodes(browser: Any, address: str):
    page = browser.new_page()
    page.goto(address)
    pictures = page.get_by_role("img")
    assert pictures.count() == page.locator("figure .chart svg:visible").count() > 5
    assert page.get_by_role("img", name="Age by risk, for each sex Histogram of age").count() == 1
    page.get_by_role("link", name="fairness: Are women judged as men are?, analysis analyse.bias@1").click()
    assert page.url.endswith("#node-fairness")
    assert page.locator("#node-fairness").evaluate("e => e.matches(':target')")
    page.close()


def test_the_graph_page_is_quiet(browser: Any, record: RunRecord, tmp_path: Path):
    from weirflow.graph.draw import as_html
    from weirflow.report.overview import drawing_of

    path = tmp_path / "graph.html"
    path.write_text(as_html(drawing_of(record), "credit-risk"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 375, "height": 800}, color_scheme="dark")
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.get_by_role("img", name="credit-risk").count() == 1
    assert said == []
    assert asked == [path.as_uri()]
    page.close()
