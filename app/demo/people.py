"""The people who sell: pods of seats that reps hold one after another, hired and leaving, each with their own habits.

How careless a rep is cannot be seen in any document; it is one of the true causes of leakage and is kept with the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from app.demo.randomness import Weighted, between, stream
from policies.domain.quote import Rep

_PEOPLE: Final = 1
_SEATS: Final = ("ae", "ae", "ae", "ae", "ae", "ae", "manager", "director")
_MANAGER, _DIRECTOR = 6, 7
_LEAVING_A_YEAR: Final = 0.20
_YEAR: Final = 365.25

_FIRST: Final = (
    "Ada", "Ben", "Chloe", "Dmitri", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lars", "Mina", "Noah",
    "Orla", "Pavel", "Quinn", "Rosa", "Samir", "Tess", "Umar", "Vera", "Wen", "Ximena", "Yusuf", "Zoe", "Arun", "Bea",
)  # fmt: skip
_LAST: Final = (
    "Abbey", "Birch", "Cobble", "Dale", "Ember", "Fenn", "Grove", "Heath", "Ivory", "Juniper", "Kestrel", "Linden",
    "Marsh", "North", "Orchard", "Pebble", "Quill", "Rowan", "Sedge", "Thorn", "Umber", "Vale", "Willow", "Yarrow",
)  # fmt: skip

# How careless: most reps hardly, some rather, a few very. In log-odds of a leak.
_CARELESSNESS: Final = Weighted.of([((-0.40, 0.20), 0.62), ((1.00, 0.25), 0.24), ((2.20, 0.25), 0.14)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A rep or a sales leader. `left_on` is the last day; `carelessness` is in log-odds, `appetite` scales discounts."""

    rep: Rep
    hired_on: date
    left_on: date | None
    carelessness: float
    appetite: float

    def works_on(self, day: date) -> bool:
        return self.hired_on <= day and (self.left_on is None or day <= self.left_on)

    def tenure_years(self, day: date) -> float:
        return max(0.0, (day - self.hired_on).days / _YEAR)


@dataclass(frozen=True, slots=True)
class Pod:
    """Some reps with their manager and director; each seat is held by one person after another, with gaps."""

    number: int
    seats: tuple[tuple[Person, ...], ...]

    def seller(self, seat: int, day: date) -> Person:
        """Who holds the seat on the day, or who stands in: the manager, else the director, who always is there."""
        for number in (seat, _MANAGER):
            for person in self.seats[number]:
                if person.works_on(day):
                    return person
        return self.seats[_DIRECTOR][0]

    def leader(self, role: str, day: date) -> Person | None:
        """The pod's manager or director on the day; None for any other role and where the seat is empty."""
        if role not in ("manager", "director"):
            return None
        people = self.seats[_MANAGER if role == "manager" else _DIRECTOR]
        return next((person for person in people if person.works_on(day)), None)

    def seat_for(self, rng: Random) -> int:
        """Which seat an account belongs to: mostly a rep's, sometimes a leader's own."""
        return between(rng, 0, 5) if rng.random() < 0.92 else between(rng, _MANAGER, _DIRECTOR)

    def people(self) -> tuple[Person, ...]:
        return tuple(person for seat in self.seats for person in seat)


def pod(seed: int, number: int, start: date, end: date) -> Pod:
    """The `number`-th pod of the company from `start` to `end`."""
    rng = stream(seed, _PEOPLE, number)
    hires = iter(range(number * 100 + 1, number * 100 + 100))
    seats = tuple(tuple(_holders(rng, seat, number, hires, start, end)) for seat in range(len(_SEATS)))
    return Pod(number, seats)


def _holders(rng: Random, seat: int, number: int, hires: object, start: date, end: date) -> list[Person]:
    holders: list[Person] = []
    hired = start - timedelta(days=between(rng, 0, 1800))
    while hired < end:
        left = _leaving(rng, hired, start, end) if seat != _DIRECTOR else None
        hire = next(hires)  # type: ignore[call-overload]
        holders.append(_person(rng, hire, _SEATS[seat], number, hired, left))
        if left is None:
            break
        hired = left + timedelta(days=between(rng, 10, 70))
    return holders


def _leaving(rng: Random, hired: date, start: date, end: date) -> date | None:
    """The last day of someone who leaves before the end; those hired before the start were still there at the start."""
    days = rng.expovariate(_LEAVING_A_YEAR / _YEAR)
    left = max(hired, start) + timedelta(days=int(days) + 60)
    return left if left < end else None


def _person(rng: Random, hire: int, role: str, pod_number: int, hired: date, left: date | None) -> Person:
    first, last = _FIRST[between(rng, 0, len(_FIRST) - 1)], _LAST[between(rng, 0, len(_LAST) - 1)]
    mean, spread = _CARELESSNESS.pick(rng)
    rep = Rep(
        rep_id=f"SIM-R-{hire:05d}",
        name=f"{first} {last} (simulated)",
        role=role,
        team=f"Team {pod_number + 1:02d} (simulated)",
    )
    return Person(
        rep=rep,
        hired_on=hired,
        left_on=left,
        carelessness=rng.gauss(mean, spread) if role == "ae" else rng.gauss(-0.4, 0.2),
        appetite=0.6 + rng.random() * 0.9,
    )
