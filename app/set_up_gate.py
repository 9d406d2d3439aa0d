"""The gate for billing configurations: each is verified, recorded and stored before it is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.answering import Answering, Judged, Limits, Work
from app.assess import Answer, Call, Caller
from app.desk.consents import on_record
from app.ingest import BILLING_CONFIGURATIONS, document_of
from app.known import context_of, look_up
from app.recording import Sender
from app.rendering import render_set_up
from app.rules import Rules
from app.store import Document, DocumentKind, HoldStep, Store
from app.verify import Known, set_up, verify
from cpq_hooks.canonical import VerifyRequest, load_verify_request
from policies.domain.billing import BillingConfiguration
from policies.domain.company import FailMode
from policies.domain.decision import Decision
from policies.domain.outcome import SubjectType
from policies.holding import hold_after

ROUTE: Final = "POST /v1/billing-configurations/verify"
SMALL: Final = 0
"""However small a body is, finding out why its bills part and proving what mends them may take longer than its caller waits."""


class SetUpGate:
    """Verifies billing configurations by the rules in force. Each decision is recorded before it is answered."""

    route = ROUTE
    small = SMALL

    def __init__(
        self,
        store: Store,
        rules: Callable[[], Rules],
        clock: Callable[[], datetime],
        limits: Limits,
        *,
        simulated: bool = False,
    ) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._limits = limits
        self._simulated = simulated
        self._answering = Answering(self, store, clock, limits)

    def verify(self, call: Call) -> Answer:
        """The decision on a billing configuration, or, where the caller's time is up first, that it is not verified yet."""
        return self._answering.answer(call)

    def close(self) -> None:
        """Finish what is under way."""
        self._answering.close()

    def judge(self, work: Work) -> Judged:
        """The decision on the configuration of a call, not recorded yet."""
        sent = work.document(self._limits.max_bytes)
        work.step("parse")
        request: VerifyRequest = load_verify_request(sent, max_lines=self._limits.max_lines)
        work.record = request
        work.step("schema")
        rules, known = self._rules(), look_up(request, self._store)
        verified = set_up(request.configuration, request.previews, known, rules, self._clock())
        notes = work.call.notes
        configuration_id = request.configuration.billing_configuration_id
        reviewed = on_record(self._store, SubjectType.BILLING_CONFIGURATION, configuration_id)
        decided = verify(
            verified,
            rules,
            decision_id=work.decision_id,
            compared_with=known.compared_with,
            notes=notes,
            reviewed=reviewed,
        )
        simulated = self._simulated or decided.decision.simulated
        decided = replace(decided, decision=replace(decided.decision, simulated=simulated))
        work.step("policies")
        body = render_set_up(decided, sent, duration_ms=work.milliseconds)
        work.step("answer")
        return Judged(
            decision=decided.decision,
            body=body,
            lines=len(request.configuration.charges),
            rules=rules,
            sender=_sender(request.configuration, known),
            context=context_of(known, rules, notes, reviewed.context()),
            document=(
                DocumentKind.BILLING_CONFIGURATION,
                _document(request.configuration, known, work.call.caller, simulated=simulated),
            ),
            hold=_hold(decided.decision, request.configuration, known, rules),
        )

    def meanwhile(self, work: Work) -> tuple[FailMode, str]:
        """At the first invoice what is not verified is held."""
        seconds = f"{work.call.wait_seconds:g} seconds"
        return FailMode.HOLD, f"Not verified within {seconds}; that goes on, hold the first invoice until then."


def _hold(decision: Decision, configuration: BillingConfiguration, known: Known, rules: Rules) -> HoldStep:
    """What the decision does to the hold on the first invoice, to be found by its agreement whatever it names itself."""
    named = replace(
        configuration,
        agreement_id=configuration.agreement_id or known.agreement.agreement_id,
        account=configuration.account or known.agreement.terms.account,
    )
    return HoldStep(
        billing_configuration_id=configuration.billing_configuration_id,
        after=lambda hold: hold_after(decision, named, hold, rules.company, decision.evaluated_at),
    )


def _sender(configuration: BillingConfiguration, known: Known) -> Sender:
    """Where the configuration came from; whose deal it is, the agreement knows."""
    account = configuration.account or known.agreement.terms.account
    return replace(
        Sender.of_quote(known.agreement.terms),
        source=configuration.source,
        account_id=None if account is None else account.account_id,
    )


def _document(configuration: BillingConfiguration, known: Known, caller: Caller, *, simulated: bool) -> Document:
    """The configuration as it is stored, to be found by its agreement whatever it names itself."""
    document = document_of(BILLING_CONFIGURATIONS, configuration)
    account = known.agreement.terms.account
    return replace(
        document,
        agreement_id=document.agreement_id or known.agreement.agreement_id,
        account_id=document.account_id or (None if account is None else account.account_id),
        parent_id=document.parent_id or known.agreement.quote_id,
        key_id=caller.key_id,
        simulated=simulated,
    )
