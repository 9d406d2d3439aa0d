"""What ties an agreement to its configuration beside its prices: currency, renewal, and the time before it was set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.decision import NotAssessed
from policies.domain.finding import Change, Direction, Evidence, Exposure
from policies.domain.period import local_date
from policies.domain.schedule import charges
from policies.domain.terms import Unscheduled
from policies.twin.found import SURE, Found, difference
from policies.twin.model import Parting
from policies.twin.platforms import platform_of

if TYPE_CHECKING:
    from policies.domain.schedule import Charge
    from policies.twin.model import Difference, Matching, Stream
    from policies.twin.setup import SetUp

SKIPPED: Final = "elapsed-periods-skipped"
LIKELY: Final = Decimal("0.75")
ZERO: Final = Decimal(0)
BILLED_ELSEWHERE: Final = "already_billed_elsewhere"
"""A field of the configuration beside the canonical ones: that the time before it was billed by another system."""


def currency_differs(setup: SetUp) -> Iterator[Found]:
    """The agreement's currency against the configuration's; amounts of two currencies are never held together."""
    agreed, billed = setup.agreement.terms.currency, setup.configuration.currency
    if agreed != billed:
        yield difference(
            "currency-differs",
            Direction.COMPLIANCE,
            evidence=(Evidence(field="currency", actual=billed, expected=agreed, expected_from="the agreement"),),
            assumptions=("amounts in two currencies cannot be held against each other",),
            changes=(Change(path="/currency", value=agreed),),
            remedy_text=f"Bill in {agreed}, at the agreed prices",
            reports={"sold": agreed, "billed": billed},
        )


# -------------------------------------------------------------------------------------------------- renewal


def auto_renewal_differs(setup: SetUp, agreement: Sequence[Stream]) -> Iterator[Found]:
    """Whether both sides go on after the term. The money is what the agreement bills in one renewed term."""
    renewal, configured = setup.agreement.terms.renewal, setup.configuration.auto_renew
    agreed = None if renewal is None else renewal.auto_renew
    if agreed is None:
        return
    if configured is None:
        because = "the configuration does not say whether it renews by itself"
        yield NotAssessed(policy_id="auto-renewal-differs", because=because)
    elif agreed is not configured:
        amount, exposures = _renewed(agreement) if agreed else (None, ())
        yield difference(
            "auto-renewal-differs",
            Direction.UNDER if agreed else Direction.OVER,
            renewal_under=amount,
            exposures=exposures,
            assumptions=() if agreed else ("for how long billing would go on is not known",),
            evidence=(
                Evidence(
                    field="auto_renew", actual=_yes(configured), expected=_yes(agreed), expected_from="the agreement"
                ),
            ),
            changes=(Change(path="/auto_renew", value=agreed),),
            remedy_text=f"Switch auto-renewal {'on' if agreed else 'off'} in billing",
            reports={
                "agreed": "renews by itself" if agreed else "ends with its term",
                "set": "renew by itself" if configured else "stop",
            },
        )


def _renewed(agreement: Sequence[Stream]) -> tuple[Decimal | None, tuple[Exposure, ...]]:
    """What the renewed term bills without any use, on each line; None where that cannot be told."""
    exposures = []
    for stream in agreement:
        last = [each for each in stream.terms if stream.renewal is not None and each.term == stream.renewal]
        try:
            amount = sum((each.amount for terms in last for each in charges(terms)), ZERO)
        except Unscheduled:
            return None, ()
        if amount:
            exposures.append(Exposure(line_id=stream.id, amount=amount, period=stream.renewal))
    return sum((each.amount for each in exposures), ZERO), tuple(exposures)


def _yes(flag: bool) -> str:
    return "true" if flag else "false"


# -------------------------------------------------------------------------------------------- elapsed time


def elapsed_periods_skipped(setup: SetUp, matching: Matching, agreement: Sequence[Stream]) -> Iterator[Found]:
    """Agreed invoices for time that had passed before the first invoice of a configuration that was made late.

    Where the platform takes the current period of a past start as paid (`takes_past_as_paid`), that period counts too. What
    is said to be billed elsewhere is not looked for.
    """
    configuration = setup.configuration
    if configuration.created_at is None or configuration.extra.get(BILLED_ELSEWHERE):
        return
    zone = configuration.time_zone
    created = configuration.created_at.date() if zone is None else local_date(configuration.created_at, zone)
    platform = platform_of(configuration.source)
    first = configuration.first_invoice_date or (created if platform.takes_past_as_paid else None)
    matched = {line_id for match in matching.matches for line_id in match.line_ids}
    late = [each for each in agreement if each.id in matched and _starts_before(each, created)]
    if first is None:
        if late:
            because = "the configuration was made after the service began, and does not say when its first invoice is"
            yield NotAssessed(policy_id=SKIPPED, because=because, line_ids=tuple(each.id for each in late))
        return
    skipped = [
        (each.id, due) for each in late for due in _due_before(each, first, with_current=platform.takes_past_as_paid)
    ]
    if skipped:
        yield _skipped(skipped, first, created, SURE if platform.takes_past_as_paid else LIKELY)


def _starts_before(stream: Stream, day: date) -> bool:
    return bool(stream.terms) and stream.terms[0].term is not None and stream.terms[0].dated.start < day


def _due_before(stream: Stream, first: date, *, with_current: bool) -> Iterator[Charge]:
    """What the agreement invoices before the first invoice, for time that is over by then."""
    for terms in stream.terms:
        try:
            due = charges(terms)
        except Unscheduled:
            return
        for each in due:
            is_over = each.service_period.end <= first or (with_current and each.service_period.start < first)
            if each.invoice_date < first and is_over:
                yield each


def _skipped(skipped: Sequence[tuple[str, Charge]], first: date, created: date, confidence: Decimal) -> Difference:
    by_line: dict[str, Decimal] = {}
    for line_id, due in skipped:
        by_line[line_id] = by_line.get(line_id, ZERO) + due.amount
    total = sum(by_line.values(), ZERO)
    earliest = min((due for _, due in skipped), key=lambda each: (each.invoice_date, each.service_period.start))
    on_it = sum((due.amount for _, due in skipped if due.invoice_date == earliest.invoice_date), ZERO)
    parting = Parting(period=earliest.service_period, invoice_date=earliest.invoice_date, agreement=on_it, billing=ZERO)
    until = max(due.service_period.last_day for _, due in skipped)
    return difference(
        SKIPPED,
        Direction.UNDER,
        line_ids=tuple(by_line),
        first=parting,
        largest=parting,
        under=total,
        over=ZERO,
        already_lost=total,
        confidence=confidence,
        exposures=tuple(Exposure(line_id=line_id, amount=amount) for line_id, amount in by_line.items() if amount),
        evidence=(
            Evidence(
                field="first_invoice_date",
                actual=first.isoformat(),
                expected=earliest.invoice_date.isoformat(),
                expected_from="the agreement's first invoice",
            ),
        ),
        assumptions=(f"the configuration was made on {created}, and bills nothing that was due before {first}",),
        remedy_text="Make a catch-up invoice for the elapsed periods, or say that they were billed elsewhere",
        reports={"from": earliest.service_period.start.isoformat(), "until": until.isoformat()},
    )
