"""The use case: a billing configuration comes in, its bills are held against the agreement's, a decision goes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from app.assess import VALID_FOR
from app.desk.consents import NOTHING, OnRecord
from policies.approval import needs
from policies.domain.billing import first_invoice_of
from policies.domain.decision import Decision, NotAssessed, Risk, RiskStatus, Subject
from policies.domain.outcome import SubjectType
from policies.domain.period import local_date
from policies.setup_evaluation import evaluate_setup
from policies.twin.content import set_up_hash
from policies.twin.decision import (
    AgreementSource,
    AssumedTerm,
    ComparedWith,
    FirstMonth,
    MatchedCharges,
    PartOfMonth,
    SetUpDecision,
    Span,
)
from policies.twin.setup import SetUp, SetUpFacts
from policies.twin.twin import Expanding
from scoring.decide import by_urgency, headline, verdict

if TYPE_CHECKING:
    from app.rules import Rules
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.invoice import Invoice
    from policies.domain.material import Material
    from policies.twin.model import Matching, Month, Twin
    from policies.waiver import Waiver

NOT_SCORED: Final = Risk(
    status=RiskStatus.UNAVAILABLE,
    because="A set-up is not scored: what it will bill is worked out and compared, and the verdict rests on that.",
)
UNSIGNED: Final = "signed-differs-from-approved"
"""What cannot be judged as long as nobody has sent the signed agreement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a configuration is held against, wherever it was found: the agreement, and what the record knows of both."""

    agreement: Agreement
    compared_with: ComparedWith
    approved: Material | None = None
    approved_in: str | None = None
    previous: BillingConfiguration | None = None
    others: tuple[BillingConfiguration, ...] = ()


def set_up(
    configuration: BillingConfiguration, previews: tuple[Invoice, ...], known: Known, rules: Rules, as_of: datetime
) -> SetUp:
    """The set-up that is to be verified, as of a moment."""
    return SetUp(
        agreement=known.agreement,
        configuration=configuration,
        as_of=as_of,
        today=local_date(as_of, _time_zone(configuration, known.agreement)),
        previews=previews,
        company=rules.company,
        catalog=rules.catalog,
        approved=known.approved,
        approved_in=known.approved_in,
        previous=known.previous,
        others=known.others,
    )


def verify(
    verified: SetUp,
    rules: Rules,
    *,
    decision_id: str,
    compared_with: ComparedWith,
    notes: tuple[NotAssessed, ...] = (),
    reviewed: OnRecord = NOTHING,
) -> SetUpDecision:
    """The decision on a set-up; `notes` are what could not be judged already when it was read, `reviewed` what reviewers have
    let pass. It depends on nothing else, so the same arguments give the same decision at any later time.
    """
    expand = Expanding()
    both = expand(verified)
    facts = SetUpFacts(setup=verified, twin=both)
    content, waivers = set_up_hash(verified.agreement, verified.configuration), (*rules.waivers, *reviewed.waivers)
    consents = tuple(each for each in reviewed.consents if each.content_hash == content)
    evaluation = evaluate_setup(facts, rules.policies, waivers=waivers, consents=consents, expand=expand)
    findings = by_urgency(evaluation.findings)
    names = _names(verified)
    configuration, currency = verified.configuration, verified.agreement.terms.currency
    not_assessed = (*notes, *_unsigned(compared_with), *evaluation.not_assessed)
    decision = Decision(
        decision_id=decision_id,
        subject=Subject(
            type=SubjectType.BILLING_CONFIGURATION,
            id=configuration.billing_configuration_id,
            revision=configuration.revision,
            content_hash=content,
        ),
        verdict=verdict(findings),
        headline=headline(findings, rules.policies.titles(), names, currency, not_assessed),
        findings=findings,
        totals=evaluation.totals,
        currency=currency,
        risk=NOT_SCORED,
        approval=needs(findings, rules.company, verified.as_of),
        not_assessed=not_assessed,
        policy_version=rules.version,
        evaluated_at=verified.as_of,
        valid_until=_valid_until(verified, waivers),
        simulated=rules.simulated,
    )
    return _beside(decision, both, compared_with, names)


def _beside(decision: Decision, both: Twin, compared_with: ComparedWith, names: Mapping[str, str]) -> SetUpDecision:
    return SetUpDecision(
        decision=decision,
        compared_with=compared_with,
        term=Span.of(both.term),
        renewal=Span.of(both.renewal),
        first_months=tuple(_month(month, names) for month in both.months),
        matches=tuple(_matches(both.matching, names)),
        assumed=tuple(
            AssumedTerm(charge_id=charge_id, field=each.field, value=each.value, taken_from=each.taken_from)
            for charge_id, each in both.assumed
        ),
    )


def _month(month: Month, names: Mapping[str, str]) -> FirstMonth:
    parts = tuple(
        PartOfMonth(
            line_ids=part.line_ids,
            charge_ids=part.charge_ids,
            product_names=_named(part.line_ids, part.charge_ids, names),
            agreement=part.agreement,
            billing=part.billing,
            preview=part.preview,
            at_use=part.at_use,
        )
        for part in month.parts
    )
    return FirstMonth(
        period=month.period, agreement=month.agreement, billing=month.billing, preview=month.preview, parts=parts
    )


def _matches(matching: Matching, names: Mapping[str, str]) -> Iterator[MatchedCharges]:
    for match in matching.matches:
        yield MatchedCharges(
            line_ids=match.line_ids,
            charge_ids=match.charge_ids,
            product_names=_named(match.line_ids, match.charge_ids, names),
            by=match.basis,
            confidence=match.confidence,
        )
    for line_id in matching.lines_alone:
        yield MatchedCharges(line_ids=(line_id,), charge_ids=(), product_names=_named((line_id,), (), names))
    for charge_id in matching.charges_alone:
        yield MatchedCharges(line_ids=(), charge_ids=(charge_id,), product_names=_named((), (charge_id,), names))


def _names(verified: SetUp) -> dict[str, str]:
    """What lines and charges are called, by id; what was agreed goes before what was set up."""
    charges = verified.configuration.charges
    names = {charge.charge_id: charge.terms.product_name or charge.terms.product_id for charge in charges}
    amended = (line for amendment in verified.agreement.amendments for line in amendment.lines)
    for line in (*amended, *verified.agreement.terms.lines):
        names[line.line_id] = line.product_name or line.product_id
    return names


def _named(line_ids: tuple[str, ...], charge_ids: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Each product once: the lines' names, and the charges' where there are no lines."""
    return tuple(dict.fromkeys(names.get(each, each) for each in line_ids or charge_ids))


def _unsigned(compared_with: ComparedWith) -> Iterator[NotAssessed]:
    if compared_with.source is AgreementSource.QUOTE_DECISION:
        because = (
            f"no signed agreement is known, so the quote as decided in {compared_with.decision_id} was taken for it: "
            "send the agreement, or store it"
        )
        yield NotAssessed(policy_id=UNSIGNED, because=because)


def _valid_until(verified: SetUp, waivers: Iterable[Waiver]) -> datetime:
    """Until the first invoice is made, at least a day; and no longer than a waiver for the configuration holds."""
    configuration, zone = verified.configuration, ZoneInfo(_time_zone(verified.configuration, verified.agreement))
    until = verified.as_of + VALID_FOR
    first = first_invoice_of(configuration)
    if first is not None:
        until = max(until, datetime.combine(first, time(), zone).astimezone(UTC))
    ends = [
        datetime.combine(each.expires_on + timedelta(days=1), time(), zone).astimezone(UTC)
        for each in waivers
        if each.subject_id == configuration.billing_configuration_id
    ]
    return min([until, *(end for end in ends if end > verified.as_of)])


def _time_zone(configuration: BillingConfiguration, agreement: Agreement) -> str:
    account = configuration.account or agreement.terms.account
    return configuration.time_zone or (account.time_zone if account is not None else None) or "UTC"
