"""Figures and amounts as the documents of the insights tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.domain.money import Money, amount_string

if TYPE_CHECKING:
    from app.ledgers.metrics import Measured

Document = dict[str, Any]


def measured_json(measured: Measured, **more: Any) -> Document:
    """A figure as JSON; `value` null says in `because` why it cannot be told."""
    interval = measured.interval
    return {
        "definition": measured.definition,
        "value": None if measured.value is None else round(measured.value, 6),
        "n": measured.n,
        "low": None if interval is None else round(interval.low, 6),
        "high": None if interval is None else round(interval.high, 6),
        "because": measured.because,
        **more,
    }


def money_text(amount: Any, currency: str) -> str:
    """Minor units as a decimal string."""
    return amount_string(Money.from_minor_units(int(amount or 0), currency).amount, currency)
