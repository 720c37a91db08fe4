"""Files as of a revision of git, read by the git executable."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from weirflow.errors import Diagnostic, UsageError, Where
from weirflow.flow.read import FileText, decoded

_FORMAT = "--batch=%(objecttype) %(objectsize)"


@dataclass(frozen=True)
class Revision:
    """A revision of the repository that a folder lies in. `name` is as it was given, `commit` what it stands for."""

    name: str
    git: str
    root: Path
    commit: str

    @classmethod
    def find(cls, name: str, folder: Path) -> Revision:
        """The revision of that name. Raises UsageError without git, outside a repository, or where there is none."""
        git = shutil.which("git")
        if git is None:
            raise UsageError(
                Diagnostic(
                    "WF107", "there is no git on this machine", hint="install git, or compare two files"
                )
            )
        place = folder.resolve()
        top = _run(git, place, "rev-parse", "--show-toplevel") if place.is_dir() else None
        if top is None or top.returncode != 0:
            said = _said(top)
            outside = top is None or "not a git repository" in said
            message = (
                f"'{folder}' is in no git repository"
                if outside
                else f"git cannot read the repository: {said}"
            )
            raise UsageError(
                Diagnostic("WF107", message, hint="compare two files instead" if outside else None)
            )
        found = _run(git, place, "cat-file", "--batch-check=%(objectname)", stdin=f"{name}^{{commit}}\n")
        commit = found.stdout.decode("utf-8", "replace").strip()
        if found.returncode != 0 or not commit.isalnum() or "\n" in name:
            raise UsageError(
                Diagnostic(
                    "WF107",
                    f"there is no revision '{name}' in the repository",
                    hint="`git log` lists those there are",
                )
            )
        return cls(name, git, Path(os.fsdecode(top.stdout.removesuffix(b"\n"))), commit)

    def read_text(self, path: Path, display: str) -> FileText:
        """The text of a file as of the revision; what is wrong with it is not raised."""
        place = Path(os.path.normpath(path.parent.resolve() / path.name))
        if not place.is_relative_to(self.root):
            return _nothing(display, f"'{display}' lies outside the git repository")
        name = f"{self.commit}:{place.relative_to(self.root).as_posix()}"
        done = _run(self.git, self.root, "cat-file", "--follow-symlinks", _FORMAT, stdin=name + "\n")
        head, _, body = done.stdout.partition(b"\n")
        kind, _, size = head.decode("utf-8", "replace").partition(" ")
        if done.returncode == 0 and kind == "blob" and size.isdecimal():
            return decoded(body[: int(size)], display)
        return _nothing(display, f"there is no file '{display}' in the revision '{self.name}'")


def _nothing(display: str, message: str) -> FileText:
    return FileText(None, (Diagnostic("WF101", message, Where(display)),))


def _run(git: str, folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - git itself, and what the user names goes in through its input
        [git, *arguments],
        cwd=folder,
        input=os.fsencode(stdin),
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )


def _said(done: subprocess.CompletedProcess[bytes] | None) -> str:
    """The first line that git said, without its own word for an error."""
    text = done.stderr.decode("utf-8", "replace") if done is not None else ""
    return text.partition("\n")[0].removeprefix("fatal: ").strip()
