"""Files that lie elsewhere: objects of S3, or of a store that speaks its language, and files of web servers.

Plugins find this module as `weirflow.api.remote`. Credentials, region and endpoint come from the environment, as those
of Amazon's own tools do; `AWS_NO_SIGN_REQUEST=true` reads public data without any. boto3 (extra `s3`) is imported when
a store is first asked. All errors are NodeErrors of the code WF602, in words, without keys or what is asked in a URL.
"""

from __future__ import annotations

from weirflow.remote.client import ObjectError
from weirflow.remote.copies import fetched
from weirflow.remote.listing import RemoteObject, below, objects
from weirflow.remote.locations import is_remote, is_s3, is_web, path_pattern
from weirflow.remote.transfer import fetch

__all__ = [
    "ObjectError",
    "RemoteObject",
    "below",
    "fetch",
    "fetched",
    "is_remote",
    "is_s3",
    "is_web",
    "objects",
    "path_pattern",
]
