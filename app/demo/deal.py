"""One quote with everything that the simulator knows of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.books import Books
from app.demo.contracts import Contract
from app.demo.deals import Occasion
from app.demo.defects.bench import Plant
from app.demo.odds import Odds
from policies.domain.quote import Quote, Stage


@dataclass(slots=True, kw_only=True)
class Deal:
    """One quote with what the simulator knows of it, and with what it turned into once it is settled."""

    occasion: Occasion
    quote: Quote
    odds: Odds
    plant: Plant | None = None
    forced: bool = False
    leaks: bool = False
    contract: Contract | None = None
    alters: str | None = None
    books: Books | None = None
    leak: Plant | None = None
    over: Plant | None = None

    @property
    def is_accepted(self) -> bool:
        return self.quote.stage is Stage.ACCEPTED


class CannotPlant(Exception):  # noqa: N818 - a signal to try again with other luck
    """This luck gave no deal that can hold the pattern."""
