"""What goes wrong becomes words on standard error and an exit code."""

from __future__ import annotations

import errno
import traceback
from typing import TYPE_CHECKING

import click

from weirflow.errors import Diagnostic, ExitCode, WeirflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from weirflow.cli.terminal import Terminal


def guard(terminal: Terminal, command: Callable[[], object]) -> int:
    """Carry out a command and return its exit code, whatever happens."""
    try:
        try:
            result = command()
        except Exception as error:  # noqa: BLE001 - see `_tell`
            return _tell(terminal, error)
    except (KeyboardInterrupt, click.Abort):
        terminal.say("interrupted", always=True)
        return ExitCode.INTERRUPTED
    except SystemExit as leaving:  # from click's handling of a closed pipe
        return leaving.code if isinstance(leaving.code, int) else ExitCode.FAILED
    except BaseException as error:  # noqa: BLE001 - a panic of a library in Rust is no Exception
        return _bug(terminal, error)
    return result if isinstance(result, int) else ExitCode.DONE


def _tell(terminal: Terminal, error: Exception) -> int:
    match error:
        case click.Abort():
            raise error
        case click.ClickException():
            error.show()
            return error.exit_code
        case WeirflowError():
            _problems(terminal, error.diagnostics, error.exit_code)
            if terminal.verbose and error.__cause__ is not None:
                terminal.say("".join(traceback.format_exception(error.__cause__)).rstrip(), always=True)
            return error.exit_code
        case OSError(errno=number) if number is not None:
            _problems(terminal, [_system(error)], ExitCode.FAILED)
            return ExitCode.FAILED
        case _:
            return _bug(terminal, error)


def _problems(terminal: Terminal, diagnostics: Sequence[Diagnostic], code: ExitCode) -> None:
    terminal.show(diagnostics)
    if terminal.json:
        from weirflow.flow.show import as_json

        found = as_json(diagnostics, terminal.sources)
        terminal.line({"event": "error", "exit_code": int(code), "diagnostics": found})


def _system(error: OSError) -> Diagnostic:
    """What the operating system refused, with the file's name."""
    if error.errno == errno.ENOSPC:
        return Diagnostic("WF605", "the disk is full", hint="free some space and run again")
    name = f"{error.filename}: " if error.filename is not None else ""
    return Diagnostic("WF803", f"{name}{(error.strerror or type(error).__name__).lower()}")


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
