"""Every node of the family keeps the node specification."""

from __future__ import annotations

from weirflow.testing import Case, conformance
from weirflow_files.hashing import Hash
from weirflow_files.writing import Write

FILES = {"in/a.txt": "one", "in/deep/b.txt": "two", "in/ü.bin": b"\x00\xff"}

CASES = [(Hash, Case({"folder": "in"}, files=FILES)), (Write, Case({"path": "out"}, files=FILES))]

test_conformance = conformance(*CASES)
