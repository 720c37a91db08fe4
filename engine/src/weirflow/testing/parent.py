"""Starts the child process in which a node is watched, and takes its findings."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

_START = """
import importlib.util, json, pickle, sys
paths, name, file = json.loads(sys.argv[1])
sys.path[:] = paths
import weirflow.api
from weirflow.testing.heavy import HEAVY
try:
    __import__(name)
except ImportError:
    spec = importlib.util.spec_from_file_location(name, file)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
imported = sorted(HEAVY & set(sys.modules))
from weirflow.testing.child import watch
watch(imported)
"""
LONG = 120  # seconds after which a child counts as stuck


@dataclass(frozen=True)
class Apart:
    """What was seen in a child process."""

    imported: tuple[str, ...] = ()
    printed: str = ""
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def seen_apart(subject: Subject) -> Apart:
    """Run the case in a child process, once."""
    if "apart" not in subject.kept:
        subject.kept["apart"] = _run(subject)
    found: Apart = subject.kept["apart"]
    return found


def _run(subject: Subject) -> Apart:
    folder = subject.new_folder()
    (folder / "work").mkdir()
    (folder / "temporary").mkdir()
    try:
        runs = bool(subject.first.outputs)
    except Exception:  # noqa: BLE001 - `run.example` tells; what is imported can be seen all the same
        runs = False
    # cases may hold strategies, which do not pickle: the child needs the example alone
    facts = {
        "case": subject.case.parameters,
        "files": dict(subject.case.files),
        "frames": dict(subject.example) if runs else {},
    }
    (folder / "subject").write_bytes(pickle.dumps((subject.node, facts, runs)))
    module = sys.modules[subject.node_class.__module__]
    start = json.dumps([sys.path, module.__name__, getattr(module, "__file__", None)])
    environ = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "4711",
        "TMPDIR": str(folder / "temporary"),
        "WEIRFLOW_KIT": str(folder),
    }
    for name in [n for n in environ if n.startswith("COV_CORE") or n == "COVERAGE_PROCESS_START"]:
        del environ[name]  # whoever measures the parent must not write files from the child
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", _START, start],
        cwd=folder / "work",
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    result = folder / "result"
    if not result.is_file():
        last = (done.stderr.strip().splitlines() or ["nothing is known"])[-1]
        return Apart(error=f"an error that ends the process: {last}")
    found: Apart = pickle.loads(Path(result).read_bytes())  # noqa: S301 - written by our own child
    return found
