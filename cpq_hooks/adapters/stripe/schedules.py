"""A subscription schedule as a billing configuration: its phases as the steps of ramps.

What a phase changes on the same product becomes a step of one charge. What a ramp cannot hold (tiers, packages, usage)
becomes a charge of its own for each run of phases in which it stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapter import Translation
from cpq_hooks.adapters.stripe.discounts import Coupon, coupons_of
from cpq_hooks.adapters.stripe.lines import Item, item_of, terms_of
from cpq_hooks.adapters.stripe.reading import Reader, currency_of, identity, last_day, written
from cpq_hooks.adapters.stripe.subscriptions import collection, head, identified, is_alone, translation
from cpq_hooks.vendor_fields import Fields
from policies.domain.period import add_months

_HARMLESS: Final = (
    "object", "application", "completed_at", "canceled_at", "released_at", "released_subscription", "livemode",
    "test_clock", "billing_mode", "customer_account", "current_phase", "renewal_interval",
)  # fmt: skip
_HARMLESS_OF_PHASE: Final = (
    "application_fee_percent", "automatic_tax", "default_payment_method", "default_tax_rates", "description",
    "invoice_settings", "metadata", "on_behalf_of", "transfer_data", "tax_percent", "collection_method", "currency",
)  # fmt: skip
_HARMLESS_OF_ITEM: Final = ("tax_rates", "id", "object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase, read: from when to when, with what, and until when it is a trial."""

    number: int
    starts: datetime
    ends: datetime | None
    trial_ends: datetime | None
    items: tuple[Item, ...]
    one_time: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An item in its phase."""

    item: Item
    phase: Phase


def schedule(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """A schedule's phases as charges. Raises `Invalid` where a price is not expanded."""
    fields = Fields.of(payload)
    reader.currency = _currency(fields, payload)
    fields.ledger.settle()
    fields.harmless(*_HARMLESS)
    defaults = fields.object("default_settings")
    if defaults is not None:
        defaults.harmless(*_HARMLESS_OF_PHASE, "billing_cycle_anchor")
    phases = tuple(filter(None, (_phase(each, at, reader) for at, each in enumerate(fields.objects("phases")))))
    fields.ledger.settle()
    ends = phases[-1].ends if phases else None
    goes_on = fields.text("end_behavior") not in {"cancel", "none"}
    subscription = fields.raw("subscription")
    live = subscription if isinstance(subscription, Mapping) else None
    state = str(live.get("status")) if live is not None else fields.text("status")
    created = reader.stamp(fields, "created")
    document = {
        **head(fields, identity(payload), reader),
        **_of_subscription(live, reader),
        "status": state,
        "created_at": None if created is None else created.isoformat(),
        "billing_anchor_day": _anchor_day(live, phases, reader),
        "auto_renew": goes_on,
        "charges": [{**charge, "state": state} for charge in _charges(phases, reader)],
    }
    fields.raw("status")
    if goes_on and ends is not None:
        reader.note(
            f"the schedule lets go of the subscription on {ends.date()}, and it goes on as its last phase has it"
        )
    fields.ledger.settle()
    return translation(document, fields, reader)


def _currency(fields: Fields, payload: Mapping[str, Any]) -> str:
    """A schedule's currency, which its phases have."""
    phases = payload.get("phases")
    subscription = payload.get("subscription")
    for each in [*(phases if isinstance(phases, list) else []), subscription, payload]:
        if isinstance(each, Mapping) and each.get("currency"):
            return currency_of(Fields(each, fields.ledger, ("phases",))) or ""
        for item in (each.get("items") or each.get("plans") or []) if isinstance(each, Mapping) else []:
            price = (item.get("price") or item.get("plan")) if isinstance(item, Mapping) else None
            if isinstance(price, Mapping) and price.get("currency"):
                return currency_of(Fields(price, fields.ledger, ("phases",))) or ""
    fields.ledger.refuse(("phases",), "no_currency", "no phase says in which currency it is: expand its prices")
    return ""


def _phase(fields: Fields, number: int, reader: Reader) -> Phase | None:
    fields.harmless(*_HARMLESS_OF_PHASE)
    starts, ends = reader.stamp(fields, "start_date"), reader.stamp(fields, "end_date")
    trial_ends = reader.stamp(fields, "trial_end")
    if fields.flag("trial") and trial_ends is None:
        trial_ends = ends
    if fields.text("proration_behavior") == "none" and number:
        reader.note(
            f"what phase {number + 1} changes in the middle of a period is not prorated (proration_behavior none)"
        )
    if fields.text("billing_cycle_anchor") == "phase_start" and number:
        reader.note(f"phase {number + 1} begins a new billing period (billing_cycle_anchor phase_start)")
    shared = coupons_of(fields, reader)
    items = _items(fields, "items" if fields.has("items") else "plans", shared, reader)
    one_time = _items(fields, "add_invoice_items", (), reader)
    if starts is None:
        fields.ledger.refuse((*fields.path, "start_date"), "required", "a phase has to say when it begins")
        return None
    return Phase(number=number, starts=starts, ends=ends, trial_ends=trial_ends, items=items, one_time=one_time)


def _items(fields: Fields, name: str, shared: tuple[Coupon, ...], reader: Reader) -> tuple[Item, ...]:
    found = []
    for each in fields.objects(name):
        each.harmless(*_HARMLESS_OF_ITEM)
        item = item_of(each, shared, reader)
        if item is not None:
            found.append(item)
    return tuple(found)


def _of_subscription(live: Mapping[str, Any] | None, reader: Reader) -> dict[str, Any]:
    """How the subscription collects that the schedule has begun."""
    if live is None:
        return {}
    return collection(Fields.of(live), reader)


def _anchor_day(live: Mapping[str, Any] | None, phases: Sequence[Phase], reader: Reader) -> int | None:
    anchor = reader.moment(live.get("billing_cycle_anchor")) if live is not None else None
    if anchor is not None:
        return anchor.day
    return phases[0].starts.day if phases else None


# -------------------------------------------------------------------------------------------------- charges


def _charges(phases: Sequence[Phase], reader: Reader) -> Iterable[dict[str, Any]]:
    runs: dict[tuple[Any, ...], list[list[Placed]]] = {}
    for phase in phases:
        seen: dict[tuple[Any, ...], int] = {}
        for item in phase.items:
            nth = seen[item.key] = seen.get(item.key, -1) + 1
            _join(runs.setdefault((*item.key, nth), []), Placed(item=item, phase=phase))
    names: set[str] = set()
    for of_one in runs.values():
        for run in of_one:
            yield _charge(run, names, reader)
    for phase in phases:
        for item in phase.one_time:
            yield {**_named(item, phase, names), **_once(item, phase, reader)}


def _join(runs: list[list[Placed]], placed: Placed) -> None:
    """Put an item where its product's last run goes on without a gap in a way that a ramp can hold; else begin a run."""
    if runs:
        last = runs[-1][-1]
        follows = last.phase.number + 1 == placed.phase.number
        same = last.item.price == placed.item.price and last.item.quantity == placed.item.quantity
        unchanged = same and not last.item.coupons and not placed.item.coupons
        if follows and (unchanged or (last.item.price.is_plain and placed.item.price.is_plain)):
            runs[-1].append(placed)
            return
    runs.append([placed])


def _charge(run: list[Placed], names: set[str], reader: Reader) -> dict[str, Any]:
    first, last = run[0], run[-1]
    start, end = first.phase.starts, last.phase.ends
    terms = terms_of(first.item, start=start, alone=_alone(first), reader=reader)
    steps = [step for each in run for step in _steps(each, reader)]
    changes = len({(step["quantity"], step["net_unit_price"]) for step in steps}) > 1
    if changes and len(run) > 1:
        terms.pop("discounts", None)
        terms.pop("list_unit_price", None)
    return {
        **_named(first.item, first.phase, names),
        **terms,
        "start_date": start.date().isoformat(),
        "end_date": None if end is None else last_day(start, end).isoformat(),
        "trial_days": _trial_days(run),
        "ramp": steps if changes and len(run) > 1 else None,
    }


def _alone(placed: Placed) -> bool:
    return is_alone(placed.item, list(placed.phase.items))


def _steps(placed: Placed, reader: Reader) -> Iterable[dict[str, Any]]:
    """The dated steps of one phase: one, or two where a discount ends within it."""
    phase, item = placed.phase, placed.item
    terms = terms_of(item, start=phase.starts, alone=_alone(placed), reader=reader)
    last = None if phase.ends is None else last_day(phase.starts, phase.ends)
    periods = [each["periods"] for each in terms.get("discounts") or () if each.get("periods")]
    step = {"start_date": phase.starts.date().isoformat(), "end_date": None if last is None else last.isoformat()}
    whole = {"quantity": terms["quantity"], "net_unit_price": terms["net_unit_price"]}
    months = item.price.months
    if not periods or not months:
        yield {**step, **whole}
        return
    until = add_months(phase.starts.date(), min(periods) * months)
    if last is not None and until > last:
        yield {**step, **whole}
        return
    yield {**step, "end_date": (until - timedelta(days=1)).isoformat(), **whole}
    if len(periods) > 1:
        reader.note(f"several discounts end within phase {phase.number + 1}; the first end counts for all here")
    listed = item.price.terms(reader, item.price_fields)["net_unit_price"]
    yield {**step, "start_date": until.isoformat(), "quantity": terms["quantity"], "net_unit_price": listed}


def _trial_days(run: list[Placed]) -> int | None:
    first = run[0].phase
    ends = [each.phase.trial_ends for each in run if each.phase.trial_ends is not None]
    if not ends:
        return None
    return (max(ends).date() - first.starts.date()).days or None


def _once(item: Item, phase: Phase, reader: Reader) -> dict[str, Any]:
    """What a phase adds to its first invoice."""
    return {
        **terms_of(item, start=phase.starts, alone=True, reader=reader),
        "quantity": written(item.quantity if item.quantity is not None else Decimal(1)),
        "start_date": phase.starts.date().isoformat(),
    }


def _named(item: Item, phase: Phase, names: set[str]) -> dict[str, Any]:
    found = identified(item)
    if found["charge_id"] in names:
        found = identified(item, f":phase-{phase.number + 1}")
    nth = 2
    while found["charge_id"] in names:
        found = identified(item, f":phase-{phase.number + 1}:{nth}")
        nth += 1
    names.add(found["charge_id"])
    return found
