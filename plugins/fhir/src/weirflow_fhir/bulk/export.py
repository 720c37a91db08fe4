"""`fhir.export`: the files of a server's bulk export."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from urllib.parse import quote, urlencode

from pydantic import model_validator

from weirflow.api import (
    Field,
    File,
    Files,
    Handling,
    Inputs,
    Job,
    Metric,
    Port,
    Report,
    TableBlock,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import JobContext
    from weirflow_fhir.bulk.manifest import Listed, Manifest

_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz-")
_KINDS = ("output", "deleted", "error")
_ABOUT = "manifest.json"


class Export(Job):
    """Let a FHIR server export its records, and fetch the files (FHIR Bulk Data Access, `$export`).

    The export is asked for, waited for as long as the server wishes, and its files are fetched side by side; they may
    come packed. Their names are `Patient.000.ndjson`, or that with .gz. Where the server tells how many resources a
    file has, that is checked. A run that was ended goes on with the same export at the first file that is not there.
    Links that have expired are asked for again. Once all is there the server is told that it may delete its files.

    The files are kept: a later run of the flow takes them as they are, and `--force` lets the server export anew.

    The port `deleted` has Bundles of the records that are no more, where `since` is given and the server tells. The
    report counts what came, and the errors that the server met, by severity and code.
    """

    operator: ClassVar[str] = "fhir.export"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (
        Port("files", "files"),
        Port("deleted", "files"),
        Port("report", "report"),
    )

    server: str = Field(
        pattern="^https?://", description="the address of the server: `https://example.org/fhir`"
    )
    level: Literal["system", "patient", "group"] = Field(
        default="system", description="all records, those of all patients, or those of a group's patients"
    )
    group: str | None = Field(default=None, description="the id of the group")
    types: tuple[str, ...] = Field(
        default=(), description="only records of these types: `[Patient, Condition]`"
    )
    since: str | None = Field(
        default=None,
        pattern=f"^{_INSTANT}$",
        description="only what changed after an instant: `2024-01-31T00:00:00Z`",
    )
    filters: tuple[str, ...] = Field(
        default=(), description="searches of which a record must meet one: `Condition?code=I10`"
    )
    output_format: str = Field(
        default="application/fhir+ndjson", description="the format of the files, as the server names it"
    )
    token: str | None = Field(default=None, description="a bearer token, as a secret: `${secret:FHIR_TOKEN}`")
    parallel: Handling[int] = Field(
        default=4, ge=1, le=32, description="how many files are fetched side by side"
    )
    hours: Handling[float] = Field(
        default=24, gt=0, description="how long the server may take for the export"
    )

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.level == "group") != (self.group is not None):
            raise ValueError("give `group` with `level: group`, and only there")
        return self

    @property
    def request(self) -> str:
        """The URL that asks for the export."""
        path = {"system": "", "patient": "/Patient", "group": f"/Group/{quote(self.group or '', safe='')}"}
        asked = {
            "_outputFormat": self.output_format,
            "_since": self.since,
            "_type": ",".join(self.types),
            "_typeFilter": ",".join(self.filters),
        }
        query = urlencode({k: v for k, v in asked.items() if v}, quote_via=quote)
        return f"{self.server.rstrip('/')}{path[self.level]}/$export?{query}"

    def run(self, inputs: Inputs[Any], job: JobContext) -> Mapping[str, Any]:
        """Export, or go on with it."""
        del inputs
        if job.last_checkpoint is None:
            from weirflow_fhir.bulk.following import Following
            from weirflow_fhir.web import Web

            until = time.time() + self.hours * 3600
            if job.deadline is not None:
                until = min(until, job.deadline)
            web, folder = Web(self.token), job.folder / "export"
            following = Following(
                self.request, folder, web, self.output_format, self.parallel, until, job.progress
            )
            manifest, found = following.files()
            with job.checkpoint("files") as checkpoint:
                _keep(manifest, found, checkpoint)
            following.finished()
            shutil.rmtree(folder, ignore_errors=True)
        assert job.last_checkpoint is not None
        return _outputs(job.last_checkpoint)


def _keep(manifest: Manifest, found: Mapping[Listed, Path], into: Path) -> None:
    """Put the files into a folder, with what is known of them; where they came from they stay until all is done."""
    facts = []
    for file, path in found.items():
        place = into / file.kind / path.name
        place.parent.mkdir(exist_ok=True)
        try:
            os.link(path, place)
        except OSError:  # the file system has no links
            shutil.copyfile(path, place)
        facts.append({"kind": file.kind, "type": file.type, "name": path.name, "count": file.count})
    about = {"instant": manifest.instant, "files": facts}
    (into / _ABOUT).write_text(json.dumps(about), "utf-8")


def _outputs(folder: Path) -> Mapping[str, Any]:
    about = json.loads((folder / _ABOUT).read_text("utf-8"))
    files: dict[str, list[File]] = {kind: [] for kind in _KINDS}
    rows: dict[tuple[str, str], list[int | None]] = {}
    for fact in about["files"]:
        path = folder / fact["kind"] / fact["name"]
        file = File(path, path.stat().st_size, name=fact["name"])
        files[fact["kind"]].append(file)
        row = rows.setdefault((fact["kind"], fact["type"]), [0, 0, 0])
        row[0], row[2] = (row[0] or 0) + 1, (row[2] or 0) + file.bytes
        row[1] = None if row[1] is None or fact["count"] is None else row[1] + fact["count"]
    kinds = {k: Files(tuple(sorted(f, key=lambda f: f.name))) for k, f in files.items()}
    issues = _issues(f.path for f in kinds["error"])
    blocks: list[Metric | TableBlock] = [
        Metric(name="files", label="files of records", value=len(files["output"])),
        Metric(
            name="bytes", label="bytes of records", value=sum(f.bytes for f in files["output"]), unit="bytes"
        ),
        Metric(
            name="errors",
            label="errors that the server met",
            value=sum(issues.values()),
            reading="records that these are about are not among the files",
        ),
        TableBlock(
            title="Files",
            columns=("kind", "type", "files", "resources", "bytes"),
            rows=tuple((k, t, *row) for (k, t), row in rows.items()),
            note=f"as of {about['instant']}, by the server's clock" if about["instant"] else "",
        ),
    ]
    if issues:
        listed = tuple((*issue, count) for issue, count in sorted(issues.items()))
        blocks.append(TableBlock(title="Errors", columns=("severity", "code", "number"), rows=listed))
    report = Report(title="Bulk export", blocks=tuple(blocks))
    return {"files": kinds["output"], "deleted": kinds["deleted"], "report": report}


def _issues(paths: Iterable[Path]) -> Counter[tuple[str, str]]:
    """How many issues of each severity and code OperationOutcomes have, without their texts."""
    from weirflow_fhir.reading import Record, records

    found: Counter[tuple[str, str]] = Counter()
    for path in paths:
        for record in records(path):
            if not isinstance(record, Record):
                found["error", "unreadable"] += 1
                continue
            issues = record.resource.get("issue")
            for issue in issues if isinstance(issues, list) else ():
                if isinstance(issue, dict):
                    found[_word(issue.get("severity")), _word(issue.get("code"))] += 1
    return found


def _word(code: object) -> str:
    return code if isinstance(code, str) and code and set(code) <= _WORD else "other"
