"""Which products are bought together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from app.demo.randomness import Weighted, between
from policies.domain.quote import DealType

_SERVICES: Final = frozenset({"ONBOARDING", "MIGRATION", "TRAINING", "ADVISORY"})
_NEEDS: Final = MappingProxyType({"MIGRATION": "ONBOARDING", "AI-CREDITS": "CREDIT-PACK"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """Products that always come, and products that come with a probability."""

    core: tuple[str, ...]
    extras: tuple[tuple[str, float], ...]


_SEATS = Bundle(
    ("SEAT",),
    (
        ("PLATFORM-FEE", 0.45), ("ANALYTICS", 0.35), ("SSO", 0.40), ("AUDIT-LOG", 0.15), ("SUPPORT-STANDARD", 0.45),
        ("SANDBOX", 0.15), ("ONBOARDING", 0.35), ("TRAINING", 0.20),
    ),
)  # fmt: skip
_API = Bundle(
    ("PLATFORM-FEE", "API-CALLS"),
    (
        ("STORAGE-GB", 0.50), ("SANDBOX", 0.30), ("SSO", 0.25), ("AUDIT-LOG", 0.25), ("SUPPORT-STANDARD", 0.55),
        ("PAYMENTS", 0.15), ("ONBOARDING", 0.25),
    ),
)  # fmt: skip
_MESSAGING = Bundle(
    ("PLATFORM-FEE", "MESSAGES"),
    (("SMS-PACK", 0.55), ("API-CALLS", 0.25), ("SSO", 0.20), ("SUPPORT-STANDARD", 0.50), ("ONBOARDING", 0.20)),
)
_PAYMENTS = Bundle(
    ("PLATFORM-FEE", "PAYMENTS"),
    (("API-CALLS", 0.40), ("MESSAGES", 0.25), ("SSO", 0.30), ("AUDIT-LOG", 0.35), ("SUPPORT-STANDARD", 0.50)),
)
_DATA = Bundle(
    ("PLATFORM-ENTERPRISE", "SUPPORT-PREMIUM", "EVENTS-COMMIT"),
    (
        ("AI-CREDITS", 0.50), ("STORAGE-GB", 0.40), ("ANALYTICS", 0.40), ("AUDIT-LOG", 0.40), ("ONBOARDING", 0.50),
        ("MIGRATION", 0.25), ("ADVISORY", 0.35),
    ),
)  # fmt: skip
_DEVICES = Bundle(
    ("PLATFORM-FEE", "DEVICES"),
    (("STORAGE-GB", 0.55), ("API-CALLS", 0.30), ("SUPPORT-STANDARD", 0.45), ("ONBOARDING", 0.25), ("ADVISORY", 0.15)),
)
_SUITE = Bundle(
    ("SEAT", "PLATFORM-ENTERPRISE", "SUPPORT-PREMIUM", "API-CALLS"),
    (
        ("ANALYTICS", 0.70), ("SSO", 0.60), ("AUDIT-LOG", 0.60), ("STORAGE-GB", 0.45), ("MESSAGES", 0.30),
        ("SANDBOX", 0.40), ("AI-CREDITS", 0.25), ("ONBOARDING", 0.60), ("MIGRATION", 0.30), ("TRAINING", 0.35),
    ),
)  # fmt: skip

_BY_SEGMENT: Final[Mapping[str, Weighted[Bundle]]] = MappingProxyType(
    {
        "smb": Weighted.of([(_SEATS, 44), (_API, 20), (_MESSAGING, 16), (_PAYMENTS, 12), (_DEVICES, 8)]),
        "midmarket": Weighted.of(
            [(_SEATS, 40), (_API, 20), (_MESSAGING, 12), (_PAYMENTS, 8), (_DEVICES, 10), (_DATA, 10)]
        ),
        "enterprise": Weighted.of([(_SEATS, 24), (_API, 12), (_DEVICES, 8), (_DATA, 26), (_SUITE, 30)]),
    }
)
_ADD_ONS: Final = Weighted.of(
    [
        ("SEAT", 4), ("ANALYTICS", 3), ("SSO", 2), ("AUDIT-LOG", 2), ("API-CALLS", 3), ("STORAGE-GB", 3),
        ("SANDBOX", 2), ("SMS-PACK", 1), ("TRAINING", 2), ("PAYMENTS", 1),
    ]
)  # fmt: skip


def products(rng: Random, segment: str, deal_type: DealType) -> list[str]:
    """The products of a new deal or an expansion; an old customer who renews needs no onboarding."""
    if deal_type is DealType.EXPANSION:
        return sorted({_ADD_ONS.pick(rng) for _ in range(between(rng, 1, 3))})
    bundle = _BY_SEGMENT[segment].pick(rng)
    chosen = [*bundle.core, *(product for product, odds in bundle.extras if rng.random() < odds)]
    if deal_type is DealType.RENEWAL:
        chosen = [product for product in chosen if product not in _SERVICES]
    return [*chosen, *(needed for product, needed in _NEEDS.items() if product in chosen and needed not in chosen)]
