"""Searching notes: how good the answers are, and how fast, beside tantivy.

    python benchmarks/fhir_search.py [--notes 100000] [--embeddings] [--graph]

Quality is judged on the made notes of flows/health-graph with its judgements. Their entities are those that the notes
were written from, as a tagger without a fault would find them: what concepts add is the most that they can. Speed is
that of as many notes as are asked for, the same ones again and again with other words in each, so that every medical
word is far more common than in real notes, which is the hardest case. A search is 15 documents with excerpts and, with
--graph, the first one's graph looked up in Oxigraph, which takes minutes to fill.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import platform
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from weirflow_fhir.search.build import Layout, build
from weirflow_fhir.search.index import Searcher
from weirflow_fhir.search.judge import judged, means
from weirflow_fhir.search.measures import ndcg

FLOW = Path(__file__).parents[1] / "flows" / "health-graph"
sys.path.insert(0, str(FLOW))

from judge_notes import made_notes  # noqa: E402
from medicine import ICD10CM, RXNORM, TERMS  # noqa: E402

LAYOUT = Layout("note_id", ["text"], "title", "date", ["patient_id"])
COMMON = (
    "date",
    "name",
    "date name",
    "progress note",
    "by mouth once daily",
    "alert in no distress",
    "daily mg",
)
SEED, RUNS, LIMIT = 6, 3, 15


def made():
    """The rows of notes and of entities."""
    notes, entities = [], []
    for name, (writing, facts) in made_notes().items():
        content = facts["content"][0]["attachment"] if "content" in facts else facts["presentedForm"][0]
        patient = facts["subject"]["reference"].removeprefix("Patient/")
        date = facts.get("date") or facts["effectiveDateTime"]
        row = {"note_id": name, "patient_id": patient, "date": date}
        notes.append(row | {"title": content["title"], "text": writing.text})
        for m in writing.mentions:
            term = TERMS[m.key]
            entities.append(
                {
                    "note_id": name,
                    "kind": term.kind,
                    "text": m.text,
                    "begin": m.begin,
                    "end": m.end,
                    "negated": m.negated,
                    "code_system": RXNORM if term.kind == "medication" else ICD10CM,
                    "code": term.code,
                    "description": term.display,
                }
            )
    return notes, entities


def repeated(notes, count):
    """As many notes, each with other words."""
    dice = random.Random(SEED)
    syllables = ("ba", "ran", "tel", "vis", "mor", "kep", "lo", "sum", "da", "nor", "fi", "guth")
    for n in range(count):
        row = notes[n % len(notes)]
        words = " ".join("".join(dice.choices(syllables, k=3)) for _ in range(12))
        again = {"note_id": f"{row['note_id']}-{n}", "patient_id": f"p{n % 5000}"}
        yield row | again | {"text": f"{row['text']}\n{words}\n"}


def entities_of(notes, entities, count):
    """Their entities."""
    of = defaultdict(list)
    for e in entities:
        of[e["note_id"]].append(e)
    for n in range(count):
        name = notes[n % len(notes)]["note_id"]
        for e in of[name]:
            yield e | {"note_id": f"{name}-{n}"}


def judgements():
    grades = defaultdict(dict)
    with (FLOW / "judgements.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            grades[row["question"]][row["document"]] = int(row["grade"])
    return grades


def tantivy_index(folder, rows):
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "text"):
        schema.add_text_field(name, stored=True, tokenizer_name="en_stem")
    folder.mkdir()
    index = tantivy.Index(schema.build(), path=str(folder))
    writer = index.writer()
    for row in rows:
        writer.add_document(tantivy.Document(id=row["note_id"], title=row["title"], text=row["text"]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def tantivy_search(index, question, limit, *, excerpts=True):
    import tantivy

    query, _ = index.parse_query_lenient(question, ["title", "text"])
    searcher = index.searcher()
    snippets = tantivy.SnippetGenerator.create(searcher, query, index.schema, "text") if excerpts else None
    found = []
    for _, address in searcher.search(query, limit).hits:
        document = searcher.doc(address)
        found.append(document["id"][0])
        if snippets is not None:
            snippets.snippet_from_doc(document).to_html()
    return found


def graph(notes, entities, count, folder):
    """What looks the graph of a document up, or None and why not."""
    if importlib.util.find_spec("weirflow_fhir.graph.vocabulary") is None:
        return None, "weirflow_fhir.graph is not there"
    import pyoxigraph

    from weirflow_fhir.graph.vocabulary import TERMS as OF_NOTES
    from weirflow_fhir.graph.vocabulary import Vocabulary
    from weirflow_fhir.tables import ENTITIES, NOTES

    vocabulary, path = Vocabulary(), folder / "notes.nq"
    with path.open("w", encoding="utf-8") as file:
        for row in repeated(notes, count):
            file.write(vocabulary.note(dict.fromkeys(NOTES) | row | {"text": None}))
        for n, e in enumerate(entities_of(notes, entities, count)):
            row = dict.fromkeys(ENTITIES) | e | {"entity_id": str(n), "source": "tagger"}
            file.write(vocabulary.entity([row]))
        file.writelines(vocabulary.rest())
    store = pyoxigraph.Store(str(folder / "store"))
    store.bulk_load(path=str(path), format=pyoxigraph.RdfFormat.N_QUADS)
    path.unlink()
    of_note = pyoxigraph.NamedNode(f"{OF_NOTES}note")

    def look_up(name):
        about = pyoxigraph.NamedNode(f"http://hl7.org/fhir/{name}")
        said = list(store.quads_for_pattern(about, None, None))
        for quad in store.quads_for_pattern(None, of_note, about):
            said += store.quads_for_pattern(quad.subject, None, None)
        return said

    return look_up, ""


def timed(search, questions):
    """Milliseconds of the clock and of the processor for each question, in turn; the first round warms up."""
    taken = []
    for run in range(RUNS + 1):
        for question in questions:
            wall, processor = time.perf_counter(), time.process_time()
            search(question)
            if run:
                times = time.perf_counter() - wall, time.process_time() - processor
                taken.append([1000 * t for t in times])
    return taken


def line(name, taken):
    shown = [
        f"p50 {statistics.median(times):6.1f} ms  p95 {statistics.quantiles(times, n=20)[-1]:6.1f} ms"
        for times in zip(*taken, strict=True)
    ]
    print(f"  {name:<44} {shown[0]}   CPU {shown[1]}", flush=True)


def quality(folder, notes, entities, model, peer):
    grades = judgements()
    path = folder / "small.sqlite"
    build(path, notes, LAYOUT, entities, model=model)
    print(f"{len(grades)} questions, {sum(map(len, grades.values()))} judgements, {len(notes)} notes")
    print(f"  {'way':<40}{'nDCG@10':>9}{'recall@100':>12}{'MRR':>8}")
    for way, (gain, recalled, first) in means(judged(path, grades)).items():
        print(f"  {way:<40}{gain:>9.3f}{recalled:>12.3f}{first:>8.3f}")
    if peer:
        index = tantivy_index(folder / "small", notes)
        gains = [ndcg(tantivy_search(index, q, 10, excerpts=False), good) for q, good in grades.items()]
        print(f"  {'tantivy':<40}{statistics.mean(gains):>9.3f}")


def speed(folder, notes, entities, model, peer, count, *, with_graphs):
    path = folder / "large.sqlite"
    start = time.perf_counter()
    build(path, repeated(notes, count), LAYOUT, entities_of(notes, entities, count))
    taken = time.perf_counter() - start
    each = len(entities) / len(notes)
    print(f"\n{count:,} notes, {each:.0f} entities each")
    print(f"  index: {count / taken:,.0f} notes/s, {path.stat().st_size / 1e6:,.0f} MB")
    searcher = Searcher(path)
    questions = list(judgements())
    look_up, why = graph(notes, entities, count, folder) if with_graphs else (None, "no --graph")

    def with_graph(question):
        for hit in searcher.search(question, limit=LIMIT).hits[:1]:
            look_up(hit.document)

    line("judged questions", timed(lambda q: searcher.search(q, limit=LIMIT), questions))
    line("only common words", timed(lambda q: searcher.search(q, limit=LIMIT), COMMON))
    if look_up is None:
        print(f"  with the first document's graph: skipped, {why}")
    else:
        line("judged questions, the first document's graph", timed(with_graph, questions))
        line("only common words, the first document's graph", timed(with_graph, COMMON))
    if peer:
        start = time.perf_counter()
        index = tantivy_index(folder / "large", repeated(notes, count))
        print(f"  tantivy: {count / (time.perf_counter() - start):,.0f} notes/s, without entities")
        line("tantivy, judged questions", timed(lambda q: tantivy_search(index, q, LIMIT), questions))
        line("tantivy, only common words", timed(lambda q: tantivy_search(index, q, LIMIT), COMMON))
    if model is not None:
        some = [row["text"] for row in repeated(notes, 2000)]
        start = time.perf_counter()
        for n in range(0, len(some), 256):
            model(some[n : n + 256])
        print(f"  embeddings: {len(some) / (time.perf_counter() - start):,.0f} notes/s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--embeddings", action="store_true")
    parser.add_argument("--graph", action="store_true")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    peer = importlib.util.find_spec("tantivy") is not None
    if not peer:
        print("tantivy is not installed: no peer (pip install tantivy)")
    model = None
    if asked.embeddings:
        from weirflow_fhir.search.vectors import Model

        model = Model()
    notes, entities = made()
    with tempfile.TemporaryDirectory() as folder:
        quality(Path(folder), notes, entities, model, peer)
        if asked.notes:
            speed(Path(folder), notes, entities, model, peer, asked.notes, with_graphs=asked.graph)


if __name__ == "__main__":
    main()
