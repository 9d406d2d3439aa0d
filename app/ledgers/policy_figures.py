"""How each policy does over a span of days: hits, precision, overrides and money, currencies and sides apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.ledgers import insights
from app.ledgers.metrics import Measured, share
from policies.domain.money import Money

if TYPE_CHECKING:
    from app.ledgers.insights import Asked
    from app.store import Store


@dataclass(slots=True)
class PolicyFigures:
    """One policy. `findings` are hits that enforce, `shadow` those that only count; money is (currency, under, over)."""

    findings: int = 0
    shadow: int = 0
    consented: int = 0
    decisions: int = 0
    confirmed: int = 0
    dismissed: int = 0
    money: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)

    @property
    def precision(self) -> Measured:
        """Of the findings that somebody judged, the share that was right."""
        judged = self.confirmed + self.dismissed
        return share("false_positive_share", self.confirmed, judged, nothing="no finding of it was judged")

    @property
    def override_rate(self) -> Measured:
        return share("override_rate", self.consented, self.findings, nothing="no hit that enforces")


def policy_figures(store: Store, asked: Asked) -> dict[str, PolicyFigures]:
    """The figures of every policy that was heard of, by id."""
    found: dict[str, PolicyFigures] = {}
    for row in store.ledgers.counts(asked.span, "policy"):
        each = found.setdefault(row.value, PolicyFigures())
        for name in ("findings", "shadow", "consented", "decisions"):
            setattr(each, name, getattr(each, name) + int(getattr(row, name)))
        under, over = (
            Money.from_minor_units(int(getattr(row, side)), row.currency).amount for side in ("under", "over")
        )
        if under or over:
            each.money.append((row.currency, under, over))
    for row in store.insights.outcomes(asked.span, "policy_id"):
        each = found.setdefault(row[0], PolicyFigures())
        each.confirmed += int(row.n) * (row.judged == "confirmed")
        each.dismissed += int(row.n) * (row.judged == "dismissed")
    return found


def hits_by_month(store: Store, asked: Asked, policy_id: str) -> Mapping[str, tuple[int, int]]:
    """Hits that enforce and hits in shadow, by month ("2026-03"), in all currencies."""
    found: dict[str, tuple[int, int]] = {}
    for row in store.insights.days_of("policy", policy_id, asked.span):
        findings, shadow = found.get(row.day[:7], (0, 0))
        found[row.day[:7]] = findings + int(row.findings), shadow + int(row.shadow)
    return found


def ledgers_of(store: Store, asked: Asked, policy_id: str) -> list[dict[str, Any]]:
    """What became of the policy's money: the five ledgers by currency and side."""
    rows = insights.ledger_rows(store, asked)
    return [row for row in rows if row["value"] == policy_id]
