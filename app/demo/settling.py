"""What became of the deals of an account: the books of each contract, and what leaks in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.books import Books, open_books
from app.demo.contracts import Contract
from app.demo.deal import CannotPlant, Deal
from app.demo.defects.bench import Plant
from app.demo.leaks import catalogue as leaks
from app.demo.losses import loss_by_use
from policies.domain.quote import DealType

if TYPE_CHECKING:
    from app.demo.world import World

_OVERBILLED: Final = 0.02
_BY_DEFECT: Final = 0.7


@dataclass(frozen=True, slots=True)
class Settling:
    """Settles the deals of one story. `use` gives a contract's use, `pattern` is what has to be planted."""

    world: World
    rng: Random
    told: Sequence[Deal]
    use: Callable[[Contract], dict[str, list[Decimal]]]
    pattern: str | None

    def settle(self, deal: Deal) -> None:
        """Open the books of a contract and let in what leaks: its own leak, or that of an amendment to it."""
        if deal.contract is None:
            return
        deal.books = self._open(deal.contract)
        amending = next((each for each in self.told if each.alters == deal.contract.agreement_id), None)
        leaking = amending if amending is not None else deal
        wanted = self.pattern if deal.forced and self.pattern in leaks.LEAKS else None
        if wanted is not None:
            if not self._let_in([wanted], leaking, deal, wants_loss=wanted not in leaks.OVER):
                raise CannotPlant
        elif leaking.leaks and leaking.leak is None:
            self._leak(leaking, deal)
        elif not leaking.leaks and self.rng.random() < _OVERBILLED and not deal.forced and leaking is deal:
            self._let_in(leaks.OVER, deal, deal, wants_loss=False)

    def _open(self, contract: Contract) -> Books:
        books = open_books(contract, self.world.end, self.rng, self.use(contract))
        books.is_renewed = any(
            each.is_accepted
            and each.occasion.standing is not None
            and each.occasion.deal_type is DealType.RENEWAL
            and each.occasion.standing.agreement_id == contract.agreement_id
            for each in self.told
        )
        return books

    def _leak(self, deal: Deal, booked: Deal) -> None:
        """The deal leaks where it has a costly defect, mostly through that; else in what follows the signature."""
        own = self._own_defect(deal, booked)
        if own is not None and (self.rng.random() < _BY_DEFECT or own.pattern == "Q17"):
            deal.leak = own
            return
        patterns = leaks.drawn(self.rng) if deal is booked else [*leaks.OF_AMENDMENTS, *leaks.drawn(self.rng)]
        if not self._let_in(patterns, deal, booked, wants_loss=True):
            deal.leak = own
        deal.leaks = deal.leak is not None

    def _let_in(self, patterns: Sequence[str], deal: Deal, booked: Deal, *, wants_loss: bool) -> bool:
        """Plant the first of the patterns that finds a place in the books and loses money, or else bills too much."""
        for pattern in patterns:
            books = booked.books
            made = leaks.LEAKS[pattern](books) if books is not None else None
            if made is None or books is None or booked.contract is None:
                continue
            loss = made.loss if made.loss is not None else books.shortfall()
            found = Plant(pattern=pattern, note=made.note, loss=loss, lines=made.lines)
            if wants_loss and loss > 0:
                deal.leak = found
            elif not wants_loss and loss < 0:
                deal.over = found
            else:
                booked.books = self._open(booked.contract)
                continue
            booked.contract = books.contract
            deal.leaks = wants_loss
            return True
        return False

    def _own_defect(self, deal: Deal, booked: Deal) -> Plant | None:
        plant = deal.plant
        if plant is None or booked.books is None:
            return None
        loss = plant.loss if plant.loss is not None else loss_by_use(plant, booked.books, self.world.shelf)
        return replace(plant, loss=loss) if loss is not None and loss > 0 else None
