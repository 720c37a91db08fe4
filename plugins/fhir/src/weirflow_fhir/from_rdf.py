"""`fhir.from_rdf`: files of RDF as files of health records."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from weirflow.api import (
    Field,
    File,
    Files,
    Handling,
    Item,
    ItemOutput,
    ItemResult,
    NodeError,
    Port,
    Task,
)
from weirflow_fhir.outputs import place, rejects, writer
from weirflow_fhir.reading.parse import FaultError
from weirflow_fhir.reading.source import opened, told
from weirflow_fhir.tables import REJECTS, effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from weirflow.api import Effect, Inputs, Schema
    from weirflow_fhir.definitions import Version
    from weirflow_fhir.rdf.back import Back
    from weirflow_fhir.rdf.restore import Bad

    Records = Iterator[dict[str, Any] | Bad]

TOLD = 3  # records at fault of a file that are told one by one
_REJECTS = "rejects.ndjson"
_FORMATS = {".nq": "N_QUADS", ".nt": "N_TRIPLES", ".ttl": "TURTLE"}


class FromRdf(Task):
    """Write what RDF says of FHIR's resources as the JSON that it was made from: the way back of `fhir.to_rdf`.

    Files are N-Quads, N-Triples or Turtle by their names (`.nq`, `.nt`, `.ttl`), packed with gzip or not. Each becomes
    one of NDJSON, called the same but for its ending. Numbers keep their digits, and keys have the order in which FHIR
    defines them. Files as `fhir.to_rdf` writes them, one resource after the other, are read so and may be of any size;
    of others all is held in memory.

    RDF has no comments, no empty lists, and no siblings (`_key`) that say nothing; R5's does not tell such choices as
    `valueCode` and `valueString` apart: the most usual is taken. Statements that are not of FHIR are left out.

    A resource that cannot be read is set aside: the port `rejects` has a row for each, with the line of what is no RDF,
    or the first 16 hex digits of the SHA-256 of the resource's IRI as `digest`, and nothing of its content.
    """

    operator: ClassVar[str] = "fhir.from_rdf"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("rejects"))
    by_item: ClassVar[bool] = True

    fhir: Literal["R4", "R5", "R6"] = Field(
        default="R4", description="the version by which the RDF was written; R6 is a draft"
    )
    gzip: bool = Field(default=False, description="whether the files are packed")
    max_bad_resources: Handling[int | None] = Field(
        default=None,
        ge=0,
        description="how many resources are set aside before the run counts as failed; no limit if null",
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of what is set aside."""
        del inputs
        return {"rejects": effect(REJECTS)}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files by name."""
        made: dict[str, str] = {}
        for file in sorted(cast("Files", inputs["files"]), key=lambda f: f.name):
            stem, ending = _parted(file.name)
            if stem in made:
                raise NodeError(
                    f"'{made[stem]}' and '{file.name}' would become one file",
                    hint="let nodes before this one name them apart",
                )
            made[stem] = file.name
            try:
                facts = file.path.stat()
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                raise NodeError(f"'{file.name}' cannot be read: {reason}", code="WF603") from error
            content = file.sha256 or f"{facts.st_size}-{facts.st_mtime_ns}"
            payload = {"path": str(file.path), "name": file.name, "stem": stem, "format": _FORMATS[ending]}
            yield Item(file.name, payload, f"{content}-{ending}")

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Write the resources of one file."""
        from pyoxigraph import RdfFormat

        from weirflow_fhir.rdf.restore import ApartError, at_once, in_turn, statements

        path, back = Path(item.payload["path"]), _back(self.fhir)
        form = getattr(RdfFormat, item.payload["format"])
        left: list[int] = []
        try:
            try:
                done, bad = self._written(path, out, lambda stream: in_turn(statements(stream, form), back))
            except ApartError:
                done, bad = self._written(
                    path, out, lambda stream: at_once(statements(stream, form), back, left.append)
                )
        except OSError as error:
            raise NodeError(
                f"the file cannot be read: {(error.strerror or '').lower()}", code="WF603"
            ) from error
        rows = [
            {
                "file": item.payload["name"],
                "line": b.line,
                "entry": None,
                "reason": b.reason,
                "digest": b.digest,
            }
            for b in bad
        ]
        (out.folder / _REJECTS).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        for row in rows[:TOLD]:
            out.warn(place(row))
        if len(rows) > TOLD:
            out.warn(f"{len(rows) - TOLD} more are in the table `rejects`")
        if left:
            out.warn(f"{left[0]} nodes are of no resource and were left out")
        return ItemResult(item.key, {"resources": done, "rejected": len(rows)})

    def _written(
        self, path: Path, out: ItemOutput, read: Callable[[BinaryIO], Records]
    ) -> tuple[int, list[Bad]]:
        """Write the records that are read of a file: how many, and what is wrong with others."""
        from weirflow_fhir.rdf.content import encode
        from weirflow_fhir.rdf.restore import Bad

        done, bad = 0, []
        with writer(out.folder / f"part.{self._ending}", packed=self.gzip) as target:
            try:
                with opened(path) as stream, told():
                    for record in read(cast("BinaryIO", stream)):
                        if isinstance(record, Bad):
                            bad.append(record)
                        else:
                            target.write(encode(record) + b"\n")
                            done += 1
            except FaultError as fault:
                bad.append(Bad(None, fault.reason))
        return done, bad

    @property
    def _ending(self) -> str:
        return "ndjson" + (".gz" if self.gzip else "")

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The files by name, and the table of what was set aside."""
        files, bad, rejected = [], [], 0
        for result in results:
            assert result.folder is not None
            path = result.folder / f"part.{self._ending}"
            files.append(File(path, path.stat().st_size, name=f"{result.payload['stem']}.{self._ending}"))
            if result.facts["rejected"]:
                bad.append(result.folder / _REJECTS)
                rejected += result.facts["rejected"]
        table = rejects(bad, rejected, self.max_bad_resources, "resources")
        return {"files": Files(tuple(files)), "rejects": table}


@lru_cache(maxsize=1)
def _back(version: Version) -> Back:
    """The way back of a version, whose tables are dear to make."""
    from weirflow_fhir.rdf.back import Back

    return Back(version)


def _parted(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending that tells the format."""
    stem = name.removesuffix(".gz")
    if (ending := PurePath(stem).suffix) not in _FORMATS:
        raise NodeError(
            f"'{name}' is none of {', '.join(_FORMATS)}",
            hint="leave it out with fhir.read, or name it by its format",
            code="WF603",
        )
    return stem.removesuffix(ending), ending
