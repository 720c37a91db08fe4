"""The store: what is dear, kept beside the flow. Everything appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from weirflow.errors import FULL, Diagnostic, RunError, make_room
from weirflow.flow.document import display_name
from weirflow.plan.kept import Kept

FORMAT = 1
ABOUT = "about"
"""The file, beside the items of a task and the checkpoints of a job, that says what they depend on."""

_ATTEMPTS = 100  # to remove a folder

_NO_FILE = {
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
}


@contextlib.contextmanager
def publish(path: Path) -> Iterator[Path]:
    """A path for the block to write to, flushed and renamed to `path` when the block ends well, else removed.

    It lies in a folder of its own beside `path`: when an engine has failed, threads of it may go on for a moment,
    and would make a file anew that was removed. The block may make a file or a folder. A folder that stands at
    `path` is replaced by a folder. Raises OSError that names `path`; what is no file (a device, a pipe) is never
    replaced. Folders that had to be made for what failed are removed.
    """
    _refuse_no_file(path)
    holder = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial")
    temporary = holder / path.name  # libraries choose formats by its ending
    made = [p for p in (path.parent, *path.parent.parents) if not p.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        holder.mkdir()
        yield temporary
        _flush(temporary)
        _refuse_no_file(path)
        if temporary.is_dir() and path.is_dir():
            old = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.replace(path)
        holder.rmdir()
        _flush_folder(path.parent)
    except BaseException as error:
        for _ in range(_ATTEMPTS):  # a thread may put a file there while the rest is removed
            shutil.rmtree(holder, ignore_errors=True)
            if not holder.exists():
                break
        for folder in made:
            with contextlib.suppress(OSError):  # another may have put something there
                folder.rmdir()
        if (
            isinstance(error, OSError)
            and error.filename in {None, str(holder), str(temporary)}
            and error.errno is not None
        ):
            error.filename, error.filename2 = (
                str(path),
                None,
            )  # an engine's have no number, and their text alone
        raise


def unfit(path: Path, *, folder: bool = False) -> str | None:
    """Why a file (or a folder) cannot be published at `path`, as far as can be told without trying; None where it can.

    As what ends a sentence that names the file: "is a pipe", "permission denied".
    """
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        if folder and stat.S_ISREG(mode):
            return "a file stands where the folder should be"
        if not stat.S_ISREG(mode) and not (folder and stat.S_ISDIR(mode)):
            return _NO_FILE.get(stat.S_IFMT(mode), "is a directory")
    above = next(p for p in path.absolute().parents if p.exists())
    if not above.is_dir():
        return "a file stands where its folder should be"
    return None if os.access(above, os.W_OK | os.X_OK) else "its folder may not be written to"


def _refuse_no_file(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        kind = _NO_FILE.get(stat.S_IFMT(path.stat().st_mode))
        if kind is not None:
            raise OSError(errno.EINVAL, f"{kind}, which is not replaced", str(path))


def refused(error: OSError, what: str, hint: str) -> RunError:
    """The failure to write what a run keeps; `what` begins the sentence, as in "cannot write x"."""
    if error.errno in FULL:
        room = f"{make_room(error.errno)}, or {hint}"
        return RunError(Diagnostic("WF605", f"{what}: {FULL[error.errno]}", hint=room))
    reason = (error.strerror or type(error).__name__).lower()
    return RunError(Diagnostic("WF704", f"{what}: {reason}", hint=hint))


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
    """The folder `.weirflow` beside a flow (or wherever `--store` says).

    `copies` is that in which sources keep copies: another where this one goes again.
    """

    def __init__(self, root: Path, flow: str, copies: Path | None = None) -> None:
        self.root = root
        self.flow = flow
        self.copies = copies or root
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

    def kept(self) -> dict[str, Kept]:
        """The newest of what is kept of each node."""
        found: dict[str, tuple[float, Path]] = {}
        for kind in ("items", "jobs"):
            prefix = f"{_safe(self.flow)}."
            for folder in (self.root / kind).glob(f"{prefix}*/*"):
                node, time = folder.parent.name.removeprefix(prefix), folder.stat().st_mtime
                if node not in found or found[node][0] < time:
                    found[node] = (time, folder)
        return {n: _kept(folder) for n, (_, folder) in found.items()}

    def temporary(self) -> Path:
        """A new scratch folder; those left by killed runs are removed first (the lock is held)."""
        parent = self.root / "tmp"
        shutil.rmtree(parent, ignore_errors=True)
        folder = parent / secrets.token_hex(4)
        with self._writing():
            folder.mkdir(parents=True)
        return folder

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            made = "write" if self.root.is_dir() else "make"
            what = f"cannot {made} the store {display_name(self.root)}"
            raise refused(error, what, "keep it in another folder: --store DIR") from error

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
        with contextlib.suppress(OSError):  # it only saves taking the hash again
            write_text(file, json.dumps(known, indent=0, sort_keys=True))
        return taken

    def open(self) -> None:
        """Make the store and check that this version can read it."""
        marker = self.root / "store.json"
        if not marker.exists():
            with self._writing():
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
        with self._writing():
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
            with self._writing():
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


def write_about(folder: Path, covers: Mapping[str, Any], items: int | None = None, done: int = 0) -> None:
    """Say, beside what is kept of a node, what it depends on and how many of its items are done."""
    write_text(folder / ABOUT, json.dumps({"covers": covers, "items": items, "done": done}, sort_keys=True))


def _kept(folder: Path) -> Kept:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return Kept(folder.name, about["covers"], about["items"], about["done"])
    except (OSError, ValueError, KeyError, TypeError):
        return Kept(folder.name)  # by an earlier weirflow


def _safe(name: str) -> str:
    """A name that can be a file's: what is unusual in it becomes a digest."""
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
