"""The verdict is the strongest effect that enforces, and the headline says the most urgent thing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.decision import NotAssessed, Verdict
from policies.domain.finding import AmountAtRisk, Direction, Effect, Finding
from scoring.decide import by_urgency, headline, verdict


def a_finding(name: str, effect: Effect, amount: str | None = None, **terms: object) -> Finding:
    money = AmountAtRisk(currency="USD", remaining_term=Decimal(amount)) if amount else None
    finding = Finding(
        finding_id=name,
        policy_id=name,
        pattern="Q02",
        effect=effect,
        direction=Direction.UNDER,
        message="",
        line_ids=("1",),
        amount_at_risk=money,
    )
    return replace(finding, **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effects", "expected"),
    [([], "allow"), (["shadow"], "allow"), (["flag", "shadow"], "flag"), (["flag", "block"], "block")],
)
def test_the_strongest_enforcing_effect_is_the_verdict(effects: list[str], expected: str) -> None:
    findings = [a_finding(str(number), Effect(effect)) for number, effect in enumerate(effects)]
    assert verdict(findings) is Verdict(expected)


def test_what_a_person_consented_to_does_not_count() -> None:
    approved = a_finding("a", Effect.FLAG, approved_by="mia")
    waived = a_finding("b", Effect.BLOCK, waived_by="mia")
    assert verdict([approved, waived]) is Verdict.ALLOW


@given(st.lists(st.sampled_from(list(Effect)), max_size=6), st.randoms())
def test_order_never_matters(effects: list[Effect], random) -> None:
    findings = [a_finding(str(number), effect) for number, effect in enumerate(effects)]
    shuffled = random.sample(findings, len(findings))
    assert verdict(findings) is verdict(shuffled)
    assert by_urgency(findings) == by_urgency(shuffled)


def test_the_headline_names_the_finding_its_line_its_money_and_how_much_else_there_is() -> None:
    findings = [a_finding("small", Effect.FLAG, "10"), a_finding("floor", Effect.BLOCK, "14400")]
    said = headline(findings, {"floor": "Net price under the floor"}, {"1": "API calls"}, "USD", [])
    assert said == "Net price under the floor on API calls: $14,400 could go unbilled (the first of 2 findings)."


def test_an_allowed_quote_says_what_could_not_be_judged() -> None:
    unjudged = [NotAssessed(policy_id="floor", because="no floor"), NotAssessed(policy_id="floor", because="no cost")]
    assert headline([], {}, {}, "USD", []) == "Nothing stands in the way."
    assert headline([], {}, {}, "USD", unjudged) == "Nothing stands in the way; 1 policy could not be judged."


def test_what_is_lost_already_is_told_where_nothing_is_left_to_lose_and_counts_for_the_order() -> None:
    gone = a_finding("gone", Effect.BLOCK, "0")
    assert gone.amount_at_risk is not None
    gone = replace(gone, amount_at_risk=replace(gone.amount_at_risk, already_lost=Decimal(14400)))
    said = headline([a_finding("small", Effect.BLOCK, "10"), gone], {"gone": "Not billed"}, {"1": "Seats"}, "USD", [])
    assert said == "Not billed on Seats: $14,400 went unbilled (the first of 2 findings)."


def test_the_headline_has_money_in_whole_minor_units() -> None:
    said = headline([a_finding("a", Effect.BLOCK, "2079.96361643852713")], {"a": "Old price book"}, {}, "USD", ())
    assert said == "Old price book on 1: $2,079.96 could go unbilled."


def test_the_headline_shortens_an_endless_name() -> None:
    said = headline([a_finding("floor", Effect.FLAG)], {}, {"1": "W" * 10_000}, "USD", [])
    assert "W" * 119 + "…" in said
    assert len(said) < 250
