"""What a deal has to look like so that a certain pattern can be planted in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.domain.charge import BillingFrequency
from policies.domain.quote import DealType

MONTHLY, ANNUAL = BillingFrequency.MONTHLY, BillingFrequency.ANNUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Constraints on a deal; None leaves the choice to chance. `months_ago` is how long before the end it is made."""

    products: tuple[str, ...] | None = None
    deal_type: DealType = DealType.NEW
    currency: str | None = None
    term_months: int | None = None
    frequency: BillingFrequency | None = None
    months_ago: int = 12
    seat_overage: bool | None = None
    ramp: bool = False
    promotion: bool = False
    uplift: bool = False
    follow_up: DealType | None = None


ANYTHING: Final = Wish()

PLAIN: Final = Wish(products=("SEAT", "SSO"))
_SEATS: Final = Wish(products=("SEAT", "SUPPORT-STANDARD"), frequency=MONTHLY)
_AMENDED: Final = Wish(
    products=("SEAT", "SSO"), frequency=MONTHLY, months_ago=13, seat_overage=False, follow_up=DealType.AMENDMENT
)
_LATELY: Final = Wish(products=("SEAT", "SUPPORT-STANDARD"), frequency=MONTHLY, months_ago=6)

WISHES: Final[Mapping[str, Wish]] = MappingProxyType(
    {
        "Q01": _SEATS,
        "Q02": _LATELY,
        "Q03": _SEATS,
        "Q04": Wish(products=("SEAT", "SSO"), frequency=MONTHLY, promotion=True),
        "Q08": Wish(products=("PLATFORM-FEE", "SSO"), frequency=ANNUAL),
        "Q09": _SEATS,
        "Q10": Wish(products=("PLATFORM-FEE", "STORAGE-GB")),
        "Q11": Wish(products=("SEAT", "API-CALLS"), seat_overage=True, frequency=MONTHLY),
        "Q12": Wish(products=("PLATFORM-ENTERPRISE", "SUPPORT-PREMIUM", "EVENTS-COMMIT")),
        "Q13": Wish(products=("SEAT", "SUPPORT-STANDARD"), ramp=True, term_months=24, months_ago=16),
        "Q14": Wish(products=("SEAT", "ANALYTICS"), term_months=12),
        "Q16": Wish(products=("SEAT", "SUPPORT-STANDARD"), currency="EUR"),
        "Q17": Wish(products=("PLATFORM-FEE", "SUPPORT-STANDARD")),
        "Q18": _SEATS,
        "Q20": _SEATS,
        "K01": _SEATS,
        "K02": _AMENDED,
        "P01": Wish(products=("SEAT", "SSO"), frequency=MONTHLY, seat_overage=False),
        "P03": Wish(products=("PLATFORM-FEE", "TRAINING", "ONBOARDING")),
        "B01": Wish(products=("SEAT", "SSO", "ONBOARDING")),
        "B03": Wish(products=("PLATFORM-FEE", "STORAGE-GB", "MESSAGES")),
        "B04": Wish(products=("PLATFORM-FEE", "STORAGE-GB", "API-CALLS")),
        "B07": Wish(products=("SEAT", "SSO"), frequency=MONTHLY, promotion=True),
        "B09": Wish(
            products=("PLATFORM-ENTERPRISE", "SUPPORT-PREMIUM", "EVENTS-COMMIT"), term_months=12, months_ago=16
        ),
        "B10": _SEATS,
        "B11": Wish(products=("SEAT", "SUPPORT-STANDARD"), ramp=True, term_months=24, months_ago=16),
        "B12": Wish(products=("SEAT", "SUPPORT-STANDARD"), currency="JPY", frequency=MONTHLY),
        "I01": _SEATS,
        "I02": _AMENDED,
        "I03": _SEATS,
        "U01": Wish(products=("PLATFORM-FEE", "API-CALLS"), frequency=MONTHLY),
        "U02": Wish(products=("PLATFORM-FEE", "API-CALLS"), frequency=MONTHLY),
        "U03": Wish(products=("PLATFORM-FEE", "API-CALLS"), frequency=MONTHLY),
        "U04": Wish(products=("PLATFORM-FEE", "API-CALLS"), frequency=MONTHLY),
        "U05": Wish(products=("SEAT", "SSO"), seat_overage=True, frequency=MONTHLY),
        "U06": Wish(products=("PLATFORM-ENTERPRISE", "SUPPORT-PREMIUM", "AI-CREDITS", "CREDIT-PACK"), months_ago=15),
        "R01": Wish(products=("SEAT", "SSO"), uplift=True, term_months=24, frequency=MONTHLY, months_ago=19),
        "R02": Wish(products=("SEAT", "SSO"), frequency=MONTHLY, promotion=True),
        "R03": Wish(products=("SEAT", "SSO"), term_months=12, frequency=MONTHLY, months_ago=18),
        "R04": Wish(
            products=("SEAT", "SSO"),
            seat_overage=True,
            term_months=12,
            frequency=MONTHLY,
            months_ago=17,
            follow_up=DealType.RENEWAL,
        ),
    }
)
"""By pattern; one that is not named here is planted in a `PLAIN` deal."""
