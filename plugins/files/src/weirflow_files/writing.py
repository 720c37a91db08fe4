"""`files.write`: files into a folder."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from weirflow.api import Field, Location, NodeError, Port, Receipt, Sink

if TYPE_CHECKING:
    from weirflow.api import Files, Target


class Write(Sink):
    """Copy files into a folder, under their names.

    It is for what other nodes make, such as `images.transform`, whose files are kept in the store. Folders in the names
    are made. The folder appears whole when all is copied, and takes the place of the one that an earlier run has made:
    what is no longer among the files is gone. A folder that holds anything else is left as it is, and refused.
    """

    operator: ClassVar[str] = "files.write"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    path: Location = Field(description="the folder, which holds these files and nothing else")

    @property
    def writes_folder(self) -> bool:
        """It fills a folder."""
        return True

    def write(self, files: Files, target: Target) -> Receipt:
        """Copy them."""
        names = [f.name for f in files]
        if doubled := [n for n, count in Counter(names).items() if count > 1]:
            raise NodeError(
                f"two files are called '{doubled[0]}'", hint="let nodes before this one name them apart"
            )
        size = 0
        with target.folder(self.path) as folder:
            for file in files:
                name = PurePosixPath(file.name)
                if name.is_absolute() or ".." in name.parts:
                    raise NodeError(f"'{file.name}' would lie outside of the folder")
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.path, place)
                size += place.stat().st_size
        return Receipt(tuple(target.path(self.path) / n for n in names), bytes=size)
