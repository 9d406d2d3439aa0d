"""POST /v1/quotes/check: a quote in, a decision out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.api.exchange import Told
from app.api.parameters import flag_parameter
from app.api.route import Asked, Content, Reply, Route
from app.assess import Answer, Call, Caller, Gate
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, NOT_READY
from app.store import Scope

UNCHECKED: Final = 202
_UNCHECKED: Final = (
    "The caller's time was up first. Whether work may go on meanwhile is decided by the quote's stage; the check goes on, and the "
    "decision can be looked up by its id."
)
_REPLAYED: Final = (("Idempotent-Replayed", "true"),)


def quote_routes(gate: Gate, *, default_wait: timedelta) -> tuple[Route, ...]:
    """The routes that judge quotes."""

    def check(asked: Asked) -> Reply:
        dry_run = bool(asked.query.get("dry_run"))
        call = Call(
            raw=asked.body.raw,
            caller=Caller(key_id=asked.key_id),
            dry_run=dry_run,
            wait_seconds=default_wait.total_seconds() if asked.wait_seconds is None else float(asked.wait_seconds),
            idempotency_key=asked.idempotency_key,
        )
        return _reply(gate.check_quote(call), preview=dry_run)

    return (
        Route(
            method="POST",
            path="/v1/quotes/check",
            name="checkQuote",
            group="Quotes",
            summary="Check a quote",
            about=(
                "Validates the quote against all policies in force and answers allow, flag or block, with every finding, the "
                "money at risk, the smallest change that clears it, and who must approve otherwise. The decision is on record "
                "before the answer is sent. The same content under the same policies gets the same decision."
            ),
            scope=Scope.CHECK,
            takes=Content(schema="Quote"),
            answers=Content(schema="Decision", about="The decision."),
            also_answers=((UNCHECKED, Content(schema="Unchecked", about=_UNCHECKED)),),
            query=(
                flag_parameter(
                    "dry_run",
                    "With true, a preview: the decision is worked out and nothing is stored, not even a refused body.",
                    default=False,
                ),
            ),
            problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT, NOT_READY),
            waits=True,
            handle=check,
        ),
    )


def _reply(answer: Answer, *, preview: bool) -> Reply:
    measures = answer.measures
    told = Told(
        decision_id=answer.decision_id,
        verdict="unchecked" if answer.status == UNCHECKED else answer.verdict,
        preview=preview,
        replayed=answer.replayed,
        measures=measures,
    )
    return Reply(status=answer.status, body=answer.body, headers=_REPLAYED if answer.replayed else (), told=told)
