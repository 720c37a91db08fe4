"""The files of a made lake: who answers, when, and what the workers' log says of it. See `make_lake.py`."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SEED = 5
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CLOSING = 17  # o'clock
ACCOUNT = "arn:aws:sagemaker:us-east-1:111122223333"


@dataclass(frozen=True)
class Worker:
    """Somebody who does not exist. `skill` is the share of leaves that they know."""

    number: int
    skill: float

    @property
    def id(self) -> str:
        """What the labelling service calls them, without its prefix."""
        return digest(f"worker {self.number}")[:16]

    @property
    def sub(self) -> str:
        """What the identity provider calls them."""
        return uuid(f"sub {self.number}")

    def metadata(self) -> dict[str, Any]:
        """What an answer says of them."""
        issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_MadeUp000"
        return {"identityData": {"identityProviderType": "Cognito", "issuer": issuer, "sub": self.sub}}


WORKERS = tuple(Worker(n, 0.98 - 0.02 * n) for n in range(12))


class Lake:
    """The files by path, and the dice."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.events: list[tuple[datetime, dict[str, str]]] = []
        self.clock = START
        # the one method whose numbers no version of Python changes
        self._random = random.Random(SEED).random  # noqa: S311

    def put(self, path: str, content: Any) -> None:
        """Add a file: bytes, text, or what JSON can say."""
        if not isinstance(content, bytes | str):
            content = as_json(content)
        self.files[path] = content if isinstance(content, bytes) else content.encode()

    def below(self, limit: int) -> int:
        """A whole number from 0 to below the limit."""
        return int(self._random() * limit)

    def pick(self, among: Any) -> Any:
        """One of several."""
        return among[self.below(len(among))]

    def chance(self, share: float) -> bool:
        """True in so large a share of cases."""
        return self._random() < share

    def answer(
        self, worker: Worker, job: str, seconds: float, content: Any, *, named: bool = True
    ) -> dict[str, Any]:
        """An answer of a worker who begins now, and what the workers' log says of it."""
        self.clock += timedelta(seconds=60 + self.below(1200))
        if self.clock.hour >= CLOSING:
            self.clock = self.clock.replace(hour=START.hour, minute=0) + timedelta(days=1)
        active = round(seconds * (0.6 + self._random()), 3)
        accepted = self.clock
        submitted = accepted + timedelta(seconds=round(active * (1 + self._random() / 2), 3))
        if self.chance(0.1):
            self.log(
                worker, job, self.pick(("Returned", "Declined")), accepted, accepted + timedelta(seconds=30)
            )
        self.log(worker, job, "Submitted", accepted, submitted)
        made = {
            "acceptanceTime": instant(accepted),
            "answerContent": content,
            "submissionTime": instant(submitted),
            "timeSpentInSeconds": active,
            "workerId": f"private.us-east-1.{worker.id}",
        }
        return {**made, "workerMetadata": worker.metadata()} if named else made

    def log(self, worker: Worker, job: str, what: str, accepted: datetime, ended: datetime) -> None:
        """Write down that a worker has accepted a task, and how it ended."""
        entry = {
            "worker_id": worker.id,
            "cognito_user_pool_id": "us-east-1_MadeUp000",
            "cognito_sub_id": worker.sub,
            "task_accepted_time": log_time(accepted),
            **{f"task_{w.lower()}_time": "" for w in ("Submitted", "Returned", "Declined")},
            "workteam_arn": f"{ACCOUNT}:workteam/private-crowd/made-up-team",
            "labeling_job_arn": f"{ACCOUNT}:labeling-job/{job}",
            "work_requester_account_id": "111122223333",
            "job_reference_code": digest(job)[:12],
            "job_type": "Private",
        }
        first = {**entry, "event_type": "TasksAccepted", "event_timestamp": str(int(accepted.timestamp()))}
        last = {
            **entry,
            f"task_{what.lower()}_time": log_time(ended),
            "event_type": f"Tasks{what}",
            "event_timestamp": str(int(ended.timestamp())),
        }
        self.events += [(accepted, first), (ended, last)]


def stamp(answers: list[dict[str, Any]]) -> str:
    """The name of a file of answers: the moment of the last one."""
    return max(a["submissionTime"] for a in answers)[:19].replace("T", "_")


def instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def created(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")  # without a zone, as the service writes it


def log_time(at: datetime) -> str:
    return at.strftime("%a %b %d %H:%M:%S UTC %Y")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def uuid(text: str) -> str:
    d = digest(text)
    return f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:32]}"


def as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def as_lines(values: list[Any]) -> str:
    return "".join(f"{as_json(v)}\n" for v in values)
