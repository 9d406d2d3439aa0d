"""What a customer used, as the product measured it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import NOTHING_EXTRA

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """A quantity over a period (`period_start` to `period_end`, last day) or at a moment (`at`), never both."""

    usage_id: str
    quantity: Decimal
    account_id: str | None = None
    agreement_id: str | None = None
    line_id: str | None = None
    product_id: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    at: datetime | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
