"""What a location is by its scheme, and which paths a pattern stands for."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

from weirflow.errors import NodeError

_S3 = ("s3://", "s3a://", "s3n://")  # the others are Hadoop's names of it
_PLAIN = re.compile(r"\*\*/|\*\*|\*|\?")
_WILD = re.compile(rf"{_PLAIN.pattern}|\[!?\]?[^\]/]*\]")
_KINDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def is_remote(location: str) -> bool:
    """Whether a location is a URL, and no path of this machine."""
    return "://" in location


def is_web(location: str) -> bool:
    """Whether a location is that of a single file on a web server, by http or https."""
    return location.startswith(("http://", "https://"))


def is_s3(location: str) -> bool:
    """Whether a location is that of objects in a store, `s3://BUCKET/KEY`."""
    return location.startswith(_S3)


def bucket_and_key(location: str) -> tuple[str, str]:
    """The two parts of `s3://BUCKET/KEY`; the key may be empty. Raises NodeError where it is no such location."""
    if not is_s3(location):
        raise unknown(location, "s3://")
    bucket, _, key = location.partition("://")[2].partition("/")
    return bucket, key


def unknown(location: str, known: str) -> NodeError:
    """The error that a scheme is none of the known ones."""
    scheme = location.partition("://")[0]
    return NodeError(f"files by {scheme}:// cannot be read, only by {known}", code="WF602")


def first_wild(pattern: str) -> int | None:
    """Where a pattern begins to be one, in characters; None where it is the path of one file."""
    found = _WILD.search(pattern)
    return None if found is None else found.start()


@lru_cache(maxsize=256)
def path_pattern(pattern: str, *, classes: bool = True) -> re.Pattern[str]:
    """A pattern of paths as a regular expression, for `fullmatch` with a path that has forward slashes.

    `**/` stands for any number of folders, `**` for any text, `*` for text without a slash, `?` for one character, and
    `[ab]` for one of several, `[!ab]` for any other; without `classes` brackets mean themselves. Unlike in a shell, a
    name that begins with a dot is one like any other.
    """
    made, last = "", 0
    for wild in (_WILD if classes else _PLAIN).finditer(pattern):
        made += re.escape(pattern[last : wild.start()])
        made += _KINDS.get(wild[0]) or f"(?!/){fnmatch.translate(wild[0])[:-2]}"  # without the \Z
        last = wild.end()
    return re.compile(made + re.escape(pattern[last:]), re.DOTALL)
