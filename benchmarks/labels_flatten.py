"""Time and peak memory of a manifest of boxes made into flat Parquet, four ways, in turn.

    python benchmarks/labels_flatten.py [--megabytes 1000] [--slice 100] [--runs 3]

All write a row a box with its data object, job, class, confidence and place; weirflow the number of the line, the
attribute and the type of the labels too. Ratios are against bare DuckDB with explicit columns in the same round, so
that a machine whose speed drifts does not decide. The ways that take very long get a slice of the manifest, and what
they took is multiplied; their memory is not. CPU is of the process and its children; memory the largest process.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
from credit import measured

HERE = Path(__file__).parent
DATA = HERE / "data"
CLASSES = ("car", "van", "bus", "truck", "bicycle", "person", "dog", "bone")
SEED = 20_190_418

FLOW = """flow: 1
name: labels-flatten-benchmark
parameters:
  manifest: {type: path}
nodes:
  - {id: boxes, operator: labels.flatten, parameters: {path: "${manifest}"}}
  - {id: written, operator: files.write, inputs: boxes.files, parameters: {path: boxes}}
"""

DUCKDB = """
import sys, duckdb
columns = {
    "source-ref": "VARCHAR",
    "boxes": "STRUCT(annotations STRUCT(class_id VARCHAR, \\"left\\" DOUBLE, top DOUBLE, width DOUBLE,"
    " height DOUBLE)[])",
    "boxes-metadata": 'STRUCT("job-name" VARCHAR, "class-map" MAP(VARCHAR, VARCHAR),'
    " objects STRUCT(confidence DOUBLE)[])",
}
listed = ", ".join(f'"{n}": \\'{t}\\'' for n, t in columns.items())
duckdb.sql(f\"\"\"
    COPY (
        SELECT source, m."job-name" AS job, a.class_id, m."class-map"[a.class_id] AS class_name, o.confidence,
            a."left", a.top, a.width, a.height
        FROM (
            SELECT "source-ref" AS source, "boxes-metadata" AS m, unnest(boxes.annotations) AS a,
                unnest("boxes-metadata".objects) AS o
            FROM read_json('{sys.argv[1]}', format = 'newline_delimited', columns = {{{listed}}})
        )
    ) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)
\"\"\")
"""

POLARS = """
import sys, polars as pl
box = pl.Struct({"class_id": pl.Int64} | dict.fromkeys(("left", "top", "width", "height"), pl.Float64))
schema = {
    "source-ref": pl.String,
    "boxes": pl.Struct({"annotations": pl.List(box)}),
    "boxes-metadata": pl.Struct(
        {
            "job-name": pl.String,
            "class-map": pl.Struct(dict.fromkeys(map(str, range(8)), pl.String)),
            "objects": pl.List(pl.Struct({"confidence": pl.Float64})),
        }
    ),
}
names = pl.concat_list([pl.col("names").struct.field(str(n)) for n in range(8)])
(
    pl.scan_ndjson(sys.argv[1], schema=schema)
    .select(
        source="source-ref",
        job=pl.col("boxes-metadata").struct.field("job-name"),
        names=pl.col("boxes-metadata").struct.field("class-map"),
        a=pl.col("boxes").struct.field("annotations"),
        o=pl.col("boxes-metadata").struct.field("objects"),
    )
    .with_columns(names=names)
    .filter(pl.col("a").list.len() > 0)
    .explode("a", "o")
    .unnest("a", "o")
    .with_columns(class_name=pl.col("names").list.get(pl.col("class_id")))
    .drop("names")
    .sink_parquet(sys.argv[2], compression="zstd")
)
"""

PANDAS = """
import itertools, json, sys, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
writer = None
with open(sys.argv[1]) as file:
    while lines := list(itertools.islice(file, 20_000)):
        records = []
        for line in lines:  # json_normalize takes no record_path and metadata from beside it
            record = json.loads(line)
            about = record["boxes-metadata"]
            for box, fact in zip(record["boxes"]["annotations"], about["objects"], strict=True):
                box |= fact | {"class_name": about["class-map"][str(box["class_id"])]}
            records.append(
                {"source": record["source-ref"], "job": about["job-name"], "boxes": record["boxes"]["annotations"]}
            )
        table = pa.Table.from_pandas(pd.json_normalize(records, "boxes", ["source", "job"]), preserve_index=False)
        writer = writer or pq.ParquetWriter(sys.argv[2], table.schema, compression="zstd")
        writer.write_table(table.cast(writer.schema))
writer.close()
"""


def made(megabytes: int) -> Path:
    """Make a manifest of boxes, some lines without any, from a seed."""
    path = DATA / f"boxes-{megabytes}.manifest"
    if path.exists():
        return path
    DATA.mkdir(exist_ok=True)
    chance = random.Random(SEED)
    unfinished = path.with_suffix(".unfinished")
    size, number = 0, 0
    with unfinished.open("w", encoding="utf-8") as out:
        while size < megabytes * 1_000_000:
            size += out.write(_line(number, chance))
            number += 1
    unfinished.rename(path)
    return path


def _line(number: int, chance: random.Random) -> str:
    classes = [chance.randrange(len(CLASSES)) for _ in range(chance.randrange(10))]
    boxes = [
        {
            "class_id": c,
            "top": chance.randrange(700),
            "left": chance.randrange(1200),
            "height": chance.randrange(1, 300),
            "width": chance.randrange(1, 500),
        }
        for c in classes
    ]
    metadata = {
        "objects": [{"confidence": chance.randrange(100) / 100} for _ in boxes],
        "class-map": {str(c): CLASSES[c] for c in sorted(set(classes))},
        "type": "groundtruth/object-detection",
        "human-annotated": "yes",
        "creation-date": "2024-03-05T10:11:12.131415",
        "job-name": "labeling-job/boxes",
    }
    image = [{"width": 1280, "height": 720, "depth": 3}]
    record = {
        "source-ref": f"s3://bucket/images/{number:08d}.jpg",
        "boxes": {"image_size": image, "annotations": boxes},
        "boxes-metadata": metadata,
    }
    return json.dumps(record, separators=(",", ":")) + "\n"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="of the manifest")
    parser.add_argument("--slice", type=int, default=100, help="megabytes that Polars and pandas get")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    whole, part = made(arguments.megabytes), made(arguments.slice)
    flow = DATA / "labels.flow"
    flow.write_text(FLOW, encoding="utf-8")
    weirflow = str(Path(sys.executable).with_name("weirflow"))
    options = ["--force", "--report", "none", "-q"]
    ways = {
        "bare DuckDB": (DUCKDB, whole),
        "weirflow": ([weirflow, "run", str(flow), "-p", f"manifest={whole.resolve()}", *options], whole),
        "Polars": (POLARS, part),
        "pandas": (PANDAS, part),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(arguments.runs):
        for name, (how, source) in ways.items():
            target = DATA / f"{name.lower().replace(' ', '_')}.parquet"
            command = [sys.executable, "-c", how, str(source), str(target)] if isinstance(how, str) else how
            took = measured(command)
            times = whole.stat().st_size / source.stat().st_size
            found[name].append(took | {"cpu": took["cpu"] * times, "wall": took["wall"] * times})
    show(found, arguments)


def show(found: dict[str, list[dict[str, float]]], arguments: argparse.Namespace) -> None:
    """Print medians, and ratios pair by pair."""
    base = found["bare DuckDB"]
    boxes = pl.scan_parquet(DATA / "bare_duckdb.parquet").select(pl.len()).collect().item()
    ours = pl.scan_parquet(DATA / "boxes" / "*.parquet").select(pl.len()).collect().item()
    if boxes != ours:
        raise SystemExit(f"weirflow wrote {ours:,} boxes, DuckDB {boxes:,}")
    print(
        f"{arguments.megabytes:,} MB, {boxes:,} boxes, {arguments.runs} runs in turn, {os.cpu_count()} cores,"
    )
    print(
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, Polars {pl.__version__}, ", end=""
    )
    print(f"pandas {pd.__version__}; Polars and pandas on {arguments.slice:,} MB, multiplied\n")
    print("| way | CPU s | x | wall s | x | peak MiB | x |\n|---|---|---|---|---|---|---|")
    for name, runs in found.items():
        cells = []
        for key in ("cpu", "wall", "memory"):
            ratio = statistics.median(r[key] / b[key] for r, b in zip(runs, base, strict=True))
            value = statistics.median(r[key] for r in runs)
            cells.append(f"{value:.0f} | {ratio:.2f}" if key == "memory" else f"{value:.1f} | {ratio:.2f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
