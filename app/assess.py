"""The use case: a quote comes in, a decision goes out, and the record holds it before anyone sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.lowering import IN_A_CHECK, Lowering
from app.scored import POLICIES_ALONE, Scored, Scoring
from policies.approval import cover, needs
from policies.derivation import derive
from policies.domain.decision import Decision, NotAssessed, Risk, Subject, Verdict
from policies.domain.material import content_hash
from policies.domain.outcome import SubjectType
from policies.evaluation import evaluate
from policies.waiver import apply_waivers
from scoring.decide import as_finding, by_urgency, drawn, headline, verdict, weighed, with_consent, with_limits

if TYPE_CHECKING:
    from app.rules import Rules
    from app.store import Beside
    from policies.domain.material import Material
    from policies.domain.quote import Quote
    from policies.domain.review import Consent
    from policies.facts import QuoteFacts
    from policies.waiver import Waiver

VALID_FOR: Final = timedelta(hours=24)
"""How long an answer may be acted on before it should be asked for again, unless the quote runs out earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the API key's id, or None where the command line asks."""

    key_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to judge a document: the bytes as they came, and how the caller wants to be served.

    `notes` say what could not be judged because whoever made the document of a vendor's did not understand it. `beside` is done
    in the transaction that records the decision, and `decision_id` is what this is to be known by where that was settled
    before. `punctual` asks for an answer in time however small the document is and whatever the database does. `document` is
    what `raw` reads as, where whoever wrote it still has it; nobody changes it.
    """

    raw: bytes
    caller: Caller
    dry_run: bool = False
    wait_seconds: float = 2.0
    idempotency_key: str | None = None
    notes: tuple[NotAssessed, ...] = ()
    beside: tuple[Beside, ...] = ()
    decision_id: str | None = None
    punctual: bool = False
    document: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What logs and metrics may know of a decision: counts, times and ids of ours, nothing of the customer's.

    `findings` are policy and effect; `seconds` is what each step took: parse, schema, policies, record, answer.
    """

    lines: int
    findings: tuple[tuple[str, str], ...] = ()
    not_assessed: tuple[str, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the caller gets: an HTTP status, the JSON body as recorded, and whether it is an earlier answer again.

    `measures` is None for an earlier answer: it was counted when it was given.
    """

    status: int
    body: bytes
    decision_id: str | None = None
    verdict: str | None = None
    replayed: bool = False
    measures: Measures | None = None


class Gate(Protocol):
    """What the HTTP API and the command line stand on."""

    def check_quote(self, call: Call) -> Answer:
        """Judge a quote. Raises what `app.errors` maps: bad input, a conflict of idempotency keys, a store that is away."""


class Verifier(Protocol):
    """What verifies billing configurations for the HTTP API and the command line."""

    def verify(self, call: Call) -> Answer:
        """Verify a billing configuration. Raises what a `Gate` raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A decision, and the score that it was made with."""

    decision: Decision
    scored: Scored


Lots = Callable[[str, Decimal], bool]
"""Whether the content of a hash is among a share in percent."""


def nobody(_: str, __: Decimal) -> bool:
    """No deal is let go at random."""
    return False


def assess(
    quote: Quote,
    rules: Rules,
    *,
    as_of: datetime,
    decision_id: str,
    approved: Mapping[str, Material] | None = None,
    notes: tuple[NotAssessed, ...] = (),
    consents: Sequence[Consent] = (),
    waivers: Sequence[Waiver] = (),
    scoring: Scoring = POLICIES_ALONE,
    lots: Lots = nobody,
) -> Assessed:
    """The decision on a quote as of a moment; `approved` holds what earlier approvals were given to, by content hash.
    `notes` are what could not be judged already when the quote was read. `consents` and `waivers` are those that reviews have
    on record, beside the quote's approvals and the waivers of the files. `scoring` says how likely it leaks, `lots` which
    contents are let go at random.

    It depends on nothing else, so the same arguments give the same decision at any later time.
    """
    waivers = (*rules.waivers, *waivers)
    content = content_hash(quote)
    facts = derive(quote, as_of=as_of, company=rules.company, catalog=rules.catalog, approved=approved)
    evaluation = evaluate(facts, rules.policies, waivers=waivers, consents=consents)
    findings = by_urgency(evaluation.findings)
    scored = scoring.score(facts, findings, as_of=as_of, content=content)
    risk = weighed(with_limits(scored.risk, scored.limits, rules.company), rules.company, quote.currency)
    if risk.effect is not None:
        risk = _consented(risk, facts, rules, waivers, consents)
        risk = drawn(risk, findings, rules.company, quote.currency, partial(lots, content))
        if risk.enforces and verdict(findings) is Verdict.ALLOW:
            lowering = Lowering(rules=rules, scoring=scoring.alone(), as_of=as_of, findings=findings, most=IN_A_CHECK)
            risk = lowering.lowered(risk, facts)
    names = {each.line.line_id: each.product_name for each in facts.lines} if findings else {}
    not_assessed = (*notes, *evaluation.not_assessed)
    decision = Decision(
        decision_id=decision_id,
        subject=Subject(type=SubjectType.QUOTE, id=quote.quote_id, revision=quote.revision, content_hash=content),
        verdict=verdict(findings, risk),
        headline=headline(findings, rules.policies.titles(), names, quote.currency, not_assessed, risk),
        findings=findings,
        totals=evaluation.totals,
        currency=quote.currency,
        risk=risk,
        approval=needs(
            (*findings, as_finding(risk, rules.company)) if risk.enforces else findings, rules.company, as_of
        ),
        not_assessed=not_assessed,
        policy_version=rules.version,
        evaluated_at=as_of,
        valid_until=_valid_until(quote, as_of),
        simulated=rules.simulated,
    )
    return Assessed(decision=decision, scored=scored)


def _consented(
    risk: Risk, facts: QuoteFacts, rules: Rules, waivers: Sequence[Waiver], consents: Sequence[Consent]
) -> Risk:
    """The risk with the consent that it was given. It depends on every field: what got worse anywhere asks again."""
    finding = as_finding(risk, rules.company)
    covered = cover((finding,), facts, lambda _: frozenset(), consents)
    [finding] = apply_waivers(covered, waivers, facts.quote.quote_id, facts.today)
    return with_consent(risk, finding)


def _valid_until(quote: Quote, as_of: datetime) -> datetime:
    end = as_of + VALID_FOR
    runs_out = quote.valid_until
    return min(end, runs_out) if runs_out is not None and runs_out > as_of else end
