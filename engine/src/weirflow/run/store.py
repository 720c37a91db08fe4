"""The store: what is dear, kept beside the flow. Everything appears whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from weirflow.errors import Diagnostic, RunError

FORMAT = 1


@contextlib.contextmanager
def publish(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, flushed and renamed to it when the block ends well, else removed.

    The block may make a file or a folder. A folder that stands at `path` is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # the ending stays last, since libraries choose formats by it
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        if temporary.is_dir() and path.is_dir():
            old = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.replace(path)
        _flush_folder(path.parent)
    except BaseException:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
        raise


def _flush(path: Path) -> None:
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        with file.open("rb") as handle:
            os.fsync(handle.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Publish a text file."""
    with publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


class Store:
    """The folder `.weirflow` beside a flow (or wherever `--store` says)."""

    def __init__(self, root: Path, flow: str) -> None:
        self.root = root
        self.flow = flow
        self._lock: int | None = None

    @property
    def runs(self) -> Path:
        """Where run records and reports lie."""
        return self.root / "runs"

    def run_folder(self, run: str) -> Path:
        """The folder of one run."""
        return self.runs / run

    def items(self, node: str, fingerprint: str) -> Path:
        """Where the ledger and artifacts of a task lie, apart for each fingerprint."""
        return self.root / "items" / _safe(f"{self.flow}.{node}") / fingerprint

    def checkpoints(self, node: str, fingerprint: str) -> Path:
        """Where the checkpoints of a job lie."""
        return self.root / "jobs" / _safe(f"{self.flow}.{node}") / fingerprint

    def kept(self) -> dict[str, str]:
        """The newest fingerprint under which each node has something kept."""
        found: dict[str, tuple[float, str]] = {}
        for kind in ("items", "jobs"):
            prefix = f"{_safe(self.flow)}."
            for folder in (self.root / kind).glob(f"{prefix}*/*"):
                node, time = folder.parent.name.removeprefix(prefix), folder.stat().st_mtime
                if node not in found or found[node][0] < time:
                    found[node] = (time, folder.name)
        return {n: f for n, (_, f) in found.items()}

    def temporary(self) -> Path:
        """A new scratch folder; those left by killed runs are removed first (the lock is held)."""
        parent = self.root / "tmp"
        shutil.rmtree(parent, ignore_errors=True)
        folder = parent / secrets.token_hex(4)
        folder.mkdir(parents=True)
        return folder

    def content(self, path: Path) -> str:
        """The SHA-256 of a file; a size and mtime already seen stand for the hash already taken."""
        file = self.root / "hashes.json"
        known: dict[str, list[object]] = {}
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(file.read_text(encoding="utf-8"))
        facts = path.stat()
        key, seen = str(path.resolve()), [facts.st_size, facts.st_mtime_ns]
        if key in known and known[key][:2] == seen:
            return str(known[key][2])
        with path.open("rb") as handle:
            taken = hashlib.file_digest(handle, "sha256").hexdigest()
        known[key] = [*seen, taken]
        write_text(file, json.dumps(known, indent=0, sort_keys=True))
        return taken

    def open(self) -> None:
        """Make the store and check that this version can read it."""
        self.root.mkdir(parents=True, exist_ok=True)
        marker = self.root / "store.json"
        if not marker.exists():
            write_text(marker, json.dumps({"format": FORMAT}))
            write_text(self.root / ".gitignore", "*\n")
            return
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(marker.read_text(encoding="utf-8")).get("format", 0)
            if found > FORMAT:
                raise RunError(
                    Diagnostic(
                        "WF703",
                        f"the store {self.root.name} has format {found}, and this weirflow reads up to {FORMAT}",
                        hint="use a newer weirflow, or another --store",
                    )
                )

    @contextlib.contextmanager
    def lock(self) -> Iterator[int]:
        """Hold the flow's lock, naming ourselves in it. Yields the descriptor, which children inherit.

        It is the operating system's lock: it goes when the last holder dies, however it dies.
        """
        self.open()
        path = self.root / f"{_safe(self.flow)}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    Diagnostic(
                        "WF701",
                        f"another run of this flow is under way ({_holder(path)})",
                        hint="wait for it to end, or use another --store",
                    )
                ) from None
            holder = {
                "process": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
            yield descriptor
        finally:
            os.close(descriptor)


def _holder(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        facts = json.loads(path.read_text(encoding="utf-8"))
        return f"process {facts['process']} on {facts['host']} since {facts['since']}"
    return "its holder is not named"


def _safe(name: str) -> str:
    """A name that can be a file's: what is unusual in it becomes a digest."""
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
