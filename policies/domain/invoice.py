"""What was invoiced."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.charge import NOTHING_EXTRA

if TYPE_CHECKING:
    from collections.abc import Mapping


class InvoiceLineKind(StrEnum):
    """What an invoice line charges for."""

    RECURRING = "recurring"
    OVERAGE = "overage"
    USAGE = "usage"
    ONE_TIME = "one_time"
    DISCOUNT = "discount"
    CREDIT = "credit"
    TAX = "tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One amount of an invoice, for a service period (`period_end` is its last day). Credits and discounts are negative."""

    amount: Decimal
    kind: InvoiceLineKind | None = None
    line_id: str | None = None
    charge_id: str | None = None
    product_id: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as issued."""

    invoice_id: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    account_id: str | None = None
    agreement_id: str | None = None
    billing_configuration_id: str | None = None
    issued_on: date | None = None
    total: Decimal | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
