"""Prepayments and minimum commitments: charges of their own in Zuora, terms of the usage that they are for in the canonical form."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.zuora.charges import Segment
from cpq_hooks.adapters.zuora.reading import TERM, Reader, iso, months_of, price_period_of, spelt, written

_HARMLESS: Final = (
    "chargeFunction", "commitmentType", "prepaidOperationType", "creditOption", "prepaidUom", "drawdownUom", "isCommitted",
)  # fmt: skip
_PREPAID: Final = ("prepaidQuantity", "prepaidTotalQuantity", "validityPeriodType")


def commitments(segments: Sequence[Segment], reader: Reader) -> tuple[list[Segment], dict[int, dict[str, Any]]]:
    """The charges that are invoiced by themselves, and what the others add to the usage that they are for, by its place."""
    added: dict[int, dict[str, Any]] = {}
    kept: list[Segment] = []
    for each in segments:
        if each.function == "commitmenttrueup" and _attach(each, _users(segments, "creditcommitment"), added, reader):
            continue
        kept.append(each)
        if each.function == "prepayment" and not _prepaid(each, _users(segments, "drawdown"), added):
            _say(each, reader)
    for each in segments:
        each.fields.harmless(*_HARMLESS)
    return kept, added


def _users(segments: Sequence[Segment], function: str) -> list[Segment]:
    return [each for each in segments if function in each.function and each.price.charge_type == "usage"]


def _attach(commitment: Segment, users: Sequence[Segment], added: dict[int, dict[str, Any]], reader: Reader) -> bool:
    """Put a minimum commitment on the one usage charge that counts towards it; said, where there is not exactly one."""
    price = commitment.price
    if len(users) != 1 or price.unit is None or price.months not in {1, 3, 12, TERM}:
        reader.leave_out(
            commitment.fields, "chargeFunction", "CommitmentTrueUp", "price",
            f"charge {commitment.number} is a minimum commitment that {len(users)} charges count towards: it is not in these "
            "terms, and it is left out",
        )  # fmt: skip
        return True
    amount = price.unit * (price.quantity or Decimal(1))
    period, _ = price_period_of(price.months or TERM)
    terms = {"minimum_commitment": {"amount": written(amount), "period": period, "true_up": True}}
    added.setdefault(id(users[0]), {}).update(terms)
    commitment.fields.harmless(*commitment.fields.value)
    reader.note(
        f"charge {commitment.number} is the minimum commitment of charge {users[0].number}, and is not one by itself"
    )
    return True


def _prepaid(prepayment: Segment, users: Sequence[Segment], added: dict[int, dict[str, Any]]) -> bool:
    """Give what was prepaid to the one usage charge that draws on it; False where there is not exactly one, or it is not so."""
    fields, price = prepayment.fields, prepayment.price
    validity, kind = months_of(fields, "validityPeriodType", "-"), spelt(fields.text("commitmentType")) or "unit"
    if len(users) != 1:
        return False
    user = users[0]
    rate = user.fields.number("drawdownRate")
    if kind == "currency" and price.unit is not None and price.charge_type == "one_time" and validity == TERM:
        credit = price.unit * (price.quantity or Decimal(1))
        expires = iso(user.dates.end)
        added.setdefault(id(user), {})["drawdown"] = {"credit_amount": written(credit), "expires_on": expires}
    elif (
        kind == "unit" and rate in {None, Decimal(1)} and validity is not None and validity == user.price.billing_months
    ):
        each, total = fields.number("prepaidQuantity"), fields.number("prepaidTotalQuantity")
        units = total if total is not None else (each or Decimal(0)) * (price.quantity or Decimal(1))
        added.setdefault(id(user), {})["included_quantity"] = written(units)
    else:
        return False
    fields.harmless(*_PREPAID)
    return True


def _say(prepayment: Segment, reader: Reader) -> None:
    fields = prepayment.fields
    told = fields.value.get("prepaidTotalQuantity") or fields.value.get("prepaidQuantity") or "an amount"
    reader.say(
        fields, "prepaidQuantity", told, "price",
        f"charge {prepayment.number} prepays {told}; what draws on it, and until when, is not in these terms",
    )  # fmt: skip
    fields.harmless(*_PREPAID)
