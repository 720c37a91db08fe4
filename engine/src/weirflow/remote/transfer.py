"""Bytes from elsewhere into files, which are whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.remote.client import client, failed, told
from weirflow.remote.locations import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK = 1 << 20
"""Bytes that are held at a time."""

_TRIES = 3  # to get the whole of an object


class ShortError(Exception):
    """Fewer or more bytes came than were promised."""


def fetch(location: str, into: Path, *, etag: str | None = None, size: int | None = None) -> int:
    """Copy the object `s3://BUCKET/KEY` into a file, and give its size in bytes.

    The file appears when the copy is whole, in the place of a former one; its folder must be there. What breaks off is
    fetched again, twice. With `etag`, an object that has another one by now is an error; with `size`, so is one that
    has not as many bytes. Raises ObjectError where this object is gone, changed or may not be read, and NodeError
    where the store cannot be asked.
    """
    bucket, key = bucket_and_key(location)
    asking = client(location)
    from botocore import exceptions as store

    condition = {} if etag is None else {"IfMatch": f'"{etag}"'}
    with told(location, single=True):
        for _ in range(_TRIES):
            answer = asking.get_object(Bucket=bucket, Key=key, **condition)
            expected = answer["ContentLength"] if size is None else size
            try:
                return write(into, answer["Body"].iter_chunks(CHUNK), expected)
            except (ShortError, store.IncompleteReadError, store.HTTPClientError):
                continue
    raise failed(location, "it was cut short on its way")


def write(path: Path, chunks: Iterable[bytes], expected: int | None) -> int:
    """Write a file under another name first, and give its size in bytes. Raises ShortError where that is another."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    size = 0
    try:
        with os.fdopen(handle, "wb") as stream:
            for chunk in chunks:
                size += stream.write(chunk)
        if expected not in {None, size}:
            raise ShortError
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return size
