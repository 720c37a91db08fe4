"""`search.page`: a page for a browser on this machine, to search an index and look at what notes have in common."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import Field, NodeError, Port, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from weirflow.api import Index, Inputs, ServiceContext, Table

_START = 10.0  # seconds that the server may take to listen
_END = 2  # seconds that requests under way may take when it is stopped


class SearchPage(Service):
    """Show a page on which a person searches notes, reads them, and sees what they have in common.

    A question is typed; excerpts show why a note was found; a note is read with its entities marked in the text and
    drawn as a graph that grows to other notes by what they share; patients are chosen by what they have. `entities`
    (`fhir.entities`, `notes.tag`) is optional: without it there is search alone. So is `similar` (`graph.similar`):
    patients like the one of a note.

    The page is for a browser on this machine. It is read-only, needs nothing from elsewhere, and its address, which
    is printed when it is ready, has a key without which no data is given. Questions and ids never stand in an address
    or a log.
    """

    operator: ClassVar[str] = "search.page"
    inputs: ClassVar[tuple[Port, ...]] = (
        Port("index", "index"),
        Port("entities", optional=True),
        Port("similar", optional=True),
    )

    title: str = Field(default="Notes", description="what stands at the top of the page", max_length=100)
    patient: str = Field(default="patient_id", description="the metadata of the index that names a patient")

    def serve(self, inputs: Inputs[Any], service: ServiceContext) -> None:
        """Answer until it is stopped. Raises NodeError (WF603) where the index cannot be read."""
        from weirflow_fhir.page.answers import Answers
        from weirflow_fhir.page.app import application
        from weirflow_fhir.page.entities import ALIKE, COLUMNS, Entities
        from weirflow_fhir.search.index import Searcher

        index: Index = inputs["index"]
        searcher = Searcher(index.path)
        entities = None
        if "entities" in inputs:
            alike = _rows(inputs["similar"], ALIKE) if "similar" in inputs else ()
            entities = Entities(_rows(inputs["entities"], COLUMNS), alike)
        answers = Answers(
            searcher, entities, title=self.title, patient=self.patient, similar="similar" in inputs
        )
        key = secrets.token_urlsafe(24)
        try:
            _listen(application(answers, host=service.host, key=key), key, service)
        finally:
            if entities is not None:
                entities.close()


def _listen(app: Any, key: str, service: ServiceContext) -> None:
    import uvicorn

    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((service.host, service.port))
        except OSError as error:
            raise NodeError(
                f"cannot listen on port {service.port}: {error.strerror}",
                hint="another --port?",
                code="WF602",
            ) from error
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,  # questions are asked about patients
                log_config=None,
                log_level="critical",
                lifespan="off",
                loop="asyncio",
                http="h11",
                ws="none",
                server_header=False,
                proxy_headers=False,
                limit_concurrency=64,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=_END,
            )
        )
        # in a thread, since signals are the engine's business
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="search.page")
        thread.start()
        try:
            end = threading.Event()
            for _ in range(int(_START / 0.02)):
                if server.started or not thread.is_alive():
                    break
                end.wait(0.02)
            if not server.started:
                raise NodeError("the server did not start")
            name = f"[{service.host}]" if family == socket.AF_INET6 else service.host
            # what follows # is never sent, and the page takes it out of the address bar
            service.ready(f"http://{name}:{listener.getsockname()[1]}/#{key}")
            while not service.stopping.wait(0.5):
                if not thread.is_alive():
                    raise NodeError("the server has ended by itself")
        finally:
            server.should_exit = True
            thread.join()


def _rows(table: Table, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Rows of a table, with few in memory at a time."""
    import pyarrow.parquet as pq

    with TemporaryDirectory(prefix="weirflow-") as folder:
        path = Path(folder) / "entities.parquet"
        table.select(*columns).sink_parquet(path)
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(4096):
                yield from batch.to_pylist()
