"""Sinks of several files, and lenient readers, keep the node specification."""

from __future__ import annotations

from datetime import date

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.read import ReadCsv
from weirflow_tabular.write import WriteCsv, WriteParquet

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27],
        "city": ["Rome", "a/b", None, "Rome"],
        "member": [True, False, None, True],
        "since": [date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 1, 1)],
    }
)
RAGGED = "name,age,name\nann,31\n\nbob,,x,y\n"
CASES = [
    (WriteCsv, Case({"path": "out", "partition_by": ["city"]}, FRAME, name="partitions")),
    (WriteCsv, Case({"path": "out.csv", "rules": "spark"}, FRAME, name="spark")),
    (
        WriteParquet,
        Case({"path": "out", "partition_by": ["member", "since"], "files": 2}, FRAME, name="files"),
    ),
    (ReadCsv, Case({"path": "in.csv", "rules": "spark"}, files={"in.csv": RAGGED}, name="spark")),
]

test_conformance = conformance(*CASES)
