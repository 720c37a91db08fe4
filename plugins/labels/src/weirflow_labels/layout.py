"""What a file of a lake is, and to which job it belongs, by its path."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache

from weirflow.api import NodeError, remote

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
    (
        "manifest",
        "intermediate",
        "sequence",
        "responses",
        "activity",
        "categories",
        "golden",
        "label_studio",
        "coco",
    )
)
"""What files can be."""

_BRACES = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_WILD = re.compile(rf"\*\*/|\*|\?|{_BRACES}")


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


_FACTS = frozenset(f.name for f in fields(Place)) - {"kind", "iteration"}


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    kind: str
    literal: str  # a path that matches has it
    whole: bool = False  # the pattern is for the path with what is above the lake


class Layout:
    """Patterns for paths.

    In a pattern `{name}` stands for a part of a path between slashes, `{name:a|b}` for one that a regular expression
    matches, `{}` for one that has no name here, and `**` for any number of parts. `heads` are patterns of the folders
    of jobs, which come before the shipped ones; `kinds` are patterns of files with what they are, which win over all.

    Most files of a lake are images, by the million. So rules are looked up by the ending of a name, and few patterns
    are ever tried.
    """

    def __init__(self, heads: tuple[str, ...] = (), kinds: tuple[tuple[str, str], ...] = ()) -> None:
        self.rules: list[tuple[str, str]] = []
        self._all: list[tuple[str | None, _Rule]] = []
        for pattern, kind in kinds:
            if kind not in KINDS:
                raise NodeError(f"'{kind}' is no kind of file", hint=f"kinds are {', '.join(sorted(KINDS))}")
            self._add(pattern, kind)
        folders = [h if h.endswith("/") else f"{h}/" for h in (*heads, *HEADS)]
        for tail, kind in sorted(TAILS, key=lambda t: not _certain(t[0])):
            for whole in (False, True) if _certain(tail) else (False,):
                for folder in folders:
                    self._add(folder + tail, kind, whole=whole)
            if not tail.startswith("{"):
                self._add(tail, kind)
        for pattern, kind in LOOSE:
            self._add(pattern, kind)
        self._open = tuple(r for ending, r in self._all if ending is None)
        self._by_ending = {
            known: tuple(r for ending, r in self._all if ending in {None, known})
            for known in {e for e, _ in self._all if e is not None}
        }

    def _add(self, pattern: str, kind: str, *, whole: bool = False) -> None:
        literals = _WILD.split(pattern)
        last = literals[-1]
        ending = _ending(last) if "/" in last or "." in last or len(literals) == 1 else None
        literal = max((t for t in literals if t), key=len, default="")
        self.rules.append((pattern, kind))
        self._all.append((ending, _Rule(compiled(pattern), kind, literal.strip("/"), whole)))

    def place(self, path: str, above: str = "") -> Place | None:
        """What a file is; None where it is nothing that is read.

        `above` is where the lake lies: that is where the job is named if the lake is the folder of one, or in it.
        """
        whole = f"{above}/{path}" if above else path
        for rule in self._by_ending.get(_ending(path), self._open):
            tried = whole if rule.whole else path
            if rule.literal in tried and (match := rule.pattern.fullmatch(tried)) is not None:
                return _place(rule.kind, match.groupdict()) if rule.kind else None
        return None


def _certain(tail: str) -> bool:
    """Whether a file with that tail is surely below the folder of a job."""
    return "/" in tail and not tail.startswith("{")


def _ending(path: str) -> str:
    """The last dot of a name and what is behind it, or all of the name."""
    name = path[path.rfind("/") + 1 :]
    return name[max(name.rfind("."), 0) :]


def _place(kind: str, found: dict[str, str | None]) -> Place:
    iteration = found.pop("iteration", None)
    if {"parent_job", "level", "workflow_job"} <= found.keys():
        found["batch"] = f"{found['parent_job']}-{found['level']}_level-{found['workflow_job']}"
    known = {k: v for k, v in found.items() if k in _FACTS}
    number = int(iteration) if iteration is not None and iteration.isdecimal() else None
    return Place(kind, iteration=number, **known)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for a whole path. Raises NodeError where it is malformed."""
    text = ""
    names: set[str] = set()
    for place, part in enumerate(re.split(f"({_BRACES})", pattern)):
        if place % 2:
            name, _, form = part[1:-1].partition(":")
            form = form or "[^/]+"
            if not name or name in names:
                text += f"(?P={name})" if name else f"(?:{form})"
            else:
                names.add(name)
                text += f"(?P<{name}>{form})"
        else:
            text += remote.path_pattern(part, classes=False).pattern
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise NodeError(f"pattern '{pattern}' is malformed: {error}") from error
