"""Time to keep a database of labels up to date with many files, against reading all of them again.

    python benchmarks/labels_refresh.py [--files 10000] [--runs 3]

The lake has a file for each labelled object, with the answers of three workers, in jobs of a hundred objects. Each
step is one `weirflow run`, from the start of the process to its end. Ratios are against the full reading of the same
round, so that a machine whose speed drifts does not decide.
"""

import argparse
import itertools
import json
import os
import platform
import shutil
import statistics
import sys
from pathlib import Path

import duckdb
from credit import DATA, measured

FLOW = """\
flow: 1
nodes:
  - id: labels
    operator: labels.read
    parameters: {path: lake, database: labels.duckdb}
"""
CHOICES = ("car", "van", "bus", "suv")


def answers(number: int) -> str:
    """What three workers say of one object, as Ground Truth writes it."""
    given = [
        {
            "acceptanceTime": f"2024-03-01T{9 + worker:02}:{number % 60:02}:00.000Z",
            "submissionTime": f"2024-03-01T{9 + worker:02}:{number % 60:02}:{20 + worker:02}.000Z",
            "timeSpentInSeconds": 11.5 + worker,
            "workerId": f"private.us-east-1.{(number + worker) % 97:04}",
            "answerContent": {"crowd-image-classifier": {"label": CHOICES[(number + worker % 2) % 4]}},
            "workerMetadata": {
                "identityData": {"identityProviderType": "Cognito", "issuer": "x", "sub": "y"}
            },
        }
        for worker in range(3)
    ]
    return json.dumps({"answers": given})


def grow(files: int) -> Path:
    """Make the lake, and the flow beside it."""
    folder = DATA / f"labels-{files}"
    if (folder / "x.flow").exists():
        return folder
    for number in range(files):
        file = path_of(folder, number)
        file.parent.mkdir(parents=True)
        file.write_text(answers(number))
    (folder / "x.flow").write_text(FLOW)
    return folder


def path_of(folder: Path, number: int) -> Path:
    """The file of an object."""
    job = folder / "lake" / f"job-{number // 100:03}" / "annotations" / "worker-response" / "iteration-1"
    return job / str(number % 100) / "2024-03-01_12:00:00.json"


def rows(folder: Path) -> int:
    """How many answers the database has."""
    with duckdb.connect(str(folder / "labels.duckdb"), read_only=True) as db:
        return db.execute("SELECT count(*) FROM responses").fetchall()[0][0]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    folder, marks = grow(arguments.files), itertools.count()
    weirflow = str(Path(sys.executable).with_name("weirflow"))
    command = [weirflow, "run", str(folder / "x.flow"), "--report", "none", "-q"]
    one, whole = path_of(folder, 7), arguments.files * 3

    def full() -> int:
        (folder / "labels.duckdb").unlink(missing_ok=True)
        return whole

    def changed() -> int:
        one.write_text(answers(7) + "\n" * next(marks))
        return whole

    def deleted() -> int:
        one.unlink()
        return whole - 3

    def back() -> int:
        one.write_text(answers(7))
        return whole

    steps = {
        "all read": full,
        "nothing changed": lambda: whole,
        "one file changed": changed,
        "one file deleted": deleted,
        "it is back": back,
        "nothing changed, by content": lambda: whole,
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in steps}
    for _ in range(arguments.runs):
        for name, prepare in steps.items():
            expected = prepare()
            verify = ["--set", "labels.verify=content"] if "content" in name else []
            found[name].append(measured([*command, *verify]))
            if rows(folder) != expected:
                raise SystemExit(f"{name}: {rows(folder)} answers instead of {expected}")
    size = (folder / "labels.duckdb").stat().st_size / 2**20
    print(
        f"{arguments.files:,} files, {arguments.runs} runs, {os.cpu_count()} cores, database of {size:.0f} MiB,"
    )
    print(
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}; medians, ratios round by round\n"
    )
    print("| step | CPU s | x | wall s | x | peak MiB |\n|---|---|---|---|---|---|")
    for name, runs in found.items():
        cells = []
        for key in ("cpu", "wall"):
            ratio = statistics.median(r[key] / b[key] for r, b in zip(runs, found["all read"], strict=True))
            cells.append(f"{statistics.median(r[key] for r in runs):.2f} | {ratio:.2f}")
        memory = statistics.median(r["memory"] for r in runs)
        print(f"| {name} | {' | '.join(cells)} | {memory:.0f} |")
    shutil.rmtree(folder / ".weirflow", ignore_errors=True)


if __name__ == "__main__":
    main()
