"""Whether a difference can still be put right: what is owed can be invoiced, as long as the agreement allows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.period import Period, add_months

if TYPE_CHECKING:
    from policies.auditing.expected import Component, Horizon
    from policies.domain.agreement import Agreement

_LIMIT = "back_billing_limit_months"
"""The agreement's own field for how many months after a period it may still be invoiced; any other name is not read."""
_MOST_MONTHS = 1200


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an agreement allows, as of the audit's day."""

    agreement: Agreement
    horizon: Horizon

    @property
    def through(self) -> date | None:
        """The last day that the audit looks at."""
        if self.horizon.as_of is not None:
            return self.horizon.as_of
        return None if self.horizon.edge is None else self.horizon.edge - timedelta(days=1)

    @property
    def limit(self) -> int | None:
        """How many months back may be invoiced; None where the agreement does not limit it."""
        stated = self.agreement.extra.get(_LIMIT, self.agreement.terms.extra.get(_LIMIT))
        if isinstance(stated, bool) or not isinstance(stated, int | str | Decimal):
            return None
        try:
            return min(int(stated), _MOST_MONTHS)
        except (ValueError, ArithmeticError):
            return None

    def allows(self, period: Period) -> bool:
        """Whether what was not invoiced for a period may still be."""
        through, limit = self.through, self.limit
        return limit is None or through is None or through < add_months(period.end, limit)

    def of(self, component: Component) -> bool | None:
        """Whether a component's difference can be recovered; None where there is none. What was billed too much is given back."""
        if component.is_unknown:
            return None
        return component.difference > 0 and self.allows(component.period)

    def why(self, periods: list[Period]) -> str:
        """In a sentence, whether what is owed for these periods can be recovered."""
        allowed = sum(self.allows(each) for each in periods)
        if self.limit is None:
            return "Recoverable: the agreement states the price, and no limit on invoicing past periods."
        told = f"the agreement lets past periods be invoiced for {self.limit} months"
        if allowed == len(periods):
            return f"Recoverable: {told}."
        if not allowed:
            return f"Not recoverable: {told}, and these are older."
        return f"Recoverable in part: {told}, and {len(periods) - allowed} of {len(periods)} periods are older."
