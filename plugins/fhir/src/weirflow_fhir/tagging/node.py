"""`notes.tag`: medical terms in notes, by dictionaries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import (
    Field,
    File,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    NodeError,
    Port,
    Task,
)
from weirflow_fhir.files import etag, item
from weirflow_fhir.rows import Writer, table
from weirflow_fhir.tables import ENTITIES, effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from weirflow.api import Effect, Schema
    from weirflow_fhir.tagging.tagger import Tag

NAME = "entities.parquet"
_IDS = ("document_id", "patient_id", "encounter_id")


class TagNotes(Task):
    """Find medical terms in notes and code them, by dictionaries, without a model or a service.

    Terms are those of the descriptions of ICD-10-CM, common clinical names and abbreviations with their codes, and
    the user's own, which go before both. The longest counts, whatever its case and number; abbreviations of two
    letters count in capitals only. Headings are not tagged; `section` has the one above the term.

    `negated` is after NegEx (Chapman and others, 2001), `experiencer` is `family` in a family history and after words
    such as `mother`, else `patient`, and `traits` has `hypothetical` for what is suspected, to be ruled out or to
    come. Nothing is scored, and terms that are ambiguous or misspelled are not weighed by what stands around them: it
    is a tagger for search and overviews, not for billing or care.

    `files` are Parquet files of notes, as `fhir.notes` gives them: `note_id`, `text` and, where they are there,
    `document_id`, `patient_id` and `encounter_id`.

    An example: the files of `fhir.notes` go to this, and both tables to `graph.notes`.
    """

    operator: ClassVar[str] = "notes.tag"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    by_item: ClassVar[bool] = True

    dictionary: Location | None = Field(
        default=None,
        description="a CSV file of further terms: `term`, `code_system` (a URI), `code` and `kind` (`condition` where "
        "it is empty), and `description` if wanted; a term of several codes has a line for each",
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which are always the same."""
        del inputs
        return {"default": effect(ENTITIES)}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files, by name."""
        own = [] if self.dictionary is None else [File(Path(self.dictionary))]
        for number, file in enumerate(sorted(inputs["files"], key=lambda f: f.name)):
            yield item(file, own, version="".join(map(etag, own)), tells=number == 0)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the terms of the notes of one file."""
        from weirflow_fhir.tagging.dictionary import dictionary, read
        from weirflow_fhir.tagging.tagger import tags

        if self.dictionary is not None and item.payload["tells"]:  # what is wrong with it is told once
            read(Path(self.dictionary))[1].tell(out.warn)
        terms = dictionary(self.dictionary, item.payload["version"])
        left_out = 0
        with Writer(out.folder / NAME, ENTITIES) as entities:
            for note in _notes(Path(item.payload["path"]), item.key):
                if note["note_id"] is None:
                    left_out += 1
                    continue
                for tag in tags(note["text"] or "", terms):
                    for row in _rows(note, tag):
                        entities.add(row)
        if left_out:
            out.warn(f"notes without a note_id were left out: {left_out}")
        return ItemResult(item.key, {"rows": entities.count}, out.folder)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The table of all files."""
        return {"default": table([r.folder / NAME for r in results if r.folder is not None], ENTITIES)}


def _notes(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The notes of a file, as far as they matter here. Raises NodeError where it is no file of notes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            columns = file.schema_arrow.names
            for needed in ("note_id", "text"):
                if needed not in columns:
                    raise NodeError(
                        f"'{name}' has no column '{needed}'",
                        hint="give it the files of fhir.notes",
                        code="WF603",
                    )
            wanted = ["note_id", "text", *(c for c in _IDS if c in columns)]
            schema = pa.schema([(c, pa.string()) for c in wanted])
            for batch in file.iter_batches(1024, columns=wanted):
                yield from batch.select(wanted).cast(schema).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise NodeError(
            f"'{name}' cannot be read as Parquet", hint="give it the files of fhir.notes", code="WF603"
        ) from error


def _rows(note: Mapping[str, Any], tag: Tag) -> Iterator[dict[str, Any]]:
    """A row for each code of a term; the ranks of each kind begin with 1."""
    common = {name: note.get(name) for name in ("note_id", *_IDS)} | {
        "source": "tagger",
        "text": note["text"][tag.begin : tag.end],
        "begin": tag.begin,
        "end": tag.end,
        "negated": tag.context.negated,
        "experiencer": "family" if tag.context.family else "patient",
        "traits": "hypothetical" if tag.context.hypothetical else None,
        "section": tag.section,
    }
    ranks: dict[str, int] = {}
    for meaning in tag.meanings:
        coded = meaning.code is not None
        if coded:
            ranks[meaning.kind] = ranks.get(meaning.kind, 0) + 1
        yield common | {
            "entity_id": f"{note['note_id']}/tagger/{tag.begin}-{tag.end}/{meaning.kind}",
            "kind": meaning.kind,
            "rank": ranks[meaning.kind] if coded else None,
            "code_system": meaning.code_system,
            "code": meaning.code,
            "description": meaning.description,
        }
