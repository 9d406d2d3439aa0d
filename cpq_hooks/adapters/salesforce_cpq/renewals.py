"""What happens when the term ends, with Salesforce's silent defaults made explicit or said.

The account's Renewal Pricing Method decides whether an uplift comes about at all. `--None--` acts as `Same`: the old prices
are kept, and a rate that the quote promises is never applied. `List` prices by the list of that day, and additional
discounts fall away. `Uplift` needs a rate, of the quote's contract or of the line; the line's goes before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cpq_hooks.adapters.salesforce_cpq.reading import Reader, written
from cpq_hooks.vendor_fields import Fields

_METHOD: Final = "SBQQ__RenewalPricingMethod__c"


def renewal(record: Fields, lines: Sequence[dict[str, Any]], reader: Reader) -> dict[str, Any] | None:
    """The quote's renewal terms; None where it has none, or nothing on it renews."""
    months, rate = record.number("SBQQ__RenewalTerm__c"), record.number("SBQQ__RenewalUpliftRate__c")
    found: dict[str, Any] = {"uplift_percent": written(rate)}
    if months is not None:
        if reader.counts_days or months != months.to_integral_value() or months < 1:
            unit = "days" if reader.counts_days else "months"
            reader.say(
                record,
                "SBQQ__RenewalTerm__c",
                "term",
                f"a renewal term of {written(months)} {unit} is no whole number of months",
            )
        else:
            found["term_months"] = int(months)
    if any(each["charge_type"] == "recurring" for each in lines):
        found |= _by_method(record, rate is not None or any(each.get("uplift_percent") for each in lines), reader)
    return found if any(value is not None for value in found.values()) else None


def _by_method(record: Fields, has_rate: bool, reader: Reader) -> dict[str, Any]:
    is_known, method = _method(record)
    if not is_known:
        reader.note(
            "the account's Renewal Pricing Method was not sent: unless it is Uplift, Salesforce renews without any uplift"
        )
        return {}
    if method in {None, "same"}:
        name = "--None--, which acts as Same" if method is None else "Same"
        if has_rate:
            reader.note(
                f"the Renewal Pricing Method is {name}: Salesforce will not apply the uplift that the quote promises"
            )
            return {}
        reader.note(f"the Renewal Pricing Method is {name}: the prices stay as they are at renewal")
        return {"uplift_percent": "0"}
    if method == "list":
        reader.note(
            "the Renewal Pricing Method is List: at renewal the list price counts and additional discounts fall away"
        )
    elif method == "uplift" and not has_rate:
        reader.note(
            "the Renewal Pricing Method is Uplift, and neither the quote nor a line states a rate: nothing will rise"
        )
        return {"uplift_percent": "0"}
    return {}


def _method(record: Fields) -> tuple[bool, str | None]:
    """Whether the method was sent, and what it is in lower case; None for --None--."""
    account = record.object("SBQQ__Account__r")
    for holder in (record, account):
        if holder is not None and _METHOD in holder.value:
            said = (holder.text(_METHOD) or "").lower()
            return True, None if said in {"", "--none--", "none"} else said
    return False, None
