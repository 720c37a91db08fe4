"""What workers are called where nobody may know who they are."""

from __future__ import annotations

import hashlib
import re

_WORKFORCE = r"^(private|public|vendor)\.[a-z0-9-]+\."
"""What answers put before the id of a worker, and the workers' log does not: `private.us-east-1.`"""


def worker(column: str) -> str:
    """SQL for the pseudonym of a worker, by what the service calls the worker."""
    return f"'worker-' || left(sha256(regexp_replace({column}, '{_WORKFORCE}', '')), 10)"


def worker_of(name: str) -> str:
    """The pseudonym of a worker, as `worker` says it."""
    return f"worker-{hashlib.sha256(re.sub(_WORKFORCE, '', name).encode()).hexdigest()[:10]}"


def sub(column: str) -> str:
    """SQL for the pseudonym of a subject of an identity provider."""
    return f"'sub-' || left(sha256({column}), 10)"
