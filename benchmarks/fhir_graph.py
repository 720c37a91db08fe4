"""Loading and asking a graph of notes: weirflow's nodes, and rdflib's own memory store.

    python benchmarks/fhir_graph.py [--notes 2000] [--entities 8] [--runs 3]

The notes are made up: entities with codes that are drawn by rank (the n-th code is 1/n as frequent as the first), and
`graph.notes` writes them. Then, in turn, `graph.load` fills a store on disk, and rdflib parses the same N-Quads into
memory; both answer the same queries. Times are CPU seconds of the process and its children, the median of the runs;
those of weirflow's queries include the process that each starts.
"""

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import polars as pl
import rdflib

from weirflow.api import File, Files, Inputs, ItemOutput
from weirflow.run.children import Children
from weirflow.run.job import Working
from weirflow_fhir.graph.load import LoadGraph
from weirflow_fhir.graph.notes import NotesGraph
from weirflow_fhir.graph.query import QueryGraph
from weirflow_fhir.tables import ENTITIES, NOTES

SEED = 20_211_130
CODES = 400
QUERIES = {
    "count by kind": """PREFIX n: <urn:weirflow:notes#>
SELECT ?k (COUNT(*) AS ?c) { ?e n:kind ?k } GROUP BY ?k ORDER BY ?k""",
    "patients of a code": """PREFIX n: <urn:weirflow:notes#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?p (COUNT(?e) AS ?c) { ?t skos:notation "C3" . ?e n:concept ?t ; n:patient ?p
  FILTER NOT EXISTS { ?e n:negated true } } GROUP BY ?p ORDER BY ?p""",
    "codes of the same notes": """PREFIX n: <urn:weirflow:notes#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?o (COUNT(DISTINCT ?d) AS ?c) {
  ?t skos:notation "C9" . ?a n:concept ?t ; n:note ?d . ?b n:note ?d ; n:concept ?o }
GROUP BY ?o ORDER BY ?o""",
}


def tables(notes, each):
    """The two tables."""
    draw = random.Random(SEED)
    weights = [1 / (n + 1) for n in range(CODES)]
    rows = []
    for note in range(notes):
        whose = {
            "note_id": f"DocumentReference/{note}",
            "document_id": str(note),
            "patient_id": str(note % (notes // 5)),
        }
        for place, code in enumerate(draw.choices(range(CODES), weights, k=each)):
            begin = 40 * place
            rows.append(
                whose
                | {
                    "entity_id": f"{whose['note_id']}/tagger/{begin}-{begin + 9}/condition",
                    "encounter_id": str(note),
                }
                | {
                    "source": "tagger",
                    "kind": "condition",
                    "text": f"name {code}",
                    "begin": begin,
                    "end": begin + 9,
                }
                | {"score": 0.9, "negated": draw.random() < 0.2, "rank": 1, "code_system": "http://c.example"}
                | {"code": f"C{code}", "description": f"Name {code}"}
            )
    types = {"score": pl.Float64, "code_score": pl.Float64, "negated": pl.Boolean}
    types |= dict.fromkeys(("begin", "end", "rank", "line"), pl.Int64)
    frames = []
    for columns, given in ((NOTES, rows[::each]), (ENTITIES, rows)):
        filled = [{c: r.get(c) for c in columns} for r in given]
        frames.append(pl.DataFrame(filled, schema={c: types.get(c, pl.String) for c in columns}))
    return frames


def spent(work):
    """CPU seconds of this process and its children, and what came of it."""
    before = os.times()
    made = work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4]), made


def carried_out(task, folder, *inputs):
    """What a task of one item makes."""
    bound = Inputs([(p.name, i) for p, i in zip(task.inputs, inputs, strict=True)])
    (item,) = task.items(bound)
    folder.mkdir()
    with Children() as children:
        result = task.process(item, ItemOutput(folder, spawn=children.spawn))
    return task.finish([type(result)(result.key, result.facts, folder, item.payload)])


def rdflib_loaded(files):
    """The same statements in rdflib's memory."""
    dataset = rdflib.Dataset(default_union=True)
    for file in files:
        with file.path.open("rb") as content:
            dataset.parse(content, format="nquads")
    return dataset


def answered(dataset, query):
    """All rows of an answer of rdflib's."""
    return list(dataset.query(query))


def main():
    """Measure, and print a table and JSON."""
    import narwhals as nw

    warnings.simplefilter("ignore")
    given = argparse.ArgumentParser()
    given.add_argument("--notes", type=int, default=2000)
    given.add_argument("--entities", type=int, default=8)
    given.add_argument("--runs", type=int, default=3)
    asked = given.parse_args()
    took = {}

    def add(what, who, seconds):
        took.setdefault(what, {}).setdefault(who, []).append(seconds)

    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        frames = [nw.from_native(f.lazy()) for f in tables(asked.notes, asked.entities)]
        context = Working(root / "job", "notes", lambda _event: None, lambda *_: None)
        job = Inputs(list(zip(("notes", "entities"), frames, strict=True)))
        seconds, made = spent(lambda: NotesGraph().run(job, context))
        add("graph.notes", "weirflow", seconds)
        files = Files(tuple(File(f.path, f.bytes) for f in made["files"]))
        quads = sum(f.path.read_bytes().count(b"\n") for f in files)
        for run in range(asked.runs):
            folder = root / f"load{run}"
            seconds, outputs = spent(partial(carried_out, LoadGraph(), folder, files))
            loaded = outputs["graph"]
            add("load", "weirflow", seconds)
            seconds, dataset = spent(partial(rdflib_loaded, files))
            add("load", "rdflib", seconds)
            for name, query in QUERIES.items():
                node = QueryGraph(query=query, seconds=3600)
                place = root / f"{run} {name}"
                seconds, outputs = spent(partial(carried_out, node, place, loaded))
                answer = outputs["default"].collect().to_native()
                add(name, "weirflow", seconds)
                kept = loaded.dataset()
                kept.default_union = True
                began = time.process_time()
                through = len(list(kept.query(query)))
                add(name, "rdflib's API on the store", time.process_time() - began)
                kept.close()
                seconds, other = spent(partial(answered, dataset, query))
                add(name, "rdflib", seconds)
                assert answer.height == len(other) == through, name
                assert [str(v) for v in answer.row(0)] == [str(v) for v in other[0]], name
    medians = {w: {who: round(statistics.median(t), 3) for who, t in of.items()} for w, of in took.items()}
    for what, of in medians.items():
        ratio = f"{of['rdflib'] / of['weirflow']:7.1f}x" if "rdflib" in of else ""
        print(f"{what:26} " + "  ".join(f"{who} {seconds:8.3f} s" for who, seconds in of.items()), ratio)
    facts = {
        "notes": asked.notes,
        "entities": asked.notes * asked.entities,
        "quads": quads,
        "cores": os.cpu_count(),
    }
    print(json.dumps({**facts, "machine": platform.machine(), "seconds": medians}))


if __name__ == "__main__":
    main()
