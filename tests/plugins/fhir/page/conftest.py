"""Notes of three invented patients, the page that shows them, and a browser that looks at it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Index, Inputs, ServiceContext
from weirflow_fhir.search.build import Layout, build
from weirflow_fhir.tables import ENTITIES

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CODES = {
    "diabetes": ("condition", ICD, "E11.9", "Type 2 diabetes mellitus without complications"),
    "hypertension": ("condition", ICD, "I10", "Essential (primary) hypertension"),
    "kidney disease": ("condition", ICD, "N18.9", "Chronic kidney disease, unspecified"),
    "chronic kidney disease": ("condition", ICD, "N18.30", "Chronic kidney disease, stage 3 unspecified"),
    "fever": ("symptom", ICD, "R50.9", "Fever, unspecified"),
    "metformin": ("medication", RXNORM, "6809", "metformin"),
    "headache": ("symptom", None, None, None),
}
SCRIPT = "<script>document.title='broken'</script>"
HOSTILE = (
    f"{SCRIPT}<img src=x onerror=\"document.title='broken'\"> &lt;b&gt; '; DROP TABLE documents; -- \" "
    "} DELETE WHERE { ?s ?p ?o } # \u202eright to left\u202c \U0001f642 [diabetes] end"
)
_CONTRASTS = """() => {
  const channels = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = e => {
    const shape = e.previousElementSibling;
    if (shape?.localName === "polygon" && e.closest(".note")) return channels(getComputedStyle(shape).fill);
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
  };
  const found = [];
  for (const e of document.querySelectorAll("main *")) {
    if (["title", "desc", "option", "bdi"].includes(e.localName) || !e.checkVisibility() || e.disabled) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), own = e.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(channels(own)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([e.textContent, ratio]);
  }
  return found;
}"""
# A mention stands in brackets, with `-` before what is denied; the brackets are not in the text.
NOTES = [
    ("n1", "p1", "2024-01-05", "Progress note", "[diabetes] on [metformin] 500 mg. No [-fever]. Café \U0001f642."),
    ("n2", "p1", "2024-03-09", "Consult note", "[hypertension] and [diabetes], seen again. [headache] at times."),
    ("n3", "p2", "2024-02-01", "Progress note", "[diabetes] and [[chronic] kidney disease]. [fever] since Monday."),
    ("n4", "p2", "2024-04-11", "Radiology report", "No [-fever] today. Lungs are clear."),
    ("n5", "p3", "2023-12-24", "Progress note", "[hypertension], stable, no complaints."),
    ("n6", "p3", "2025-01-15", "Progress note", "FAMILY HISTORY\nMother with [diabetes]."),
    ("n7", "p1", "2025-02-02", SCRIPT, HOSTILE),
]  # fmt: skip

_REST = ["other_id", "rank", "similarity", "codes", "shared"]
ALIKE = [
    ("p1", "p2", 2, 0.25, 1, "E11.9 Type 2 diabetes"),
    ("p1", "p3", 1, 0.5, 2, "I10 Hypertension; E11.9"),
]


def marked(note: str, patient: str, text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without its brackets, and its entities. What overlaps is spelled [[chronic] kidney disease]."""
    clean, found, opened = "", [], []
    for letter in text:
        if letter == "[":
            opened.append(len(clean))
        elif letter == "]" and opened:
            begin = opened.pop()
            name = clean[begin:].removeprefix("-")
            negated = clean[begin:].startswith("-")
            clean = clean[:begin] + name
            if name == "chronic":
                continue
            found.append((begin, name, negated))
            if name == "chronic kidney disease":
                found.append((begin + 8, "kidney disease", negated))
        else:
            clean += letter
    entities = []
    for begin, name, negated in found:
        kind, system, code, description = CODES[name]
        entities.append(
            dict.fromkeys(ENTITIES)
            | {
                "entity_id": f"{note}/{begin}/{name}",
                "note_id": note,
                "patient_id": patient,
                "source": "tagger",
                "kind": kind,
                "text": name,
                "begin": begin,
                "end": begin + len(name),
                "negated": negated,
                "section": "FAMILY HISTORY" if "FAMILY" in clean else None,
                "rank": 1 if code else None,
                "code_system": system,
                "code": code,
                "description": description,
            }
        )
    return clean, entities


@pytest.fixture(scope="session")
def notes() -> list[dict[str, Any]]:
    return [
        {"note_id": n, "patient_id": p, "date": d, "type": t, "title": f"{t}, {d}", "text": marked(n, p, text)[0]}
        for n, p, d, t, text in NOTES
    ]  # fmt: skip


@pytest.fixture(scope="session")
def entities() -> list[dict[str, Any]]:
    return [e for n, p, _, _, text in NOTES for e in marked(n, p, text)[1]]


@pytest.fixture(scope="session")
def index(notes, entities, tmp_path_factory) -> Index:
    path = tmp_path_factory.mktemp("index") / "index.sqlite"
    build(path, notes, Layout("note_id", ("text",), "title", "date", ("patient_id", "type")), entities)
    return Index(path, "sqlite-fts5")


@dataclass
class Server:
    """A page that is served: its address with the key, and requests to it."""

    address: str

    @property
    def origin(self) -> str:
        return self.address.partition("/#")[0]

    @property
    def key(self) -> str:
        return self.address.partition("#")[2]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}

    def get(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
        request = urllib.request.Request(self.origin + path, body, headers)
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.read().decode(), dict(response.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)

    def ask(self, what: str, details: Any = None, **headers: str) -> tuple[int, Any]:
        given = {**self.headers, **headers}
        body = details if isinstance(details, bytes) else json.dumps(details or {}).encode()
        status, text, _ = self.get(f"/api/{what}", body, **given)
        return status, json.loads(text) if status == 200 else text


@pytest.fixture(scope="session")
def served(index, entities):
    """The page with all notes, until the tests end; it must then end too."""
    pytest.importorskip("uvicorn")
    from weirflow_fhir.page.service import SearchPage

    stopping, address, ready = threading.Event(), [], threading.Event()

    def say(url):
        address.append(url)
        ready.set()

    table = nw.from_native(pl.LazyFrame(entities, infer_schema_length=None))
    alike = nw.from_native(pl.LazyFrame(ALIKE, schema=["patient_id", *_REST], orient="row"))
    inputs = Inputs([("index", index), ("entities", table), ("similar", alike)])
    thread = threading.Thread(
        target=SearchPage(title="Health notes").serve,
        args=(inputs, ServiceContext("127.0.0.1", 0, say, stopping)),
    )
    thread.start()
    assert ready.wait(30)
    yield Server(address[0])
    stopping.set()
    thread.join(15)
    assert not thread.is_alive()


@pytest.fixture
def visit(browser, served):
    """Open the page; at the end it must have been silent, asked nobody else, and kept its address clean."""
    opened = []

    def visit(**options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 850}, **options})
        page = context.new_page()
        page.set_default_timeout(10_000)
        said: list[str] = []
        asked: list[Any] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 -- no builtin is taken
        page.goto(served.address)
        page.locator(".hits li").first.wait_for()
        opened.append((context, page, said, asked))
        return page

    yield visit
    for context, page, said, asked in opened:
        assert said == []
        assert page.title() == "Health notes"
        assert page.url == f"{served.origin}/"
        allowed = {
            f"/api/{w}" for w in ("start", "search", "document", "sharing", "suggest", "cohort", "similar")
        }
        for request in asked:
            path = request.url.removeprefix(served.origin)
            assert path in allowed if request.method == "POST" else path.count("/") == 1
            assert "?" not in path
        context.close()


@pytest.fixture(scope="session")
def contrasts() -> str:
    """A script that gives the texts which stand out too little (WCAG 2.2, 1.4.3: 4.5 to 1)."""
    return _CONTRASTS
