"""What a file of a lake is, and to which job it belongs, by its path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from weirflow.api import NodeError

HEADS = (
    "**/{modality}/{parent_job}-{level:first|second|third}_level-{workflow_job}/output/{job}/",
    "**/{job}/",
)
"""Where jobs lie, the most telling first: those of the workflow of AWS's published solution, and plain jobs."""

TAILS = (
    ("manifests/output/output.manifest", "manifest"),
    ("manifests/intermediate/**", "intermediate"),
    ("annotations/consolidated-annotation/output/{dataset_object_id}/SeqLabel.json", "sequence"),
    ("annotations/consolidated-annotation/output/**/{dataset_object_id}/SeqLabel.json", "sequence"),
    ("annotations/consolidated-annotation/**", ""),
    ("annotations/intermediate/**", ""),
    ("annotations/temp/**", ""),
    ("annotations/worker-response/iteration-{iteration:[0-9]+}/{dataset_object_id}/{}.json", "responses"),
    ("annotations/worker-response/**", ""),  # one file a frame: what the answers have as well
    ("worker-response/iteration-{iteration:[0-9]+}/{dataset_object_id}/{}.json", "responses"),
    ("{}.manifest", "manifest"),
    ("label-categories.json", "categories"),
    ("label_category_config*.json", "categories"),
)
"""Files below a job's folder, and their kinds; an empty one is not read."""

LOOSE = (
    ("**/SeqLabel.json", "sequence"),
    ("**/{}.manifest", "manifest"),
    ("**/*label-categor*.json", "categories"),
    ("**/*label_categor*.json", "categories"),
    ("**/aws-logs-write-test", ""),  # which an export of a log begins with
    ("**/WorkerActivity/**/{}.gz", "activity"),
    ("**/worker-activity/**", "activity"),
)
"""Files that are known wherever they lie."""

KINDS = frozenset(
    {"manifest", "intermediate", "sequence", "responses", "activity", "categories", "golden"}
) | {
    "label_studio",
    "coco",
}
"""What files can be."""


@dataclass(frozen=True)
class Place:
    """What the path of a file tells. All but the kind may be missing."""

    kind: str
    job: str | None = None
    modality: str | None = None
    level: str | None = None
    parent_job: str | None = None
    batch: str | None = None  # the folder of the workflow's batch, `<parent>-<level>_level-<job>`
    dataset_object_id: str | None = None
    iteration: int | None = None


class Layout:
    """Patterns for paths.

    In a pattern `{name}` stands for a part of a path between slashes, `{name:a|b}` for one that a regular expression
    matches, `{}` for one that has no name here, and `**` for any number of parts. `heads` are patterns of the folders
    of jobs, which come before the shipped ones; `kinds` are patterns of files with what they are, which win over all.
    """

    def __init__(self, heads: tuple[str, ...] = (), kinds: tuple[tuple[str, str], ...] = ()) -> None:
        self._rules: list[tuple[re.Pattern[str], str]] = []
        for pattern, kind in kinds:
            if kind not in KINDS:
                raise NodeError(f"'{kind}' is no kind of file", hint=f"kinds are {', '.join(sorted(KINDS))}")
            self._rules.append((compiled(pattern), kind))
        folders = [h if h.endswith("/") else f"{h}/" for h in (*heads, *HEADS)]
        self._rules += [(compiled(h + t), kind) for t, kind in TAILS for h in folders]
        self._rules += [(compiled(p), kind) for p, kind in TAILS if not p.startswith("{")]
        self._rules += [(compiled(p), kind) for p, kind in LOOSE]

    def place(self, path: str) -> Place | None:
        """What a file is; None where it is nothing that is read."""
        for pattern, kind in self._rules:
            if (match := pattern.fullmatch(path)) is not None:
                return _place(kind, match.groupdict()) if kind else None
        return None


def _place(kind: str, found: dict[str, str | None]) -> Place:
    iteration, workflow_job = found.pop("iteration", None), found.pop("workflow_job", None)
    if workflow_job is not None:
        found["batch"] = f"{found['parent_job']}-{found['level']}_level-{workflow_job}"
    known = {k: v for k, v in found.items() if k in Place.__dataclass_fields__}
    return Place(kind, iteration=None if iteration is None else int(iteration), **known)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for a whole path. Raises NodeError where it is malformed."""
    text = ""
    names: set[str] = set()
    for part in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\{[^{}]*\})", pattern):
        if part == "**/":
            text += "(?:.*/)?"
        elif part in {"/**", "**"}:
            text += "/.*" if part == "/**" else ".*"
        elif part in {"*", "?"}:
            text += "[^/]*" if part == "*" else "[^/]"
        elif part.startswith("{"):
            name, _, form = part[1:-1].partition(":")
            form = form or "[^/]+"
            if not name or name in names:
                text += f"(?:{form})" if not name else f"(?P={name})"
            else:
                names.add(name)
                text += f"(?P<{name}>{form})"
        else:
            text += re.escape(part)
    try:
        return re.compile(text)
    except re.error as error:
        raise NodeError(f"pattern '{pattern}' is malformed: {error}") from error
