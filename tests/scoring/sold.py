"""Deals for the tests of scoring: small quotes on a given day, by a given rep, and what turned out of them."""

from datetime import UTC, datetime, timedelta

from policies.derivation import derive
from policies.domain.outcome import Outcome
from scoring.history import HistoryBuilder
from tests.builders import a_line, a_quote, built

START = datetime(2025, 1, 1, 12, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def facts(quote_id="Q-1", on=0, rep="R1", team="T1", product="SEATS", family="Seats", **terms):
    line = a_line(product_id=product, product_family=family)
    defaults = {
        "quote_id": quote_id,
        "created_at": day(on).isoformat(),
        "rep": {"rep_id": rep, "team": team} if rep else None,
        "stage": "accepted",
        "lines": [line],
    }
    return derive(a_quote(**(defaults | terms)), as_of=day(on))


def outcome(quote_id="Q-1", leaked=True, on=100, source="audit"):
    return built(
        Outcome,
        {
            "outcome_id": f"O-{quote_id}-{on}",
            "subject": {"type": "quote", "id": quote_id},
            "leaked": leaked,
            "discovered_at": day(on).isoformat() if on is not None else None,
            "source": source,
        },
    )


def built_from(*deals, outcomes=()):
    """A builder that was given quotes by (facts, day) and outcomes."""
    builder = HistoryBuilder()
    for each, on in deals:
        builder.add_quote(each, at=day(on))
    for each in outcomes:
        builder.add_outcome(each)
    return builder


def many(number, leaked, rep="R1", team="T1", prefix="", **terms):
    """Quotes of one rep on the first days, and their outcomes on day 100: so many, so many of them leaked."""
    names = [f"{prefix}{rep}-{at}" for at in range(number)]
    deals = [(facts(name, on=1, rep=rep, team=team, **terms), 1) for name in names]
    return deals, [outcome(name, leaked=at < leaked) for at, name in enumerate(names)]
