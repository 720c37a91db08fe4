"""`fhir.entities`: what the vendor of a store of health records found in their texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import Inputs, Item, ItemOutput, ItemResult, NodeError, Port, Task
from weirflow_fhir.files import item
from weirflow_fhir.rows import Writer, table
from weirflow_fhir.tables import ENTITIES, REJECTS, effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import Effect, Schema

NAME = "entities.parquet"
ASIDE = "rejects.parquet"


class Entities(Task):
    """Take the medical entities that Amazon HealthLake found in the texts of records out of them.

    Its extensions are known by their URLs, wherever they stand: ICD-10-CM, RxNorm and SNOMED CT with all concepts,
    ranked by score, and detected entities with type, category and traits, of which NEGATION and PERTAINS_TO_FAMILY
    become `negated` and `experiencer`; where extensions have no traits, those of the raw response count. Resources
    that it made of entities (SYSTEM_GENERATED) are rows of source `system`, and have no offsets.

    Offsets are checked against the text of the note, as `fhir.notes` gives it: what stands there must be the entity's
    text. Where it is not, the nearest place that has the text counts; where there is none they are null. Warnings
    count both. The port `rejects` has lines that could not be read.

    An example: `fhir.read` of an export of HealthLake, whose files go to `fhir.notes` and to this; both tables go to
    `graph.notes`.
    """

    operator: ClassVar[str] = "fhir.entities"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port(), Port("rejects"))
    by_item: ClassVar[bool] = True

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which are always the same."""
        del inputs
        return {"default": effect(ENTITIES), "rejects": effect(REJECTS)}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files, by name."""
        files = sorted(inputs["files"], key=lambda f: f.name)
        linkages = [f for f in files if "linkage" in f.path.name.lower()]
        for file in files:
            others = [f for f in linkages if f is not file]
            yield item(file, others, linkages=[[str(f.path), f.name] for f in others])

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the entities of one file."""
        from weirflow_fhir.entities.taking import Taking

        path = Path(item.payload["path"])
        with (
            Writer(out.folder / NAME, ENTITIES) as entities,
            Writer(out.folder / ASIDE, REJECTS) as rejects,
        ):
            taking = Taking(item.key, entities, rejects)
            try:
                taking.read(path, item.key)
                for linkage, name in [(str(path), item.key), *item.payload["linkages"]]:
                    taking.read_linkages(Path(linkage), name)
            except OSError as error:
                raise NodeError(f"'{item.key}' cannot be read: {error.strerror}", code="WF603") from error
            taking.end()
        taking.faults.tell(out.warn)
        return ItemResult(item.key, {"rows": entities.count, "rejected": rejects.count}, out.folder)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The tables of all files."""
        folders = [r.folder for r in results if r.folder is not None]
        return {
            "default": table([f / NAME for f in folders], ENTITIES),
            "rejects": table([f / ASIDE for f in folders], REJECTS),
        }
