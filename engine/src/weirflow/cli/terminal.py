"""Where words go: people read standard error, programs read standard output."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.errors import Diagnostic
    from weirflow.project import Project

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass
class Terminal:
    """What the user asked of the output, and the two streams.

    `arguments` are the command line as typed, without the program; `program` is how to type that. `projects`
    are the flows that were opened, whose text a message may show; `texts` are other texts of that kind, by name.
    `parameters` and `locations` (of sources) are what options of their own gave for the flow that will be opened.
    `resume` is the command that goes on with the run that has begun, `terminated` whether SIGTERM has come.
    """

    arguments: tuple[str, ...] = ()
    program: str = "weirflow"
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    json: bool = False
    projects: list[Project] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    resume: str | None = None
    terminated: bool = False

    @classmethod
    def here(cls, arguments: Sequence[str]) -> Terminal:
        """The terminal of this process."""
        return cls(tuple(arguments), _program())

    def say(self, text: str, *, always: bool = False) -> None:
        """Tell a person something; with `--quiet` only what is wrong (`always`)."""
        if always or not self.quiet:
            _write(sys.stderr, text)

    def out(self, text: str) -> None:
        """Give a result."""
        _write(sys.stdout, text)

    def line(self, facts: Mapping[str, Any]) -> None:
        """Give one JSON object on a line of its own."""
        self.out(json.dumps(facts, ensure_ascii=False, default=str, allow_nan=False))

    def document(self, facts: Any) -> None:
        """Give a result as JSON that people can read too."""
        self.out(json.dumps(facts, ensure_ascii=False, default=str, allow_nan=False, indent=2))

    def show(self, diagnostics: Sequence[Diagnostic], *, result: bool = False) -> None:
        """Show diagnostics with the lines that they point at, on standard error unless they are the result."""
        if not diagnostics:
            return
        from weirflow.flow.show import render

        stream: Literal["stdout", "stderr"] = "stdout" if result else "stderr"
        text = render(diagnostics, self.sources, color=self.colour(stream))
        if result:
            self.out(text.rstrip("\n"))
        else:
            self.say(text.rstrip("\n"), always=True)

    @property
    def sources(self) -> Mapping[str, str]:
        """The texts of the flows that were opened, by the names that messages use."""
        found = dict(self.texts)
        for project in self.projects:
            if "loaded" in vars(project):  # never read a flow only to show an error
                found.update(project.loaded.sources)
            if "cases" in vars(project):
                found.update(project.cases.sources)
        return found

    def colour(self, stream: Literal["stdout", "stderr"] = "stderr") -> bool:
        """Whether a stream takes colours: a terminal does, unless it was asked not to."""
        if self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return self.is_terminal(stream)

    def is_terminal(self, stream: Literal["stdout", "stderr"] = "stderr") -> bool:
        """Whether a person watches a stream."""
        return bool(getattr(sys, stream).isatty())

    def paint(self, text: str, *styles: str, stream: Literal["stdout", "stderr"] = "stderr") -> str:
        """Text in a style, where the stream takes colours."""
        if not text or not self.colour(stream):
            return text
        return f"\x1b[{';'.join(_STYLES[s] for s in styles)}m{text}\x1b[0m"

    def command(self, *, add: Sequence[str] = (), without: Sequence[str] = ()) -> str:
        """The command that was typed, changed, so that it can be pasted into a shell."""
        kept = [a for a in self.arguments if a not in without]
        return shlex.join([self.program, *kept, *add])


def _program() -> str:
    """How the program was called: its bare name where the shell finds it, else its path."""
    given = Path(sys.argv[0])
    if given.name != "weirflow" or shutil.which("weirflow") == str(given):
        return "weirflow"
    return near(given)


def near(path: Path) -> str:
    """A path as a person would type it here: relative where it lies below the current folder."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _write(stream: TextIO, text: str) -> None:
    """Write a line. A reader that has gone away (`| head`) is no error: what it does not want is dropped."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # the interpreter flushes at exit once more, into nothing
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
