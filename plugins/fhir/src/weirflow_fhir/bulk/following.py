"""An export at a server: asked for, waited for, fetched. What was reached is kept, and a killed run goes on there."""

from __future__ import annotations

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urljoin

from weirflow.api import NodeError
from weirflow_fhir.bulk.manifest import Manifest
from weirflow_fhir.reading.lines import lines
from weirflow_fhir.reading.source import is_gzip
from weirflow_fhir.web import AnsweredError, Web

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow_fhir.bulk.manifest import Listed

_JSON = "application/fhir+json"
_GONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})  # what expired links answer
_KNOWN_NO_MORE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_LONGEST = 60.0  # seconds between two questions, where the server wishes nothing else
_PERCENT = re.compile(r"(\d{1,3})(?:\.\d+)?\s*%")


@dataclass
class Following:
    """One export, kept track of in a folder.

    url: of the request. accept: the format that is asked for. parallel: files that are fetched side by side.
    until: seconds since 1970 at which it is given up. say: told how far it is, in per cent where the server tells.
    """

    url: str
    folder: Path
    web: Web
    accept: str
    parallel: int
    until: float
    say: Callable[[float, float | None, str], None]

    PAUSE: ClassVar[float] = 1.0

    def files(self) -> tuple[Manifest, dict[Listed, Path]]:
        """The manifest, and its files on this machine, all whole.

        Raises NodeError where the server gives none; the export is then cancelled there, unless it may be gone on with.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest = self._ready()
        try:
            return manifest, self._fetched(manifest)
        except AnsweredError as error:
            if error.status not in _GONE:
                raise
        manifest = self._ready()  # links expire: what the server lists now has new ones
        return manifest, self._fetched(manifest)

    def finished(self) -> None:
        """Tell the server that its files are needed no more."""
        if (place := self._place) is not None:
            self._cancel(place)

    # ------------------------------------------------------------------ asking

    @property
    def _kept(self) -> Path:
        return self.folder / "export.json"

    @property
    def _place(self) -> str | None:
        """Where the server tells how far the export is; None where none was asked for."""
        return self._known().get("status")

    def _known(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self._kept.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known

    def _keep(self, **known: Any) -> None:
        temporary = self._kept.with_suffix(".part")
        temporary.write_text(json.dumps(known), "utf-8")
        temporary.replace(self._kept)

    def _ready(self) -> Manifest:
        """The manifest, once the export is done. Files that were fetched by another list are forgotten."""
        manifest = self._told()
        listed = [
            [f.kind, f.name, f.url.partition("?")[0]] for f in manifest.files
        ]  # what is signed is in the query
        known = self._known()
        if known.get("listed") != listed:
            self._forget()
            self._keep(**known | {"listed": listed})
        return manifest

    def _forget(self) -> None:
        for left in self.folder.glob("*/*"):
            left.unlink()

    def _told(self) -> Manifest:
        """The manifest that the server tells; an export that it knows no more is asked for anew."""
        place = self._place
        if place is not None:
            try:
                return self._waited(place)
            except AnsweredError as error:
                if error.status not in _KNOWN_NO_MORE:
                    raise
        return self._waited(self._asked())

    def _asked(self) -> str:
        answer = self.web.ask("the export", self.url, headers={"Accept": _JSON, "Prefer": "respond-async"})
        location = answer.headers.get("Content-Location")
        if answer.status != HTTPStatus.ACCEPTED or not location:
            raise NodeError(
                f"the server answers {answer.status} and begins no export",
                hint="is this the address of a server that has FHIR Bulk Data Access?",
                code="WF602",
            )
        place = urljoin(self.url, location)
        self._forget()
        self._keep(status=place)
        return place

    def _waited(self, place: str) -> Manifest:
        pause = self.PAUSE
        while True:
            answer = self.web.ask("the export", place, headers={"Accept": "application/json"})
            if answer.status == HTTPStatus.OK:
                return Manifest.read(answer.body)
            if answer.status != HTTPStatus.ACCEPTED:
                raise AnsweredError("the export", answer.status)
            told = _PERCENT.search(answer.headers.get("X-Progress") or "")
            self.say(
                min(float(told[1]), 100.0) if told else 0.0, 100.0 if told else None, "the server exports"
            )
            wait = answer.wait(pause)
            if time.time() + wait > self.until:
                self._cancel(place)
                raise NodeError(
                    "the server has not finished the export in time; it was cancelled there",
                    hint="raise `hours`, or ask for less with `types` or `since`",
                    code="WF602",
                )
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST)

    def _cancel(self, place: str) -> None:
        self._kept.unlink(missing_ok=True)
        try:
            self.web.ask("the export", place, method="DELETE")
        except NodeError:
            return  # it may be gone already, and servers need not know the request

    # ---------------------------------------------------------------- fetching

    def _fetched(self, manifest: Manifest) -> dict[Listed, Path]:
        found: dict[Listed, Path] = {}
        with ThreadPoolExecutor(self.parallel) as pool:
            running = {pool.submit(self._one, file, manifest): file for file in manifest.files}
            try:
                for done, future in enumerate(as_completed(running), 1):
                    found[running[future]] = future.result()
                    self.say(done, len(running), "files")
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return {file: found[file] for file in manifest.files}

    def _one(self, file: Listed, manifest: Manifest) -> Path:
        folder = self.folder / file.kind
        folder.mkdir(exist_ok=True)
        final = folder / file.name
        for path in (final, folder / f"{file.name}.gz"):
            if path.exists():  # of a run that was ended before it had all
                return path
        arrived = folder / f"{file.name}.new"
        what = f"{file.name} of the export"
        self.web.fetch(what, file.url, arrived, token=manifest.token, accept=self.accept)
        with arrived.open("rb") as content:
            packed = is_gzip(content)
        count = counted(arrived)
        if count is None or (file.count is not None and count != file.count):
            arrived.unlink()
            wanted = "it cannot be unpacked"
            if count is not None:
                wanted = f"it has {count} resources, and the server's list says {file.count}"
            raise NodeError(f"{what}: {wanted}", hint="run again to fetch it anew", code="WF603")
        path = final.with_name(f"{final.name}.gz") if packed else final
        os.replace(arrived, path)  # noqa: PTH105
        return path


def counted(path: Path) -> int | None:
    """How many lines a file has that are not blank; None where it cannot be unpacked."""
    count = 0
    for line in lines(path):
        if line.fault.startswith("gzip"):
            return None
        count += 1
    return count
