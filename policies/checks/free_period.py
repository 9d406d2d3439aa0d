"""Free time at the start of a line: free months, or billing that starts after the service.

It is a discount by another name, so it needs the authority that the same discount would need: free days over the days of
the term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.authority import approver_of, limit_of
from policies.domain.charge import ChargeType
from policies.domain.finding import Change, Evidence
from policies.domain.money import plain
from policies.domain.period import Period, add_months
from policies.domain.schedule import Unscheduled, resolve
from policies.domain.waterfall import readable
from policies.domain.wording import called
from policies.facts import LineFacts, QuoteFacts, authority_unsure

HUNDRED: Final = Decimal(100)
DAYS_A_YEAR: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class _FreeTime:
    """The free days at the start of a term, as the discount that they come to, and the rep's limit in percent."""

    facts: LineFacts
    quote: QuoteFacts
    term: Period
    paid_from: date
    limit: Decimal

    @property
    def days(self) -> int:
        return (min(self.paid_from, self.term.end) - self.term.start).days

    @property
    def percent(self) -> Decimal:
        return Decimal(self.days) * HUNDRED / self.term.days

    @property
    def allowed_days(self) -> int:
        return int(self.term.days * self.limit / HUNDRED)


def run(facts: LineFacts, quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    line = facts.line
    if not line.free_months:
        billed_from = line.billing_start_date or quote.quote.billing_start_date
        if billed_from is None:
            return NOT_APPLICABLE
        if facts.term is not None and billed_from <= facts.term.start:
            return SATISFIED
    if line.charge_type is ChargeType.ONE_TIME:
        return NOT_APPLICABLE
    return _judged(facts, quote)


def _judged(facts: LineFacts, quote: QuoteFacts) -> CheckResult:
    line = facts.line
    try:
        terms = resolve(line, quote.quote, price_period=facts.price_period)
        term, paid_from = terms.dated, terms.paid_from
    except Unscheduled as gap:
        return Undetermined(gap.reason)
    if paid_from <= term.start:
        return SATISFIED
    limit = quote.authority(facts.product_family)
    if isinstance(limit, str):
        return Undetermined(limit)
    free = _FreeTime(facts=facts, quote=quote, term=term, paid_from=paid_from, limit=limit.strictest)
    if free.percent <= limit.strictest:
        return SATISFIED
    if free.percent <= limit.loosest:
        return Undetermined(authority_unsure(quote, facts.product_family))
    return _violated(free)


def _violated(free: _FreeTime) -> Violated:
    line_id = free.facts.line.line_id
    role = free.quote.quote.rep.role if free.quote.quote.rep is not None else None
    return Violated(
        evidence=_evidence(free, role),
        loss=_loss(free),
        reports={
            "name": called(free.facts.line),
            "days": free.days,
            "discount": readable(free.percent),
            "limit": free.limit,
            "paid_from": free.paid_from,
            "starts_on": free.term.start,
            "role": role,
        },
        changes=_changes(free),
        remedy_text=_advice(free),
        approver=_approver(free, role),
        clears_without_approval=f"line {line_id} free for {free.allowed_days} days or less",
    )


def _advice(free: _FreeTime) -> str:
    line = free.facts.line
    if line.free_months:
        months = _whole_months(free)
        return f"Give no more than {months} free month{'s' if months > 1 else ''}" if months else "Give no free month"
    return f"Bill line {line.line_id} from {_latest(free)} at the latest"


def _latest(free: _FreeTime) -> date:
    return free.term.start + timedelta(days=free.allowed_days)


def _evidence(free: _FreeTime, role: str | None) -> tuple[Evidence, ...]:
    line, source = free.facts.line, f"company.yaml: discount_authority, role {role}"
    found = []
    if line.free_months:
        expected = plain(Decimal(_whole_months(free)))
        field = f"lines[{line.line_id}].free_months"
        found.append(Evidence(field=field, actual=plain(line.free_months), expected=expected, expected_from=source))
    billed_from = line.billing_start_date or free.quote.quote.billing_start_date
    if billed_from is not None and billed_from > free.term.start:
        own = line.billing_start_date is not None
        field = f"lines[{line.line_id}].billing_start_date" if own else "billing_start_date"
        latest = _latest(free).isoformat()
        found.append(Evidence(field=field, actual=billed_from.isoformat(), expected=latest, expected_from=source))
    return tuple(found)


def _changes(free: _FreeTime) -> tuple[Change, ...]:
    """As much free time as the rep may give: in whole months where months are free, else in days."""
    line, index = free.facts.line, free.facts.index
    changes = []
    if line.free_months:
        months = Decimal(_whole_months(free))
        if months < line.free_months:
            changes.append(Change(path=f"/lines/{index}/free_months", value=months))
    billed_from = line.billing_start_date or free.quote.quote.billing_start_date
    if billed_from is not None and billed_from > _latest(free):
        path = f"/lines/{index}/billing_start_date" if line.billing_start_date is not None else "/billing_start_date"
        changes.append(Change(path=path, value=_latest(free)))
    return tuple(changes)


def _whole_months(free: _FreeTime) -> int:
    """The most whole months from the start of the term that stay within the rep's limit."""
    months = 0
    while add_months(free.term.start, months + 1) <= _latest(free):
        months += 1
    return months


def _approver(free: _FreeTime, role: str | None) -> str | None:
    table = free.quote.company.discount_authority if free.quote.company is not None else None
    if table is None:
        return None
    sale = free.quote.sale(free.facts.product_family)

    def covers(candidate: str) -> bool:
        limit = limit_of(table, candidate, sale)
        return limit is not None and free.percent <= limit.strictest

    return approver_of(table, role, covers)


def _loss(free: _FreeTime) -> Loss:
    """Free days / 365 * the line's yearly price."""
    facts = free.facts
    if facts.line.charge_type is ChargeType.USAGE:
        return Loss(already_lost=None, assumptions=("how much would be used in the free time is not known",))
    if facts.annual_net is None:
        return Loss(already_lost=None, assumptions=(f"the yearly price of line {facts.line.line_id} cannot be told",))
    lost = facts.annual_net * free.days / DAYS_A_YEAR
    return Loss(
        remaining_term=lost,
        assumptions=(f"{free.days} days at the line's net yearly price over {DAYS_A_YEAR} days",),
    )


CHECK: Final = Check(
    name="free-period",
    scope=Scope.LINE,
    run=run,
    summary="Holds free time at the start of a line against the rep's authority for the equivalent discount.",
    reports=("name", "days", "discount", "limit", "paid_from", "starts_on", "role"),
    reads=("free_months", "billing_start_date", "start_date", "end_date", "term_months", "product_id"),
)
