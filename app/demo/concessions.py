"""What a rep gives away: a discount, a rhythm of payment; and whose consent that takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.randomness import between
from app.demo.season import is_quarter_end
from policies.domain.charge import BillingFrequency

if TYPE_CHECKING:
    from app.demo.people import Person
    from policies.domain.charge import Line

# The company's authority table (company.yaml), for products and for services.
_LIMITS: Final = {"ae": (10, 5), "manager": (20, 15), "director": (30, 30), "cro": (40, 40), "cfo": (100, 100)}
_LADDER: Final = tuple(_LIMITS)
_USUAL: Final = {"smb": 4.0, "midmarket": 6.5, "enterprise": 9.0}
_DEEPEST: Final = 30  # below it lie the catalog's floors
_DEEP, _SLOW_PAY, _ODD_RHYTHM = 0.10, 0.04, 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession:
    """Discounts in percent, payment terms and rhythm where they differ from the standard, and the consents they have."""

    discount: int = 0
    services_discount: int = 0
    payment_days: int | None = None
    frequency: BillingFrequency | None = None
    consents: tuple[str, ...] = ()


def concession(seller: Person, segment: str, day: date, rng: Random, *, is_free: bool) -> Concession:
    """What this rep gives this customer on this day; where chance is not free, what needs nobody's consent."""
    limit, services_limit = _LIMITS[seller.rep.role or "ae"]
    rush = 1.4 if is_quarter_end(day) else 1.0
    wanted = int(rng.gauss(_USUAL[segment], 3.0) * seller.appetite * rush)
    if not is_free:
        return Concession(discount=max(0, min(limit, wanted)))
    consents: list[str] = []
    if limit < _DEEPEST and rng.random() < _DEEP * seller.appetite * rush:
        discount = between(rng, limit + 1, min(_DEEPEST, limit + 15))
        consents.append("manager" if discount <= 20 and limit < 20 else "director")
    else:
        discount = max(0, min(limit, wanted))
    pays_late, odd = rng.random() < _SLOW_PAY and segment == "enterprise", rng.random() < _ODD_RHYTHM
    if pays_late:
        consents.append("finance")
    return Concession(
        discount=discount,
        services_discount=min(services_limit, discount),
        payment_days=45 if pays_late else None,
        frequency=(BillingFrequency.QUARTERLY if rng.random() < 0.7 else BillingFrequency.SEMIANNUAL) if odd else None,
        consents=tuple(consents),
    )


def consents_for(lines: Iterable[Line], role: str) -> tuple[str, ...]:
    """Who has to agree to the prices of these lines before a seller of the role may offer them; nobody is ()."""
    needed = _LADDER.index(role)
    for line in lines:
        list_price, net = line.list_unit_price, line.net_unit_price
        if list_price and net is not None:
            kind = 1 if line.product_family == "Services" else 0
            while (list_price - net) * 100 > list_price * Decimal(_LIMITS[_LADDER[needed]][kind]):
                needed += 1
    return () if _LADDER[needed] == role else (_LADDER[needed],)
