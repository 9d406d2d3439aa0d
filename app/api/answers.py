"""What the routes that judge documents share: the call that a request makes, and the reply that an answer becomes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.api.exchange import Told
from app.api.parameters import flag_parameter
from app.api.route import Asked, Parameter, Reply
from app.assess import Answer, Call, Caller
from policies.domain.outcome import SubjectType

UNCHECKED: Final = 202
DRY_RUN: Final[Parameter] = flag_parameter(
    "dry_run",
    "With true, a preview: the decision is worked out and nothing is stored, not even a refused body.",
    default=False,
)
_REPLAYED: Final = (("Idempotent-Replayed", "true"),)


def call_of(asked: Asked, default_wait: timedelta) -> Call:
    """What a request asks of a gate."""
    return Call(
        raw=asked.body.raw,
        caller=Caller(key_id=asked.key_id),
        dry_run=bool(asked.query.get("dry_run")),
        wait_seconds=default_wait.total_seconds() if asked.wait_seconds is None else float(asked.wait_seconds),
        idempotency_key=asked.idempotency_key,
    )


def reply_of(answer: Answer, call: Call, subject: SubjectType) -> Reply:
    """The answer, with what logs and metrics may know of it."""
    told = Told(
        decision_id=answer.decision_id,
        subject=subject.value,
        verdict="unchecked" if answer.status == UNCHECKED else answer.verdict,
        preview=call.dry_run,
        replayed=answer.replayed,
        measures=answer.measures,
    )
    return Reply(status=answer.status, body=answer.body, headers=_REPLAYED if answer.replayed else (), told=told)
