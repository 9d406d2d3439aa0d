"""A dozen deals, worked out by hand, and a policy that some of them do not hold to."""

import json
from datetime import UTC, datetime

import pytest

from app.backtests.history import FiledDeals
from app.rules import RuleFiles, take_up

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = """\
id: {policy_id}
pattern: Q15
title: Billed quarterly
applies_to: quote
require: quote.billing_frequency == null or quote.billing_frequency != "{word}"
effect: {effect}
message: "billed {{quote.billing_frequency}}"
owner: revops
tests:
  - {{name: so, quote: {{billing_frequency: {word}}}, line: {{net_unit_price: "1", quantity: "1"}}, expect: violated}}
  - {{name: not so, line: {{net_unit_price: "1", quantity: "1"}}, expect: satisfied}}
"""


def a_policy(policy_id="quarterly", word="quarterly", effect="flag") -> str:
    return POLICY.format(policy_id=policy_id, word=word, effect=effect)


def a_deal(number: int, frequency: str, rep: str, *, currency: str = "USD", **terms) -> dict:
    """Ten seats at 100 a month for the year 2026: 12,000."""
    line = {"line_id": "1", "product_id": "SEAT", "charge_type": "recurring", "quantity": "10"}
    return {
        "quote_id": f"Q-{number:02}",
        "currency": currency,
        "lines": [line | {"price_period": "month", "net_unit_price": "100"}],
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": frequency,
        "rep": {"rep_id": rep},
        "stage": "accepted",
        "created_at": "2025-12-01T12:00:00Z",
    } | terms


# Six are billed quarterly: of those, two leaked, one is clean, one nobody knows, two are open.
DEALS = [
    a_deal(1, "quarterly", "ann"),
    a_deal(2, "quarterly", "ann", currency="EUR"),
    a_deal(3, "quarterly", "bob"),
    a_deal(4, "quarterly", "bob"),
    a_deal(5, "quarterly", "ann", stage="sent", valid_until="2026-07-01T00:00:00Z"),
    a_deal(6, "quarterly", "cat", stage="draft"),
    a_deal(7, "quarterly", "cat", stage="sent", valid_until="2026-01-01T00:00:00Z"),
    *(a_deal(number, "annual", "cat") for number in range(8, 12)),
    a_deal(12, "monthly", "dan"),
]


def an_outcome(number: int, *, leaked: bool, amount=None, currency="USD", **terms) -> dict:
    found = {
        "outcome_id": f"O-{number}-{leaked}",
        "subject": {"type": "quote", "id": f"Q-{number:02}"},
        "leaked": leaked,
    }
    found |= {"discovered_at": "2026-03-01T00:00:00Z", "source": "audit"} | terms
    return found | ({"amount": amount, "currency": currency} if amount else {})


OUTCOMES = [
    an_outcome(1, leaked=True, amount="500"),
    an_outcome(2, leaked=True, amount="200", currency="EUR"),
    an_outcome(3, leaked=False),
    an_outcome(8, leaked=True, amount="900"),
    an_outcome(99, leaked=True, amount="1"),
]


@pytest.fixture
def deals(tmp_path):
    """The dozen deals in files."""

    def write(quotes=DEALS, outcomes=OUTCOMES) -> FiledDeals:
        for name, rows in (("quotes", quotes), ("outcomes", outcomes)):
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
        return FiledDeals(tmp_path / "quotes.jsonl", tmp_path / "outcomes.jsonl", 1 << 20)

    return write


@pytest.fixture(scope="session")
def rules():
    """One policy, on monthly billing, that blocks; a company in US dollars with a rate for the euro."""
    company = 'name: Test\ncurrency: USD\nexchange_rates: {EUR: "2"}\n'
    policies = {"policies/monthly.yaml": a_policy("monthly", "monthly", "block")}
    return take_up(RuleFiles(policies=policies, company=company), tested=False)
