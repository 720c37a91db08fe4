"""Runs in a child process: carries a node out while an audit hook listens to what the process does."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from weirflow.testing.case import Case
from weirflow.testing.check import told
from weirflow.testing.parent import Apart
from weirflow.testing.subject import Subject

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_FILES = {
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "os.link",
    "os.symlink",
    "os.chmod",
}
_NETWORK = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_CHILDREN = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
}


class Listener:
    """Keeps what an audit hook hears. A hook cannot be removed: `on` says whether it listens."""

    def __init__(self, free: Path, subject: Subject) -> None:
        self.free = str(free)
        self.subject = subject
        self.on = False
        self.events: dict[str, list[str]] = {"files": [], "network": [], "children": []}

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear one event."""
        if not self.on:
            return
        if event == "open" and isinstance(arguments[0], (str, bytes)) and arguments[2] & _WRITES:
            self._file("opens a file to write", arguments[0])
        elif event in _FILES and isinstance(arguments[0], (str, bytes)):
            self._file(f"calls {event} on a file", arguments[0])
        elif event in _NETWORK:
            self.events["network"].append(f"it calls {event}")
        elif event in _CHILDREN and not self.subject.spawning:
            self.events["children"].append(f"it calls {event}")

    def _file(self, what: str, path: str | bytes) -> None:
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - it resolves no link
        if not full.startswith(self.free) and full != os.devnull:
            self.events["files"].append(f"it {what} that no context gave it: {Path(full).name}")


def watch(folder: Path) -> Apart:
    """Carry out the subject that the parent wrote, and tell what was seen."""
    node, parameters, files, quads, frames = pickle.loads((folder / "subject").read_bytes())  # noqa: S301 - our parent's
    outputs: dict[str, Any] = {}
    error = ""
    subject = Subject(type(node), Case(parameters, files=files, quads=quads))
    subject.__dict__["example"] = frames
    _ = subject.base, subject.graphs
    listener = Listener(folder / "temporary", subject)
    sys.addaudithook(listener)
    captured = folder / "stdout"
    sys.stdout.flush()
    kept = os.dup(1)
    with captured.open("wb") as file:
        os.dup2(file.fileno(), 1)
    listener.on = True
    try:
        outputs = subject.run(frames, loud=True).outputs
    except Exception as raised:  # noqa: BLE001 - told to the parent
        error = told(raised)
    listener.on = False
    sys.stdout.flush()
    os.dup2(kept, 1)
    left = [p.name for p in sorted((folder / "work").rglob("*"))]
    events = {kind: tuple(dict.fromkeys(found)) for kind, found in listener.events.items()}
    if left and not events["files"]:  # a library in another language writes without being heard
        events["files"] = (f"it leaves files in the current folder: {', '.join(left)}",)
    return Apart(captured.read_text(errors="replace"), events, outputs, error)
