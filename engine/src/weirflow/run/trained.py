"""Read and write `<flow>.trained.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weirflow.errors import Diagnostic, RunError
from weirflow.flow.document import display_name
from weirflow.plan.trained import Entry, TrainedFile
from weirflow.run.store import refused, unfit, write_text

FORMAT = 1
"""The newest version of the file that is read, and the one that is written."""

_ELSEWHERE = "copy the flow to a folder that may be written and run it there: what is learned lies beside it"


def trained_path(flow: Path) -> Path:
    """Where the trained parameters of a flow lie."""
    return flow.with_name(f"{flow.stem}.trained.json")


def read_trained(path: Path) -> TrainedFile:
    """Read the file; empty where there is none. Raises RunError WF702 where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return TrainedFile()
    except OSError as error:
        reason = "it is a folder" if path.is_dir() else (error.strerror or type(error).__name__).lower()
        hint = "let it be read, or move it away to fit anew"
        raise _unreadable(f"{path.name} cannot be read: {reason}", hint) from error
    except UnicodeDecodeError as error:
        raise _strange(path) from error
    try:
        found = json.loads(text)
        version = found.get("weirflow") if isinstance(found, dict) else None
        if isinstance(version, int) and version > FORMAT:  # the rest may mean anything
            raise _unreadable(
                f"{path.name} has format {version}, and this weirflow reads up to {FORMAT}",
                "use the newer weirflow that wrote it, or move it away to fit anew",
            )
        return TrainedFile.model_validate(found)
    except (ValueError, RecursionError) as error:
        raise _strange(path) from error


def _strange(path: Path) -> RunError:
    text = f"{path.name} is not a file of trained parameters that this weirflow can read"
    return _unreadable(text, "restore it, or remove it and fit anew")


def _unreadable(text: str, hint: str) -> RunError:
    return RunError(Diagnostic("WF702", text, hint=hint))


def write_trained(
    path: Path, flow: str, entries: Mapping[str, Entry], sources: Mapping[str, Mapping[str, str]]
) -> None:
    """Publish the file in canonical form: sorted keys, so that a diff shows what changed, but columns in order."""
    file = TrainedFile(flow=flow, nodes=dict(entries), sources={n: dict(t) for n, t in sources.items()})
    plain: dict[str, Any] = json.loads(json.dumps(file.model_dump(mode="json"), sort_keys=True))
    plain["sources"] = {n: file.sources[n] for n in plain["sources"]}
    text = json.dumps(plain, indent=1, ensure_ascii=False)
    try:
        write_text(path, text + "\n")
    except OSError as error:
        what = f"what was learned could not be saved in {display_name(path)}"
        raise refused(
            error, what, f"{_ELSEWHERE}. The run ended there, so that no output lacks what made it"
        ) from error


def refuse_unsaved(path: Path) -> None:
    """Refuse a run that is to learn where that could not be saved. Raises RunError WF704."""
    reason = unfit(path)
    if reason is not None:
        text = f"what is learned could not be saved in {display_name(path)}: {reason}; nothing was run"
        raise RunError(Diagnostic("WF704", text, hint=_ELSEWHERE))
