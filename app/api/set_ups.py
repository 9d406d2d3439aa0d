"""POST /v1/billing-configurations/verify: a billing configuration in, a decision out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.api.answers import DRY_RUN, UNCHECKED, call_of, reply_of
from app.api.route import Asked, Content, Reply, Route
from app.assess import Verifier
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, NOT_READY
from app.store import Scope
from policies.domain.outcome import SubjectType

_UNCHECKED: Final = "The caller's time was up first. The first invoice is to be held until the decision is there; it can be looked up by its id."


def set_up_routes(verifier: Verifier, *, default_wait: timedelta) -> tuple[Route, ...]:
    """The routes that verify billing configurations."""

    def verify(asked: Asked) -> Reply:
        call = call_of(asked, default_wait)
        return reply_of(verifier.verify(call), call, SubjectType.BILLING_CONFIGURATION)

    return (
        Route(
            method="POST",
            path="/v1/billing-configurations/verify",
            name="verifyBillingConfiguration",
            group="Billing configurations",
            summary="Verify a billing configuration",
            about=(
                "Works out every invoice of the term and of one renewal, once from the agreement and once from what is set up in "
                "billing, at every use that could tell them apart, and answers with each difference: its cause, its money and the "
                "change of the configuration that mends it. The agreement is the one sent along as `agreement`, else the one that "
                "is stored under `agreement_id` or for `quote_id`. The configuration is stored, and verified again whenever its "
                "agreement changes."
            ),
            scope=Scope.VERIFY,
            takes=Content(schema="VerifyRequest"),
            answers=Content(schema="SetUpDecision", about="The decision."),
            also_answers=((UNCHECKED, Content(schema="Unchecked", about=_UNCHECKED)),),
            query=(DRY_RUN,),
            problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT, NOT_READY),
            waits=True,
            handle=verify,
        ),
    )
