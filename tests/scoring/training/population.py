"""A made-up population of deals for the tests of training: its own odds, its own audits. It is not the simulated company."""

from datetime import UTC, datetime, timedelta
from math import exp, nan

import numpy as np

from scoring.features import NAMES, FeatureVector
from scoring.training.examples import Example, Known

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REPS = [f"R{at}" for at in range(12)]


def a_vector(categories=None, value=1000.0, **numbers):
    values = tuple(float(numbers.get(name, nan)) for name in NAMES)
    return FeatureVector(values=values, details={}, categories=categories or {}, value=value, currency="USD")


def an_example(quote_id="Q", made=400, outcomes=(), accepted=True, **numbers):
    """A deal made so many days ago."""
    return Example(
        quote_id=quote_id,
        made_at=NOW - timedelta(days=made) if made is not None else None,
        vector=a_vector(**numbers),
        accepted=accepted,
        outcomes=tuple(outcomes),
    )


def known(leaked, ago=10, source="audit", **more):
    """An outcome discovered so many days ago."""
    when = NOW - timedelta(days=ago) if ago is not None else None
    return Known(leaked=leaked, source=source, discovered_at=when, **more)


def odds(discount, ramp, rep):
    """The made-up odds: discounts and ramps leak, and every fourth rep is careless."""
    margin = -3.0 + 0.07 * discount + 1.2 * ramp + (1.5 if REPS.index(rep) % 4 == 0 else 0.0)
    return 1 / (1 + exp(-margin))


def population(seed, deals=600, span=720, dated=True, audit=None, late=0, found=0.5):
    """Deals, and each one's true probability. Audits look where discounts are deep; of the other leaks some are found.

    Outcomes of leaks come `late` days later than those of clean deals, which take 60 to 120 days.
    """
    draw = np.random.default_rng(seed)
    audit = audit or (lambda discount: 0.15 + 0.02 * discount)
    examples, truth = [], []
    for at in range(deals):
        discount, ramp = draw.uniform(0, 40), float(draw.random() < 0.3)
        rep = REPS[int(draw.integers(len(REPS)))]
        chance = odds(discount, ramp, rep)
        leaked = bool(draw.random() < chance)
        age, delay = draw.uniform(1, span), draw.uniform(60, 120) + (late if leaked else 0)
        source = "audit" if draw.random() < audit(discount) else None
        if source is None and leaked and draw.random() < found:
            source, delay = "reconciliation", delay + 60
        told = source is not None and (not dated or delay <= age)
        amount = 100.0 * (1 + ramp) if leaked else None
        outcomes = (
            [known(leaked, (age - delay) if dated else None, source, amount=amount, currency="USD", pattern="B01" if leaked else None)]
            if told
            else []
        )  # fmt: skip
        names = {"rep": (rep,), "product": (f"P{at % 3}",)}
        examples.append(
            an_example(
                f"Q{at}", age if dated else None, outcomes, categories=names,
                discount_depth=discount, ramp_lines=ramp, lines=1.0 + at % 5, quarter_end_days=float(at % 90),
            )
        )  # fmt: skip
        truth.append(chance)
    return examples, np.array(truth)
