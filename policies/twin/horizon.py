"""How far bills are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The agreement's term, and one renewed term after it where it renews by itself."""

    term: Period | None = None
    renewal: Period | None = None

    @property
    def end(self) -> date | None:
        """The day after the last that is looked at; None where the agreement does not say when it ends."""
        last = self.renewal or self.term
        return None if last is None else last.end
