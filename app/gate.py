"""The gate for quotes: what HTTP and the command line call to have one judged and the decision recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from app.answering import Answering, Judged, Limits, Work
from app.assess import Answer, Call, assess, nobody
from app.desk.consents import on_record
from app.recording import Sender, approved_contents, context_of
from app.rendering import render
from app.rules import Rules
from app.scored import ByIndex, Scoring, scoring_context
from app.store import Store
from app.store.own_secrets import RANDOM_RELEASE
from cpq_hooks.canonical import load_quote
from policies.domain.company import Company, FailMode
from policies.domain.outcome import SubjectType
from policies.domain.quote import Quote, Stage
from scoring.decide import lots_by

ROUTE: Final = "POST /v1/quotes/check"
SMALL: Final = 256 * 1024
"""Bodies up to this size are judged in a few milliseconds, far within any wait of a second or more."""


class QuoteGate:
    """Judges quotes by the rules and the model in force and records each decision before it is answered."""

    route = ROUTE
    small = SMALL

    def __init__(
        self,
        store: Store,
        rules: Callable[[], Rules],
        clock: Callable[[], datetime],
        limits: Limits,
        *,
        scoring: Callable[[], Scoring] = ByIndex,
        simulated: bool = False,
    ) -> None:
        self._store = store
        self._scoring = scoring
        self._rules = rules
        self._clock = clock
        self._limits = limits
        self._simulated = simulated
        self._answering = Answering(self, store, clock, limits)

    def check_quote(self, call: Call) -> Answer:
        """The decision on a quote, or, where the caller's time is up first, that it is not checked yet."""
        return self._answering.answer(call)

    def close(self) -> None:
        """Finish what is under way."""
        self._answering.close()

    def judge(self, work: Work) -> Judged:
        """The decision on the quote of a call, not recorded yet."""
        document = work.document(self._limits.max_bytes)
        work.step("parse")
        quote = work.record = load_quote(document, max_lines=self._limits.max_lines)
        work.step("schema")
        rules = self._rules()
        as_of = self._clock()
        reviewed = on_record(self._store, SubjectType.QUOTE, quote.quote_id)
        approved = approved_contents(quote, self._store, reviewed.decisions)
        materials = {content: each.material for content, each in approved.items()}
        notes = work.call.notes
        assessed = assess(
            quote,
            rules,
            as_of=as_of,
            decision_id=work.decision_id,
            approved=materials,
            notes=notes,
            consents=reviewed.consents,
            waivers=reviewed.waivers,
            scoring=self._scoring(),
            lots=nobody if work.call.dry_run else self._lots,
        )
        decision = replace(assessed.decision, simulated=self._simulated or assessed.decision.simulated)
        work.step("policies")
        body = render(decision, document, duration_ms=work.milliseconds)
        work.step("answer")
        scored = scoring_context(assessed.scored, released=decision.risk.released)
        return Judged(
            decision=decision,
            body=body,
            lines=len(quote.lines),
            rules=rules,
            sender=Sender.of_quote(quote),
            context=context_of(approved, rules, notes, reviewed.context(), scored),
        )

    def _lots(self, content: str, share_percent: Decimal) -> bool:
        """Drawn by a secret of the installation: nobody can work out which content would be let go."""
        return lots_by(self._store.secrets.of(RANDOM_RELEASE))(content, share_percent)

    def meanwhile(self, work: Work) -> tuple[FailMode, str]:
        """What is done until a late check is there: by the fail mode of the quote's stage, work goes on or is held."""
        quote: Quote | None = work.record
        mode = fail_mode(None if quote is None else quote.stage, self._rules().company)
        goes_on = "work may go on meanwhile" if mode is FailMode.OPEN else "hold it until then"
        return mode, f"Not checked within {work.call.wait_seconds:g} seconds; the check goes on, {goes_on}."


def fail_mode(stage: Stage | None, company: Company | None) -> FailMode:
    """Whether a quote that is not checked goes on or is held: as the company says of its stage, else work goes on until it
    is approved.
    """
    mode = company.fail_modes.get(stage) if company is not None and stage is not None else None
    if mode is None:
        mode = FailMode.OPEN if stage in (Stage.DRAFT, Stage.SUBMITTED) else FailMode.HOLD
    return mode
