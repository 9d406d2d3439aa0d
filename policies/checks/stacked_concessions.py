"""Whether a line's concessions together come to more than the discount that it shows.

The effective discount is 1 - net cash / list cash over the term. Shown is what the recorded discounts come to, one after
the other, or, where none is recorded, net price against list price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from policies.domain.charge import ChargeType, Line
from policies.domain.company import Thresholds
from policies.domain.finding import Change, Evidence
from policies.domain.money import plain
from policies.domain.quote import Quote
from policies.domain.schedule import Unscheduled, charges, resolve
from policies.domain.waterfall import active_at, explains, percent_off, price_after, readable
from policies.domain.wording import called, listed
from policies.facts import LineFacts, QuoteFacts, at_list, priced_segments

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
DAYS_AND_PERCENT: Final = Decimal(365 * 100)
SAME: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Concessions:
    """What a line shows and what it comes to, in percent of list, and the kinds of concession behind it."""

    facts: LineFacts
    quote: QuoteFacts
    own_list: Decimal
    list_total: Decimal
    shown: Decimal
    effective: Decimal
    basis: str
    kinds: tuple[str, ...]


def run(facts: LineFacts, quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    line = facts.line
    if not (line.ramp or line.free_months or line.billing_start_date or quote.quote.billing_start_date):
        listed_at = line.list_unit_price
        if (listed_at is None or listed_at == facts.list_unit_price) and _shows_all(facts):
            return SATISFIED
    if line.charge_type is not ChargeType.RECURRING:
        return NOT_APPLICABLE
    return _judged(facts, quote)


def _shows_all(facts: LineFacts) -> bool:
    """Whether a line at one price plainly says how far it is under list: the common case, told quickly."""
    discounts, effective = facts.line.discounts, facts.discount_percent
    if not discounts:
        return True
    if len(discounts) > 1 or effective is None:
        return False
    only = discounts[0]
    return only.percent is not None and only.starts_on is None and effective <= only.percent


def _judged(facts: LineFacts, quote: QuoteFacts) -> CheckResult:
    own_list = facts.line.list_unit_price or facts.list_unit_price
    if not own_list or not facts.list_total:
        return Undetermined(f"no list price for {facts.line.product_id} in the catalog or on the line")
    if facts.net_total is None:
        return Undetermined(f"the total of line {facts.line.line_id} cannot be told without its term")
    shown = _shown(facts, own_list)
    if shown is None:
        return Undetermined(f"line {facts.line.line_id} has no single net unit price to hold against its list price")
    effective, basis = _effective(facts, quote, percent_off(facts.list_total, facts.net_total))
    tolerance = (quote.company.thresholds if quote.company is not None else Thresholds()).discount_tolerance_percent
    if effective - shown <= tolerance:
        return SATISFIED
    concessions = _Concessions(
        facts=facts,
        quote=quote,
        own_list=own_list,
        list_total=facts.list_total,
        shown=shown,
        effective=effective,
        basis=basis,
        kinds=_kinds(facts, quote, own_list),
    )
    return SATISFIED if _is_free_time_alone(concessions) else _violated(concessions)


def _effective(facts: LineFacts, quote: QuoteFacts, nominal: Decimal) -> tuple[Decimal, str]:
    """The effective discount in percent and how it was counted: at present value where the company states a rate."""
    payment = quote.company.payment_terms if quote.company is not None else None
    rate, list_price = payment and payment.annual_rate_percent, facts.list_unit_price
    if not rate or list_price is None or facts.term is None or not _comes_at_other_times(facts, quote):
        return nominal, "cash is added up as it is, without interest"
    at_once = replace(quote.quote, billing_start_date=None)
    net = _present_value(facts.line, quote.quote, facts, rate)
    full = _present_value(at_list(facts.line, list_price), at_once, facts, rate)
    if net is None or not full:
        return nominal, "cash is added up without interest: when it is billed is not known"
    return percent_off(
        full, net
    ), f"present value at {plain(rate)} % a year (company.yaml: payment_terms.annual_rate_percent)"


def _comes_at_other_times(facts: LineFacts, quote: QuoteFacts) -> bool:
    line = facts.line
    dated = any(not each.is_open_ended or each.starts_on is not None for each in line.discounts)
    starts_later = line.billing_start_date is not None or quote.quote.billing_start_date is not None
    return bool(line.ramp or line.free_months or dated or starts_later)


def _present_value(line: Line, quote: Quote, facts: LineFacts, rate: Decimal) -> Decimal | None:
    """What the line's charges are worth on the first day of the term, at simple interest by days."""
    try:
        billed = charges(resolve(line, quote, price_period=facts.price_period))
    except Unscheduled:
        return None
    start = facts.term.start if facts.term is not None else billed[0].invoice_date
    return sum(
        (each.amount / (ONE + rate * (each.invoice_date - start).days / DAYS_AND_PERCENT) for each in billed), ZERO
    )


def _shown(facts: LineFacts, own_list: Decimal) -> Decimal | None:
    """The discount in percent that a reader of the line sees."""
    line = facts.line
    active = active_at(line, facts.term.start if facts.term is not None else None)
    if active:
        return percent_off(own_list, price_after(own_list, active))
    net = line.net_unit_price if line.net_unit_price is not None else priced_segments(facts)[0].net_unit_price
    return None if net is None else percent_off(own_list, net)


def _kinds(facts: LineFacts, quote: QuoteFacts, own_list: Decimal) -> tuple[str, ...]:
    line, catalog_list = facts.line, facts.list_unit_price
    billed_from, term = line.billing_start_date or quote.quote.billing_start_date, facts.term
    found = []
    if catalog_list is not None and own_list < catalog_list:
        found.append("a list price under the catalog's")
    starts_on = term.start if term is not None else None
    if line.discounts and not line.ramp and not explains(line, own_list, active_at(line, starts_on), quote.currency):
        found.append("a price under list less discounts")
    elif line.discounts:
        found.append("discounts")
    if line.ramp:
        found.append("a ramp")
    if line.free_months or (billed_from is not None and term is not None and billed_from > term.start):
        found.append("free time")
    return tuple(found)


def _is_free_time_alone(concessions: _Concessions) -> bool:
    """Nothing is stacked where free time is all that is given: free-period holds it against the rep's authority."""
    return concessions.kinds == ("free time",) and concessions.shown <= ZERO


def _violated(concessions: _Concessions) -> Violated:
    line, effective, shown = concessions.facts.line, concessions.effective, concessions.shown
    return Violated(
        evidence=(
            Evidence(
                field=f"lines[{line.line_id}].discount_percent",
                actual=plain(readable(shown)),
                expected=plain(readable(effective)),
                expected_from="net cash against list cash over the term",
            ),
        ),
        loss=Loss(
            remaining_term=(effective - shown) * concessions.list_total / HUNDRED,
            assumptions=(concessions.basis,),
        ),
        reports={
            "name": called(line),
            "shown": readable(shown),
            "effective": readable(effective),
            "concessions": listed(concessions.kinds) or "the price",
        },
        changes=_changes(concessions),
        remedy_text=_advice(concessions),
        approver=_approver(concessions),
    )


def _advice(concessions: _Concessions) -> str:
    if "free time" in concessions.kinds or "a ramp" in concessions.kinds:
        return f"Take concessions out, or give them as a discount of {plain(readable(concessions.effective))} % that is shown"
    return f"Show the discount of {plain(readable(concessions.effective))} % that the price comes to"


def _changes(concessions: _Concessions) -> tuple[Change, ...]:
    """Bill from the first day where free time is what hides; record the true discount where it is the price."""
    line, index = concessions.facts.line, concessions.facts.index
    if "a ramp" in concessions.kinds:
        return ()
    if "free time" in concessions.kinds:
        return (
            _without_free_time(concessions) if len(concessions.kinds) == 2 and "discounts" in concessions.kinds else ()
        )
    changes = []
    catalog_list, net = concessions.facts.list_unit_price, line.net_unit_price
    if net is None or catalog_list is None or len(line.discounts) > 1:
        return ()
    if concessions.own_list != catalog_list:
        changes.append(Change(path=f"/lines/{index}/list_unit_price", value=catalog_list))
    if line.discounts and line.discounts[0].percent is not None:
        percent = percent_off(catalog_list, net).quantize(SAME)
        changes.append(Change(path=f"/lines/{index}/discounts/0/percent", value=percent))
    elif line.discounts:
        changes.append(Change(path=f"/lines/{index}/discounts/0/amount", value=catalog_list - net))
    return tuple(changes)


def _without_free_time(concessions: _Concessions) -> tuple[Change, ...]:
    line, index, term = concessions.facts.line, concessions.facts.index, concessions.facts.term
    changes = []
    if line.free_months:
        changes.append(Change(path=f"/lines/{index}/free_months", value=ZERO))
    billed_from = line.billing_start_date or concessions.quote.quote.billing_start_date
    if term is not None and billed_from is not None and billed_from > term.start:
        path = f"/lines/{index}/billing_start_date" if line.billing_start_date is not None else "/billing_start_date"
        changes.append(Change(path=path, value=term.start))
    return tuple(changes)


def _approver(concessions: _Concessions) -> str | None:
    """Who may give the effective discount, where that is beyond the rep's own authority; else the policy's approver."""
    quote, rep = concessions.quote, concessions.quote.quote.rep
    limit = quote.authority(concessions.facts.product_family)
    table = quote.company.discount_authority if quote.company is not None else None
    if table is None or isinstance(limit, str) or concessions.effective <= limit.strictest:
        return None
    sale = quote.sale(concessions.facts.product_family)

    def covers(role: str) -> bool:
        limit = limit_of(table, role, sale)
        return limit is not None and concessions.effective <= limit.strictest

    return approver_of(table, rep.role if rep is not None else None, covers)


CHECK: Final = Check(
    name="stacked-concessions",
    scope=Scope.LINE,
    run=run,
    summary="Holds the effective discount of a line over its term against the discount that it shows.",
    reports=("name", "shown", "effective", "concessions"),
    reads=(
        "list_unit_price",
        "net_unit_price",
        "discounts",
        "ramp",
        "free_months",
        "billing_start_date",
        "start_date",
        "end_date",
        "term_months",
    ),
)
