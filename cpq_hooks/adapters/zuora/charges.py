"""Charges of a subscription: each segment of each with its price, dates and trigger, and the discounts that are charges too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.zuora.prices import Price, discount_kind, price_of
from cpq_hooks.adapters.zuora.reading import (
    TERM,
    Reader,
    add_period,
    anchor_of,
    day_of,
    last_day,
    months_of,
    spelt,
)
from cpq_hooks.vendor_fields import Fields

HARMLESS: Final = (
    "id", "originalChargeId", "version", "pricingSummary", "description", "discountApplyDetails", "processedThroughDate",
    "chargedThroughDate", "done", "mrr", "dmrc", "tcv", "dtcv", "originalOrderDate", "amendedByOrderOn",
    "invoiceScheduleId", "inputArgumentId", "ratingGroup", "taxable", "taxCode", "taxMode", "revRecCode", "isUnbilled",
    "revRecTriggerCondition", "revenueRecognitionRuleName", "isAllocationEligible", "financeInformation", "accountingCode",
    "excludeItemBillingFromRevenueAccounting", "excludeItemBookingFromRevenueAccounting", "upsellOriginChargeNumber",
    "productChargeDefinitions", "productRatePlanChargeNumber", "revenueRecognitionTiming", "revenueAmortizationMethod",
    "productCategory", "productClass", "productFamily", "productLine", "currency", "segment", "originalListPrice",
    "chargeNumber", "endDateCondition", "upToPeriods", "upToPeriodsType", "specificEndDate", "triggerDate", "isPrepaid",
    "chargeSegments", "useDiscountSpecificAccountingCode", "defaultQuantity", "weeklyBillCycleDay", "discountClass",
    "applyDiscountTo", "discountLevel", "discountAmount", "discountPercentage", "isStackedDiscount", "pricing",
)  # fmt: skip
_EVENTS: Final[Mapping[str, str]] = {
    "contracteffective": "contractEffectiveDate",
    "serviceactivation": "serviceActivationDate",
    "customeracceptance": "customerAcceptanceDate",
}
_BLANKS: Final[Mapping[str, str]] = {
    "serviceactivation": "service_activation_date", "customeracceptance": "customer_acceptance_date",
    "specificdate": "trigger_date",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A rate plan: what its charges are part of. `place` tells it from the others of its document."""

    place: int
    fields: Fields
    product_id: str
    product_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a subscription runs: from its start to the day after its end, and the days that trigger its charges."""

    starts: date | None
    ends: date | None
    triggers: Mapping[str, date | None]
    renews: bool = False
    is_evergreen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """From when to which last day a charge runs. `blank` is the date that has to be entered before it bills at all."""

    start: date | None
    end: date | None
    blank: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment of a charge: its terms on some days."""

    fields: Fields
    number: str
    segment: int
    name: str
    plan: Plan
    price: Price
    dates: Dates
    uplift: Mapping[str, Any]

    @property
    def template(self) -> str | None:
        found = self.fields.value.get("productRatePlanChargeId")
        return str(found) if found else None

    @property
    def function(self) -> str:
        """What it is in prepaid and commitment billing, in Zuora's word without capitals."""
        told = spelt(str(self.fields.value.get("chargeFunction") or ""))
        operation = spelt(str(self.fields.value.get("prepaidOperationType") or ""))
        return told or {"topup": "prepayment", "drawdown": "drawdown"}.get(operation, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A charge that takes something off others. `templates` are those that it is for; empty means all of its level."""

    fields: Fields
    name: str
    kind: str
    number: Decimal
    level: str
    types: str
    templates: frozenset[str]
    plan: Plan
    months: int | None
    stacked: bool
    dates: Dates

    def is_for(self, segment: Segment) -> bool:
        if self.level == "rateplan" and segment.plan.place != self.plan.place:
            return False
        if self.types and segment.price.charge_type.replace("_", "") not in self.types:
            return False
        if self.templates and segment.template not in self.templates:
            return False
        return _meet(self.dates, segment.dates)


def _meet(one: Dates, other: Dates) -> bool:
    before = one.end is not None and other.start is not None and one.end < other.start
    after = other.end is not None and one.start is not None and other.end < one.start
    return not (before or after)


def read_charges(
    plans: Sequence[tuple[Plan, Fields]], span: Span, reader: Reader
) -> tuple[list[Segment], list[Discount]]:
    """Every segment of every charge, in order of number and time, and the discounts."""
    segments: list[Segment] = []
    discounts: list[Discount] = []
    for plan, fields in plans:
        dates = dates_of(fields, span, reader)
        name = str(fields.value.get("number") or fields.value.get("chargeNumber") or fields.value.get("name") or "?")
        if discount_kind(fields) is not None:
            discounts.extend(_discount(fields, plan, dates, reader))
            continue
        price = price_of(fields, reader, name)
        uplift = uplift_of(fields, span, reader, name)
        fields.harmless(*HARMLESS)
        number = fields.text("number") or name
        if price is not None:
            segments.append(
                Segment(
                    fields=fields, number=number, segment=_segment(fields), name=fields.text("name") or number, plan=plan,
                    price=_intervals_said(price, fields, reader, name), dates=dates, uplift=uplift,
                )
            )  # fmt: skip
    segments.sort(key=lambda each: (each.number, each.dates.start or date.min, each.segment))
    return segments, discounts


def _segment(fields: Fields) -> int:
    number = fields.value.get("segment")
    return number if isinstance(number, int) and not isinstance(number, bool) else 1


def _intervals_said(price: Price, fields: Fields, reader: Reader, name: str) -> Price:
    """Prices by interval of the offers feature: where there are several, this segment's own price is the one that counts."""
    intervals = fields.value.get("subscriptionChargeIntervalPricing")
    if isinstance(intervals, list) and len(intervals) > 1:
        reader.say(
            fields, "subscriptionChargeIntervalPricing", f"{len(intervals)} intervals", "price",
            f"charge {name} has prices by interval; each segment is read with its own price, and the last is all that is "
            "here unless the export has all segments",
        )  # fmt: skip
    fields.harmless("subscriptionChargeIntervalPricing")
    return price


def dates_of(fields: Fields, span: Span, reader: Reader) -> Dates:
    """When a charge runs: its effective dates, the second of which is the day after the last; else by its trigger.

    What waits for a date that nobody entered has none: Zuora calls it pending, and it never bills.
    """
    start, end = day_of(fields, "effectiveStartDate"), day_of(fields, "effectiveEndDate")
    event = spelt(fields.text("triggerEvent"))
    triggered = day_of(fields, "triggerDate") if event == "specificdate" else span.triggers.get(_EVENTS.get(event, ""))
    if start is None and event in _BLANKS and triggered is None:
        return Dates(start=None, end=None, blank=_BLANKS[event])
    start = start or triggered or span.starts
    if spelt(fields.text("type")) == "onetime":
        return Dates(start=start, end=start)
    condition = spelt(fields.text("endDateCondition"))
    if end is None:
        end = _end(fields, condition, start, span, reader)
    return Dates(start=start, end=last_day(start, end))


def _end(fields: Fields, condition: str, start: date | None, span: Span, reader: Reader) -> date | None:
    """The day after the last: a specific date, some periods after the start, or the subscription's own."""
    if condition == "specificenddate":
        return day_of(fields, "specificEndDate")
    count = fields.whole("upToPeriods")
    if condition == "fixedperiod" and count and start is not None:
        kind = fields.text("upToPeriodsType")
        months = months_of(fields, "billingPeriod", "specificBillingPeriod")
        found = add_period(start, count, kind)
        if spelt(kind) == "billingperiods" and months is not None and months != TERM:
            found = add_period(start, count * months, "months")
        if found is None:
            reader.say(
                fields, "upToPeriods", count, "term", f"a charge lasts {count} {kind}, whose end is not known here"
            )
        return found if found is None or span.ends is None else min(found, span.ends)
    return span.ends


def uplift_of(fields: Fields, span: Span, reader: Reader, name: str) -> dict[str, Any]:
    """How the price changes at renewal, written out: by default it does not, and then it is said to rise by zero."""
    option, percent = spelt(fields.text("priceChangeOption")), fields.number("priceIncreasePercentage")
    fields.harmless("useTenantDefaultForPriceChange")
    if spelt(fields.text("type")) == "onetime":
        return {}
    if option == "uselatestproductcatalogpricing":
        reader.say(
            fields, "priceChangeOption", "UseLatestProductCatalogPricing", "price",
            f"charge {name} takes the catalog's price at renewal. Zuora leaves the old price without a word where the charge's "
            "type, model, billing period or unit of measure has changed, or its quantity lies in no tier",
        )  # fmt: skip
        return {}
    rises = percent if option == "specificpercentagevalue" and percent is not None else Decimal(0)
    if rises and span.is_evergreen:
        reader.note(f"charge {name} is to change by {rises} % at renewal, and an evergreen subscription never renews")
        rises = Decimal(0)
    return {"uplift_percent": format(rises, "f"), "uplift_at": "renewal"}


def _discount(fields: Fields, plan: Plan, dates: Dates, reader: Reader) -> Iterable[Discount]:
    kind = discount_kind(fields) or ""
    number = fields.number("discountPercentage" if kind == "percent" else "discountAmount")
    name = fields.text("name") or fields.text("number") or "discount"
    details = fields.value.get("discountApplyDetails")
    listed = details if isinstance(details, list) else []
    months = (
        0 if spelt(fields.text("type")) == "onetime" else months_of(fields, "billingPeriod", "specificBillingPeriod")
    )
    found = Discount(
        fields=fields, name=fields.text("discountClass") or name, kind=kind, number=number or Decimal(0),
        level=spelt(fields.text("discountLevel")), types=spelt(fields.text("applyDiscountTo")),
        templates=frozenset(str(each.get("appliedProductRatePlanChargeId")) for each in listed if isinstance(each, Mapping)),
        plan=plan, months=months, stacked=bool(fields.flag("isStackedDiscount")), dates=dates,
    )  # fmt: skip
    _discount_fields(fields, found, reader)
    if found.number:
        yield found


def _discount_fields(fields: Fields, found: Discount, reader: Reader) -> None:
    fields.harmless(*HARMLESS)
    fields.harmless(
        "type", "model", "number", "name", "uom", "price", "quantity", "billingTiming", "listPriceBase", "productRatePlanChargeId",
        "billingDay", "billingPeriodAlignment", "priceChangeOption", "priceIncreasePercentage", "specificListPriceBase",
        "applyToBillingPeriodPartially",
    )  # fmt: skip
    if found.level == "account":
        reader.note(f"discount {found.name} is for the whole account: other subscriptions of it are discounted as well")
    if found.dates.blank is not None:
        reader.say(
            fields, "triggerEvent", fields.value.get("triggerEvent"), "discount",
            f"discount {found.name} waits for a date that is not entered: it takes nothing off yet",
        )  # fmt: skip


def anchors(segments: Sequence[Segment], account_day: int | None) -> set[int | None]:
    """The days of the month on which the charges' periods turn; None is one that cannot be told."""
    billed = [each for each in segments if each.price.charge_type != "one_time" and each.dates.blank is None]
    return {_anchor(each, account_day) for each in billed}


def _anchor(segment: Segment, account_day: int | None) -> int | None:
    told = segment.fields.text("billingDay") or segment.fields.text("billCycleType")
    own = segment.fields.whole("billCycleDay")
    kind = spelt(told)
    if kind.startswith("specificdayofmonth"):
        return anchor_of(told) or own
    if kind in {"subscriptionstartday", "chargetriggerday"}:
        return None if segment.dates.start is None else segment.dates.start.day
    return account_day if kind in {"", "defaultfromcustomer"} else None


def with_dates(segment: Segment, start: date | None, end: date | None) -> Segment:
    return replace(segment, dates=replace(segment.dates, start=start, end=end))
