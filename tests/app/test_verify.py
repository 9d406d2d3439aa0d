"""The use case: a set-up in, a decision out, and beside it the first months of both sides."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.known import offline
from app.rules import RuleFiles, Rules, library_files, take_up
from app.verify import set_up, verify
from cpq_hooks.canonical import load_verify_request
from policies.domain.decision import RiskStatus, Verdict
from policies.policyset import PolicySet
from policies.waiver import Waiver

AS_OF = datetime(2023, 12, 20, 12, tzinfo=UTC)
SEATS = {
    "product_id": "SEAT",
    "product_name": "Seats",
    "charge_type": "recurring",
    "quantity": "500",
    "price_period": "month",
    "net_unit_price": "40",
    "billing_frequency": "monthly",
    "billing_timing": "in_advance",
}
SUPPORT = SEATS | {"product_id": "SUPPORT", "product_name": "Support", "quantity": "1", "net_unit_price": "1000"}
AGREEMENT = {
    "agreement_id": "AG-1",
    "currency": "USD",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "renewal": {"auto_renew": False},
    "account": {"account_id": "A-1", "time_zone": "America/New_York"},
    "lines": [SEATS | {"line_id": "1"}, SUPPORT | {"line_id": "2"}],
}
DAYS = {"start_date": "2024-01-01", "end_date": "2024-12-31", "state": "active"}


def a_charge(number, terms, **more):
    return {**terms, **DAYS, "charge_id": f"C-{number}", "line_id": str(number), **more}


def a_request(*charges, **terms):
    document = {
        "billing_configuration_id": "BC-1",
        "currency": "USD",
        "created_at": "2023-12-19",
        "auto_renew": False,
        "charges": charges or (a_charge(1, SEATS), a_charge(2, SUPPORT)),
        "agreement": AGREEMENT,
    }
    return load_verify_request({**document, "charges": list(document["charges"]), **terms})


@pytest.fixture(scope="module")
def library():
    return take_up(RuleFiles(policies=library_files()), tested=False)


def decided(request, rules=None, as_of=AS_OF):
    rules = rules or Rules(policies=PolicySet.of(()), files=RuleFiles(policies={}), version="sha256:none")
    known = offline(request)
    verified = set_up(request.configuration, request.previews, known, rules, as_of)
    return verify(verified, rules, decision_id="dec_1", compared_with=known.compared_with)


def test_a_set_up_that_bills_what_was_sold_is_allowed(library):
    answer = decided(a_request(), library)
    assert (answer.decision.verdict, answer.decision.findings) == (Verdict.ALLOW, ())
    assert answer.decision.risk.status is RiskStatus.UNAVAILABLE
    assert (answer.decision.subject.id, answer.decision.currency) == ("BC-1", "USD")


def test_the_first_thirteen_months_of_both_sides_stand_beside_each_other():
    # Support is set up at $900 instead of $1,000; the term ends with December.
    answer = decided(a_request(a_charge(1, SEATS), a_charge(2, SUPPORT | {"net_unit_price": "900"})))
    assert len(answer.first_months) == 13
    january, *_, december, after = answer.first_months
    assert january.period.start == date(2024, 1, 1)
    for month in (january, december):
        assert (month.agreement, month.billing, month.difference) == (Decimal(21000), Decimal(20900), Decimal(100))
    assert (after.agreement, after.billing) == (0, 0)
    amounts = {part.product_names: (part.agreement, part.billing) for part in january.parts}
    assert amounts == {("Seats",): (20000, 20000), ("Support",): (1000, 900)}


def test_every_line_and_charge_is_matched_or_stands_alone():
    answer = decided(a_request(a_charge(1, SEATS), a_charge(9, SEATS | {"product_id": "X", "product_name": "Extra"})))
    told = {(each.line_ids, each.charge_ids): (each.product_names, each.by) for each in answer.matches}
    assert told == {
        (("1",), ("C-1",)): (("Seats",), "line_id"),
        (("2",), ()): (("Support",), None),
        ((), ("C-9",)): (("Extra",), None),
    }


def test_a_line_without_a_charge_blocks_and_the_headline_names_it(library):
    answer = decided(a_request(a_charge(1, SEATS)), library)
    assert answer.decision.verdict is Verdict.BLOCK
    assert "on Support: $12,000 could go unbilled" in answer.decision.headline


def test_what_a_charge_does_not_state_is_told_with_where_it_was_taken_from():
    charge = {name: value for name, value in a_charge(1, SEATS).items() if name != "billing_timing"}
    answer = decided(a_request(charge, a_charge(2, SUPPORT)))
    [assumed] = [each for each in answer.assumed if each.field == "billing_timing"]
    assert (assumed.charge_id, assumed.value) == ("C-1", "in_advance")
    assert any("billing timing" in each.because for each in answer.decision.not_assessed)


def test_it_depends_on_nothing_but_its_arguments(library):
    assert decided(a_request(), library) == decided(a_request(), library)


def test_it_holds_until_the_first_invoice_and_at_least_a_day():
    # Midnight in New York is five hours after midnight UTC.
    first = datetime(2024, 1, 1, 5, tzinfo=UTC)
    assert decided(a_request(first_invoice_date="2024-01-01")).decision.valid_until == first
    late = datetime(2024, 3, 1, 12, tzinfo=UTC)
    answer = decided(a_request(first_invoice_date="2024-01-01"), as_of=late)
    assert answer.decision.valid_until == datetime(2024, 3, 2, 12, tzinfo=UTC)


def test_it_holds_no_longer_than_a_waiver(library):
    waiver = Waiver(
        policy_id="line-without-charge", subject_id="BC-1", owner="mia", reason="later", expires_on=date(2023, 12, 22)
    )
    request = a_request(a_charge(1, SEATS), first_invoice_date="2024-01-01")
    decision = decided(request, replace(library, waivers=(waiver,))).decision
    assert decision.verdict is Verdict.ALLOW
    assert decision.valid_until == datetime(2023, 12, 23, 5, tzinfo=UTC)


def test_previews_are_a_third_column():
    preview = {
        "invoice_id": "P-1",
        "issued_on": "2024-01-01",
        "currency": "USD",
        "lines": [{"charge_id": "C-1", "amount": "19000.00"}, {"charge_id": "C-2", "amount": "1000.00"}],
    }
    january = decided(a_request(previews=[preview])).first_months[0]
    assert (january.agreement, january.billing, january.preview) == (21000, 21000, 20000)
