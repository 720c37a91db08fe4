"""`weirflow fmt`: flows in the canonical layout."""

from __future__ import annotations

import difflib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.check import flows_below
from weirflow.cli.options import HELP
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import Diagnostic, ExitCode, FlowError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from weirflow.node.imported import ImportedFlow

_STDIN = Path("-")


@dataclass(frozen=True)
class _File:
    """A flow as it lies and as it should: its name in messages, and its text before and after.

    Another program's is `foreign`, and stays as it is.
    """

    path: Path
    name: str
    old: bytes
    new: str
    foreign: bool = False

    @property
    def changes(self) -> bool:
        return self.old != self.new.encode()


@click.command(cls=Verb, context_settings=HELP)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing: name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing: show what would change.")
@click.pass_obj
def fmt(terminal: Terminal, paths: tuple[Path, ...], check: bool, diff: bool) -> int:  # noqa: FBT001 - click's signature
    """Lay flows out in one way: the same meaning, every comment, less to argue about.

    A PATH is a flow, a folder with flows somewhere below it, or - for standard input, which is written to standard
    output. With --check and --diff the exit code is 1 if anything would change.

    A file that cannot be read as a flow stays as it is, and so does another program's flow.
    """
    wrong: list[Diagnostic] = []
    foreign: list[str] = []
    changed = total = 0
    for path in _named(paths):
        total += 1
        found = _laid_out(terminal, path)
        if not isinstance(found, _File):
            wrong += found
            continue
        changed += found.changes
        foreign += [found.name] * found.foreign
        if check and found.changes:
            terminal.say(f"would lay out {found.name}", always=True)
        if diff:
            _show(terminal, found)
        elif path == _STDIN and not check:
            sys.stdout.buffer.write(found.new.encode())
            sys.stdout.flush()
        elif found.changes and not check:
            _write(found)
            terminal.say(f"laid out {found.name}")
    if foreign:
        named = foreign[0] if len(foreign) == 1 else f"{len(foreign)} flows"
        terminal.say(
            f"left as written by another program: {named} (`weirflow import` writes a flow of yours)"
        )
    if wrong:
        raise FlowError(wrong)
    if not changed:
        terminal.say(f"{total} flow{'s' * (total != 1)}: nothing to change")
    return ExitCode.FAILED if changed and (check or diff) else ExitCode.DONE


def _named(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Each file once, however often it is named. Raises SelectionError, UsageError."""
    if _STDIN in paths and len(paths) > 1:
        raise click.UsageError("- stands alone: standard input is one flow")
    yield from dict.fromkeys(flows_below(paths))


def _imported(data: Mapping[Any, Any]) -> tuple[str, ImportedFlow] | Diagnostic | None:
    """What importers make of a file that is no flow; plugins are loaded for such a file alone."""
    from weirflow.plugins.registry import Registry

    return Registry.load().imported(data)


def _laid_out(terminal: Terminal, path: Path) -> _File | tuple[Diagnostic, ...]:
    """A file in the canonical layout, or why it cannot be laid out. Another program's is left as it is."""
    from weirflow.flow.document import open_document
    from weirflow.flow.layout import laid_out
    from weirflow.flow.read import FileText, decoded, read_file

    raw = b""

    def read(file: Path, name: str) -> FileText:
        nonlocal raw
        if path == _STDIN:
            raw = sys.stdin.buffer.read()
        else:
            unreadable = read_file(file, name).diagnostics
            if unreadable:
                return FileText(None, unreadable)
            raw = file.read_bytes()
        return decoded(raw, name)

    name = "<stdin>" if path == _STDIN else near(path)
    document = open_document(path, name, terminal.texts, read_text=read, importing=_imported)
    if document.diagnostics:
        return document.diagnostics
    if document.imported is not None:
        return _File(path, name, raw, raw.decode(), foreign=True)
    return _File(path, name, raw, laid_out(terminal.texts[name]))


def _show(terminal: Terminal, file: _File) -> None:
    """The lines that would change, as `diff -u` shows them."""
    old = file.old.decode("utf-8").splitlines(keepends=True)
    for line in difflib.unified_diff(old, file.new.splitlines(keepends=True), file.name, file.name):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        text = line.rstrip("\n").replace("\r", "␍")
        terminal.out(terminal.paint(text, style, stream="stdout") if style else text)


def _write(file: _File) -> None:
    """Put the new text in the place of the old, whole or not at all; the permissions stay."""
    from weirflow.run.store import publish

    target = file.path.resolve()  # where a link points, so that it stays a link
    with publish(target) as temporary:
        temporary.write_text(file.new, encoding="utf-8", newline="\n")
        shutil.copymode(target, temporary)
