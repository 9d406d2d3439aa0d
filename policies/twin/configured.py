"""Streams of billing: each charge of a configuration as billing will act on it.

What changes a bill by being absent is what it is: no overage price, no discount, no minimum, no uplift, no free time
stated means that billing has none. What no bill can be made without is taken from the agreement's line and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from policies.domain.charge import BillingFrequency, BillingTiming, ChargeModel, ChargeType, Line, PricePeriod, UpliftAt
from policies.domain.money import RoundingPolicy
from policies.domain.period import Period
from policies.domain.quote import Quote
from policies.domain.terms import Terms, Unscheduled, resolve
from policies.twin.model import Assumed, Side, Stream
from policies.twin.renewing import renewed

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge, BillingConfiguration
    from policies.twin.horizon import Horizon

_ONE_DAY = timedelta(days=1)
_BY_THE_TERM = frozenset({PricePeriod.TERM, BillingFrequency.TERM, BillingFrequency.ONCE})
_TIERED = frozenset({ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.STAIRSTEP})


def billing_stream(
    charge: BillingCharge,
    index: int,
    configuration: BillingConfiguration,
    lines: Sequence[Stream],
    horizon: Horizon,
    *,
    starts: Sequence[date] | None = None,
) -> Stream:
    """A charge as a stream; `lines` are those of the agreement that it was matched with, perhaps none. Never raises.

    `starts` spares looking through all charges for their starts each time: the earliest is enough.

    Start: the charge's own; else the first invoice date where it is billed in advance; else the agreement's. A first
    invoice date later than a stated start moves no start: the charge is billed from its start on, and what would have been
    invoiced before that date is invoiced on it. (Platforms that skip it instead are reported on their own.)

    End: a charge without one goes on, by its own calendar, to the end of the horizon. One that ends with the agreement or later goes on into the
    renewal only where the configuration renews by itself; one that ends before, because another replaced it, bills only
    its own days. One that starts only after the horizon bills nothing in it: no terms, and nothing unscheduled.

    A price for the term pays for the time that the agreement's does where the charge has the days of its line: one that an
    amendment ended is billed in part.

    Calendar: the `billing_anchor_day`'s; else the agreement's where the charge starts on a day on which the line's terms
    start; else that of the whole configuration where the charge goes on as long as it does; else the charge's own.
    """
    model = _model(lines, charge.terms.start_date)
    start = _start(charge, configuration, model, horizon)
    filled = [*([] if start is None else [start]), *_filled(charge.terms, model)]
    values: dict[str, Any] = {each.field: each.value for each in filled}
    line = replace(charge.terms, **values) if values else charge.terms
    terms: tuple[Terms, ...] = ()
    unscheduled = None
    try:
        known = _starts(configuration) if starts is None else starts
        terms = tuple(_terms(charge, line, configuration, lines, horizon, known))
    except Unscheduled as unknown:
        unscheduled = unknown.reason
    return Stream(
        side=Side.BILLING,
        id=charge.charge_id,
        index=index,
        line=line,
        terms=terms,
        renewal=_renewal(terms, horizon),
        assumed=tuple(
            [Assumed(field=each.field, value=str(each.value), taken_from=each.taken_from) for each in filled]
        ),
        unscheduled=unscheduled,
    )


class _Model(NamedTuple):
    """The terms of the agreement that hold when a charge starts, and whose they are."""

    terms: Terms
    whose: str


class _Fill(NamedTuple):
    """What a charge does not state and no bill can be made without."""

    field: str
    value: object
    taken_from: str


def _model(lines: Sequence[Stream], start: date | None) -> _Model | None:
    """Of the lines' terms those that hold on the charge's start; the first ones where none does or it is not stated."""
    found = [_Model(terms, f"line {line.id} of the agreement") for line in lines for terms in line.terms]
    if start is not None:
        for each in found:
            if each.terms.term is not None and each.terms.term.contains(start):
                return each
    return found[0] if found else None


def _start(
    charge: BillingCharge, configuration: BillingConfiguration, model: _Model | None, horizon: Horizon
) -> _Fill | None:
    """The first day of a charge that states none."""
    if charge.terms.start_date is not None:
        return None
    first = configuration.first_invoice_date
    if first is not None and _is_in_advance(charge.terms, model):
        return _Fill("start_date", first, "first_invoice_date")
    if model is not None and model.terms.term is not None:
        return _Fill("start_date", model.terms.began, model.whose)
    return None if horizon.term is None else _Fill("start_date", horizon.term.start, "the agreement")


def _is_in_advance(line: Line, model: _Model | None) -> bool:
    if line.charge_type is ChargeType.USAGE:
        return False
    timing = line.billing_timing
    if timing is None and model is not None:
        timing = model.terms.billing_timing
    return timing is not BillingTiming.IN_ARREARS


def _filled(line: Line, model: _Model | None) -> Iterator[_Fill]:
    if model is None:
        return
    terms, whose = model
    is_once = line.charge_type is ChargeType.ONE_TIME or line.price_period is PricePeriod.ONE_TIME
    is_usage = line.charge_type is ChargeType.USAGE
    if not is_once:
        for name in ("price_period", "billing_frequency") if is_usage else _RHYTHM:
            value = getattr(terms, name)
            if getattr(line, name) is None and value is not None:
                yield _Fill(name, value, whose)
    if line.charge_model is None and _is_told_by_the_agreement(line, terms.line.charge_model):
        yield _Fill("charge_model", terms.line.charge_model, whose)
    if line.quantity is None and not is_usage and terms.line.quantity is not None:
        yield _Fill("quantity", terms.line.quantity, whose)


_RHYTHM = ("price_period", "billing_frequency", "billing_timing")


def _is_told_by_the_agreement(line: Line, sold: ChargeModel | None) -> bool:
    """Whether the model that was sold says how to read a price that says nothing of itself: a tier table, or one price."""
    if line.package is not None or line.percentage is not None:
        return False
    return sold in _TIERED if line.tiers else sold is ChargeModel.FLAT


def _terms(
    charge: BillingCharge,
    line: Line,
    configuration: BillingConfiguration,
    lines: Sequence[Stream],
    horizon: Horizon,
    starts: Sequence[date],
) -> Iterator[Terms]:
    """The terms of a charge with a start, over its own days and as far as it goes on."""
    until, start = _until(line, configuration, lines, horizon), line.start_date
    if until is not None and line.end_date is None and start is not None and start >= until:
        return
    boundary = None if horizon.term is None else horizon.term.end
    goes_on = _goes_on(line, boundary, until)
    end = boundary if goes_on else until
    terms = _resolved(charge, line, configuration, lines, end, boundary, starts)
    if not goes_on or until is None or terms.comes_once:
        yield terms
    elif _starts_again(terms) or (line.end_date is not None and _is_cut(terms)):
        yield terms
        yield renewed(terms, Period(terms.dated.end, until))
    else:
        yield replace(terms, term=Period(terms.dated.start, until))


def _goes_on(line: Line, boundary: date | None, until: date | None) -> bool:
    """Whether billing goes on with a charge beyond the agreement's term, which it was set up for."""
    if (
        boundary is None
        or until is None
        or until <= boundary
        or (line.start_date is not None and line.start_date >= boundary)
    ):
        return False
    return line.end_date is None or line.end_date < boundary


def _until(line: Line, configuration: BillingConfiguration, lines: Sequence[Stream], horizon: Horizon) -> date | None:
    """The day after the last on which billing goes on with a charge; None where nothing says."""
    ends = [each.renewal.end for each in lines if each.renewal is not None]
    horizon_end = max(ends) if ends else horizon.end
    if line.end_date is None:
        return horizon_end
    end = line.end_date + _ONE_DAY if line.end_date < date.max else line.end_date
    lasts = horizon.term is not None and end >= horizon.term.end
    if lasts and configuration.auto_renew and horizon_end is not None:
        return max(end, horizon_end)
    return end


def _starts_again(terms: Terms) -> bool:
    """Whether a renewed term is billed as one of its own: a price or an invoice for the term, or a rise at renewal."""
    line = terms.line
    commitment = line.minimum_commitment
    return (
        terms.price_period in _BY_THE_TERM
        or terms.billing_frequency in _BY_THE_TERM
        or (commitment is not None and commitment.period in _BY_THE_TERM)
        or (bool(line.uplift_percent) and line.uplift_at is UpliftAt.RENEWAL)
    )


def _is_cut(terms: Terms) -> bool:
    """Whether the end of the terms, which the charge states, cuts an invoice short, so that the renewal has one of its own."""
    return terms.billing_frequency is not None and not terms.billing_periods(terms.dated)[-1].is_whole


def _resolved(
    charge: BillingCharge,
    line: Line,
    configuration: BillingConfiguration,
    lines: Sequence[Stream],
    end: date | None,
    boundary: date | None,
    starts: Sequence[date],
) -> Terms:
    """The charge's terms on the calendar that it follows: to its own end, else up to the day `end`."""
    ends = end if line.end_date is None else boundary
    zone = configuration.time_zone
    if zone is None and configuration.account is not None:
        zone = configuration.account.time_zone
    shared = Quote(
        quote_id=configuration.billing_configuration_id,
        currency=configuration.currency,
        lines=(),
        start_date=min(starts, default=None),
        end_date=None if ends is None else ends - _ONE_DAY,
    )
    terms = resolve(line, shared)
    if terms.comes_once and terms.term is None:
        raise Unscheduled("the start date is not stated")
    model = next((each for own in lines for each in own.terms if _starts_with(each, terms)), None)
    anchor = terms.anchor if model is None else model.anchor
    anchor_day = configuration.billing_anchor_day
    first = configuration.first_invoice_date
    return replace(
        terms,
        billing_start=_after_trial(charge, terms),
        anchor=anchor,
        rounding=configuration.rounding or _agreed_rounding(lines),
        anchor_day=None if anchor is None or anchor_day == anchor.day else anchor_day,
        time_zone=zone,
        priced_until=model.priced_until if model is not None and model.dated.end == terms.dated.end else None,
        first_invoice=first if first is not None and first > terms.dated.start else None,
    )


def _starts(configuration: BillingConfiguration) -> list[date]:
    """The days on which the charges start, of those that say so."""
    return [each.terms.start_date for each in configuration.charges if each.terms.start_date is not None]


def _agreed_rounding(lines: Sequence[Stream]) -> RoundingPolicy:
    """What the agreement rounds by, which moves a cent at most: silence is no difference worth telling."""
    return next((terms.rounding for line in lines for terms in line.terms), RoundingPolicy.ROUND_THEN_SUM)


def _starts_with(agreed: Terms, terms: Terms) -> bool:
    return agreed.anchor is not None and agreed.term is not None and agreed.dated.start == terms.dated.start


def _after_trial(charge: BillingCharge, terms: Terms) -> date | None:
    """The first day that billing bills, after a trial from the charge's start. What comes once has no trial."""
    if not charge.trial_days or terms.comes_once:
        return terms.billing_start
    after = terms.dated.start + timedelta(days=charge.trial_days)
    return after if terms.billing_start is None else max(after, terms.billing_start)


def _renewal(terms: Sequence[Terms], horizon: Horizon) -> Period | None:
    """The renewed term, where the charge goes on into it."""
    renewal, last = horizon.renewal, terms[-1].term if terms else None
    return renewal if renewal is not None and last is not None and last.end > renewal.start else None
