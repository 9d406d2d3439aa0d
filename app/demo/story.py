"""The story of one account: its quotes one after the other, what they turned into, and what leaked.

A story depends on the seed and the account's number alone. Nothing in it changes with the size of the data set; only
the last account's story may be cut short.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.demo.accounts import Customer, customer
from app.demo.altered import altered
from app.demo.consumption import Months, consumption
from app.demo.continuing import amendable
from app.demo.contracts import Alteration, Contract
from app.demo.deal import CannotPlant, Deal
from app.demo.deals import SOONEST_START, Occasion, Standing, clean_quote
from app.demo.defects import catalogue as defects
from app.demo.defects.bench import Bench, Plant
from app.demo.losses import too_small
from app.demo.odds import odds
from app.demo.randomness import between, stream
from app.demo.season import moment
from app.demo.settling import Settling
from app.demo.wishes import ANYTHING, PLAIN, WISHES, Wish
from policies.domain.charge import BillingFrequency
from policies.domain.period import add_months
from policies.domain.quote import DealType, Quote, Stage

if TYPE_CHECKING:
    from app.demo.people import Pod
    from app.demo.world import World

_ACCOUNT: Final = 2
_ATTEMPTS: Final = 40
LONGEST: Final = 7
_DEFECTIVE: Final = 0.055
_FRESH_DAYS: Final = 25  # quotes as young as this are still open
_USE: Final = 9
_TOO_SMALL: Final = 0.5


def tell(world: World, number: int, most: int) -> list[Deal]:
    """The deals of an account, at most so many of them, settled. Raises LookupError where a pattern found no place."""
    pattern = world.pattern_of(number)
    for attempt in range(_ATTEMPTS):
        try:
            return _Story(world, number, pattern, attempt, most).deals()
        except CannotPlant:
            continue
    raise LookupError(f"no deal of account {number} could hold {pattern}")


class _Story:
    """One telling of an account's story."""

    def __init__(self, world: World, number: int, pattern: str | None, attempt: int, most: int) -> None:
        self.world = world
        self.attempt = attempt
        self.rng = rng = stream(world.seed, _ACCOUNT + attempt * 10, number)
        self.wish = WISHES.get(pattern, PLAIN) if pattern is not None else ANYTHING
        # A pattern that takes two deals has no place in a story that is cut after one.
        self.pattern = pattern if self.wish.follow_up is None or most > 1 else None
        self.most = min(most, LONGEST)
        self.customer: Customer = customer(rng, number, self.wish.currency)
        self.pod: Pod = world.pod_of(number)
        self.seat = self.pod.seat_for(rng)
        self.told: list[Deal] = []

    def deals(self) -> list[Deal]:
        if self.pattern is None:
            self._go_on()
        else:
            self._as_planned(self.pattern)
        settling = Settling(self.world, self.rng, self.told, self._use, self.pattern)
        for deal in self.told:
            settling.settle(deal)
        return self.told

    # ------------------------------------------------------------------------------------ one deal after the other

    def _go_on(self) -> None:
        day: date | None = self.world.season.day(self.rng)
        kind, standing = self._first_kind(), None
        while day is not None and len(self.told) < self.most:
            deal = self._deal(kind, day, standing, ANYTHING)
            kind, day, standing = self._next(deal)

    def _first_kind(self) -> DealType:
        chance = self.rng.random()
        if chance < 0.66:
            return DealType.NEW
        return DealType.RENEWAL if chance < 0.86 else DealType.EXPANSION

    def _next(self, deal: Deal) -> tuple[DealType, date | None, Standing | None]:
        """What comes after a deal, and when; no day where nothing does."""
        rng, day = self.rng, deal.occasion.day
        current = self._main()
        if current is None:
            again = day + timedelta(days=between(rng, 30, 150))
            return DealType.NEW, self._within(again) if rng.random() < 0.45 else None, None
        return self._after_contract(current, day)

    def _main(self) -> Deal | None:
        """The deal whose contract stands now; an expansion only where there is nothing that it expands."""
        signed = [each for each in self.told if each.contract is not None]
        lasting = [each for each in signed if each.occasion.deal_type is not DealType.EXPANSION]
        found = lasting or signed
        return found[-1] if found else None

    def _after_contract(self, current: Deal, day: date) -> tuple[DealType, date | None, Standing | None]:
        contract, rng = current.contract, self.rng
        if contract is None:
            return DealType.NEW, None, None
        chance = rng.random()
        if chance < 0.16 and self._may_amend(current):
            effective = max(day, contract.term.start) + timedelta(days=between(rng, 35, 150))
            if effective + timedelta(days=60) < contract.term.end:
                return DealType.AMENDMENT, self._within(effective), contract.standing(None)
        if chance < 0.42:
            later = max(day, contract.term.start) + timedelta(days=between(rng, 30, 200))
            if later + timedelta(days=100) < contract.term.end:
                return DealType.EXPANSION, self._within(later), contract.standing(None)
        if chance < 0.90 and contract.occasion.deal_type is not DealType.EXPANSION:
            renewing = max(day, contract.term.end - timedelta(days=between(rng, 25, 80)))
            if renewing + timedelta(days=SOONEST_START) < contract.term.end:
                return DealType.RENEWAL, self._within(renewing), contract.standing(self._deployed(current))
        return DealType.NEW, None, None

    def _may_amend(self, deal: Deal) -> bool:
        contract = deal.contract
        if contract is None or deal.leaks or deal.plant is not None or contract.alterations:
            return False
        line = amendable(contract.signed.lines)
        frequency = (line and line.billing_frequency) or contract.signed.billing_frequency
        return line is not None and frequency is BillingFrequency.MONTHLY

    def _within(self, day: date) -> date | None:
        return day if day < self.world.end else None

    def _deployed(self, deal: Deal) -> Decimal | None:
        """The most seats that were in use in the contract, as far as that is known when it is renewed."""
        contract = deal.contract
        seats = [line for line in contract.signed.lines if line.product_id == "SEAT"] if contract is not None else []
        if contract is None or not seats:
            return None
        use = self._use(contract)
        months = Months.of(contract.term)
        return max(use[seats[0].line_id][: months.count_until(contract.term.last_day) + 1])

    def _use(self, contract: Contract) -> dict[str, list[Decimal]]:
        """What the customer uses of a contract: the same whenever it is asked for, and the asker's own to change."""
        number = contract.occasion.customer.number * 16 + contract.occasion.number
        return consumption(
            contract, Months.of(contract.term), stream(self.world.seed, _USE + self.attempt * 10, number)
        )

    # ------------------------------------------------------------------------------------------------- one deal

    def _deal(
        self, kind: DealType, day: date, standing: Standing | None, wish: Wish, pattern: str | None = None
    ) -> Deal:
        occasion = Occasion(
            customer=self.customer,
            number=len(self.told) + 1,
            seller=self.pod.seller(self.seat, day),
            pod=self.pod,
            deal_type=kind,
            created_at=moment(self.rng, day),
            standing=standing,
            wish=wish,
        )
        quote = clean_quote(occasion, self.world.shelf, self.rng)
        quote, plant = self._with_defect(quote, occasion, pattern)
        true_odds = odds(occasion, quote, plant, self.world.effects)
        deal = Deal(occasion=occasion, quote=quote, odds=true_odds, plant=plant, forced=wish is not ANYTHING)
        self.told.append(deal)
        self._sign(deal)
        return deal

    def _with_defect(self, quote: Quote, occasion: Occasion, pattern: str | None) -> tuple[Quote, Plant | None]:
        bench = Bench(quote=quote, occasion=occasion, shelf=self.world.shelf, rng=self.rng)
        if pattern is not None:
            made = defects.planted(pattern, bench)
            if made is None:
                raise CannotPlant
            return made.quote, made.plant
        careless = max(0.3, 1.0 + occasion.seller.carelessness)
        if self.pattern is not None or self.rng.random() >= _DEFECTIVE * careless:
            return quote, None
        for _ in range(4):
            made = defects.planted(defects.ANY.pick(self.rng), bench)
            if made is not None:
                return made.quote, made.plant
        return quote, None

    def _sign(self, deal: Deal) -> None:
        """Whether and when the customer signs; what is not signed stays a quote."""
        rng, day = self.rng, deal.occasion.day
        signed_on = day + timedelta(days=between(rng, 1, 6) if deal.forced else between(rng, 2, 14))
        wins = deal.forced or rng.random() < self._win_rate(deal)
        if (
            not wins
            or signed_on >= self.world.end
            or (not deal.forced and day > self.world.end - timedelta(_FRESH_DAYS))
        ):
            deal.quote = altered(deal.quote, stage=self._open_stage(deal))
            return
        deal.leaks = rng.random() < deal.odds.probability and not deal.forced
        if deal.leaks and rng.random() < _TOO_SMALL:
            self._shrink(deal)
        if deal.occasion.deal_type is DealType.AMENDMENT:
            self._amend(deal, signed_on)
        else:
            contract = Contract(occasion=deal.occasion, quote=deal.quote, signed=deal.quote, signed_on=signed_on)
            deal.contract = contract

    def _shrink(self, deal: Deal) -> None:
        """R04: a renewal for fewer seats than are in use, where the contract before it tells how many these are."""
        standing = deal.occasion.standing
        deployed = standing.seats_deployed if standing is not None else None
        if deal.occasion.deal_type is not DealType.RENEWAL or deployed is None or deal.plant is not None:
            return
        shrunk = too_small(deal.quote, deal.occasion, deployed, self.rng)
        if shrunk is not None:
            deal.quote, deal.leak = shrunk

    def _win_rate(self, deal: Deal) -> float:
        """Renewals are won more often; a deal desk stops some of the quotes that have a defect."""
        rate = 0.58 if deal.occasion.deal_type is DealType.NEW else 0.80
        return rate - (0.12 if deal.plant is not None else 0.0)

    def _open_stage(self, deal: Deal) -> Stage:
        """Where a quote stands that was not signed. What was edited behind an approval did go out."""
        if deal.plant is not None and deal.plant.pattern == "Q18":
            return Stage.SENT
        if deal.occasion.day > self.world.end - timedelta(_FRESH_DAYS):
            return (Stage.DRAFT, Stage.SUBMITTED, Stage.SENT)[between(self.rng, 0, 2)]
        return Stage.SENT if self.rng.random() < 0.75 else Stage.SUBMITTED

    def _amend(self, deal: Deal, signed_on: date) -> None:
        amended = next(each for each in reversed(self.told) if each.contract is not None)
        contract, line = amended.contract, deal.quote.lines[0]
        if contract is None or deal.quote.start_date is None:
            raise LookupError("an amendment always has a contract")
        alteration = Alteration(
            amendment_id=f"SIM-AM-{deal.occasion.customer.number:06d}-{deal.occasion.number}",
            effective=deal.quote.start_date,
            signed_on=signed_on,
            line=line,
        )
        amended.contract = replace(contract, alterations=(*contract.alterations, alteration))
        deal.alters = contract.agreement_id

    # ------------------------------------------------------------------------------------------- as it is planned

    def _as_planned(self, pattern: str) -> None:
        wish = self.wish
        day = add_months(self.world.end, -wish.months_ago) + timedelta(days=between(self.rng, 0, 20))
        if pattern in defects.PLANTERS:
            self._deal(wish.deal_type, day, None, wish, pattern)
            return
        first = self._deal(wish.deal_type, day, None, wish)
        if wish.follow_up is None or first.contract is None:
            return
        if wish.follow_up is DealType.AMENDMENT:
            self._planned_amendment(first.contract, wish)
        else:
            self._planned_renewal(first, wish)

    def _planned_amendment(self, contract: Contract, wish: Wish) -> None:
        day = contract.term.start + timedelta(days=between(self.rng, 60, 100))
        self._deal(DealType.AMENDMENT, day, contract.standing(None), replace(wish, products=None))

    def _planned_renewal(self, first: Deal, wish: Wish) -> None:
        """R04: the renewal is for fewer seats than are in use."""
        contract = first.contract
        if contract is None:
            raise CannotPlant
        day = contract.term.end - timedelta(days=40)
        renewal = self._deal(DealType.RENEWAL, day, contract.standing(None), replace(wish, products=None))
        deployed = self._deployed(first)
        shrunk = too_small(renewal.quote, renewal.occasion, deployed, self.rng) if deployed is not None else None
        if shrunk is None or renewal.contract is None:
            raise CannotPlant
        quote, renewal.leak = shrunk
        renewal.quote = quote
        renewal.contract = replace(renewal.contract, quote=quote, signed=quote)
        renewal.leaks = True
