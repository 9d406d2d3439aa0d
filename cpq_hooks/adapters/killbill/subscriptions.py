"""A subscription with its account, prices and catalog as a billing configuration; and a catalog's plans, each by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood, Shape, Translation
from cpq_hooks.adapters.killbill.catalogs import check, is_catalog
from cpq_hooks.adapters.killbill.marks import OFF, mark_of
from cpq_hooks.adapters.killbill.plans import Placed, PlanReading
from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Reading, mapping, mappings, word
from policies.domain.money import UnknownCurrency, exponent

_HARMLESS: Final = (
    "accountId", "bundleId", "externalKey", "bundleExternalKey", "productName", "productCategory", "billingPeriod", "phaseType", "priceList",
    "planName", "state", "sourceType", "chargedThroughDate", "auditLogs", "prices", "priceOverrides", "events", "subscriptionId", "startDate",
)  # fmt: skip
_HARMLESS_BESIDE: Final = ("account", "tags", "custom_fields", "catalog", "bundle")
_OVERRIDDEN: Final = re.compile(r"-\d+$")
_STARTS: Final = frozenset({"START_BILLING", "PHASE", "CHANGE"})


def subscription(wrapping: Mapping[str, Any], reading: Reading) -> Translation:
    """A subscription's plan as charges. Raises `Invalid` where it cannot be read."""
    whole = Fields.of(wrapping).harmless(*_HARMLESS_BESIDE)
    fields = whole.object("subscription") or Fields({}, whole.ledger, ("subscription",))
    account = mapping(wrapping.get("account"))
    reading.in_zone(account.get("timeZone") if isinstance(account.get("timeZone"), str) else None)
    stated = account.get("currency") or reading.option("currency")
    reading.take_currency(Fields({"currency": stated}, whole.ledger, ("account",)), "currency")
    whole.ledger.settle()
    fields.harmless(*_HARMLESS)
    plan, mode = _plan(fields, wrapping, reading)
    whole.ledger.settle()
    starts = _day(fields.day("billingStartDate")) or _day(fields.day("startDate"))
    ends = _day(fields.day("billingEndDate")) or _day(fields.day("cancelledDate"))
    fields.harmless("billingEndDate", "cancelledDate")
    quantity = fields.number("quantity")
    one = PlanReading(
        plan=plan, mode=mode, fields=fields, reading=reading, **({"quantity": quantity} if quantity else {})
    )
    lines = one.lines(starts, ends, _placed(fields, plan, starts, ends))
    if not lines:
        reading.say(
            fields,
            "prices",
            str(fields.value.get("planName")),
            "price",
            "nothing that bills was understood of its plan",
        )
    identity, state = fields.text("subscriptionId"), _state(fields)
    document = {
        "billing_configuration_id": identity,
        "source": "killbill",
        "agreement_id": _own(wrapping, reading.option("agreement_key") or "agreement_id"),
        "quote_id": _own(wrapping, reading.option("quote_key") or "quote_id"),
        "account": _account(account, fields.value.get("accountId")),
        "currency": reading.currency,
        "time_zone": reading.zone_name,
        "status": state,
        "billing_anchor_day": fields.whole("billCycleDayLocal") or None,
        "auto_renew": all(each["end_date"] is None for each in lines if "end_date" in each) and state != "CANCELLED",
        "tags": _tags(wrapping, reading),
        "charges": [_charge(each, identity, state) for each in lines],
    }
    found = reading.translation(Shape.BILLING_CONFIGURATION, document, whole)
    return Translation(
        shape=found.shape,
        document={**found.document, "charges": found.document.get("charges", [])},
        unused=found.unused,
        notes=found.notes,
    )


def plans(catalog: Mapping[str, Any], reading: Reading) -> tuple[Translation, ...]:
    """The plans of a catalog in one currency, for looking at what is understood of them. Raises `Invalid` with its faults."""
    check(catalog)
    wanted = reading.option("plan")
    chosen = [each for each in catalog["plans"] if wanted is None or each["name"] == wanted]
    currencies = (
        [own] if (own := reading.option("currency")) else [each for each in catalog["currencies"] if _is_known(each)]
    )
    made = [found for each in chosen if (found := _alone(each, catalog, currencies, reading)) is not None]
    left = [
        str(each["name"])
        for each in chosen
        if not any(one.document["billing_configuration_id"] == f"{catalog['name']}:{each['name']}" for one in made)
    ]
    if not made:
        raise NotUnderstood(
            f"no plan of the catalog {catalog['name']} has a price in {' or '.join(currencies) or 'a currency that is known'}"
        )
    if not left:
        return tuple(made)
    word = f"without a price in a currency that is known, and not here: {', '.join(left)}"
    return tuple(
        Translation(shape=each.shape, document=each.document, unused=each.unused, notes=(*each.notes, word))
        for each in made
    )


def _alone(
    plan: Mapping[str, Any], catalog: Mapping[str, Any], currencies: Sequence[str], reading: Reading
) -> Translation | None:
    """A plan in the first currency in which it has a price."""
    for currency in currencies:
        own = Reading(reading.connection)
        own.currency = currency.upper()
        fields = Fields.of({"plan": plan["name"]}).harmless("plan")
        lines = PlanReading(plan=plan, mode=plan["mode"] or catalog["mode"], fields=fields, reading=own).lines(
            None, None
        )
        if lines:
            own.note("it is a plan by itself: it bills nobody")
            name = f"{catalog['name']}:{plan['name']}"
            if plan["existing"]:
                own.note(f"subscriptions that are there have these prices from {str(plan['existing'])[:10]} on")
            document = {
                "billing_configuration_id": name, "source": "killbill", "currency": own.currency,
                "charges": [{"charge_id": each["id"], **{k: v for k, v in each.items() if k != "id"}} for each in lines],
            }  # fmt: skip
            return own.translation(Shape.BILLING_CONFIGURATION, document, fields)
    return None


def _is_known(currency: str) -> bool:
    try:
        exponent(currency.upper())
    except UnknownCurrency:
        return False
    return True


# ------------------------------------------------------------------------------------------------- the plan


def _plan(fields: Fields, wrapping: Mapping[str, Any], reading: Reading) -> tuple[dict[str, Any], str | None]:
    """The plan in this subscription's own prices: phases from its prices, durations and mode from the catalog."""
    name = str(fields.value.get("planName"))
    beside = wrapping.get("catalog")
    catalog = mapping(beside) if is_catalog(beside) else {}
    if beside and not catalog:
        reading.note("the catalog beside it is not as Kill Bill's XML gives it, and was not read")
    known = _named(catalog, name) or _named(catalog, _OVERRIDDEN.sub("", name)) or {}
    prices = mappings(fields.value.get("prices")) or mappings(fields.value.get("priceOverrides"))
    own = {str(each.get("phaseType")): each for each in prices if str(each.get("planName") or name) == name}
    if known:
        phases = [_priced(each, own.get(str(each["type"])), known, reading) for each in known["phases"]]
    else:
        phases = [_bare(each, fields, reading) for each in own.values()]
    if not phases:
        fields.ledger.refuse(
            (*fields.path, "prices"), "not_expanded",
            f"neither the prices of {name} nor its catalog came along: fetch the subscription by its id",
        )  # fmt: skip
    return {"name": name, "product": word(fields.value, "productName") or name, "phases": phases}, known.get(
        "mode"
    ) or catalog.get("mode")


def _named(catalog: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    return next((dict(each) for each in mappings(catalog.get("plans")) if each.get("name") == name), None)


def _priced(
    phase: Mapping[str, Any], own: Mapping[str, Any] | None, plan: Mapping[str, Any], reading: Reading
) -> dict[str, Any]:
    """A phase of the catalog with the prices that this subscription has."""
    if own is None:
        return dict(phase)
    found = dict(phase)
    for name, key in (("recurring", "recurringPrice"), ("fixed", "fixedPrice")):
        if own.get(key) is not None:
            found[name] = {reading.currency: str(own[key])}
    usages = {str(each.get("usageName")): each for each in mappings(own.get("usagePrices"))}
    found["usages"] = [_used(each, usages.get(str(each["name"])), reading) for each in phase["usages"]]
    changed = (
        phase["recurring"]
        and found["recurring"]
        and phase["recurring"].get(reading.currency) not in {None, found["recurring"][reading.currency]}
    )
    if changed:
        reading.note(
            f"{plan['name']} has a price of its own in the phase {phase['type']}: {found['recurring'][reading.currency]}"
        )
    return found


def _used(usage: Mapping[str, Any], own: Mapping[str, Any] | None, reading: Reading) -> dict[str, Any]:
    tiers = mappings(mapping(own).get("tierPrices"))
    if not tiers:
        return dict(usage)
    made = [{"blocks": list(_blocks(each, reading)), "limits": [], "fixed": None, "recurring": None} for each in tiers]
    return {**usage, "tiers": made} if all(each["blocks"] for each in made) else dict(usage)


def _bare(price: Mapping[str, Any], fields: Fields, reading: Reading) -> dict[str, Any]:
    """A phase as the subscription's own prices have it, where the catalog is not there."""
    currency = {"recurring": price.get("recurringPrice"), "fixed": price.get("fixedPrice")}
    return {
        "type": price.get("phaseType"), "final": price.get("phaseType") in {"EVERGREEN", "FIXEDTERM"}, "unit": None, "number": None,
        "period": fields.value.get("billingPeriod"), "usages": [],
        **{name: None if value is None else {reading.currency: str(value)} for name, value in currency.items()},
    }  # fmt: skip


def _blocks(tier: Mapping[str, Any], reading: Reading) -> Iterator[dict[str, Any]]:
    for block in mappings(tier.get("blockPrices")):
        most, size = block.get("max"), block.get("size")
        yield {
            "unit": block.get("unitName"), "size": None if size is None else str(size), "max": None if most is None else str(most),
            "top_up": False, "prices": {reading.currency: str(block.get("price"))},
        }  # fmt: skip


def _placed(fields: Fields, plan: Mapping[str, Any], starts: date | None, ends: date | None) -> list[Placed] | None:
    """The phases by the events that begin them, where the subscription tells of them; None leaves it to durations."""
    dated: dict[str, date] = {}
    for each in mappings(fields.value.get("events")):
        at = _day(str(each.get("effectiveDate"))[:10] if each.get("effectiveDate") else None)
        if str(each.get("eventType")) in _STARTS and at is not None and each.get("phase"):
            dated[str(each["phase"]).rsplit("-", 1)[-1].upper()] = at
    phases = [each for each in plan["phases"] if str(each["type"]) in dated]
    if not phases or len(phases) != len(plan["phases"]):
        return None
    firsts = [dated[str(each["type"])] for each in phases]
    if firsts != sorted(firsts) or (starts is not None and firsts[0] > starts):
        return None
    return [
        Placed(phase=each, starts=first, ends=after)
        for each, first, after in zip(phases, firsts, [*firsts[1:], ends], strict=True)
    ]


# -------------------------------------------------------------------------------------------------- the rest


def _state(fields: Fields) -> str | None:
    """Kill Bill's own word; billing that is blocked while the entitlement is not is blocked all the same."""
    blocked = False
    for each in sorted(mappings(fields.value.get("events")), key=lambda one: str(one.get("effectiveDate"))):
        if each.get("isBlockedBilling") is not None:
            blocked = each.get("isBlockedBilling") is True
    state = fields.text("state")
    return "BLOCKED" if blocked and state == "ACTIVE" else state


def _tags(wrapping: Mapping[str, Any], reading: Reading) -> list[str] | None:
    """The account's control tags. A stop of invoicing that is our own hold is none of the set-up's faults."""
    names = [
        str(each.get("tagDefinitionName")) for each in mappings(wrapping.get("tags")) if each.get("tagDefinitionName")
    ]
    mark = mark_of(wrapping)
    if mark is not None and OFF in names:
        reading.note(f"invoicing of the account is off by Quoteguard's own hold (decision {mark.decision_id})")
        names = [each for each in names if each != OFF]
    return names or None


def _own(wrapping: Mapping[str, Any], name: str) -> str | None:
    """The company's own id from a custom field."""
    found = next(
        (each.get("value") for each in mappings(wrapping.get("custom_fields")) if each.get("name") == name), None
    )
    return found if isinstance(found, str) and found else None


def _account(account: Mapping[str, Any], identity: Any) -> dict[str, Any] | None:
    known = account.get("externalKey") or account.get("accountId") or identity
    country = account.get("country")
    return {
        "account_id": known,
        "name": word(account, "company") or word(account, "name"),
        "country": country if isinstance(country, str) and len(country) == 2 else None,
    } if isinstance(known, str) and known else None  # fmt: skip


def _charge(line: Mapping[str, Any], identity: str | None, state: str | None) -> dict[str, Any]:
    rest = {name: value for name, value in line.items() if name != "id"}
    return {"charge_id": f"{identity}:{line['id']}", **rest, "state": state}


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None
