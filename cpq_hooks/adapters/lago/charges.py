"""Lago's charge models as rates: standard, graduated, volume, package, percentage and what has to be said of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.vendor_fields import Fields
from cpq_hooks.vendor_terms import Rate, Reading, Step, mapping, written

_BASES: Final[Mapping[str, str]] = {
    "count_agg": "sum", "sum_agg": "sum", "max_agg": "peak", "latest_agg": "latest", "weighted_sum_agg": "time_weighted",
    "unique_count_agg": "sum", "count": "sum", "sum": "sum", "max": "peak", "latest": "latest", "weighted_sum": "time_weighted",
    "unique_count": "sum",
}  # fmt: skip
_HARMLESS_OF_METRIC: Final = (
    "lago_id", "name", "code", "description", "created_at", "updated_at", "field_name", "expression", "filters", "weighted_interval",
    "group", "active_subscriptions_count", "draft_invoices_count", "plans_count", "id",
)  # fmt: skip
_GROUPING: Final = ("pricing_group_keys", "grouped_by")
_HUNDRED: Final = Decimal(100)
_MOST: Final = Decimal(10) ** 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A charge's price: its rate, its percentage, and how many units come free."""

    rate: Rate
    percentage: dict[str, Any] | None = None
    free: Decimal | None = None
    notes: tuple[str, ...] = field(default=())

    def converted(self, factor: Decimal) -> Model:
        """The same in a currency, where amounts are in a pricing unit of the company's own."""
        return replace(self, rate=self.rate.scaled(factor))


def model_of(charge: Fields, properties: Fields, name: str, reading: Reading) -> Model | None:
    """The model of a charge; None where Lago computes it by a program of the company's own, or it is not known."""
    stated = charge.text("charge_model") or ""
    if stated == "standard" and properties.has("graduated_ranges") and not properties.has("amount"):
        stated = "graduated"
        reading.note(f"{name} is called standard and has graduated ranges: it is read as graduated")
    make = _MODELS.get(stated)
    if make is None:
        reading.say(
            charge,
            "charge_model",
            stated or "none",
            "price",
            f"{name} has the charge model {stated or 'none'}: it is not in these charges",
        )
        return None
    for key in _GROUPING:
        if properties.value.get(key) and stated not in {"standard", "dynamic"}:
            reading.say(
                properties,
                key,
                properties.value[key],
                "price",
                f"{name} is rated for each group by itself, which changes its tiers",
            )
    properties.harmless(*_GROUPING, "presentation_group_keys")
    return make(properties, name, reading)


def terms_of(model: Model, reading: Reading) -> dict[str, Any]:
    """Its part of a canonical line."""
    return {
        **model.rate.terms(reading),
        "percentage": model.percentage,
        "included_quantity": written(model.free) if model.free else None,
    }


def basis_of(metric: Fields | None, charge: Fields, name: str, reading: Reading) -> str | None:
    """How events become one quantity, as the metric says."""
    if metric is None:
        reading.say(
            charge, "billable_metric_code", charge.value.get("billable_metric_code"), "billing",
            f"how usage of {name} adds up is in its billable metric, which did not come along",
        )  # fmt: skip
        return None
    metric.harmless(*_HARMLESS_OF_METRIC)
    kind = metric.text("aggregation_type") or ""
    if metric.flag("recurring"):
        reading.say(
            metric,
            "recurring",
            "true",
            "billing",
            f"usage of {name} is carried on from period to period and never begins anew",
        )
    if kind in {"unique_count_agg", "unique_count"}:
        reading.note(f"usage of {name} counts what is different")
    if kind not in _BASES:
        reading.say(
            metric,
            "aggregation_type",
            kind,
            "billing",
            f"usage of {name} adds up by {kind or 'no rule that is stated'}",
        )
    rounding, places = metric.text("rounding_function"), metric.raw("rounding_precision")
    if rounding:
        reading.note(
            f"usage of {name} is rounded ({rounding}, {places if places is not None else 0} places) before it is rated"
        )
    return _BASES.get(kind)


def _standard(properties: Fields, name: str, reading: Reading) -> Model:
    del name, reading
    return Model(rate=Rate(model="per_unit", unit_price=_required(properties, "amount")))


def _graduated(properties: Fields, name: str, reading: Reading) -> Model:
    del name, reading
    return Model(rate=Rate(model="graduated", steps=_steps(properties, "graduated_ranges")))


def _volume(properties: Fields, name: str, reading: Reading) -> Model:
    del name, reading
    return Model(rate=Rate(model="volume", steps=_steps(properties, "volume_ranges")))


def _steps(properties: Fields, name: str) -> tuple[Step, ...]:
    found = properties.objects(name)
    if not found:
        properties.ledger.refuse((*properties.path, name), "required", "the ranges are wanted here")
    return tuple(
        Step(
            starts_at=each.number("from_value"),
            up_to=each.number("to_value"),
            unit_price=each.number("per_unit_amount"),
            flat_fee=each.number("flat_amount") or None,
        )
        for each in found
    )


def _package(properties: Fields, name: str, reading: Reading) -> Model:
    del name, reading
    size = properties.number("package_size")
    if not size or size < 0:
        properties.ledger.refuse(
            (*properties.path, "package_size"), "required", "how many units a package holds is wanted here"
        )
    rate = Rate(
        model="package",
        unit_price=_required(properties, "amount"),
        package={"size": written(size), "rounding": "up"},
    )
    return Model(rate=rate, free=properties.number("free_units"))


def _percentage(properties: Fields, name: str, reading: Reading) -> Model:
    """A share of an amount. What Lago counts by the event the canonical form counts by the period, so that is said."""
    fixed = properties.number("fixed_amount") or None
    least, most = properties.number("per_transaction_min_amount"), properties.number("per_transaction_max_amount")
    events = properties.number("free_units_per_events")
    if fixed or least or most or events:
        reading.say(
            properties, "fixed_amount", written(fixed or least or most or events), "price",
            f"{name} has fixed amounts, limits or free units by the event: what a period comes to depends on how many events it has",
        )  # fmt: skip
    found = {
        "rate_percent": written(_required(properties, "rate")),
        "fixed_amount": _amount(fixed, name, reading),
        "minimum": _amount(least, name, reading),
        "maximum": _amount(most, name, reading),
        "free_amount": _amount(properties.number("free_units_per_total_aggregation") or None, name, reading),
    }
    return Model(rate=Rate(model="percentage"), percentage=found)


def _graduated_percentage(properties: Fields, name: str, reading: Reading) -> Model:
    """Tiers over an amount of money: a share of each unit of it is a price for each unit."""
    reading.note(
        f"{name} is rated in percent of an amount: its quantity is that amount, and each tier's price the share of one unit"
    )
    steps = tuple(
        Step(
            starts_at=each.number("from_value"),
            up_to=each.number("to_value"),
            unit_price=(each.number("rate") or Decimal(0)) / _HUNDRED,
            flat_fee=each.number("flat_amount") or each.number("fixed_amount") or None,
        )
        for each in properties.objects("graduated_percentage_ranges")
    )
    return Model(rate=Rate(model="graduated", steps=steps))


def _dynamic(properties: Fields, name: str, reading: Reading) -> Model:
    """Each event brings its own amount, so the charge is the whole of what the events bring."""
    reading.say(
        properties, "charge_model", "dynamic", "price",
        f"the price of {name} comes with each event: it is read as 100 % of the events' amounts, and nothing checks those",
    )  # fmt: skip
    return Model(rate=Rate(model="percentage"), percentage={"rate_percent": "100"})


def _required(properties: Fields, name: str) -> Decimal | None:
    found = properties.number(name)
    if found is None:
        properties.ledger.refuse((*properties.path, name), "required", "a number is wanted here")
    return found


def _amount(number: Decimal | None, name: str, reading: Reading) -> str | None:
    return None if number is None else written(reading.amount(number, f"an amount of {name}"))


_MODELS: Final[Mapping[str, Callable[[Fields, str, Reading], Model]]] = {
    "standard": _standard,
    "graduated": _graduated,
    "graduated_percentage": _graduated_percentage,
    "package": _package,
    "percentage": _percentage,
    "volume": _volume,
    "dynamic": _dynamic,
}


def unit_of(charge: Mapping[str, Any]) -> tuple[Decimal, str] | None:
    """The company's own pricing unit of a charge and what one is worth; None where it is priced in the currency."""
    unit = mapping(charge.get("applied_pricing_unit"))
    rate = unit.get("conversion_rate")
    if not unit or isinstance(rate, bool) or not isinstance(rate, (int, Decimal, str)):
        return None
    try:
        worth = Decimal(rate)
    except ArithmeticError:
        return None
    is_usable = worth.is_finite() and 0 < worth < _MOST
    return (worth, str(unit.get("code") or "its own unit")) if is_usable else None
