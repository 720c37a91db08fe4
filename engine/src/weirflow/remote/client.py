"""The client of an object store, and what the store's errors mean."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from weirflow.errors import NodeError
from weirflow.plugins.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Iterator

Fault: TypeAlias = Literal["gone", "denied", "archived", "changed"]
"""What may be wrong with one object alone."""

_ENVIRONMENT = (
    "credentials and endpoint come from the environment: AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL; "
    "AWS_NO_SIGN_REQUEST=true for public data"
)
_ATTEMPTS = 3  # at a request
_CONNECTIONS = 16  # at a time, of all threads
_FAULTS: dict[str, tuple[Fault, str]] = {
    "NoSuchKey": ("gone", "it is gone"),
    "AccessDenied": ("denied", "access is denied"),
    "InvalidObjectState": ("archived", "it lies in an archive"),
    "PreconditionFailed": ("changed", "it changes while it is read"),
}


class ObjectError(NodeError):
    """One object cannot be read, which says nothing of the others.

    fault: `gone`, `denied`, `archived` (it must be restored first), or `changed` since it was listed.
    reason: the same in words.
    """

    def __init__(self, location: str, fault: Fault, reason: str) -> None:
        hint = _ENVIRONMENT if fault == "denied" else None
        super().__init__(f"'{location}' cannot be read: {reason}", hint=hint, code="WF602")
        self.fault = fault
        self.reason = reason


def failed(location: str, reason: str, hint: str | None = _ENVIRONMENT) -> NodeError:
    """The error that a location cannot be read."""
    return NodeError(f"'{location}' cannot be read: {reason}", hint=hint, code="WF602")


def client(location: str) -> Any:
    """boto3's client of S3 for what the environment says, which threads may share.

    Raises NodeError, which names the location, where boto3 or credentials are missing or the settings are not valid.
    """
    try:
        return _client(frozenset((k, v) for k, v in os.environ.items() if k.startswith("AWS_")))
    except ImportError as error:
        hint = f"install it: {install_command('s3')}"
        raise failed(location, "boto3 is not installed", hint) from error
    except _SettingsError as error:
        raise failed(location, str(error)) from error.__cause__


class _SettingsError(Exception):
    """Why the environment makes no client."""


@lru_cache(maxsize=4)
def _client(environ: frozenset[tuple[str, str]]) -> Any:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    options: dict[str, Any] = {"connect_timeout": 10, "read_timeout": 60}  # seconds
    options |= {"max_pool_connections": _CONNECTIONS}
    options["retries"] = {"total_max_attempts": _ATTEMPTS, "mode": "standard"}
    try:
        session = boto3.Session()  # reads profiles and roles too
        if dict(environ).get("AWS_NO_SIGN_REQUEST", "").lower() in {"1", "true", "yes"}:
            options["signature_version"] = UNSIGNED
        elif session.get_credentials() is None:
            raise _SettingsError("there are no credentials for S3 in the environment")
        return session.client("s3", config=Config(**options))
    except (BotoCoreError, ValueError) as error:
        raise _SettingsError("the environment's settings for S3 are not valid") from error


@contextmanager
def told(location: str, *, single: bool = False) -> Iterator[None]:
    """The store's errors as NodeErrors, without anybody's key; as an ObjectError where a `single` one is at fault."""
    from botocore import exceptions as store

    try:
        yield
    except store.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if single and code in _FAULTS:
            raise ObjectError(location, *_FAULTS[code]) from error
        if code == "NoSuchBucket":
            reason = "there is no such bucket"
        elif status in {401, 403}:
            reason = "access is denied"
        else:  # an answer without a body has no code but its status
            reason = f"the store answers {code}"
    except (store.ConnectionError, store.HTTPClientError):
        reason = "nothing answers at the store"
    except store.ParamValidationError:
        reason = "that is no location of an object"
    except store.BotoCoreError as error:
        reason = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    else:
        return
    raise failed(location, reason)
