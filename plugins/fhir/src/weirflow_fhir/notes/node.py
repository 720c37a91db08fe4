"""`fhir.notes`: the texts that health records carry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import File, Files, Inputs, Item, ItemOutput, ItemResult, NodeError, Port, Task
from weirflow_fhir.files import item
from weirflow_fhir.rows import Writer, table
from weirflow_fhir.tables import NOTES, REJECTS, effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import Effect, Schema

NAME = "notes.parquet"
ASIDE = "rejects.parquet"


class Notes(Task):
    """Take the texts out of health records: clinical notes, reports and compositions.

    They are the attachments of each DocumentReference, the forms and the conclusion of each DiagnosticReport (the
    conclusion unless a form has it), and each Composition, whose sections become one text with their titles as
    headings. HTML, XHTML, CDA and RTF become plain text; Markdown stays as it is.

    Base64 is checked, also hash and size where they are given, and the charset is that of the byte-order mark, of the
    `contentType`, or what the bytes can be. An attachment that is a reference to a Binary is looked for in the same
    file and in those with `Binary` in their name; nothing is fetched.

    Other content, such as PDF, gives no text. The port `rejects` has what was set aside, by file and line and class of
    fault; warnings count it, and what was wrong with texts that could be read nonetheless. `files` has a Parquet file
    of notes for each file that was read, `<file>.parquet`, for `notes.tag`.

    An example: `fhir.read` of a bulk export, whose files go to `fhir.notes`, and its table to `search.index`.
    """

    operator: ClassVar[str] = "fhir.notes"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port(), Port("files", "files"), Port("rejects"))
    by_item: ClassVar[bool] = True

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which are always the same."""
        del inputs
        return {"default": effect(NOTES), "rejects": effect(REJECTS)}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files, by name."""
        files = sorted(inputs["files"], key=lambda f: f.name)
        binaries = [f for f in files if "binary" in f.path.name.lower()]
        for file in files:
            others = [f for f in binaries if f is not file]
            yield item(file, others, binaries=[[str(f.path), f.name] for f in others])

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the notes of one file."""
        from weirflow_fhir.notes.taking import Taking

        path = Path(item.payload["path"])
        with (
            Writer(out.folder / NAME, NOTES, "text") as notes,
            Writer(out.folder / ASIDE, REJECTS) as rejects,
        ):
            taking = Taking(item.key, notes, rejects)
            try:
                taking.read(path, item.key)
                for binary, name in [(str(path), item.key), *item.payload["binaries"]]:
                    taking.read_binaries(Path(binary), name)
            except OSError as error:
                raise NodeError(f"'{item.key}' cannot be read: {error.strerror}", code="WF603") from error
            taking.end()
        taking.faults.tell(out.warn)
        return ItemResult(item.key, {"notes": notes.count, "rejected": rejects.count}, out.folder)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The tables of all files, and the files of notes."""
        folders = {r.key: r.folder for r in results if r.folder is not None}
        files = [File(p, p.stat().st_size, name=f"{key}.parquet") for key, p in _paths(folders, NAME).items()]
        return {
            "default": table(list(_paths(folders, NAME).values()), NOTES),
            "files": Files(tuple(files)),
            "rejects": table(list(_paths(folders, ASIDE).values()), REJECTS),
        }


def _paths(folders: Mapping[str, Path], name: str) -> dict[str, Path]:
    return {key: folder / name for key, folder in folders.items()}
