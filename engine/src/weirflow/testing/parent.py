"""Has a node watched in a process of its own, and takes what was seen there."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

_START = """
import json, sys
sys.path[:], preload = json.loads(sys.argv[1])
from weirflow.testing.server import serve
serve(*preload)
"""
LIGHT = ("weirflow.api",)
"""What a node's module may bring along: its imports are looked at in a process with nothing else."""
READY = (*LIGHT, "polars", "weirflow.testing.child", "weirflow.testing.subject")
"""What a node needs to be carried out."""
LONG = 120  # seconds after which a child counts as stuck


@dataclass(frozen=True)
class Apart:
    """What was seen in a child process."""

    printed: str = ""
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


class Server:
    """A process that forks a child for each request; it ends with this one. See `weirflow.testing.server`."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-c", _START, json.dumps([sys.path, preload])],
            env={**_environ(), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "4711"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.end)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> None:
        """Hand over a request and wait until its child has ended. Raises where that takes too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            if select.select([self._process.stdout], [], [], LONG)[0]:
                if self._process.stdout.readline():
                    return
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(request["module"], LONG)
        except BrokenPipeError:
            pass  # it was ended from outside
        self.end()

    def end(self) -> None:
        """Let it end, and wait for it."""
        atexit.unregister(self.end)
        self._process.communicate()


_servers: dict[tuple[int, tuple[str, ...]], Server] = {}
"""Those of this process, by what they load: a fork of it has its own."""


def imported_by(subject: Subject) -> tuple[str, ...]:
    """The heavy libraries that importing the node's module loads; none where it cannot be imported."""
    module = sys.modules[subject.node_class.__module__]
    file = Path(getattr(module, "__file__", None) or os.devnull)
    key = (module.__name__, str(file), file.stat().st_mtime_ns if file.exists() else 0)
    if key not in _imported:
        found = _asked(subject, subject.new_folder(), LIGHT, watch=False)
        _imported[key] = () if isinstance(found, str) else found
    return _imported[key]


_imported: dict[tuple[str, str, int], tuple[str, ...]] = {}
"""What was seen of modules, by name, file, and when that was written."""


def seen_apart(subject: Subject) -> Apart:
    """Run the case in a child process, once."""
    if "apart" not in subject.kept:
        folder = subject.new_folder()
        # cases may hold strategies, which do not pickle: the child needs the example alone
        case = subject.case
        facts = (subject.node, case.parameters, dict(case.files), case.quads, dict(subject.example))
        (folder / "subject").write_bytes(pickle.dumps(facts))
        found = _asked(subject, folder, READY, watch=True)
        subject.kept["apart"] = Apart(error=found) if isinstance(found, str) else found
    apart: Apart = subject.kept["apart"]
    return apart


def _asked(subject: Subject, folder: Path, preload: tuple[str, ...], *, watch: bool) -> Any:
    """What a child finds, or, as text, why it found nothing."""
    (folder / "work").mkdir()
    (folder / "temporary").mkdir()
    module = sys.modules[subject.node_class.__module__]
    key = (os.getpid(), preload)
    if key not in _servers or not _servers[key].alive:
        _servers[key] = Server(preload)
    _servers[key].ask(
        {
            "folder": str(folder),
            "environ": {**_environ(), "TMPDIR": str(folder / "temporary")},
            "paths": sys.path,
            "module": module.__name__,
            "file": getattr(module, "__file__", None),
            "watch": watch,
        }
    )
    result, errors = folder / "result", folder / "stderr"
    if result.is_file():
        return pickle.loads(result.read_bytes())  # noqa: S301 - written by our own child
    told = errors.read_text(errors="replace").strip().splitlines() if errors.is_file() else []
    return f"an error that ends the process: {told[-1] if told else 'nothing is known'}"


def _environ() -> dict[str, str]:
    """The environment of children. Whoever measures this process must not write files from them."""
    return {
        k: v for k, v in os.environ.items() if not k.startswith("COV_CORE") and k != "COVERAGE_PROCESS_START"
    }
