"""POST /v1/quotes/check: a quote in, a decision out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.api.answers import DRY_RUN, UNCHECKED, call_of, reply_of
from app.api.route import Asked, Content, Reply, Route
from app.assess import Gate
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, NOT_READY
from app.store import Scope
from policies.domain.outcome import SubjectType

_UNCHECKED: Final = (
    "The caller's time was up first. Whether work may go on meanwhile is decided by the quote's stage; the check goes on, and the "
    "decision can be looked up by its id."
)


def quote_routes(gate: Gate, *, default_wait: timedelta) -> tuple[Route, ...]:
    """The routes that judge quotes."""

    def check(asked: Asked) -> Reply:
        call = call_of(asked, default_wait)
        return reply_of(gate.check_quote(call), call, SubjectType.QUOTE)

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
            query=(DRY_RUN,),
            problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT, NOT_READY),
            waits=True,
            handle=check,
        ),
    )
