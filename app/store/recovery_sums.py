"""The recovery cases' money together, by state, side and currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from app.bookkeeping.recovery import CaseMoney, CaseState
from app.store.ledger_tables import RECOVERY_CASES
from app.store.ledgers import Ledgers

_AMOUNTS: Final = ("recoverable", "invoiced", "recovered", "collected", "written_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSum:
    """The cases of a state, side and currency together."""

    state: CaseState
    side: str
    currency: str
    cases: int
    money: CaseMoney


def case_sums(ledgers: Ledgers) -> tuple[CaseSum, ...]:
    """How many cases there are and their money. Sides and currencies are never added."""
    columns = [RECOVERY_CASES.c[name] for name in ("state", "side", "currency")]
    totals = [func.sum(RECOVERY_CASES.c[name]).label(name) for name in _AMOUNTS]
    query: Any = select(*columns, func.count().label("n"), *totals).group_by(*columns).order_by(*columns)
    return tuple(
        CaseSum(
            state=CaseState(row.state),
            side=row.side,
            currency=row.currency,
            cases=int(row.n),
            money=CaseMoney(**{name: int(getattr(row, name)) for name in _AMOUNTS}),
        )
        for row in ledgers.rows(query)
    )
