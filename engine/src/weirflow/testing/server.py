"""Runs in a process of its own that loads libraries once and forks a child for each subject.

To start an interpreter and to load Polars takes the better part of a second. A fork of a process that did so, and
that never ran anything, is as good as a new one and is there at once: what a subject does to its process ends with it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

from weirflow.testing.heavy import HEAVY


def serve(*preload: str) -> None:
    """Load modules, then answer each request, a line of JSON, with an empty line once its child has ended."""
    for name in preload:
        importlib.import_module(name)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            _answer(json.loads(line))
            return  # and so out of the program, with all that is done at its exit
        os.waitpid(child, 0)
        os.write(1, b"\n")


def _answer(request: dict[str, Any]) -> None:
    """Become the process that a request describes, and write what it wants to know to the file `result`."""
    folder = Path(request["folder"])
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.devnull, os.O_WRONLY),
        (2, folder / "stderr", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(path, flags), number)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(folder / "work")
    tempfile.tempdir = None  # it may have been found by another environment
    sys.path[:] = request["paths"]
    importlib.invalidate_caches()
    _load(request["module"], request["file"])
    if request["watch"]:
        from weirflow.testing.child import watch

        found: Any = watch(folder)
    else:
        found = tuple(sorted(HEAVY & set(sys.modules)))
    (folder / "result").write_bytes(pickle.dumps(found))


def _load(name: str, file: str | None) -> None:
    """Import a module by its name, or, where only its file is known (pytest has read it so), from that."""
    try:
        importlib.import_module(name)
    except ImportError:
        spec = importlib.util.spec_from_file_location(name, file) if file else None
        if spec is None or spec.loader is None:
            raise
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
