"""Requests to web servers: repeated where that may help, whole or not at all, without a token where none belongs."""

from __future__ import annotations

import http.client
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

_TIMEOUT = 60  # seconds without a byte
_PIECE = 1 << 20
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_BROKEN = (URLError, TimeoutError, ConnectionError, http.client.HTTPException)


class AnsweredError(NodeError):
    """A server answers with an error, which trying again does not mend.

    status: of HTTP; 0 where nothing answers, or what comes breaks off.
    """

    def __init__(self, what: str, status: int, hint: str | None = None) -> None:
        said = f"the server answers {status}" if status else "nothing answers there, or it breaks off"
        super().__init__(f"{what}: {said}", hint=hint, code="WF602")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What a server says: status, headers, and the body where it is small."""

    status: int
    headers: Message
    body: bytes = b""

    def wait(self, otherwise: float) -> float:
        """Seconds until the server wants to be asked again, by its Retry-After; at most an hour."""
        return min(retry_after(self.headers.get("Retry-After"), otherwise), 3600.0)


def retry_after(text: str | None, otherwise: float) -> float:
    """The seconds that a Retry-After header means, which is a number of them or a date."""
    if text is None:
        return otherwise
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return otherwise


class Web:
    """A way to ask servers. A token goes to https, or to this machine, and along no redirection to another host.

    tries: how often a request is made until an answer counts. pause: seconds before the second, doubled for each more.
    """

    PAUSE: ClassVar[float] = 1.0

    def __init__(self, token: str | None = None, tries: int = 5) -> None:
        self._token = token
        self._tries = tries
        self._opener = build_opener(_Redirects)

    def ask(
        self, what: str, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer to a request; `what` names it in errors, which show nothing of the URL.

        Raises AnsweredError where it is an error still after several tries, or nothing answers.
        """
        with self._opened(what, url, method, headers or {}, token=True) as response:
            try:
                return Answer(response.status, response.headers, response.read())
            except _BROKEN:
                raise AnsweredError(what, 0) from None

    def fetch(self, what: str, url: str, into: Path, *, token: bool, accept: str) -> int:
        """Write what lies at a URL into a file, which is whole or not there, and give its size in bytes.

        It may come packed with gzip and is kept so. Raises AnsweredError, and OSError where it cannot be written.
        """
        part = into.with_name(f"{into.name}.part")
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        for left in reversed(range(self._tries)):
            try:
                size = self._copied(what, url, part, headers, token=token)
            except _BrokenOffError:
                if not left:
                    part.unlink(missing_ok=True)
                    raise AnsweredError(what, 0) from None
                time.sleep(self.PAUSE)
            else:
                part.replace(into)
                return size
        raise AssertionError

    def _copied(self, what: str, url: str, part: Path, headers: Mapping[str, str], *, token: bool) -> int:
        size = 0
        with self._opened(what, url, "GET", headers, token=token) as response, part.open("wb") as file:
            length = response.headers.get("Content-Length")
            try:
                while piece := response.read(_PIECE):
                    size += file.write(piece)
            except _BROKEN:
                raise _BrokenOffError from None
            if length is not None and size != int(length):  # `read` of a number of bytes says nothing of it
                raise _BrokenOffError
            file.flush()
            os.fsync(file.fileno())
        return size

    @contextmanager
    def _opened(
        self, what: str, url: str, method: str, headers: Mapping[str, str], *, token: bool
    ) -> Iterator[Any]:
        request = Request(_checked(url), method=method, headers=dict(headers))  # noqa: S310 -- checked
        if token and self._token is not None:
            _refuse_open(url)
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        for left in reversed(range(self._tries)):
            pause = self.PAUSE * 2 ** (self._tries - 1 - left)
            try:
                response = self._opener.open(request, timeout=_TIMEOUT)
            except HTTPError as error:
                error.close()
                if error.code not in _AGAIN or not left:
                    raise AnsweredError(what, error.code, _hint(error.code)) from None
                pause = min(retry_after(error.headers.get("Retry-After"), pause), 300.0)
            except _BROKEN:
                if not left:
                    raise AnsweredError(what, 0) from None
            else:
                with response:
                    yield response
                return
            time.sleep(pause)


class _BrokenOffError(Exception):
    """Fewer bytes came than were promised."""


class _Redirects(HTTPRedirectHandler):
    """Redirections to http and https alone. Unredirected headers stay behind, and with them the token."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        made = super().redirect_request(req, fp, code, msg, headers, _checked(newurl))
        if made is not None and _origin(newurl) == _origin(req.full_url):
            for name, value in req.unredirected_hdrs.items():
                if name == "Authorization":
                    made.add_unredirected_header(name, value)
        return made


def _hint(status: int) -> str | None:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return "does the token still hold, and for what is asked?"
    return None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _checked(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise NodeError("a location is neither http:// nor https://", code="WF602")
    return url


def _refuse_open(url: str) -> None:
    """Refuse to send a token where everybody on the way could read it."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise NodeError("a token is sent by https:// only", code="WF602")
