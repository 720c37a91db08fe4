"""What stands between the network and the page: who may ask, how much, and what no browser may do with the answer."""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024
"""Of a request's body."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        *(f"{what} 'none'" for what in ("base-uri", "form-action", "frame-ancestors")),
        "require-trusted-types-for 'script'",  # a browser then refuses every text that would become markup
        "trusted-types 'none'",
    )
)

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


class Guard:
    """Lets requests through that are meant for this server, and locks what leaves it.

    The name in `Host` must be an address, `localhost` or the server's own: a name that somebody else's DNS has turned
    towards this machine is refused. Data is given only to who has the key.
    """

    def __init__(self, app: ASGIApp, *, host: str, key: str) -> None:
        self._app, self._host, self._key = app, host, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def locked(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(n, v) for n, v in message["headers"] if n.decode() not in _HEADERS]
                ours = [(n.encode(), v.encode()) for n, v in _HEADERS.items()]
                message = {**message, "headers": [*given, *ours]}
            await send(message)

        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused:
            await _plain(locked, *refused)
        else:
            await self._app(scope, receive, locked)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if not self._ours(headers.get("host", "")):
            return 421, "This server does not go by that name."
        if not scope["path"].startswith("/api/"):
            return None
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "Other pages may not ask here."
        if not secrets.compare_digest(
            headers.get("authorization", "").encode(), f"Bearer {self._key}".encode()
        ):
            return 401, "The key is missing: open the address that weirflow printed."
        if headers.get("content-type") != "application/json":
            return 415, "Ask in JSON."
        return None

    def _ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name.casefold() in {"localhost", self._host.casefold()}:
            return True
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True


async def _plain(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
