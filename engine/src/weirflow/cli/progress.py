"""How a run goes, on standard error: a line for each node that has done its part, and a live one on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from weirflow.cli.tables import clip, pad, width
from weirflow.cli.terminal import near
from weirflow.run.events import (
    Described,
    Event,
    Fitted,
    NodeDone,
    NodeFailed,
    Printed,
    Progress,
    StageStarted,
    WaveDone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow.cli.terminal import Terminal
    from weirflow.errors import Diagnostic
    from weirflow.plan.model import Plan
    from weirflow.run.record import RunRecord

Paint: TypeAlias = "Callable[[str], str]"

_STYLES = {
    "ok": "green",
    "fitted": "green",
    "use": "cyan",
    "cached": "cyan",
    "failed": "red",
    "skipped": "yellow",
}
_STAGES = {"hold": "in memory"}  # the rest are words that a user knows
_STATUS = max(map(len, _STYLES))
_WIDEST = 40  # a longer id pushes what follows to the right alone
_TELLING = 0.001  # seconds below which a node's time is not worth a word
_REFRESH = 0.25  # seconds between two drawings of the live line


class ProgressLines:
    """An observer that tells a person, as it happens, what each node has come to.

    Lazy nodes have no moment of their own: they are shown, with `--verbose`, when the run describes them.
    """

    def __init__(self, terminal: Terminal, plan: Plan) -> None:
        self.terminal = terminal
        self.plan = plan
        self.told: set[str] = set()
        self.width = min(max((width(n.id) for n in plan.graph), default=0), _WIDEST)
        self.failures: list[Diagnostic] = []
        self.counts: dict[str, tuple[int, int]] = {}  # items cached and bad, by task
        self.live = LiveLine(terminal)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case StageStarted(stage, nodes):
                self.live.set(f"{_STAGES.get(stage, stage)}: {', '.join(nodes)}")
            case Fitted(node):
                self._line("fitted", node)
            case WaveDone(nodes, statistics, scans, seconds):
                if self.terminal.verbose:
                    facts = [_count(statistics, "statistic"), _count(scans, "scan"), _seconds(seconds)]
                    self._note(f"wave of {_count(len(nodes), 'node')}: {', '.join(facts)}")
            case Progress(node, done, total, cached, bad, note):
                self.counts[node] = (cached, bad)
                of = f"/{total:,.0f}" if total is not None else ""
                facts = [
                    f"{done:,.0f}{of}",
                    f"{cached:,} cached" * bool(cached),
                    f"{bad:,} bad" * bool(bad),
                    note,
                ]
                self.live.set(f"{node}: {', '.join(f for f in facts if f)}")
            case NodeDone(node, seconds, files, rows, _facts, cached):
                words = [_count(rows, "row")] if rows is not None else []
                skipped, bad = self.counts.get(node, (0, 0))
                words += [f"{_count(skipped, 'item')} cached"] * bool(skipped)
                words += [_count(bad, "bad item")] * bool(bad)
                words += [_seconds(seconds)] if seconds is not None and seconds >= _TELLING else []
                words += [f"-> {near(Path(f))}" for f in files[:3]] + ["…"] * (len(files) > 3)  # noqa: PLR2004
                self._line("cached" if cached else "ok", node, *words)
            case NodeFailed(node, diagnostic):
                self.failures.append(diagnostic)
                self._line("failed", node, f"{diagnostic.code}")
            case Described(node, _schema, rows):
                if self.terminal.verbose and node not in self.told:
                    planned = self.plan.nodes[node]
                    words = [_count(rows, "row")] if rows is not None else []
                    if planned.action == "use":
                        self._line("use", node, *words, planned.reason)
                    else:
                        self._line("ok", node, *words)
            case Printed(node, text):
                if self.terminal.verbose:
                    self._note(f"{node} printed:\n{text.rstrip()}")
            case _:
                pass

    def finish(self, record: RunRecord) -> None:
        """Say what never came to be, and sum up."""
        self.live.end()
        for node in record.nodes:
            if node.status == "skipped" and self.plan.wanted(node.id) and node.id not in self.told:
                self._line("skipped", node.id, node.reason)
        self.terminal.say(self._summary(record))

    def _summary(self, record: RunRecord) -> str:
        counts: dict[str, int] = {}
        for node in record.nodes:
            counts[node.status] = counts.get(node.status, 0) + 1
        words = [_count(counts.pop("done", 0), "node"), *(f"{n} {status}" for status, n in counts.items())]
        facts = [", ".join(words), _count(record.scans, "scan"), _seconds(record.seconds)]
        if record.peak_bytes:
            facts.append(f"peak {record.peak_bytes / 2**20:,.0f} MiB")
        return self.terminal.paint(f"{record.status}: {' · '.join(facts)}", "bold")

    def _line(self, status: str, node: str, *words: str) -> None:
        if node in self.told:
            return
        self.told.add(node)
        state = self.terminal.paint(pad(status, _STATUS), _STYLES[status])
        text = "  ".join([pad(node, self.width), *words]).rstrip()
        self._note(f"{state}  {text}")

    def _note(self, text: str) -> None:
        with self.live.paused():
            self.terminal.say(text)


class LiveLine:
    """The last line of a terminal, drawn over as things go on; nothing at all elsewhere."""

    def __init__(self, terminal: Terminal) -> None:
        self._on = terminal.is_terminal() and not terminal.quiet
        self._text = ""
        self._since = time.monotonic()
        self._lock = threading.RLock()
        self._ended = threading.Event()
        if self._on:
            threading.Thread(target=self._keep_drawing, daemon=True).start()

    def set(self, text: str) -> None:
        """Say what is under way."""
        with self._lock:
            if text.partition(":")[0] != self._text.partition(":")[0]:
                self._since = time.monotonic()
            self._text = text

    def paused(self) -> _Paused:
        """While another line is written."""
        return _Paused(self)

    def end(self) -> None:
        """Take it away for good."""
        self._ended.set()
        with self._lock:
            self._text = ""
            self.clear()

    def clear(self) -> None:
        """Take it away until it is drawn again."""
        if self._on:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _draw(self) -> None:
        import shutil

        with self._lock:
            if self._text and not self._ended.is_set():
                passed = f"  {time.monotonic() - self._since:.0f} s"
                room = shutil.get_terminal_size().columns - len(passed) - 1
                sys.stderr.write(f"\r\x1b[2K{clip(self._text, room)}{passed}")
                sys.stderr.flush()

    def _keep_drawing(self) -> None:
        while not self._ended.wait(_REFRESH):
            self._draw()


class _Paused:
    """Holds the live line's lock, so that lines do not mix."""

    def __init__(self, live: LiveLine) -> None:
        self._live = live

    def __enter__(self) -> None:
        self._live._lock.acquire()  # noqa: SLF001 - its own other half
        self._live.clear()

    def __exit__(self, *_: object) -> None:
        self._live._lock.release()  # noqa: SLF001


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
