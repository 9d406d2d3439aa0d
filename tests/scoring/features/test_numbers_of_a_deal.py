"""Single features, each counted by hand."""

from math import isnan, log

import pytest

from policies.domain.finding import AmountAtRisk, Direction, Effect, Finding
from policies.domain.material import content_hash
from scoring.features import vector
from scoring.features.timing import _days_to_quarter_end
from scoring.history import History
from tests.builders import a_line, a_usage_line, tiers
from tests.scoring.sold import built_from, day, facts, many


def of(name, deal, findings=(), history=None, on=0):
    return vector(deal, findings, history or History(), day(on)).of(name)


def a_finding(pattern="Q11", effect="flag", amount=None, **more):
    at_risk = AmountAtRisk(currency="USD", remaining_term=amount) if amount is not None else None
    return Finding(
        finding_id=f"F-{pattern}", policy_id="p", pattern=pattern, effect=Effect(effect), direction=Direction.UNDER,
        message="m", amount_at_risk=at_risk, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "terms", "expected"),
    [
        ("ramp_lines", {"ramp": [{"start_date": "2026-01-01"}, {"start_date": "2026-07-01"}]}, 1),
        ("ramp_steps", {"ramp": [{"start_date": "2026-01-01"}, {"start_date": "2026-07-01"}]}, 2),
        ("tiers", {"tiers": tiers(("10", "1"), (None, "0.5")), "charge_model": "graduated"}, 2),
        ("custom_lines", {"is_custom": True}, 1),
        ("free_lines", {"free_months": "2"}, 1),
        ("free_months", {"free_months": "2"}, 2),
        ("discounts_without_end", {"discounts": [{"percent": "5"}]}, 1),
        ("discounts_that_end", {"discounts": [{"percent": "5", "periods": 3}]}, 1),
        ("missing_overage", {"included_quantity": "10"}, 1),
        ("missing_overage", {"included_quantity": "10", "overage_unit_price": "3"}, 0),
        ("missing_overage", {"included_quantity": "10", "hard_cap": True}, 0),
        ("missing_overage", {"included_unlimited": True}, 1),
        ("discount_depth", {"list_unit_price": "125"}, 20),
        ("lines_over_list", {"list_unit_price": "80"}, 1),
        ("commitment_lines", {"minimum_commitment": {"amount": "5"}}, 1),
        ("co_termed_lines", {"start_date": "2026-03-01"}, 1),
        ("uplift_lines", {"uplift_percent": "3"}, 1),
        ("non_standard_frequency", {"billing_frequency": "quarterly"}, 1),
        ("arrears_lines", {"billing_timing": "in_arrears"}, 1),
        ("lines_without_list_price", {}, 1),
    ],
)
def test_terms_of_a_line(name, terms, expected):
    assert of(name, facts(lines=[a_line(**terms)])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "terms", "expected"),
    [
        ("revision", {"revision": "3"}, 3),
        ("revision", {"revision": "v12"}, 12),
        ("payment_days", {"payment_terms_days": 45}, 45),
        ("convenience", {"termination_for_convenience": True}, 1),
        ("renews", {"renewal": {"auto_renew": False}}, 0),
        ("renewal_without_uplift", {"renewal": {"auto_renew": True}}, 1),
        ("renewal_without_uplift", {"renewal": {"auto_renew": True, "uplift_percent": "3"}}, 0),
        ("missing_uplift", {"end_date": "2027-12-31"}, 1),
        ("missing_uplift", {}, 0),
        ("is_renewal", {"deal_type": "renewal"}, 1),
        ("special_terms", {"special_terms": [{"text": "a"}, {"text": "b", "billing_effect": False}]}, 1),
        ("lead_days", {"created_at": "2025-12-30T08:00:00+00:00"}, 2),
        ("quarter_end_rush", {"created_at": "2025-12-22T08:00:00+00:00"}, 1),
        ("quarter_end_rush", {"created_at": "2025-12-21T08:00:00+00:00"}, 0),
        ("free_months", {"billing_start_date": "2026-04-01"}, 90 / 30.4),
    ],
)
def test_terms_of_a_quote(name, terms, expected):
    assert of(name, facts(**terms)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("on", "days"), [("2026-03-31", 0), ("2026-01-01", 89), ("2024-02-28", 32), ("2025-12-01", 30), ("2025-10-01", 91)]
)
def test_days_to_the_end_of_the_quarter(on, days):
    assert _days_to_quarter_end(type(day(0)).fromisoformat(on).date()) == days


def test_lines_of_use_and_models_are_counted():
    deal = facts(
        lines=[a_line(line_id="1"), a_usage_line(line_id="2", charge_model="package", package={"size": "100"})]
    )
    assert of("usage_lines", deal) == 1
    assert of("charge_models", deal) == 2


def test_consent_to_another_content_is_an_edit_after_approval():
    now = content_hash(facts().quote)
    given = [{"approver_id": "M", "content_hash": now}, {"approver_id": "D", "content_hash": "sha256:other"}]
    assert of("edits_after_approval", facts(approvals=given)) == 1
    assert isnan(of("edits_after_approval", facts(approvals=[{"approver_id": "M"}])))


def test_half_a_day_until_the_last_consent():
    given = [{"approver_id": "M", "approved_at": day(0.5).isoformat()}]
    assert of("decision_days", facts(approvals=given)) == 0.5


def test_findings_count_by_effect_and_family():
    deal = facts()  # ten seats at 100 for twelve months: 12,000
    found = (a_finding("Q11", amount=3000), a_finding("Q02", "block", amount=600), a_finding("Q03", root="F-Q02"))
    assert of("findings_flag", deal, found) == 2
    assert of("findings_block", deal, found) == 1
    assert of("findings_structure", deal, found) == 1
    assert of("findings_price", deal, found) == 1
    assert of("findings_share_at_risk", deal, found) == pytest.approx(0.3)


def test_an_excused_finding_is_not_counted_as_enforcing():
    found = (a_finding(approved_by="M"),)
    assert of("findings_flag", facts(), found) == 0
    assert of("findings_structure", facts(), found) == 0
    assert of("findings_excused", facts(), found) == 1


def test_the_hiring_day_is_taken_where_it_is_stated():
    hired = facts(rep=None)
    hired.quote = hired.quote.__class__(
        **{name: getattr(hired.quote, name) for name in hired.quote.__slots__} | {"rep": _rep()}
    )
    assert of("rep_tenure", hired, on=10) == 375


def _rep():
    return facts(rep="R1").quote.rep.__class__(rep_id="R1", extra={"hired_on": "2024-01-02"})


def test_half_the_price_of_peers_is_seen():
    peers = [(facts(f"Q{at}", on=at), at) for at in range(9)]  # at 100
    history = built_from(*peers).as_of(day(20))
    cheap = facts("Q-9", lines=[a_line(net_unit_price="50")])
    assert of("peer_price_lowest", cheap, history=history, on=20) == pytest.approx(log(0.5))


def test_two_families_that_go_wrong_together_show_above_each_by_itself():
    both = [a_line(line_id="1", product_family="A"), a_line(line_id="2", product_id="X", product_family="B")]
    deals, outcomes = many(30, 25, lines=both)
    for family, prefix in (("A", "a"), ("B", "b")):
        more, known = many(40, 2, prefix=prefix, lines=[a_line(product_family=family)])
        deals, outcomes = deals + more, outcomes + known
    history = built_from(*deals, outcomes=outcomes).as_of(day(200))
    assert of("pair_excess", facts(lines=both), history=history, on=200) > 0.5
    # There is one pair, so it is the most, the least and all there is.
    assert of("pair_relief", facts(lines=both), history=history, on=200) > 0.5
    assert of("pair_evidence", facts(lines=both), history=history, on=200) > 0.5
    assert of("pair_excess", facts(lines=both[:1]), history=history, on=200) == 0
