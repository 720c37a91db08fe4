"""Objects of an S3 bucket, or of a store that speaks its language."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENVIRONMENT = (
    "credentials and endpoint come from the environment: AWS_ACCESS_KEY_ID or AWS_PROFILE, AWS_ENDPOINT_URL; "
    "AWS_NO_SIGN_REQUEST=true for public data"
)
_TRIES = 3  # to read the whole of an object
_PAGE = 1000  # keys that one answer lists, which is the most
_ATTEMPTS = 3  # at a request
_SINGLE: dict[str, tuple[type[OSError], str]] = {
    "NoSuchKey": (FileNotFoundError, "it is gone"),
    "AccessDenied": (PermissionError, "access is denied"),
    "InvalidObjectState": (PermissionError, "it lies in an archive"),
}


class Bucket:
    """What lies at `s3://bucket/prefix`. Raises NodeError where that is no such location."""

    def __init__(self, root: str) -> None:
        scheme, _, rest = root.partition("://")
        if scheme not in {"s3", "s3a", "s3n"}:
            hint = "use a folder, or s3://bucket/prefix"
            raise NodeError(f"lakes at {scheme}:// are not read", code="WF602", hint=hint)
        self.root = root
        self.name, _, prefix = rest.rstrip("/").partition("/")
        self.prefix = f"{prefix}/" if prefix else ""

    @property
    def above(self) -> str:
        """The bucket and the prefix, as one path."""
        return f"{self.name}/{self.prefix}".rstrip("/")

    def objects(self, start: str = "") -> Iterator[tuple[str, int, int, str]]:
        """Path below the prefix, size in bytes, time in nanoseconds since 1970 and ETag of the objects.

        Only those whose path begins with `start`. Where the prefix is an object itself, it is the only one, and its
        path the last part of the prefix. Raises NodeError where they cannot be listed.
        """
        with _told(f"'{self.root}' cannot be listed"):
            prefix = self.prefix + start
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix, PaginationConfig={"PageSize": _PAGE}
            )
            none = True
            for page in pages:
                for entry in page.get("Contents", ()):
                    none = False
                    if not entry["Key"].endswith("/"):
                        yield _facts(entry, self.prefix)
            if none and self.prefix and not start:
                yield from self._itself()

    def _itself(self) -> Iterator[tuple[str, int, int, str]]:
        key = self.prefix[:-1]
        page = self._client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        for entry in page.get("Contents", ()):
            if entry["Key"] == key:
                self.prefix = key[: key.rfind("/") + 1]
                yield _facts(entry, self.prefix)

    def fetch(self, path: str, into: Path) -> None:
        """Copy an object into a file.

        Raises FileNotFoundError where it is gone, PermissionError where it may not be read, and NodeError where the
        store cannot be reached.
        """
        from botocore import exceptions as store

        with _told(f"'{self.root}/{path}' cannot be fetched", single=True):
            for left in reversed(range(_TRIES)):
                body = self._client.get_object(Bucket=self.name, Key=self.prefix + path)["Body"]
                try:
                    with into.open("wb") as file:
                        shutil.copyfileobj(body, file, 1 << 20)
                except (store.IncompleteReadError, store.ReadTimeoutError, store.ResponseStreamingError):
                    if not left:
                        raise
                else:
                    return

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        options: dict[str, Any] = {"connect_timeout": 10, "read_timeout": 60, "max_pool_connections": 16}
        options["retries"] = {"total_max_attempts": _ATTEMPTS, "mode": "standard"}
        try:
            session = boto3.Session()
            if os.environ.get("AWS_NO_SIGN_REQUEST", "").lower() in {"1", "true", "yes"}:
                options["signature_version"] = UNSIGNED
            elif session.get_credentials() is None:
                reason = "there are no credentials for S3 in the environment"
                raise NodeError(f"'{self.root}' cannot be read: {reason}", code="WF602", hint=_ENVIRONMENT)
            return session.client("s3", config=Config(**options))
        except (BotoCoreError, ValueError) as error:
            reason = "the environment's settings for S3 are not valid"
            raise NodeError(
                f"'{self.root}' cannot be read: {reason}", code="WF602", hint=_ENVIRONMENT
            ) from error


def _facts(entry: dict[str, Any], prefix: str) -> tuple[str, int, int, str]:
    moment = int(entry["LastModified"].timestamp()) * 1_000_000_000
    return entry["Key"].removeprefix(prefix), entry["Size"], moment, entry["ETag"].strip('"')


@contextmanager
def _told(what: str, *, single: bool = False) -> Iterator[None]:
    """Errors of the store in words, without anybody's key; as an OSError where a single object is at fault."""
    from botocore import exceptions as store

    try:
        yield
    except store.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if single and code in _SINGLE:
            kind, reason = _SINGLE[code]
            raise kind(0, reason) from error
        if code == "NoSuchBucket":
            reason = "there is no such bucket"
        else:
            reason = "access is denied" if status in {401, 403} else f"the store answers {code}"
    except (store.ConnectionError, store.HTTPClientError):
        reason = "nothing answers at the store"
    except store.BotoCoreError as error:
        reason = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    else:
        return
    raise NodeError(f"{what}: {reason}", code="WF602", hint=_ENVIRONMENT)
