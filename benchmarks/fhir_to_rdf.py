"""Time and peak memory of a bulk export of health records made into N-Quads, and what others do with the same quads.

   python benchmarks/fhir_to_rdf.py [--megabytes 200] [--slice 4] [--runs 3]

The export is NDJSON of mixed types: that of the corpus (WEIRFLOW_CORPUS, fhir/synthea-10) repeated under other ids, or
records from a seed where it is absent. Ways, in turn:

- weirflow: a whole run of `fhir.to_rdf` with one worker: it reads, checks, maps and writes N-Quads into its store.
- rdflib: the same quads, of a slice: each record's are made into rdflib's terms, added to a Dataset, and written by
  its N-Quads serialiser. JSON and mapping are not in it, but the reading of our lines by pyoxigraph is, so that rdflib
  does not parse text.
- pyoxigraph: its parser reads all that weirflow wrote, and makes nothing of it: a ceiling for who handles quads in
  Python.

What the slice took is multiplied; its memory is not. CPU is of the process and its children.
"""

import argparse
import json
import os
import platform
import random
import re
import statistics
import sys
from pathlib import Path

import pyoxigraph
import rdflib
from credit import measured

HERE = Path(__file__).parent
DATA = HERE / "data"
CORPUS = (
    Path(os.environ.get("WEIRFLOW_CORPUS", HERE.parent.parent / "shared" / "corpus")) / "fhir" / "synthea-10"
)
SEED = 20_260_101
ID = re.compile(rb'"id":\s?"')

FLOW = """flow: 1
name: fhir-to-rdf-benchmark
parameters:
  export: {type: path}
nodes:
  - {id: found, operator: fhir.read, parameters: {path: "${export}"}}
  - {id: rdf, operator: fhir.to_rdf, inputs: found}
"""

RDFLIB = """
import sys
from pathlib import Path
from itertools import groupby
import pyoxigraph as ox
from rdflib import BNode, Dataset, Literal, URIRef
def term(t):
    if isinstance(t, ox.NamedNode):
        return URIRef(t.value)
    if isinstance(t, ox.BlankNode):
        return BNode(t.value)
    kind = None if t.datatype.value.endswith(("#string", "#langString")) else URIRef(t.datatype.value)
    return Literal(t.value, lang=t.language, datatype=kind, normalize=False)
def written(quads, out):
    data = Dataset()
    for q in quads:
        data.add((term(q.subject), term(q.predicate), term(q.object)))
    out.write(data.serialize(format="nquads", encoding="utf-8"))
with open(sys.argv[2], "wb") as out:
    for path in sorted(Path(sys.argv[1]).rglob("part.nq")):
        batch = []
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
            batch.append(quad)
            if len(batch) == 5_000:
                written(batch, out)
                batch = []
        written(batch, out)
"""

OXIGRAPH = """
import sys
from pathlib import Path
import pyoxigraph as ox
for path in sorted(Path(sys.argv[1]).rglob("part.nq")):
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
        pass
"""


def made(megabytes: int) -> Path:
    """Make an export of mixed types."""
    path = DATA / f"fhir-{megabytes}" / "export.ndjson"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = corpus() or drawn()
    unfinished = path.with_suffix(".unfinished")
    size, turn = 0, 0
    with unfinished.open("wb") as out:
        while size < megabytes * 1_000_000:
            for line in lines:
                size += out.write(ID.sub(b'"id":"r%d-' % turn, line, count=1))
                if size >= megabytes * 1_000_000:
                    break
            turn += 1
    unfinished.rename(path)
    return path


def corpus() -> list[bytes]:
    """The lines of the corpus, in an order from a seed, so that a slice has all types."""
    lines = [
        line
        for path in sorted(CORPUS.glob("*.ndjson"))
        for line in path.read_bytes().splitlines(keepends=True)
    ]
    random.Random(SEED).shuffle(lines)
    return lines


def drawn() -> list[bytes]:
    """Records of four types from a seed."""
    chance = random.Random(SEED)
    lines = []
    for number in range(5_000):
        subject = {"reference": f"Patient/p{chance.randrange(500)}"}
        coding = {
            "system": "http://snomed.info/sct",
            "code": str(chance.randrange(10**8)),
            "display": "finding",
        }
        code = {"coding": [coding], "text": "finding"}
        quantity = {
            "value": chance.randrange(1_000) / 10,
            "unit": "mg",
            "system": "http://unitsofmeasure.org",
        }
        note = {"attachment": {"contentType": "text/plain", "data": "QUJD" * chance.randrange(500)}}
        lines += [
            json.dumps(record).encode() + b"\n"
            for record in (
                {
                    "resourceType": "Patient",
                    "id": f"p{number}",
                    "name": [{"family": "F", "given": ["A", "B"]}],
                },
                {"resourceType": "Condition", "id": f"c{number}", "subject": subject, "code": code},
                {
                    "resourceType": "Observation",
                    "id": f"o{number}",
                    "status": "final",
                    "code": code,
                    "subject": subject,
                    "valueQuantity": quantity,
                },
                {
                    "resourceType": "DocumentReference",
                    "id": f"d{number}",
                    "status": "current",
                    "subject": subject,
                    "content": [note],
                },
            )
        ]
    return lines


def quads(folder: Path) -> int:
    """How many lines the files of a folder have."""
    return sum(block.count(b"\n") for p in folder.rglob("part.nq") for block in iter_blocks(p))


def iter_blocks(path: Path):
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="of the export")
    parser.add_argument("--slice", type=int, default=4, help="megabytes that rdflib gets")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    whole, part = made(arguments.megabytes), made(arguments.slice)
    flow = DATA / "fhir.flow"
    flow.write_text(FLOW, encoding="utf-8")
    weirflow = [
        str(Path(sys.executable).with_name("weirflow")),
        "run",
        str(flow),
        "--force",
        "--report",
        "none",
        "-q",
    ]

    def run(source: Path, target: str) -> dict[str, float]:
        return measured(
            [
                *weirflow,
                "-j",
                "1",
                "-p",
                f"export={source.resolve()}",
                "--store",
                str(DATA / target),
            ]
        )

    run(part, "fhir-slice")
    found: dict[str, list[dict[str, float]]] = {"weirflow": [], "rdflib": [], "pyoxigraph's parser": []}
    for _ in range(arguments.runs):
        found["weirflow"].append(run(whole, "fhir-whole"))
        slice_of = quads(DATA / "fhir-whole") / quads(DATA / "fhir-slice")
        command = [sys.executable, "-c", RDFLIB, str(DATA / "fhir-slice"), str(DATA / "fhir-rdflib.nq")]
        took = measured(command)
        found["rdflib"].append(took | {"cpu": took["cpu"] * slice_of, "wall": took["wall"] * slice_of})
        found["pyoxigraph's parser"].append(
            measured([sys.executable, "-c", OXIGRAPH, str(DATA / "fhir-whole")])
        )
    show(found, whole.stat().st_size / 1e6, quads(DATA / "fhir-whole"), arguments)


def show(
    found: dict[str, list[dict[str, float]]], megabytes: float, count: int, arguments: argparse.Namespace
) -> None:
    """Print medians, and ratios pair by pair."""
    source = "corpus" if CORPUS.is_dir() else "generated"
    print(
        f"{megabytes:,.0f} MB ({source}), {count:,} quads, {arguments.runs} runs in turn, {os.cpu_count()} cores,"
    )
    print(
        f"Python {platform.python_version()}, rdflib {rdflib.__version__}, pyoxigraph {pyoxigraph.__version__};"
    )
    print(f"rdflib on the quads of {arguments.slice:,} MB, multiplied\n")
    print("| way | CPU s | x weirflow | thousand quads/s | MB/s | peak MiB |\n|---|---|---|---|---|---|")
    for name, runs in found.items():
        cpu = statistics.median(r["cpu"] for r in runs)
        ratio = statistics.median(r["cpu"] / b["cpu"] for r, b in zip(runs, found["weirflow"], strict=True))
        memory = statistics.median(r["memory"] for r in runs)
        print(
            f"| {name} | {cpu:.1f} | {ratio:.2f} | {count / cpu / 1e3:,.0f} | {megabytes / cpu:.1f} | {memory:.0f} |"
        )


if __name__ == "__main__":
    main()
