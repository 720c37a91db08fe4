"""Which objects of a store a location stands for."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from weirflow.errors import NodeError
from weirflow.remote.client import client, told
from weirflow.remote.locations import bucket_and_key, first_wild, path_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PAGE = 1000  # keys that one answer lists, which is the most


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object of a store.

    bucket: the name of its bucket.
    key: its whole key.
    path: its key below the folder that was asked for or in which a pattern begins; of a single object, its name.
    size: in bytes.
    etag: what the store says of its content, without quotes.
    mtime_ns: when it was changed, in nanoseconds since 1970, to the second.
    """

    bucket: str
    key: str
    path: str
    size: int
    etag: str
    mtime_ns: int

    @property
    def location(self) -> str:
        """`s3://BUCKET/KEY`."""
        return f"s3://{self.bucket}/{self.key}"


def objects(location: str, endings: Sequence[str] = ("",), *, nested: bool = False) -> list[RemoteObject]:
    """The objects that `s3://BUCKET/KEY` stands for, by key.

    These are the object of that key; else, of a folder, those that have one of the `endings`, with `nested` in folders
    of it too; or those that a pattern finds, as `path_pattern` reads it. Raises NodeError where there is none, or the
    store cannot be asked.
    """
    bucket, key = bucket_and_key(location)
    store = client(location)
    with told(location):
        if key and not key.endswith("/") and (found := _head(store, bucket, key)) is not None:
            return [found]
        wild = first_wild(key)
        if wild is not None:
            folder, wanted = key.rfind("/", 0, wild) + 1, path_pattern(key)
            every = _listed(store, bucket, key[:wild], folder)
            found_all = [o for o in every if wanted.fullmatch(o.key)]
            why = f"no object matches '{location}'"
        else:
            start = f"{key.rstrip('/')}/".lstrip("/")
            listed = list(_listed(store, bucket, start, len(start)))
            ending = tuple(endings)
            found_all = [o for o in listed if o.key.endswith(ending) and (nested or "/" not in o.path)]
            why = f"there is nothing at '{location}'"
            if listed:
                why = f"'{location}' holds no file that ends with {' or '.join(endings)}"
    if not found_all:
        raise NodeError(why, code="WF602")
    return sorted(found_all, key=lambda o: o.key)


def below(location: str, start: str = "") -> Iterator[RemoteObject]:
    """The objects below `s3://BUCKET/PREFIX`, one by one as the store lists them, which may be none.

    Only those whose path begins with `start`. Where nothing is below the prefix, and it is the key of an object, that
    is the only one. Raises NodeError where the store cannot be asked.
    """
    bucket, key = bucket_and_key(location)
    key = key.rstrip("/")
    prefix = f"{key}/" if key else ""
    store = client(location)
    with told(location):
        none = True
        for found in _listed(store, bucket, prefix + start, len(prefix)):
            none = False
            yield found
        if none and key and not start:  # asked by a list, since whoever may list need not be allowed to read
            page = store.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
            for entry in page.get("Contents", ()):
                if entry["Key"] == key:
                    yield _object(bucket, key, key.rfind("/") + 1, entry, entry["Size"])


def _head(store: Any, bucket: str, key: str) -> RemoteObject | None:
    from botocore.exceptions import ClientError

    try:
        head = store.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != HTTPStatus.NOT_FOUND:
            raise
        return None
    return _object(bucket, key, key.rfind("/") + 1, head, head["ContentLength"])


def _listed(store: Any, bucket: str, prefix: str, cut: int) -> Iterator[RemoteObject]:
    """The objects whose keys begin with a prefix; their paths are the keys without as many characters."""
    pages = store.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": _PAGE}
    )
    for page in pages:
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith("/"):  # what some tools put where a folder is
                yield _object(bucket, entry["Key"], cut, entry, entry["Size"])


def _object(bucket: str, key: str, cut: int, facts: dict[str, Any], size: int) -> RemoteObject:
    moment = int(facts["LastModified"].timestamp()) * 1_000_000_000
    return RemoteObject(bucket, key, key[cut:], size, facts["ETag"].strip('"'), moment)
