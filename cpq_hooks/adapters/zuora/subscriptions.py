"""A subscription with its rate plans as a billing configuration: segments as ramps, discounts in net prices, triggers said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.zuora.charges import Discount, Plan, Segment, Span, anchors, read_charges
from cpq_hooks.adapters.zuora.commitments import commitments
from cpq_hooks.adapters.zuora.discounts import reduce
from cpq_hooks.adapters.zuora.invoices import previews_of
from cpq_hooks.adapters.zuora.marks import HOLD_FIELD, Mark, mark_of
from cpq_hooks.adapters.zuora.reading import Reader, currency_of, day_of, iso, spelt, word, written
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.vendor_fields import Fields

ACCOUNT: Final = "quoteguardAccount"
PREVIEW: Final = "quoteguardBillingPreview"
"""Where our client puts the account of a subscription and the preview of its bills; Zuora's own object has neither."""

_HARMLESS: Final = (
    "success", "termStartDate", "accountName", "version", "invoiceOwnerAccountId", "invoiceOwnerAccountNumber", "invoiceOwnerAccountName",
    "invoiceSeparately", "contractedMrr", "totalContractedValue", "notes", "billToContact", "soldToContact", "invoiceTemplateId",
    "invoiceTemplateName", "sequenceSetId", "sequenceSetName", "invoiceScheduleId", "paymentTerm", "initialTerm",
    "initialTermPeriodType", "currentTerm", "currentTermPeriodType", "renewalSetting", "renewalTerm", "subscriptionStartDate",
    "renewalTermPeriodType", "isLatestVersion", "lastBookingDate", "orderNumber", "scheduledCancelDate", "scheduledSuspendDate",
    "scheduledResumeDate", "cancelReason", "createTime", "updateTime", "externallyManagedBy", "subscriptionEndDate",
    "statusHistory", "billToContactSnapshotId", "soldToContactSnapshotId", "communicationProfileId", "id", ACCOUNT, PREVIEW,
)  # fmt: skip
_HARMLESS_OF_PLAN: Final = (
    "id", "productId", "productName", "productSku", "productRatePlanId", "ratePlanName", "lastChangeType", "externallyManagedPlanId",
    "subscriptionProductFeatures", "isFromExternalCatalog", "subscriptionRatePlanNumber", "originalRatePlanId", "amendmentType",
    "orderActionId", "productRatePlanNumber", "originalSubscriptionRatePlanId",
)  # fmt: skip
_HARMLESS_OF_CHARGE: Final = (
    "productRatePlanChargeId",
    "billingPeriodAlignment",
    "number",
    "name",
    "uom",
    "billingDay",
)
_PRICED: Final = ("unit", "quantity")


def subscription(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """A subscription's charges. Raises `Invalid` where there are none that can be read, or something in them is wrong."""
    fields = Fields.of(payload).harmless(*_HARMLESS)
    reader.currency = currency_of(_with_currency(fields), reader)
    span = span_of(fields)
    segments, discounts = read_charges(plans_of(fields, reader), span, reader)
    kept, added = commitments(segments, reader)
    mark = _held(fields, reader)
    status = "Active" if mark is not None and mark.kind == "suspend" else fields.text("status")
    charges = [_charge(group, discounts, kept, added, status, reader) for group in grouped(kept, discounts)]
    fields.ledger.settle()
    _not_empty(charges, reader)
    document = {
        **_head(fields, reader),
        "status": status,
        "billing_anchor_day": _anchor(kept, payload, reader),
        "auto_renew": span.renews,
        "charges": charges,
        "previews": previews_of(
            payload.get(PREVIEW), reader, document_id=str(payload.get("subscriptionNumber")), charges=segments
        ),
    }
    found = reader.translation(Shape.BILLING_CONFIGURATION, document, fields)
    return _with_blanks(found, kept, discounts, status)


def _with_currency(fields: Fields) -> Fields:
    """The subscription's own currency; older exports have it on the charges alone."""
    if fields.has("currency"):
        return fields
    for plan in fields.objects("ratePlans"):
        for each in plan.objects("ratePlanCharges"):
            if each.has("currency"):
                return each
    return fields


def span_of(fields: Fields) -> Span:
    triggers = {
        name: day_of(fields, name)
        for name in ("contractEffectiveDate", "serviceActivationDate", "customerAcceptanceDate")
    }
    evergreen = spelt(fields.text("termType")) == "evergreen"
    starts = (
        day_of(fields, "subscriptionStartDate") or day_of(fields, "termStartDate") or triggers["contractEffectiveDate"]
    )
    ends = day_of(fields, "termEndDate")
    return Span(
        starts=starts, ends=None if evergreen else ends, triggers=triggers, is_evergreen=evergreen,
        renews=evergreen or bool(fields.flag("autoRenew")),
    )  # fmt: skip


def plans_of(fields: Fields, reader: Reader) -> list[tuple[Plan, Fields]]:
    """Each charge, all its segments, with its rate plan."""
    found: list[tuple[Plan, Fields]] = []
    for place, each in enumerate(fields.objects("ratePlans")):
        each.harmless(*_HARMLESS_OF_PLAN)
        plan = Plan(
            place=place, fields=each, product_id=product_of(each, reader), product_name=each.text("productName")
        )
        for charge in each.objects("ratePlanCharges"):
            segments = charge.objects("chargeSegments")
            charge.harmless(*charge.value) if segments else None
            found.extend((plan, one) for one in (_whole(charge, segments) if segments else (charge,)))
    return found


def _whole(charge: Fields, segments: Sequence[Fields]) -> Iterable[Fields]:
    """Segments with what they have in common with their charge."""
    common = {name: value for name, value in charge.value.items() if name != "chargeSegments"}
    for each in segments:
        charge.ledger.understood.add((*charge.path, "chargeSegments"))
        yield Fields({**common, **{k: v for k, v in each.value.items() if v is not None}}, each.ledger, each.path)


def product_of(plan: Fields, reader: Reader) -> str:
    """The product as the catalog knows it: by SKU, or as the option says."""
    wanted = {"product": "productId", "rate_plan": "productRatePlanId"}.get(
        reader.option("product_from") or "", "productSku"
    )
    found = plan.value.get(wanted) or plan.value.get("productSku") or plan.value.get("productId")
    return str(found or plan.value.get("productRatePlanId") or "?")


def grouped(segments: Sequence[Segment], discounts: Sequence[Discount]) -> list[list[Segment]]:
    """Segments that are one charge with a ramp: the same charge, and nothing but price and quantity changes, without discounts."""
    groups: list[list[Segment]] = []
    for each in segments:
        last = groups[-1][-1] if groups else None
        if last is not None and last.number == each.number and _ramps(last, each, discounts):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _ramps(before: Segment, after: Segment, discounts: Sequence[Discount]) -> bool:
    one, other = before.price, after.price
    same = all(
        getattr(one, name) == getattr(other, name)
        for name in ("charge_type", "model", "tiers", "included", "months", "billing_months", "timing", "basis")
    )
    discounted = any(each.is_for(before) or each.is_for(after) for each in discounts)
    dated = after.dates.start is not None and before.dates.start is not None
    return same and dated and not discounted and one.charge_type == "recurring" and not one.tiers


def _charge(
    group: Sequence[Segment], discounts: Sequence[Discount], segments: Sequence[Segment],
    added: Mapping[int, Mapping[str, Any]], status: str | None, reader: Reader,
) -> dict[str, Any]:  # fmt: skip
    first, last = group[0], group[-1]
    fields = first.fields
    for each in group:
        each.fields.harmless(*_HARMLESS_OF_CHARGE)
    reduced = reduce(first, discounts, segments, reader)
    terms = {**reduced.net.terms(), **last.uplift}
    if reduced.discounts:
        terms |= {"list_unit_price": first.price.terms()["net_unit_price"], "discounts": reduced.discounts}
    _alignment(first, reader)
    return {
        "charge_id": charge_id(first, segments, group),
        "line_id": reader.custom(fields, "line_field"),
        "quote_line_id": reader.custom(fields, "quote_line_field", "QuoteLineId__c"),
        "product_id": _product(first, reader),
        "product_name": first.plan.product_name or first.name,
        "unit_of_measure": fields.text("uom"),
        "state": status,
        **terms,
        **added.get(id(first), {}),
        "start_date": iso(first.dates.start),
        "end_date": iso(last.dates.end),
        "ramp": _ramp(group),
    }


def charge_id(first: Segment, segments: Sequence[Segment], group: Sequence[Segment]) -> str:
    """The charge's number, by which invoices name it; with its segment where it is several charges here."""
    alone = all(each in group for each in segments if each.number == first.number)
    return first.number if alone else f"{first.number}:{first.segment}"


def _product(segment: Segment, reader: Reader) -> str:
    if reader.option("product_from") == "charge" and segment.template:
        return segment.template
    return segment.plan.product_id


def _ramp(group: Sequence[Segment]) -> list[dict[str, Any]]:
    """The steps, where there are several. A flat fee's price is what changes; its quantity is nothing."""
    if len(group) == 1:
        return []
    return [
        {
            "start_date": iso(each.dates.start), "end_date": iso(each.dates.end),
            "quantity": written(each.price.quantity), "net_unit_price": each.price.terms()["net_unit_price"],
        }
        for each in group
    ]  # fmt: skip


def _alignment(segment: Segment, reader: Reader) -> None:
    told = segment.fields.text("billingPeriodAlignment")
    if spelt(told) in {"aligntosubscriptionstart", "aligntotermstart"} and segment.price.billing_months not in {0, 1}:
        reader.note(
            f"charge {segment.number} aligns its periods ({told}); they are counted here from the charge's own start"
        )


def _head(fields: Fields, reader: Reader) -> dict[str, Any]:
    number = fields.text("subscriptionNumber")
    account = fields.text("accountNumber") or fields.text("accountId")
    fields.harmless("accountNumber", "accountId")
    return {
        "billing_configuration_id": number or word(fields.value.get("id")),
        "revision": fields.text("revision") or word(fields.value.get("version")),
        "source": "zuora",
        "agreement_id": reader.custom(fields, "agreement_field", "AgreementId__c") or _by_number(reader, number),
        "quote_id": reader.custom(fields, "quote_field", "QuoteNumber__QT"),
        "account": {"account_id": account, "name": word(fields.value.get("accountName"))} if account else None,
        "currency": reader.currency,
        "time_zone": reader.option("time_zone"),
    }


def _by_number(reader: Reader, number: str | None) -> str | None:
    return number if reader.option("agreement_is") == "subscription" else None


def _anchor(segments: Sequence[Segment], payload: Mapping[str, Any], reader: Reader) -> int | None:
    """The day on which periods turn, where all charges have the same one."""
    found = anchors(segments, account_day(payload.get(ACCOUNT)))
    if len(found) == 1:
        (day,) = found
        if day is None:
            reader.note(
                "the bill cycle day is the account's, and the account is not in this export: periods turn on each start"
            )
        return day
    if found:
        reader.note(
            "the charges have different bill cycle days, and the canonical form has one: periods turn on each start"
        )
    return None


def account_day(account: Any) -> int | None:
    """The bill cycle day of an account, as its own endpoint has it; None where it is not there, or is 0."""
    billing = account.get("billingAndPayment") if isinstance(account, Mapping) else None
    day = billing.get("billCycleDay") if isinstance(billing, Mapping) else None
    number = int(day) if isinstance(day, (int, str)) and not isinstance(day, bool) and str(day).isdigit() else 0
    return number if 1 <= number <= 31 else None


def _held(fields: Fields, reader: Reader) -> Mark | None:
    mark = mark_of(fields.value, reader.option("hold_field") or HOLD_FIELD)
    for name in ("hold_field", "verdict_field", "headline_field", "decision_field"):
        reader.custom(fields, name, HOLD_FIELD if name == "hold_field" else None)
    fields.harmless("Quoteguard_Verdict__c")
    if mark is not None:
        reader.note(f"it is held by Quoteguard itself ({mark.kind}, decision {mark.decision_id})")
    return mark


def _not_empty(charges: Sequence[Mapping[str, Any]], reader: Reader) -> None:
    if not charges:
        told = "; ".join(reader.notes) or "the subscription has no rate plan with a charge in this export"
        raise Invalid(
            [Problem(path="$.ratePlans", message=f"there is no charge that can be read: {told}", code="no_charges")]
        )


def _with_blanks(
    found: Translation, segments: Sequence[Segment], discounts: Sequence[Discount], status: str | None
) -> Translation:
    """An explicit null for each date that has to be entered before a charge bills: absent would be "not said"."""
    if spelt(status).startswith("pending"):
        return found
    for charge, group in zip(found.document["charges"], grouped(segments, discounts), strict=True):
        if group[0].dates.blank is not None:
            charge[group[0].dates.blank] = None
    return found
