"""When a line runs, what time its price pays for, and how it is charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cpq_hooks.adapters.salesforce_cpq.model import Row
from cpq_hooks.adapters.salesforce_cpq.prices import ONE, WIDE
from cpq_hooks.adapters.salesforce_cpq.reading import Reader
from cpq_hooks.salesforce.words import FREQUENCIES, TIMINGS
from cpq_hooks.vendor_fields import Fields

_CHARGES: Final[Mapping[str, str]] = {"one-time": "one_time", "recurring": "recurring", "usage": "usage"}
_DIMENSIONS: Final[Mapping[str, int]] = {"year": 12, "quarter": 3, "month": 1}
_OF_MONTHS: Final = ((12, "year"), (3, "quarter"), (1, "month"))
_DAYS_OF_A_YEAR: Final = (365, 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTime:
    """The canonical price period, and how many of them CPQ's list price pays for (its product's subscription term)."""

    period: str
    of_list: Decimal = ONE


def charge_type(row: Row, reader: Reader) -> str:
    """Recurring, one-time or usage: as stated, else by whether the product is a subscription."""
    stated = row.text("SBQQ__ChargeType__c")
    dimension = (row.item.text("dimensionType") or "").lower()
    pricing = row.text("SBQQ__SubscriptionPricing__c")
    if stated is not None and stated.lower() not in _CHARGES:
        reader.say(
            row.record, "SBQQ__ChargeType__c", "billing", f"line {row.line_id}: no charge type {stated} is known"
        )
    if stated is not None and stated.lower() in _CHARGES:
        return _CHARGES[stated.lower()]
    if dimension == "one-time":
        return "one_time"
    return "one_time" if pricing is None else "recurring"


def price_time(row: Row, reader: Reader) -> PriceTime:
    """What CPQ's prices of a recurring line pay for. Where that cannot be told, the price is one for the whole term."""
    stated = row.record.number("SBQQ__DefaultSubscriptionTerm__c")
    if stated is None and row.product is not None:
        stated = row.product.number("SBQQ__SubscriptionTerm__c")
    if stated is None:
        months = _DIMENSIONS.get((row.item.text("dimensionType") or "").lower())
        stated = None if months is None or reader.counts_days else Decimal(months)
    if reader.counts_days:
        return PriceTime(period="year") if stated in _DAYS_OF_A_YEAR else _unknown(row, reader)
    if stated is None or stated < 1 or stated != stated.to_integral_value():
        return _unknown(row, reader)
    months = int(stated)
    each, period = next((each, period) for each, period in _OF_MONTHS if months % each == 0)
    return PriceTime(period=period, of_list=Decimal(months // each))


def _unknown(row: Row, reader: Reader) -> PriceTime:
    reader.note(
        f"line {row.line_id}: the product's subscription term is not stated or is no whole number of months, so that its "
        "price is taken as one for the whole term"
    )
    return PriceTime(period="term")


def multiplier(row: Row) -> Decimal:
    """How many subscription terms the line's prices pay for: CPQ's prorate multiplier, one where there is none."""
    found = row.record.number("SBQQ__ProrateMultiplier__c")
    return found if found is not None and found > 0 else ONE


def periods_paid(row: Row, time: PriceTime) -> Decimal:
    """How many canonical price periods the net price pays for."""
    return ONE if time.period == "term" else WIDE.multiply(multiplier(row), time.of_list)


def dates(row: Row, quote_start: str | None, reader: Reader) -> dict[str, str | None]:
    """The line's own dates, or its group's, where it has any: what it does not state is the quote's."""
    start, group_start = row.record.day("SBQQ__StartDate__c"), _of_group(row, "SBQQ__StartDate__c")
    end, group_end = row.record.day("SBQQ__EndDate__c"), _of_group(row, "SBQQ__EndDate__c")
    term = row.record.number("SBQQ__SubscriptionTerm__c")
    if term is None and row.group is not None:
        term = row.group.number("SBQQ__SubscriptionTerm__c")
    own_start = start or group_start
    last = end or group_end
    if is_evergreen(row):
        reader.note(f"line {row.line_id} is evergreen: it goes on until somebody cancels it, whatever the quote's end")
        last = None
    elif last is None and term is not None:
        last = reader.last_day(own_start or quote_start, term)
        if last is None:
            reader.say(
                row.record, "SBQQ__SubscriptionTerm__c", "term",
                f"line {row.line_id}: its own term of {term} has no first day to count from, or is no whole number",
            )  # fmt: skip
    return {"start_date": own_start, "end_date": last}


def is_evergreen(row: Row) -> bool:
    for name in ("SBQQ__ProductSubscriptionType__c", "SBQQ__SubscriptionType__c"):
        if (row.text(name) or "").lower() == "evergreen":
            return True
    return False


def _of_group(row: Row, name: str) -> str | None:
    return None if row.group is None else row.group.day(name)


def billing(fields: Fields, reader: Reader, *, product: Fields | None = None) -> dict[str, str | None]:
    """Frequency and timing as stated, or as the product has them. A word that is not known is said."""
    return {
        "billing_frequency": _word(fields, "SBQQ__BillingFrequency__c", FREQUENCIES, reader, product),
        "billing_timing": _word(fields, "SBQQ__BillingType__c", TIMINGS, reader, product),
    }


def _word(fields: Fields, name: str, known: Mapping[str, str], reader: Reader, product: Fields | None) -> str | None:
    holder, said = fields, fields.text(name)
    if said is None and product is not None:
        holder, said = product, product.text(name)
    if said is None:
        return None
    found = known.get(said.lower())
    if found is None:
        reader.say(holder, name, "billing", f"{name} is {said}, which is no rhythm that is known")
    return found
