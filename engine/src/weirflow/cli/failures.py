"""What goes wrong becomes words on standard error and an exit code."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.terminal import near
from weirflow.errors import FULL, Diagnostic, ExitCode, WeirflowError, make_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from weirflow.cli.terminal import Terminal


def guard(terminal: Terminal, command: Callable[[], object]) -> int:
    """Carry out a command and return its exit code, whatever happens.

    Where a run had begun (`terminal.resume`), what went wrong is followed by the command that resumes it.
    """
    with _heeding_sigterm(terminal):
        code = _guarded(terminal, command)
    return ExitCode.TERMINATED if code == ExitCode.INTERRUPTED and terminal.terminated else code


def _guarded(terminal: Terminal, command: Callable[[], object]) -> int:
    try:
        try:
            result = command()
        except Exception as error:  # noqa: BLE001 - see `_tell`
            return _tell(terminal, error)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(terminal)
    except SystemExit as leaving:  # from click's handling of a closed pipe
        return leaving.code if isinstance(leaving.code, int) else ExitCode.FAILED
    except BaseException as error:  # noqa: BLE001 - a panic of a library in Rust is no Exception
        return _bug(terminal, error)
    return result if isinstance(result, int) else ExitCode.DONE


@contextmanager
def _heeding_sigterm(terminal: Terminal) -> Iterator[None]:
    """While the block lasts, SIGTERM interrupts as Ctrl-C does, once. A signal that is ignored stays so."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    process = os.getpid()

    def heed(number: int, _: object) -> None:
        if os.getpid() != process:  # a child that was forked: it has nothing to tidy up
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        signal.signal(number, signal.SIG_IGN)  # what tidies up is not interrupted in turn
        terminal.terminated = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupted(terminal: Terminal) -> int:
    terminal.say("terminated" if terminal.terminated else "interrupted", always=True)
    code = ExitCode.TERMINATED if terminal.terminated else ExitCode.INTERRUPTED
    if terminal.json:
        terminal.line({"event": "error", "exit_code": int(code), "diagnostics": []})
    _resume(terminal)
    return code


def _resume(terminal: Terminal) -> None:
    if terminal.resume is not None:
        terminal.say(f"resume: {terminal.resume}", always=True)


def _tell(terminal: Terminal, error: Exception) -> int:
    match error:
        case click.Abort():
            raise error
        case click.ClickException():
            error.show()
            if terminal.json or "--json" in terminal.arguments:  # the mistake may come before it was read
                wrong = {"code": None, "severity": "error", "message": error.format_message()}
                terminal.line({"event": "error", "exit_code": error.exit_code, "diagnostics": [wrong]})
            return error.exit_code
        case WeirflowError():
            _problems(terminal, error.diagnostics, error.exit_code)
            if terminal.verbose and error.__cause__ is not None:
                terminal.say("".join(traceback.format_exception(error.__cause__)).rstrip(), always=True)
            _resume(terminal)
            return error.exit_code
        case OSError(errno=number) if number is not None:
            _problems(terminal, [_system(error, begun=terminal.resume is not None)], ExitCode.FAILED)
            _resume(terminal)
            return ExitCode.FAILED
        case _:
            return _bug(terminal, error)


def _problems(terminal: Terminal, diagnostics: Sequence[Diagnostic], code: ExitCode) -> None:
    terminal.show(diagnostics)
    if terminal.json:
        from weirflow.flow.show import as_json

        found = as_json(diagnostics, terminal.sources)
        terminal.line({"event": "error", "exit_code": int(code), "diagnostics": found})


def _system(error: OSError, *, begun: bool) -> Diagnostic:
    """What the operating system refused, with the file's name; `begun` if a run was under way."""
    named: Any = error.filename
    name = f"{near(Path(os.fsdecode(named)))}: " if isinstance(named, (str, bytes)) else ""
    kept = "; what the run had finished is kept" if begun else ""
    if error.errno in FULL:
        hint = f"{make_room(error.errno)} and run again{kept}"
        return Diagnostic("WF605", f"{name}{FULL[error.errno]}", hint=hint)
    text = f"{name}{(error.strerror or type(error).__name__).lower()}"
    return Diagnostic("WF803", text, hint=kept.removeprefix("; ") or None)


def _bug(terminal: Terminal, error: BaseException) -> int:
    """Our own mistake: say so in one line; where it happened only if asked for."""
    # a worker's traceback comes as text
    text = str(error) if type(error).__name__ == "BugError" else "".join(traceback.format_exception(error))
    last = text.strip().splitlines()[-1] if text.strip() else type(error).__name__
    kind = last.partition(":")[0]  # the rest may quote data
    advice = "" if terminal.verbose else "; run again with -v for the traceback"
    terminal.say(f"error[WF900]: this is a bug in weirflow ({kind}){advice}", always=True)
    if terminal.verbose:
        terminal.say(text.rstrip(), always=True)
    if terminal.json:
        terminal.line({"event": "error", "exit_code": int(ExitCode.BUG), "code": "WF900", "kind": kind})
    return ExitCode.BUG
