"""Usage as Zuora holds it, record by record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.adapters.zuora.reading import Reader
from cpq_hooks.vendor_fields import Fields

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "usage_id": ("id", "Id", "uniqueKey", "UNIQUE_KEY"),
    "account_id": ("accountNumber", "AccountNumber", "accountId", "AccountId"),
    "subscription": ("subscriptionNumber", "SubscriptionNumber", "subscriptionId", "SubscriptionId"),
    "charge": ("chargeNumber", "ChargeNumber", "chargeId", "ChargeId"),
    "quantity": ("quantity", "Quantity"),
    "start": ("startDateTime", "StartDateTime"),
    "end": ("endDateTime", "EndDateTime"),
}
_HARMLESS: Final = (
    "accountName", "sourceName", "SourceName", "SourceType", "submissionDateTime", "SubmissionDateTime", "status", "RbeStatus",
    "unitOfMeasure", "UOM", "Description", "description", "CreatedById", "CreatedDate", "UpdatedById", "UpdatedDate", "ImportId",
    "FileName", "success",
)  # fmt: skip

_OFFSET: Final = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")


def usage(payload: Mapping[str, Any], reader: Reader) -> Translation:
    """One record of usage. Raises `Invalid` where its quantity or its moment is not there."""
    fields = Fields.of(payload).harmless(*_HARMLESS)
    quantity = next((fields.number(name) for name in _NAMES["quantity"] if fields.has(name)), None)
    if quantity is None:
        fields.ledger.refuse(("quantity",), "required", "usage has a quantity")
    number, charge = _one(fields, "subscription"), _one(fields, "charge")
    if charge is None:
        told = "Zuora finds its charge by the unit of measure, and here the number of a charge is wanted"
        fields.ledger.refuse(("chargeNumber",), "required", told)
    document = {
        "usage_id": _one(fields, "usage_id") or _made_id(fields),
        "account_id": _one(fields, "account_id"),
        "agreement_id": number if reader.option("agreement_is") == "subscription" else None,
        "line_id": charge,
        "quantity": quantity,
        **_when(fields, reader),
    }
    if number is not None and reader.option("agreement_is") != "subscription":
        reader.note(
            f"the usage is of subscription {number}; set agreement_is to subscription where that is the agreement's id"
        )
    fields.harmless(*(name for names in _NAMES.values() for name in names))
    return reader.translation(Shape.USAGE, document, fields)


def _when(fields: Fields, reader: Reader) -> dict[str, Any]:
    """The moment of use, or the days from start to end."""
    start, end = _raw(fields, "start"), _raw(fields, "end")
    if start is None:
        fields.ledger.refuse(("startDateTime",), "required", "usage has a moment, such as 2026-01-31T12:00:00Z")
        return {}
    if end is None:
        name = next(name for name in _NAMES["start"] if fields.has(name))
        return {"at": _moment(fields, name, reader)}
    days = [fields.day(name) for key in ("start", "end") for name in _NAMES[key] if fields.has(name)]
    return {"period_start": days[0], "period_end": days[1] if len(days) > 1 else None}


def _moment(fields: Fields, name: str, reader: Reader) -> str | None:
    """The moment; one without an offset is in the tenant's zone, which Zuora leaves to be known."""
    text = fields.moment(name)
    raw = str(fields.value.get(name))
    if text is not None and not _OFFSET.search(raw):
        reader.note(f"{raw} has no offset and is read as UTC; in Zuora it is in the tenant's time zone")
    return text


def _one(fields: Fields, key: str) -> str | None:
    return next((fields.text(name) for name in _NAMES[key] if fields.has(name)), None)


def _raw(fields: Fields, key: str) -> Any:
    return next((fields.value[name] for name in _NAMES[key] if fields.has(name)), None)


def _made_id(fields: Fields) -> str:
    """An id for a record that has none yet: the same record makes the same one."""
    parts = [str(_raw(fields, key) or "") for key in ("account_id", "subscription", "charge", "start")]
    return ":".join(parts)
