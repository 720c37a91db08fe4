"""Time and peak memory of the credit-risk transformations on many rows, five ways, in turn.

    python benchmarks/credit.py [--rows 5000000] [--runs 5]

Ratios are against the hand-written Polars pipeline of the same round, so that a machine whose speed drifts does
not decide. Time is the CPU seconds of the process and its children; memory the largest resident process.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
DATA = HERE / "data"
CREDIT = HERE.parent / "flows" / "credit-risk" / "german_credit_data.csv"


def grow(rows: int) -> Path:
    """Make the input: the 1,000 applications drawn again and again, columns together, with noise on numbers."""
    path = DATA / f"credit-{rows}.parquet"
    if path.exists():
        return path
    DATA.mkdir(exist_ok=True)
    small = pl.read_csv(CREDIT)
    place = pl.int_range(rows, eager=True)
    chosen = ((place * 7919 + place // 1000) % small.height).cast(pl.UInt32)
    noise = (place * 2_654_435_761 % 1000).cast(pl.Int64)
    grown = small[chosen].with_columns(creditamount=pl.col("creditamount") + noise)
    grown.write_parquet(path, row_group_size=250_000)
    return path


def measured(command: list[str]) -> dict[str, float]:
    """Run a command to its end: CPU and wall seconds, and the peak memory of its largest process in MiB."""
    code = (
        "import json, resource, subprocess, sys, time\n"
        "start = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)\n"
        "if done.returncode: sys.exit(done.stderr)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps({'cpu': used.ru_utime + used.ru_stime,"
        " 'wall': time.perf_counter() - start, 'memory': used.ru_maxrss / 1024}))\n"
    )
    # compiled modules are kept, as they are wherever nobody forbids it
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *command], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def ways(source: Path) -> dict[str, list[str]]:
    """The commands to compare, by name."""
    python, weirflow = sys.executable, str(Path(sys.executable).with_name("weirflow"))
    flow = [str(HERE / "credit.flow"), "-p", f"data={source.resolve()}"]
    exported = DATA / "exported.py"
    return {
        "Polars by hand": [python, str(HERE / "by_hand.py"), str(source), str(DATA / "by_hand.parquet")],
        "weirflow": [weirflow, "run", *flow, "--refit", "--report", "none", "-q"],
        "exported pandas": [
            python, str(exported), "--applications", str(source), "--written", str(DATA / "exported.parquet"),
        ],
        "scikit-learn": [
            python, str(HERE / "with_sklearn.py"), str(source), str(DATA / "sklearn.parquet"),
        ],
    }  # fmt: skip


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="the ways to compare, by name")
    arguments = parser.parse_args()
    source = grow(arguments.rows)
    weirflow = str(Path(sys.executable).with_name("weirflow"))
    flow = [str(HERE / "credit.flow"), "-p", f"data={source.resolve()}"]
    subprocess.run([weirflow, "run", *flow, "--report", "none", "-q"], check=True)
    chosen = {n: c for n, c in ways(source).items() if not arguments.only or n in arguments.only}
    if "exported pandas" in chosen:
        exported = ["--to", "pandas", "--refit", "--force", "-o", str(DATA / "exported.py")]
        subprocess.run([weirflow, "export", *flow, *exported], check=True)
    for command in chosen.values():  # once each to warm the page cache
        measured(command)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
    for _ in range(arguments.runs):
        for name, command in chosen.items():
            found[name].append(measured(command))
    base = next(iter(chosen))
    print(f"{arguments.rows:,} rows, {arguments.runs} runs in turn, {os.cpu_count()} cores,")
    print(f"Python {platform.python_version()}, Polars {pl.__version__}; medians, ratios pair by pair\n")
    print("| way | CPU s | x | wall s | x | peak MiB | x |\n|---|---|---|---|---|---|---|")
    for name, runs in found.items():
        cells = []
        for key in ("cpu", "wall", "memory"):
            ratio = statistics.median(r[key] / b[key] for r, b in zip(runs, found[base], strict=True))
            value = statistics.median(r[key] for r in runs)
            cells.append(f"{value:.0f} | {ratio:.2f}" if key == "memory" else f"{value:.2f} | {ratio:.2f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
