"""What findings and risk together make of a quote: thresholds, consent, and deals that are let go at random."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from policies.domain.company import Company, RandomRelease, Thresholds
from policies.domain.decision import (
    Anomaly,
    IndexPart,
    Risk,
    RiskIndex,
    RiskReason,
    RiskStatus,
    Unusual,
    Verdict,
)
from policies.domain.finding import Effect
from scoring.decide import UNAVAILABLE, as_finding, drawn, headline, lots_by, verdict, weighed, with_consent
from tests.scoring.test_decide import a_finding

COMPANY = Company(
    name="Acme",
    currency="USD",
    exchange_rates={"EUR": Decimal("1.10")},
    thresholds=Thresholds(flag_expected_leakage=Decimal(10_000), block_expected_leakage=Decimal(100_000)),
)


def a_risk(expected: str | None = "9120", tier: str = "digest", **more: object) -> Risk:
    return Risk(
        status=RiskStatus.SCORED,
        score=Decimal("0.8300"),
        tier=tier,
        expected_leakage=None if expected is None else Decimal(expected),
        reasons=(
            RiskReason(feature="lines", label="The quote has 2 lines: this lowers the risk", contribution=Decimal(-1)),
            RiskReason(feature="rep_leakage_rate", label="Deals of this rep leak", contribution=Decimal("0.9")),
        ),
        **more,  # type: ignore[arg-type]
    )


def with_thresholds(**more: object) -> Company:
    return replace(COMPANY, thresholds=replace(COMPANY.thresholds, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effects", "risk", "expected"),
    [
        ([], None, "allow"),
        ([], "flag", "flag"),
        ([], "block", "block"),
        (["shadow"], "flag", "flag"),
        (["flag"], None, "flag"),
        (["flag"], "flag", "flag"),
        (["flag"], "block", "block"),
        (["block"], None, "block"),
        (["block"], "flag", "block"),
    ],
)
def test_the_verdict_is_the_stronger_of_findings_and_risk(effects, risk, expected):
    findings = [a_finding(str(number), Effect(effect)) for number, effect in enumerate(effects)]
    asked = replace(a_risk(), effect=None if risk is None else Effect(risk))
    assert verdict(findings, asked) is Verdict(expected)


@pytest.mark.parametrize(
    ("expected", "currency", "effect"),
    [
        ("9999.99", "USD", None),
        ("10000", "USD", Effect.FLAG),
        ("99999.99", "USD", Effect.FLAG),
        ("100000", "USD", Effect.BLOCK),
        ("9090.90", "EUR", None),  # $9,999.99
        ("9090.91", "EUR", Effect.FLAG),  # $10,000.001
        ("90909.10", "EUR", Effect.BLOCK),  # $100,000.01
        ("5000000", "JPY", None),  # no rate is known
        (None, "USD", None),
    ],
)
def test_expected_leakage_is_held_against_the_thresholds_in_the_companys_currency(expected, currency, effect):
    assert weighed(a_risk(expected), COMPANY, currency).effect is effect


@pytest.mark.parametrize(
    ("tier", "flag_tier", "effect"),
    [("alert", True, Effect.FLAG), ("alert", False, None), ("digest", True, None), ("refine", True, None)],
)
def test_an_alert_is_flagged_where_the_company_wants_it(tier, flag_tier, effect):
    company = with_thresholds(flag_tier=flag_tier)
    assert weighed(a_risk("1", tier=tier), company, "USD").effect is effect


def test_without_a_company_an_alert_is_flagged_and_no_amount_counts():
    assert weighed(a_risk("1000000", tier="digest"), None, "USD").effect is None
    assert weighed(a_risk("1", tier="alert"), None, "USD").effect is Effect.FLAG


@pytest.mark.parametrize(
    ("score", "limit", "effect"),
    [("0.98", "0.99", None), ("0.99", "0.99", Effect.FLAG), ("1", None, None)],
)
def test_an_anomaly_flags_where_that_is_wanted_and_never_blocks(score, limit, effect):
    risk = a_risk("1", anomaly=Anomaly(score=Decimal(score)))
    company = with_thresholds(flag_anomaly=None if limit is None else Decimal(limit))
    assert weighed(risk, company, "USD").effect is effect


def test_what_was_not_learned_asks_for_nothing():
    index = RiskIndex(value=100, parts=(IndexPart(label="Much", points=100),))
    prior = Risk(status=RiskStatus.PRIOR, tier="alert", expected_leakage=Decimal(10**9), index=index)
    assert weighed(prior, COMPANY, "USD").effect is None
    assert weighed(UNAVAILABLE, COMPANY, "USD").effect is None


def test_the_risk_says_which_threshold_it_meets():
    flagged = weighed(a_risk("12000"), COMPANY, "EUR")
    assert flagged.effect_because == "€12,000 of leakage is expected; from $10,000 on a deal is flagged."
    alert = weighed(a_risk("1", tier="alert"), COMPANY, "USD")
    assert alert.effect_because == "The probability of a leak is 83 %: the deal is an alert."


def test_the_headline_says_when_the_risk_alone_flags():
    risk = weighed(a_risk("12000"), COMPANY, "USD")
    assert headline([], {}, {}, "USD", [], risk) == "Likely to leak: Deals of this rep leak, $12,000 expected."
    unlikely = replace(risk, score=Decimal("0.2"))
    assert headline([], {}, {}, "USD", [], unlikely) == "Could leak: Deals of this rep leak, $12,000 expected."


def test_the_headline_of_an_anomaly_claims_no_leak():
    anomaly = Anomaly(score=Decimal("0.995"), unusual=(Unusual(feature="term_months", label="A term of 84 months"),))
    risk = weighed(a_risk(None, anomaly=anomaly), with_thresholds(flag_anomaly=Decimal("0.99")), "USD")
    assert headline([], {}, {}, "USD", [], risk) == "Unusual among its peers: A term of 84 months."


def test_findings_come_first_unless_the_risk_asks_for_more():
    flagged, risk = a_finding("floor", Effect.FLAG), a_risk()
    assert headline([flagged], {"floor": "Floor"}, {}, "USD", [], replace(risk, effect=Effect.FLAG)) == "Floor on 1."
    said = headline([flagged], {"floor": "Floor"}, {}, "USD", [], replace(risk, effect=Effect.BLOCK))
    assert said == "Likely to leak: Deals of this rep leak, $9,120 expected (beside 1 finding)."


def test_a_risk_that_somebody_consented_to_does_not_count():
    risk = weighed(a_risk("12000"), COMPANY, "USD")
    finding = as_finding(risk, COMPANY)
    assert (finding.policy_id, finding.effect, finding.approver) == ("risk", Effect.FLAG, "deal-desk")
    approved = with_consent(risk, replace(finding, approved_by="mia"))
    assert verdict([], approved) is Verdict.ALLOW
    assert verdict([], with_consent(risk, replace(finding, waived_by="mia"))) is Verdict.ALLOW


LOT = partial(lots_by(b"k" * 32), "sha256:0")
RELEASING = with_thresholds(random_release=RandomRelease(share_percent=Decimal(20), up_to_amount=Decimal(20_000)))


def flagged(expected: str = "12000") -> Risk:
    return weighed(a_risk(expected), RELEASING, "USD")


def let_go_by(secret):
    lots = lots_by(secret)
    contents = [f"sha256:{number}" for number in range(2_000)]
    return {each for each in contents if drawn(flagged(), [], RELEASING, "USD", partial(lots, each)).released}


def test_the_share_that_is_let_go_is_the_stated_one_and_the_same_each_time():
    let_go = let_go_by(b"k" * 32)
    assert 340 <= len(let_go) <= 460  # 400 expected, standard deviation 18
    assert let_go == let_go_by(b"k" * 32)


def test_without_the_secret_nobody_can_tell_which_content_is_let_go():
    both = let_go_by(b"k" * 32) & let_go_by(b"l" * 32)
    assert 45 <= len(both) <= 115  # 80 expected, standard deviation 9


def test_all_or_none_are_let_go_at_the_ends():
    for share, released in ((0, False), (100, True)):
        release = RandomRelease(share_percent=Decimal(share), up_to_amount=Decimal(20_000))
        company = with_thresholds(random_release=release)
        assert drawn(flagged(), [], company, "USD", LOT).released is released


@pytest.mark.parametrize(
    ("risk", "findings", "currency"),
    [
        (flagged("20000.01"), [], "USD"),
        (flagged("19000"), [], "EUR"),  # $20,900
        (weighed(a_risk(None, tier="alert"), RELEASING, "USD"), [], "USD"),  # how much is not known
        (weighed(a_risk("150000"), RELEASING, "USD"), [], "USD"),
        (flagged(), [a_finding("floor", Effect.FLAG)], "USD"),
    ],
)
def test_nothing_is_let_go_that_is_large_or_unknown_or_blocked_or_flagged_by_more_than_risk(risk, findings, currency):
    all_of_them = RandomRelease(share_percent=Decimal(100), up_to_amount=Decimal(20_000))
    company = with_thresholds(random_release=all_of_them)
    assert not drawn(risk, findings, company, currency, LOT).released


def test_a_deal_let_go_is_allowed_and_says_so():
    company = with_thresholds(random_release=RandomRelease(share_percent=Decimal(100), up_to_amount=Decimal(20_000)))
    released = drawn(flagged(), [a_finding("seen", Effect.SHADOW)], company, "USD", LOT)
    assert verdict([], released) is Verdict.ALLOW
    assert headline([], {}, {}, "USD", [], released) == (
        "Nothing stands in the way: its risk asked for a look, and it was let go at random to learn what that is worth."
    )
