"""A configuration after changes: how a repair is tried, and how a fix is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from policies.domain.billing import BillingCharge
from policies.domain.wording import spelt

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration
    from policies.domain.finding import Change

_OF_THE_CHARGE: Final = frozenset({"quote_line_id", "state", "trial_days", "invoiceable"})
_LISTS: Final = frozenset({"discounts", "tiers", "ramp"})


def applied(configuration: BillingConfiguration, changes: Sequence[Change]) -> BillingConfiguration:
    """The configuration after changes of its own fields, of a charge's, or of a charge that is added (`/charges/-`)."""
    charges = list(configuration.charges)
    own: dict[str, Any] = {}
    for change in changes:
        place, *rest = change.path.strip("/").split("/")
        if place != "charges":
            own[place] = change.value
        elif rest == ["-"] and isinstance(change.value, BillingCharge):
            charges.append(change.value)
        else:
            charges[int(rest[0])] = _changed(charges[int(rest[0])], rest[1], change.value)
    return replace(configuration, charges=tuple(charges), **own)


def _changed(charge: BillingCharge, name: str, value: Any) -> BillingCharge:
    if name in _OF_THE_CHARGE:
        return replace(charge, **{name: value})
    if value is None and name in _LISTS:
        value = ()
    terms = replace(charge.terms, **{name: value}, nulls=charge.terms.nulls - {name})
    return replace(charge, terms=terms)


def stands(charge: BillingCharge, name: str) -> object:
    """What a charge states in a field, as it was sent; None where that is nothing."""
    value = getattr(charge if name in _OF_THE_CHARGE else charge.terms, name)
    return None if value is False or value == () else value


def told(value: object) -> str | None:
    """A value in words: a record by what it states, a list part by part."""
    if isinstance(value, tuple):
        return "; ".join(told(each) or "" for each in value) or None
    if is_dataclass(value):
        stated = ((each.name, told(getattr(value, each.name))) for each in fields(value))
        return ", ".join(f"{name.replace('_', ' ')} {words}" for name, words in stated if words is not None)
    return spelt(value)
