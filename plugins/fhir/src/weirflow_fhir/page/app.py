"""The page's server: its files, and answers in JSON. It changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from weirflow.api import NodeError
from weirflow_fhir.page import asks
from weirflow_fhir.page.entities import TooLongError
from weirflow_fhir.page.guard import MOST_BYTES, Guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from weirflow_fhir.page.answers import Answers

SECONDS = 10.0
"""After which a question is given up."""

_AT_ONCE = 4  # questions
_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_log = logging.getLogger("weirflow.search.page")


@dataclass(frozen=True)
class _Question:
    """Where it is asked, what it looks like, and who answers."""

    path: str
    type: type[Any]
    answer: Callable[[Any], Mapping[str, Any] | None]


def application(answers: Answers, *, host: str, key: str) -> ASGIApp:
    """The server of the page, for a host (a name or an address) and those who have the key."""
    turn = asyncio.Semaphore(_AT_ONCE)
    questions = (
        _Question("/api/start", asks.Nothing, answers.start),
        _Question("/api/search", asks.Search, answers.search),
        _Question("/api/document", asks.OfDocument, answers.document),
        _Question("/api/sharing", asks.Sharing, answers.sharing),
        _Question("/api/suggest", asks.Suggest, answers.suggest),
        _Question("/api/cohort", asks.Cohort, answers.cohort),
        _Question("/api/similar", asks.Similar, answers.similar),
    )
    routes = [
        Route(path, _file(content, kind), methods=["GET"]) for path, (content, kind) in _shipped().items()
    ]
    routes += [Route(q.path, _answering(q, turn), methods=["POST"]) for q in questions]
    app = Starlette(
        routes=routes,
        exception_handlers={
            404: lambda *_: PlainTextResponse("There is nothing here.", 404),
            405: lambda *_: PlainTextResponse("Not in this way.", 405),
        },
    )
    app.router.redirect_slashes = False
    return Guard(app, host=host, key=key)


def _shipped() -> dict[str, tuple[bytes, str]]:
    """The files of the page by the path that they are got by."""
    found = {}
    for file in sorted(files("weirflow_fhir.page").joinpath("static").iterdir(), key=lambda f: f.name):
        kind = _TYPES.get(file.name.rpartition(".")[2])
        if kind:
            path = "/" if file.name == "index.html" else f"/{file.name}"
            found[path] = (file.read_bytes(), kind)
    return found


def _file(content: bytes, kind: str) -> Callable[[Request], Response]:
    return lambda _: Response(content, media_type=kind)


def _answering(question: _Question, turn: asyncio.Semaphore) -> Callable[[Request], Any]:
    decoder, encoder = msgspec.json.Decoder(question.type), msgspec.json.Encoder()

    async def answer(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse("That is too long.", 413)
        try:
            asked = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return PlainTextResponse("That is not understood.", 400)
        try:
            async with asyncio.timeout(SECONDS), turn:
                found = await run_in_threadpool(question.answer, asked)
        except (TimeoutError, TooLongError):
            return PlainTextResponse("That took too long.", 503)
        except NodeError:  # its text may quote what was asked
            return PlainTextResponse("That cannot be asked here.", 400)
        except Exception as error:  # noqa: BLE001 -- its text may quote a note
            _log.error("%s failed: %s", question.path, type(error).__name__)
            return PlainTextResponse("Something went wrong.", 500)
        if found is None:
            return PlainTextResponse("There is no such thing.", 404)
        return Response(encoder.encode(found), media_type="application/json")

    return answer
