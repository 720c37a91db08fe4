"""Texts taken out of one file of health records, with what is set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow_fhir.faults import Faults
from weirflow_fhir.notes.attachment import EMPTY, UnreadError, read, type_of
from weirflow_fhir.notes.carriers import CARRIERS, metadata, pieces
from weirflow_fhir.reading import Record, Reject, records
from weirflow_fhir.values import identifier, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from weirflow_fhir.notes.attachment import Content
    from weirflow_fhir.rows import Writer

NO_ID = "resource has no id"
ELSEWHERE = "attachment lies elsewhere"
NO_BINARY = "Binary of an attachment is not in the files"


class _Waiting(NamedTuple):
    """A note whose text lies in a Binary: its row without it, the attachment without data, and its reject."""

    row: dict[str, Any]
    attachment: Mapping[str, Any]
    reject: Reject


class Taking:
    """Reads the notes of a file. Texts in a Binary come last: they wait without it until it is met."""

    def __init__(self, file: str, notes: Writer, rejects: Writer) -> None:
        self.faults = Faults()
        self._file = file
        self._notes = notes
        self._rejects = rejects
        self._waiting: dict[str, list[_Waiting]] = {}

    def read(self, path: Path, name: str) -> None:
        """Take the notes of the file. Raises OSError where it cannot be read."""
        for record in records(path, name=name):
            if isinstance(record, Reject):
                self._reject(record)
            elif record.resource["resourceType"] in CARRIERS:
                self._take(record)

    def read_binaries(self, path: Path, name: str) -> None:
        """Take those texts that wait for a Binary of this file; its faults tells who reads its notes."""
        if not self._waiting:
            return
        for record in records(path, name=name):
            if isinstance(record, Record) and record.resource["resourceType"] == "Binary":
                for waiting in self._waiting.pop(str(record.resource.get("id")), ()):
                    self._add(waiting.row, _filled(waiting.attachment, record.resource), waiting.reject)
                if not self._waiting:
                    return

    def end(self) -> None:
        """Set aside what waits in vain."""
        for waiting in self._waiting.values():
            for one in waiting:
                self._reject(replace(one.reject, reason=NO_BINARY))

    def _take(self, record: Record) -> None:
        resource = record.resource
        if text(resource.get("id")) is None:
            self._reject(record.reject(NO_ID))
            return
        common = metadata(resource) | {"file": self._file, "line": record.line}
        base = f"{resource['resourceType']}/{resource['id']}"
        texts: list[str] = []
        for number, piece in enumerate(pieces(resource), 1):
            row = common | {"note_id": base if number == 1 else f"{base}#{number}"}
            if piece.content is not None:
                if not any(_plain(piece.content.text) in t for t in texts):
                    self._write(row, piece.content)
            elif (attachment := piece.attachment) is not None:
                if "data" in attachment or "url" not in attachment:
                    found = self._add(row, attachment, record)
                    if found and resource["resourceType"] == "DiagnosticReport":
                        texts.append(_plain(found.text))
                elif binary := identifier({"reference": attachment["url"]}, "Binary"):
                    waiting = _Waiting(row, attachment, record.reject(NO_BINARY))
                    self._waiting.setdefault(binary, []).append(waiting)
                else:
                    self._reject(record.reject(ELSEWHERE))

    def _add(
        self, row: dict[str, Any], attachment: Mapping[str, Any], place: Record | Reject
    ) -> Content | None:
        """Write the note of an attachment; None where it has no text, which is told."""
        try:
            content = read(attachment)
        except UnreadError as error:
            self._reject(
                place.reject(error.reason)
                if isinstance(place, Record)
                else replace(place, reason=error.reason)
            )
            return None
        for fault in content.faults:
            self.faults.add(fault, row["line"])
        row["title"] = text(attachment.get("title")) or row["title"]
        row["language"] = text(attachment.get("language")) or row["language"]
        self._write(row, content)
        return content

    def _write(self, row: dict[str, Any], content: Content) -> None:
        row |= {"content_type": content.content_type, "charset": content.charset, "text": content.text}
        self._notes.add(row)

    def _reject(self, reject: Reject) -> None:
        self.faults.add(reject.reason, reject.line)
        self._rejects.add(reject.row(self._file))


def _filled(attachment: Mapping[str, Any], binary: Mapping[str, Any]) -> dict[str, Any]:
    """The attachment with the data of a Binary, and with its type where it names none."""
    given = attachment if type_of(attachment.get("contentType")) else binary
    data = binary.get("data", binary.get("content"))  # STU3 has it in `content`
    return {**attachment, "contentType": given.get("contentType"), "data": data}


def _plain(found: str) -> str:
    return " ".join(found.split()).casefold()


__all__ = ["ELSEWHERE", "EMPTY", "NO_BINARY", "NO_ID", "Taking"]
