"""The material content of a quote: the fields that an approval is bound to, each with the direction that is worse.

Two quotes with the same material content have the same content hash, however their numbers are spelt ("40" and
"40.00") and in whatever order their lines stand. Names, ids of systems and dates of editing are not material.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeModel,
    ChargeType,
    Discount,
    Line,
    PricePeriod,
    QuantityBasis,
    UpliftAt,
    UpliftMethod,
)
from policies.domain.money import RoundingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policies.domain.quote import Quote


class Worse(StrEnum):
    """Which way a field gets worse for the seller. ANY: every change has to be looked at again.

    DEEPER is for discounts: one that is new, or deeper or longer than the one of its kind was.
    """

    LOWER = "lower"
    HIGHER = "higher"
    DEEPER = "deeper"
    ANY = "any"


LINE_FIELDS: Final[Mapping[str, Worse]] = {
    "product_id": Worse.ANY,
    "charge_type": Worse.ANY,
    "charge_model": Worse.ANY,
    "unit_of_measure": Worse.ANY,
    "quantity": Worse.LOWER,
    "price_period": Worse.ANY,
    "list_unit_price": Worse.ANY,
    "net_unit_price": Worse.LOWER,
    "discounts": Worse.DEEPER,
    "tiers": Worse.ANY,
    "package": Worse.ANY,
    "percentage": Worse.ANY,
    "included_quantity": Worse.HIGHER,
    "included_unlimited": Worse.HIGHER,
    "overage_unit_price": Worse.LOWER,
    "hard_cap": Worse.ANY,
    "minimum_amount": Worse.LOWER,
    "maximum_amount": Worse.ANY,
    "minimum_commitment": Worse.ANY,
    "drawdown": Worse.ANY,
    "quantity_basis": Worse.ANY,
    "billing_frequency": Worse.ANY,
    "billing_timing": Worse.ANY,
    "start_date": Worse.ANY,
    "end_date": Worse.ANY,
    "billing_start_date": Worse.HIGHER,
    "free_months": Worse.HIGHER,
    "ramp": Worse.ANY,
    "uplift_percent": Worse.LOWER,
    "uplift_method": Worse.ANY,
    "uplift_at": Worse.ANY,
    "parent_line_id": Worse.ANY,
}

QUOTE_FIELDS: Final[Mapping[str, Worse]] = {
    "currency": Worse.ANY,
    "price_book": Worse.ANY,
    "start_date": Worse.ANY,
    "end_date": Worse.ANY,
    "billing_start_date": Worse.HIGHER,
    "term_months": Worse.LOWER,
    "billing_frequency": Worse.ANY,
    "billing_timing": Worse.ANY,
    "payment_terms_days": Worse.HIGHER,
    "rounding": Worse.ANY,
    "termination_for_convenience": Worse.HIGHER,
    "special_terms": Worse.ANY,
}

RENEWAL_FIELDS: Final[Mapping[str, Worse]] = {
    "auto_renew": Worse.LOWER,
    "term_months": Worse.LOWER,
    "uplift_percent": Worse.LOWER,
    "cap_percent": Worse.LOWER,
    "notice_days": Worse.HIGHER,
}

_ENUMERATIONS: Final = frozenset(
    {
        ChargeType,
        ChargeModel,
        PricePeriod,
        BillingFrequency,
        BillingTiming,
        QuantityBasis,
        RoundingPolicy,
        UpliftMethod,
        UpliftAt,
    }
)
_MEMBERS: Final = {member: repr(str(member)) for kind in _ENUMERATIONS for member in kind}
_NO_ITEMS: Final[tuple[object, ...]] = ()
_COMMON: Final = (
    "product_id",
    "charge_type",
    "charge_model",
    "unit_of_measure",
    "quantity",
    "price_period",
    "list_unit_price",
    "net_unit_price",
    "discounts",
)
"""What most lines state. The rest is looked at one by one only where a line states any of it."""
_RARE: Final = tuple(name for name in LINE_FIELDS if name not in _COMMON)
_DEFAULTS: Final = {field.name: field.default for field in fields(Line)}
_NOTHING_RARE: Final = tuple(_DEFAULTS[name] for name in _RARE)
_COMMON_PREFIXES: Final = tuple(f"{name}=" for name in _COMMON)
_RARE_PREFIXES: Final = tuple(f"{name}=" for name in _RARE)
_QUOTE_PREFIXES: Final = tuple(f"{name}=" for name in QUOTE_FIELDS)
_RENEWAL_PREFIXES: Final = tuple(f"renewal.{name}=" for name in RENEWAL_FIELDS)
_line_values = attrgetter(*LINE_FIELDS)
_common_values = attrgetter(*_COMMON)
_rare_values = attrgetter(*_RARE)
_quote_values = attrgetter(*QUOTE_FIELDS)
_renewal_values = attrgetter(*RENEWAL_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The material fields of a quote by name: its own, and those of each line by line id; unstated ones are left out."""

    quote_id: str
    header: Mapping[str, object]
    lines: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worsening:
    """A material field that is worse than it was, or that has changed where any change counts.

    `line_id` is None for the quote's own fields; `field` "line" is a line that came or went.
    """

    line_id: str | None
    field: str
    before: object
    now: object


def material(quote: Quote) -> Material:
    """The material content of a quote."""
    header = _stated(QUOTE_FIELDS, _quote_values(quote))
    if quote.renewal is not None:
        for name, value in _stated(RENEWAL_FIELDS, _renewal_values(quote.renewal)).items():
            header[f"renewal.{name}"] = value
    lines = {line.line_id: _stated(LINE_FIELDS, _line_values(line)) for line in quote.lines}
    return Material(quote_id=quote.quote_id, header=header, lines=lines)


def content_hash(quote: Quote) -> str:
    """`sha256:` and the digest of a quote's material content."""
    parts = [f"quote {quote.quote_id!r}"]
    parts += _spelt(_QUOTE_PREFIXES, _quote_values(quote))
    if quote.renewal is not None:
        parts += _spelt(_RENEWAL_PREFIXES, _renewal_values(quote.renewal))
    lines = quote.lines
    ordered = lines if len(lines) == 1 else sorted(lines, key=_by_id)
    for line in ordered:
        parts.append(f"line {line.line_id!r}")
        parts += _spelt(_COMMON_PREFIXES, _common_values(line))
        rare = _rare_values(line)
        if rare != _NOTHING_RARE:
            parts += _spelt(_RARE_PREFIXES, rare)
    return "sha256:" + sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def worsened(before: Material, now: Material) -> tuple[Worsening, ...]:
    """What got worse from one content to another; empty where nothing did. A change of quote makes everything worse."""
    found = list(_worse_fields(None, before.header, now.header, _HEADER_DIRECTIONS))
    for line_id in before.lines.keys() | now.lines.keys():
        was, is_now = before.lines.get(line_id), now.lines.get(line_id)
        if was is None or is_now is None:
            found.append(Worsening(line_id=line_id, field="line", before=was, now=is_now))
        else:
            found.extend(_worse_fields(line_id, was, is_now, LINE_FIELDS))
    if before.quote_id != now.quote_id:
        found.append(Worsening(line_id=None, field="quote_id", before=before.quote_id, now=now.quote_id))
    return tuple(sorted(found, key=lambda worse: (worse.line_id or "", worse.field)))


_HEADER_DIRECTIONS: Final[Mapping[str, Worse]] = {
    **QUOTE_FIELDS,
    **{f"renewal.{name}": worse for name, worse in RENEWAL_FIELDS.items()},
}


def _by_id(line: Line) -> str:
    return line.line_id


def _stated(names: Mapping[str, Worse], values: tuple[object, ...]) -> dict[str, object]:
    return {name: value for name, value in zip(names, values, strict=True) if not _is_unstated(value)}


def _spelt(prefixes: tuple[str, ...], values: tuple[Any, ...]) -> list[str]:
    # This runs for every field of every line, and most fields are not stated: the quick tests go first.
    spelt = []
    for prefix, value in zip(prefixes, values, strict=True):
        if value is None or value is False or value is _NO_ITEMS:
            continue
        kind = type(value)
        if kind is Decimal:
            spelt.append(prefix + (str(value.normalize()) if value else "0"))
        elif kind is str:
            spelt.append(prefix + repr(value))
        else:
            spelt.append(prefix + (_MEMBERS[value] if kind in _ENUMERATIONS else _spell(value)))
    return spelt


def _is_unstated(value: object) -> bool:
    return value is None or value is False or (isinstance(value, tuple) and not value)


def _spell(value: object) -> str:
    """A value as text that is the same for equal values."""
    if isinstance(value, Decimal):
        return _spell_number(value)
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, tuple):
        return "[" + ",".join(_spell(item) for item in value) + "]"
    if is_dataclass(value):
        prefixes, values = _fields_of(value.__class__)
        return "{" + ",".join(_spelt(prefixes, values(value))) + "}"
    return str(value)


@cache
def _fields_of(record: Any) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    """What stands before the values of a record's fields, and how to get those values."""
    names = [field.name for field in fields(record)]
    values = attrgetter(*names)
    return tuple(f"{name}=" for name in names), values if len(names) > 1 else lambda held: (values(held),)


def _spell_number(number: Decimal) -> str:
    return str(number.normalize()) if number else "0"


def _worse_fields(
    line_id: str | None, before: Mapping[str, object], now: Mapping[str, object], directions: Mapping[str, Worse]
) -> list[Worsening]:
    return [
        Worsening(line_id=line_id, field=name, before=before.get(name), now=now.get(name))
        for name, worse in directions.items()
        if _is_worse(before.get(name), now.get(name), worse)
    ]


def _is_worse(before: object, now: object, worse: Worse) -> bool:
    if before == now:
        return False
    if worse is Worse.DEEPER:
        return _any_deeper(_discounts(before), _discounts(now))
    if before is None or now is None or worse is Worse.ANY:
        return _appearance_is_worse(before, worse)
    if isinstance(before, Decimal | int | date) and isinstance(now, type(before)):
        return now < before if worse is Worse.LOWER else now > before  # type: ignore[operator]
    return True


def _appearance_is_worse(before: object, worse: Worse) -> bool:
    """A field that came or went: of what is better the higher, only its going is worse, and the other way round."""
    if worse is Worse.ANY:
        return True
    came = before is None
    return came if worse is Worse.HIGHER else not came


def _discounts(value: object) -> tuple[Discount, ...]:
    return value if isinstance(value, tuple) else ()


def _any_deeper(before: tuple[Discount, ...], now: tuple[Discount, ...]) -> bool:
    """Whether one of the discounts is not matched by an earlier one of its kind that was as deep and lasted as long."""
    earlier = list(before)
    for discount in now:
        match = next((each for each in earlier if each.kind == discount.kind), None)
        if match is None or _is_deeper(match, discount):
            return True
        earlier.remove(match)
    return False


def _is_deeper(before: Discount, now: Discount) -> bool:
    if (before.percent is None) is not (now.percent is None) or before.starts_on != now.starts_on:
        return True
    depth_before, depth_now = before.percent or before.amount or 0, now.percent or now.amount or 0
    return (
        depth_now > depth_before
        or _lasts_longer(before.ends_on, now.ends_on)
        or _lasts_longer(before.periods, now.periods)
    )


def _lasts_longer(before: Any, now: Any) -> bool:
    """An end that goes away or moves out; an end that comes in is better, and none on either side is the same."""
    if now is None:
        return before is not None
    return before is not None and now > before
