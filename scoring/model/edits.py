"""Edits of a quote that a person would make to lower its risk: fewer concessions, standard terms, what is missing added.

Nothing is made up: prices, limits and rhythms come from the quote, the catalog or the company's own tables. What the
customer buys stays: no product is dropped, and none is made a standard one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.authority import Limit
from policies.domain.charge import ChargeType
from policies.domain.finding import Change
from policies.domain.money import format_amount, has_too_many_decimals, minor_unit, plain
from policies.domain.period import add_months
from policies.domain.waterfall import repriced

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit in words and as changes. Of two about the same `subject` only one can be made."""

    text: str
    subject: str
    changes: tuple[Change, ...]


def edits(facts: QuoteFacts) -> tuple[Edit, ...]:
    """The edits that make sense on a quote, in no order that means anything."""
    found = [*_of_header(facts)]
    for line in facts.lines:
        found += _of_line(line, facts)
    return tuple(each for each in found if each.changes)


def _of_line(line: LineFacts, facts: QuoteFacts) -> Iterator[Edit]:
    yield from _discount(line, facts)
    yield from _ends(line, facts)
    yield from _plainer(line)
    yield from _added(line, facts)


def _discount(line: LineFacts, facts: QuoteFacts) -> Iterator[Edit]:
    """The discount down to what the rep may give alone, to what the other lines have, or to half."""
    depth, listed = line.discount_percent, line.list_unit_price
    if depth is None or depth <= 0 or listed is None or line.line.ramp:
        return
    limit = facts.authority(line.product_family)
    others = sorted(each.discount_percent or ZERO for each in facts.lines if each is not line)
    targets = {limit.strictest} if isinstance(limit, Limit) else set()
    targets |= {others[len(others) // 2]} if others else set()
    for percent in sorted({round(each) for each in (*targets, depth / 2)}):
        if 0 <= percent < depth:
            yield Edit(
                text=f"discount on {line.product_name} {percent} % or less",
                subject=f"discount {line.index}",
                changes=_repriced(line, facts, listed * (HUNDRED - percent) / HUNDRED),
            )


def _repriced(line: LineFacts, facts: QuoteFacts, target: Decimal) -> tuple[Change, ...]:
    currency, listed = facts.currency, line.list_unit_price or ZERO
    if not has_too_many_decimals(listed, currency):
        target = target.quantize(minor_unit(currency), ROUND_CEILING)
    return repriced(line.line, line.index, list_price=listed, target=min(target, listed), currency=currency)


def _ends(line: LineFacts, facts: QuoteFacts) -> Iterator[Edit]:
    """An end for each discount that has none: as long as its promotion runs, else with the first year."""
    if line.term is None:
        return
    for position, discount in enumerate(line.line.discounts):
        if not discount.is_open_ended:
            continue
        promotions = facts.catalog.promotions if facts.catalog is not None else {}
        promotion = promotions.get(discount.kind) if discount.kind is not None else None
        months = promotion.duration_months if promotion is not None else 12
        end = min(line.term.end, add_months(discount.starts_on or line.term.start, months)) - _ONE_DAY
        yield Edit(
            text=f"end the discount on {line.product_name} on {end.isoformat()}",
            subject=f"end {line.index} {position}",
            changes=(Change(path=f"/lines/{line.index}/discounts/{position}/ends_on", value=end, absent=True),),
        )


def _plainer(line: LineFacts) -> Iterator[Edit]:
    """No ramp, no free time."""
    at = f"/lines/{line.index}"
    if line.line.ramp:
        yield Edit(
            text=f"sell {line.product_name} without the ramp",
            subject=f"ramp {line.index}",
            changes=(Change(path=f"{at}/ramp", value=()),),
        )
    changes = []
    if line.line.free_months:
        changes.append(Change(path=f"{at}/free_months", value=ZERO))
    billed = line.line.billing_start_date
    if line.term is not None and billed is not None and billed > line.term.start:
        changes.append(Change(path=f"{at}/billing_start_date", value=line.term.start))
    yield Edit(
        text=f"bill {line.product_name} from its first day", subject=f"free {line.index}", changes=tuple(changes)
    )


def _added(line: LineFacts, facts: QuoteFacts) -> Iterator[Edit]:
    """The overage price of the catalog, and the company's least uplift."""
    terms, price = line.line, line.catalog_overage_unit_price
    at = f"/lines/{line.index}"
    if terms.included_quantity is not None and terms.overage_unit_price is None and not terms.hard_cap and price:
        absent = "overage_unit_price" not in terms.nulls
        yield Edit(
            text=f"charge {format_amount(price, facts.currency)} for each {line.product_name} beyond the allowance",
            subject=f"overage {line.index}",
            changes=(Change(path=f"{at}/overage_unit_price", value=price, absent=absent),),
        )
    uplift = _least_uplift(facts)
    recurs = terms.charge_type is ChargeType.RECURRING and line.months is not None and line.months > 12
    if uplift and recurs and not terms.uplift_percent:
        absent = terms.uplift_percent is None and "uplift_percent" not in terms.nulls
        yield Edit(
            text=f"raise {line.product_name} by {plain(uplift)} % a year",
            subject=f"uplift {line.index}",
            changes=(Change(path=f"{at}/uplift_percent", value=uplift, absent=absent),),
        )


def _least_uplift(facts: QuoteFacts) -> Decimal | None:
    terms = facts.company.renewal if facts.company is not None else None
    return terms.minimum_uplift_percent if terms is not None else None


def _of_header(facts: QuoteFacts) -> Iterator[Edit]:
    yield from _rhythm(facts)
    yield from _payment(facts)
    yield from _one_year(facts)
    quote, uplift = facts.quote, _least_uplift(facts)
    billed, start = quote.billing_start_date, quote.start_date
    if billed is not None and start is not None and billed > start:
        change = Change(path="/billing_start_date", value=start)
        yield Edit(text="bill from the first day", subject="free", changes=(change,))
    if quote.termination_for_convenience:
        change = Change(path="/termination_for_convenience", value=False)
        yield Edit(text="no right to end the contract at any time", subject="convenience", changes=(change,))
    renewal = quote.renewal
    if uplift and renewal is not None and renewal.auto_renew and not renewal.uplift_percent:
        absent = renewal.uplift_percent is None and "uplift_percent" not in renewal.nulls
        change = Change(path="/renewal/uplift_percent", value=uplift, absent=absent)
        yield Edit(text=f"renew with an uplift of {plain(uplift)} %", subject="renewal uplift", changes=(change,))


def _rhythm(facts: QuoteFacts) -> Iterator[Edit]:
    """Every line billed in the company's first standard rhythm."""
    terms = facts.company.payment_terms if facts.company is not None else None
    if terms is None or not terms.standard_frequencies:
        return
    wanted = terms.standard_frequencies[0]
    changes = [
        Change(path=f"/lines/{each.index}/billing_frequency", value=wanted)
        for each in facts.lines
        if each.line.charge_type is not ChargeType.ONE_TIME
        and each.line.billing_frequency is not None
        and each.line.billing_frequency not in terms.standard_frequencies
    ]
    header = facts.quote.billing_frequency
    if header is not None and header not in terms.standard_frequencies:
        changes.insert(0, Change(path="/billing_frequency", value=wanted))
    yield Edit(text=f"bill in the standard rhythm ({wanted.value})", subject="rhythm", changes=tuple(changes))


def _payment(facts: QuoteFacts) -> Iterator[Edit]:
    terms = facts.company.payment_terms if facts.company is not None else None
    stated = facts.quote.payment_terms_days
    if terms is not None and stated is not None and stated > terms.standard_days:
        change = Change(path="/payment_terms_days", value=terms.standard_days)
        yield Edit(text=f"payment within {terms.standard_days} days", subject="payment", changes=(change,))


def _one_year(facts: QuoteFacts) -> Iterator[Edit]:
    """A term of one year, where every line runs with the quote."""
    quote, term = facts.quote, facts.term
    if term is None or facts.term_months is None or facts.term_months <= 12 or not _run_with_quote(facts.lines):
        return
    changes = []
    if quote.end_date is not None:
        changes.append(Change(path="/end_date", value=add_months(term.start, 12) - _ONE_DAY))
    if quote.term_months is not None:
        changes.append(Change(path="/term_months", value=12))
    yield Edit(text="a term of one year", subject="term", changes=tuple(changes))


def _run_with_quote(lines: Sequence[LineFacts]) -> bool:
    return not any(each.line.end_date or each.line.ramp for each in lines)
