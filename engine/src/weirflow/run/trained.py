"""Read and write `<flow>.trained.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from weirflow.errors import Diagnostic, RunError
from weirflow.plan.trained import Entry, TrainedFile
from weirflow.run.store import write_text


def trained_path(flow: Path) -> Path:
    """Where the trained parameters of a flow lie."""
    return flow.with_name(f"{flow.stem}.trained.json")


def read_trained(path: Path) -> TrainedFile:
    """Read the file; empty where there is none. Raises RunError WF702 where it cannot be read."""
    if not path.exists():
        return TrainedFile()
    try:
        return TrainedFile.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise RunError(
            Diagnostic(
                "WF702",
                f"{path.name} is not a file of trained parameters that this weirflow can read",
                hint="restore it, or remove it and fit anew",
            )
        ) from error


def write_trained(path: Path, flow: str, entries: Mapping[str, Entry]) -> None:
    """Publish the file in canonical form: sorted keys, so that a diff shows what changed."""
    file = TrainedFile(flow=flow, nodes=dict(entries))
    text = json.dumps(file.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    write_text(path, text + "\n")
