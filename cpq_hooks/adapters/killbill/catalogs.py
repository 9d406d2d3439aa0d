"""Kill Bill's catalogs: XML to plain values, and what is wrong with a catalog, in words.

Kill Bill itself refuses some of this and lets other parts pass that never bill as they look; a catalog with such a fault is
refused here as well, for a price that is read from it would be a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import Malformed

MONTHS: Final[Mapping[str, int]] = {
    "MONTHLY": 1, "BIMESTRIAL": 2, "QUARTERLY": 3, "TRIANNUAL": 4, "BIANNUAL": 6, "ANNUAL": 12, "SESQUIENNIAL": 18, "BIENNIAL": 24,
    "TRIENNIAL": 36,
}  # fmt: skip
_RULES: Final = ("changePolicy", "changeAlignment", "cancelPolicy", "createAlignment", "billingAlignment", "priceList")


def read_catalog(raw: bytes) -> dict[str, Any]:
    """A catalog as plain values, numbers as text. Raises `Malformed` where it is no XML, or XML that no catalog needs."""
    try:
        root = fromstring(raw, forbid_dtd=True)
    except DefusedXmlException:
        raise Malformed("entities and document types are not taken: no catalog needs them", line=1, column=1) from None
    except ParseError as error:
        line, column = error.position
        raise Malformed(f"this is no XML that can be read: {error.msg}", line=line, column=column + 1) from None
    except (ValueError, LookupError):
        raise Malformed("this is no XML in an encoding that is known", line=1, column=1) from None
    return {"catalog": _catalog(root)} if root.tag == "catalog" else {"unknown": root.tag}


def _catalog(root: Element) -> dict[str, Any]:
    return {
        "name": root.findtext("catalogName"),
        "effective_date": root.findtext("effectiveDate"),
        "mode": _text(root, "recurringBillingMode"),
        "currencies": [_clean(each.text) for each in root.findall("currencies/currency")],
        "products": [each.get("name") for each in root.findall("products/product")],
        "plans": [_plan(each) for each in root.findall("plans/plan")],
        "rules": list(_rules(root)),
    }


def _rules(root: Element) -> Iterator[dict[str, Any]]:
    """The cases of each rule by what they are for, so that two of the same are seen."""
    for name in _RULES:
        for case in root.findall(f"rules/{name}/*"):
            conditions = sorted(
                (each.tag, _clean(each.text)) for each in case if each.tag not in {"policy", "alignment", "toPriceList"}
            )
            yield {"rule": name, "for": [list(each) for each in conditions]}


def _plan(plan: Element) -> dict[str, Any]:
    phases = [*plan.findall("initialPhases/phase"), *plan.findall("finalPhase")]
    return {
        "name": plan.get("name"),
        "product": _text(plan, "product"),
        "mode": _text(plan, "recurringBillingMode"),
        "existing": _text(plan, "effectiveDateForExistingSubscriptions"),
        "phases": [_phase(each) for each in phases],
    }


def _phase(phase: Element) -> dict[str, Any]:
    recurring, fixed = phase.find("recurring"), phase.find("fixed")
    return {
        "type": phase.get("type"),
        "final": phase.tag == "finalPhase",
        "unit": _text(phase, "duration/unit"),
        "number": _text(phase, "duration/number"),
        "fixed": None if fixed is None else _prices(fixed.find("fixedPrice")),
        "period": None if recurring is None else _text(recurring, "billingPeriod"),
        "recurring": None if recurring is None else _prices(recurring.find("recurringPrice")),
        "usages": [_usage(each) for each in phase.findall("usages/usage")],
    }


def _usage(usage: Element) -> dict[str, Any]:
    return {
        "name": usage.get("name"),
        "mode": usage.get("billingMode"),
        "type": usage.get("usageType"),
        "policy": usage.get("tierBlockPolicy") or "ALL_TIERS",
        "period": _text(usage, "billingPeriod"),
        "limits": [_limit(each) for each in usage.findall("limits/limit")],
        "blocks": [_block(each) for each in usage.findall("blocks/*")],
        "fixed": _prices(usage.find("fixedPrice")),
        "recurring": _prices(usage.find("recurringPrice")),
        "tiers": [
            {
                "blocks": [_block(each) for each in tier.findall("blocks/*")],
                "limits": [_limit(each) for each in tier.findall("limits/limit")],
                "fixed": _prices(tier.find("fixedPrice")),
                "recurring": _prices(tier.find("recurringPrice")),
            }
            for tier in usage.findall("tiers/tier")
        ],
    }


def _block(block: Element) -> dict[str, Any]:
    found = {name: _text(block, name) for name in ("unit", "size", "max")}
    return {**found, "top_up": block.get("type") == "TOP_UP", "prices": _prices(block.find("prices"))}


def _limit(limit: Element) -> dict[str, Any]:
    return {name: _text(limit, name) for name in ("unit", "max", "min")}


def _prices(holder: Element | None) -> dict[str, str] | None:
    """The prices by currency; none at all where there is no such element, and an empty one costs nothing."""
    if holder is None:
        return None
    return {_text(each, "currency") or "": _text(each, "value") or "0" for each in holder.findall("price")}


def _text(element: Element, path: str) -> str | None:
    return _clean(element.findtext(path)) or None


def _clean(text: str | None) -> str:
    return (text or "").strip()


# ------------------------------------------------------------------------------------------------- checking


def is_catalog(value: Any) -> bool:
    """Whether plain values are a catalog as `read_catalog` gives it; one may have been kept in a file and edited."""
    known = isinstance(value, Mapping) and _has(
        value, texts=("name", "effective_date", "mode"), lists=("currencies", "products", "plans", "rules")
    )
    return (
        known
        and all(isinstance(each, str) for each in value["currencies"])
        and all(isinstance(each, str | None) for each in value["products"])
        and all(_is_rule(each) for each in value["rules"])
        and all(_is_plan(each) for each in value["plans"])
    )


def _is_rule(rule: Any) -> bool:
    return _has(rule, texts=("rule",), lists=("for",)) and all(
        isinstance(each, list) and len(each) == 2 and all(isinstance(one, str) for one in each) for each in rule["for"]
    )


def _is_plan(plan: Any) -> bool:
    return _has(plan, texts=("name", "product", "mode", "existing"), lists=("phases",)) and all(
        map(_is_phase, plan["phases"])
    )


def _is_phase(phase: Any) -> bool:
    return (
        _has(phase, texts=("type", "unit", "number", "period"), lists=("usages",), prices=("fixed", "recurring"))
        and "final" in phase
        and all(map(_is_usage, phase["usages"]))
    )


def _is_usage(usage: Any) -> bool:
    texts = ("name", "mode", "type", "policy", "period")
    return (
        _has(usage, texts=texts, lists=("limits", "blocks", "tiers"), prices=("fixed", "recurring"))
        and all(_has(each, lists=("blocks", "limits"), prices=("fixed", "recurring")) for each in usage["tiers"])
        and all(_is_block(each) for each in usage["blocks"])
        and all(_has(each, texts=("unit", "max", "min")) for each in usage["limits"])
        and all(_is_block(each) for tier in usage["tiers"] for each in tier["blocks"])
        and all(_has(each, texts=("unit", "max", "min")) for tier in usage["tiers"] for each in tier["limits"])
    )


def _is_block(block: Any) -> bool:
    return _has(block, texts=("unit", "size", "max"), prices=("prices",)) and "top_up" in block


def _has(value: Any, *, texts: tuple[str, ...] = (), lists: tuple[str, ...] = (), prices: tuple[str, ...] = ()) -> bool:
    return (
        isinstance(value, Mapping)
        and all(name in value and isinstance(value[name], str | None) for name in texts)
        and all(isinstance(value.get(name), list) for name in lists)
        and all(name in value and _are_prices(value[name]) for name in prices)
    )


def _are_prices(value: Any) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and all(isinstance(name, str) and isinstance(each, str) for name, each in value.items())
    )


def check(catalog: Mapping[str, Any]) -> None:
    """Raise `Invalid` with everything in a catalog by which a plan of it cannot bill as it looks."""
    problems = [Problem(path=path, message=message, code="catalog") for path, message in _faults(catalog)]
    if problems:
        raise Invalid(problems)


def _faults(catalog: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for (rule, conditions), count in Counter(_cases(catalog)).items():
        if count > 1:
            what = ", ".join(f"{name} {value}" for name, value in conditions) or "everything else"
            yield f"$.catalog.rules.{rule}", f"{rule} has {count} cases for {what}: only the first would ever count"
    for plan in catalog["plans"]:
        path = f"$.catalog.plans[{plan['name']}]"
        if plan["product"] not in catalog["products"]:
            yield path, f"plan {plan['name']} is of the product {plan['product']}, which is not in the catalog"
        for phase in plan["phases"]:
            yield from ((path, f"plan {plan['name']}: {fault}") for fault in _faults_of(phase))


def _cases(catalog: Mapping[str, Any]) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for each in catalog["rules"]:
        yield each["rule"], tuple((name, value) for name, value in each["for"])


def _faults_of(phase: Mapping[str, Any]) -> Iterator[str]:
    kind, unit, number = phase["type"], phase["unit"], phase["number"]
    if kind == "EVERGREEN" and not phase["final"]:
        yield "an EVERGREEN phase never ends, so no phase can follow it"
    if kind in {"TRIAL", "DISCOUNT"} and phase["final"]:
        yield f"a {kind} phase cannot be the last one"
    if kind == "FIXEDTERM" and unit == "UNLIMITED":
        yield "a FIXEDTERM phase has to have an end, and its duration is UNLIMITED"
    if unit == "UNLIMITED" and number not in {None, "-1"}:
        yield f"a duration that is UNLIMITED has the number {number}"
    if unit not in {None, "UNLIMITED"} and not (number or "").isdigit():
        yield f"a duration in {unit} has no number"
    if phase["recurring"] is None and phase["period"] == "NO_BILLING_PERIOD" and phase["final"]:
        yield "its last phase recurs without a billing period and without a price, so it never bills"
