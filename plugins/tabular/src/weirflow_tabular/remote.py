"""Files that lie elsewhere, by `s3://` and `https://`: found, and copied to a folder beside the flow."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_COPY = "--source NAME=FILE names a copy of it"
_WAIT = 30  # seconds
_CHUNK = 1 << 20  # bytes
_KEPT = 7 * 86_400  # seconds since a copy was last asked for
_WILD = re.compile(r"\*\*/|\*|\?|\[[^\]]+\]")


def is_web(location: str) -> bool:
    """Whether a location is that of a single file on a web server."""
    return location.startswith(("http://", "https://"))


def fetched(copies: Path, location: str, endings: Sequence[str], *, nested: bool) -> tuple[Path, ...]:
    """Copies of the files that a URL stands for, in the order of their names. Raises NodeError (WF602).

    Of `s3://BUCKET/KEY` these are an object, the objects of a folder that have one of the endings, or those that a
    pattern finds. A copy is kept in the folder `copies` and made anew when the original has changed; the old one
    stays for a week after it was last asked for, since another run may be reading it.
    """
    if is_web(location):
        return (_from_web(copies, location),)
    if not location.startswith("s3://"):
        scheme = location.partition("://")[0]
        raise NodeError(
            f"files by {scheme}:// cannot be read, only by s3:// and https://", hint=_COPY, code="WF602"
        )
    return _from_s3(copies, location, endings, nested=nested)


# ---------------------------------------------------------------------- object stores


@dataclass(frozen=True)
class _Object:
    key: str
    etag: str
    size: int  # bytes
    changed: float  # seconds since 1970


def _from_s3(copies: Path, location: str, endings: Sequence[str], *, nested: bool) -> tuple[Path, ...]:
    client = _client(frozenset((k, v) for k, v in os.environ.items() if k.startswith("AWS_")))
    if isinstance(client, NodeError):
        raise NodeError(f"'{location}' cannot be read: {client.message}", hint=client.hint, code="WF602")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    with _told(location):
        found = _objects(client, bucket, key, endings, nested=nested)
        if isinstance(found, str):
            raise NodeError(found.format(f"'{location}'"), hint=_COPY, code="WF602")
        return tuple(_copied(client, bucket, o, copies) for o in found)


@lru_cache(maxsize=4)
def _client(environ: frozenset[tuple[str, str]]) -> Any:
    """A client by what the environment says, or why there is none; boto3 reads profiles and roles too."""
    unsigned = dict(environ).get("AWS_NO_SIGN_REQUEST", "").lower() in {"1", "true", "yes"}
    try:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        return NodeError("boto3 is not installed", hint=f"pip install 'weirflow[s3]'; or {_COPY}")
    options: dict[str, Any] = {"connect_timeout": 10, "read_timeout": 60}
    options["retries"] = {"total_max_attempts": 3, "mode": "standard"}
    try:
        session = boto3.Session()
        if unsigned:
            options["signature_version"] = UNSIGNED
        elif session.get_credentials() is None:
            hint = "AWS_PROFILE or AWS_ACCESS_KEY_ID; AWS_NO_SIGN_REQUEST=true for public data"
            return NodeError(
                "there are no credentials for S3 in the environment", hint=f"{_COPY}; or set {hint}"
            )
        return session.client("s3", config=Config(**options))
    except (BotoCoreError, ValueError):
        return NodeError(
            "the environment's settings for S3 are not valid", hint="see AWS_PROFILE, AWS_ENDPOINT_URL"
        )


@contextmanager
def _told(location: str) -> Iterator[None]:
    """Errors of the store as NodeErrors that name the location and no key of anybody's."""
    from botocore import exceptions as store

    try:
        yield
    except store.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code == "NoSuchBucket":
            reason = "there is no such bucket"
        elif code in {"403", "AccessDenied", "Forbidden"} or status in {401, 403}:
            reason = "access is denied"
        elif code in {"412", "PreconditionFailed"}:
            reason = "it changes while it is read"
        else:
            reason = f"the store answers {status}"
    except (store.ConnectionError, store.HTTPClientError):
        reason = "nothing answers at the store"
    except store.ParamValidationError:
        reason = "that is no location of an object"
    except store.BotoCoreError as error:
        reason = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    else:
        return
    raise NodeError(f"'{location}' cannot be read: {reason}", hint=_COPY, code="WF602")


def _objects(
    client: Any, bucket: str, key: str, endings: Sequence[str], *, nested: bool
) -> list[_Object] | str:
    """The objects that a key stands for, or why there are none."""
    from botocore.exceptions import ClientError

    if key and not key.endswith("/"):
        try:
            head = client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:  # noqa: PLR2004
                raise
        else:
            return [_Object(key, head["ETag"], head["ContentLength"], head["LastModified"].timestamp())]
    pattern = _WILD.search(key)
    start = key[: pattern.start()] if pattern else f"{key.rstrip('/')}/".lstrip("/")
    listed = [
        _Object(o["Key"], o["ETag"], o["Size"], o["LastModified"].timestamp())
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start)
        for o in page.get("Contents", ())
        if not o["Key"].endswith("/")
    ]
    if pattern:
        wanted = re.compile(_regex(key))
        found = [o for o in listed if wanted.fullmatch(o.key)]
        why = "no object matches {}"
    else:
        found = [
            o
            for o in listed
            if o.key.endswith(tuple(endings)) and (nested or "/" not in o.key.removeprefix(start))
        ]
        why = (
            f"{{}} holds no file that ends with {' or '.join(endings)}"
            if listed
            else "there is nothing at {}"
        )
    return sorted(found, key=lambda o: o.key) or why


def _regex(pattern: str) -> str:
    """A pattern of paths, as `glob` reads it, as a regular expression."""
    kinds = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    made, last = "", 0
    for wild in _WILD.finditer(pattern):
        made += re.escape(pattern[last : wild.start()])
        made += kinds.get(wild[0]) or wild[0].replace("[!", "[^", 1)
        last = wild.end()
    return made + re.escape(pattern[last:])


def _copied(client: Any, bucket: str, found: _Object, copies: Path) -> Path:
    folder = _folder(copies, f"s3://{bucket}/{found.key}")
    kept = folder / _digest(found.etag)[:8] / _name(found.key)
    if not kept.exists():
        body = client.get_object(Bucket=bucket, Key=found.key, IfMatch=found.etag)["Body"]
        if _write(kept, body.iter_chunks(_CHUNK)) != found.size:
            kept.unlink()
            raise NodeError(f"object '{found.key}' was cut short on its way", code="WF602")
        os.utime(kept, (found.changed, found.changed))  # so that an unchanged object has unchanged results
    _forget(folder, kept)
    return kept


# ---------------------------------------------------------------------- web servers


def _from_web(copies: Path, location: str) -> Path:
    """A copy of a file on a web server, which is asked whether it has changed. The error shows no query of a URL."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    parts = urlsplit(location)
    shown = f"'{parts.scheme}://{parts.hostname}{parts.path}' cannot be read"
    folder = _folder(copies, location)
    request = Request(location, headers={"User-Agent": "weirflow"})  # noqa: S310 -- http or https
    kept = None
    with suppress(OSError):
        known = (folder / "etag").read_text("utf-8")
        kept = folder / _digest(known)[:8] / _name(parts.path)
        if kept.exists():
            request.add_header("If-None-Match", known)
    try:
        with urlopen(request, timeout=_WAIT) as response:  # noqa: S310
            tag = response.headers.get("ETag")
            length = response.headers.get("Content-Length")
            made = folder / _digest(tag or "")[:8] / _name(parts.path)
            size = _write(made, iter(lambda: response.read(_CHUNK), b""))
    except HTTPError as error:
        error.close()
        if error.code == 304 and kept is not None:  # noqa: PLR2004 -- not modified
            _forget(folder, kept)
            return kept
        raise NodeError(f"{shown}: the server answers {error.code}", hint=_COPY, code="WF602") from None
    except (URLError, TimeoutError, ConnectionError, HTTPException, ValueError):
        raise NodeError(f"{shown}: nothing answers there", hint=_COPY, code="WF602") from None
    if length is not None and size != int(length):
        made.unlink()
        raise NodeError(f"{shown}: it was cut short on its way", hint=_COPY, code="WF602")
    (folder / "etag").unlink(missing_ok=True)
    if tag:
        (folder / "etag").write_text(tag, "utf-8")
    _forget(folder, made)
    return made


# ---------------------------------------------------------------------- copies


def _folder(copies: Path, url: str) -> Path:
    root = copies.parent
    folder = copies / _digest(url)[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (root / ".gitignore").exists():
            (root / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise NodeError(f"no copy can be kept in {root}: {reason}", code="WF602") from None
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _name(path: str) -> str:
    name = PurePosixPath(path).name
    return name if name not in {"", ".", ".."} else "data"


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file under another name first, and give its size in bytes."""
    path.parent.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    size = 0
    try:
        with os.fdopen(handle, "wb") as stream:
            for chunk in chunks:
                size += stream.write(chunk)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return size


def _forget(folder: Path, kept: Path) -> None:
    """Note that a copy is used, and remove those of what the original was before, once no run can be at them."""
    os.utime(kept.parent)
    for old in folder.glob("*/*"):
        with suppress(OSError):
            if old.parent != kept.parent and time.time() - old.parent.stat().st_mtime > _KEPT:
                old.unlink()
