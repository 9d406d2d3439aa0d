"""A line's discount against the rep's authority: both sides of the limit, who is asked, and what clears it."""

from decimal import Decimal

import pytest

from policies.check import Satisfied, Undetermined
from policies.checks.discount_authority import CHECK
from tests.builders import a_catalog, a_company, a_line, a_quote, an_authority
from tests.judging import after, judged, violated

COMPANY = a_company()


def seats(**terms):
    """500 seats, list price $40 a month."""
    return a_line(**({"quantity": "500", "list_unit_price": "40", "net_unit_price": "28"} | terms))


def quoted(*lines, role="ae", **terms):
    return a_quote(lines=lines or [seats()], rep={"rep_id": "R-1", "role": role}, **terms)


def test_the_seat_contract_at_28_dollars_is_for_the_director():
    # 30 % off. The AE may give 10 %, which is $36: (36 - 28) * 500 = 4,000 a month, 48,000 in twelve.
    found = violated(CHECK, quoted(), company=COMPANY)

    assert found.approver == "director"
    assert found.clears_without_approval == "line 1 discount 10 % or less"
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(4000), Decimal(48000))
    (evidence,) = found.evidence
    assert (evidence.field, evidence.actual, evidence.expected) == ("lines[1].net_unit_price", "28", "36")
    assert evidence.expected_from == "company.yaml: discount_authority, role ae"
    assert (found.reports["discount"], found.reports["limit"]) == (Decimal(30), Decimal(10))


def test_its_remedy_clears_it():
    quote = quoted(seats(discounts=[{"percent": "30"}]))
    found = violated(CHECK, quote, company=COMPANY)

    assert [(change.path, change.value) for change in found.changes] == [
        ("/lines/0/net_unit_price", Decimal(36)),
        ("/lines/0/discounts/0/percent", Decimal(10)),
    ]
    assert isinstance(after(CHECK, quote, company=COMPANY), Satisfied)


@pytest.mark.parametrize("net", ["36", "40", "44"])
def test_at_the_limit_or_above_nobody_is_asked(net):
    assert isinstance(judged(CHECK, quoted(seats(net_unit_price=net)), company=COMPANY), Satisfied)


@pytest.mark.parametrize(("role", "net", "approver"), [("ae", "35.99", "manager"), ("manager", "31.9", "director")])
def test_a_cent_beyond_the_limit_goes_one_step_up(role, net, approver):
    assert violated(CHECK, quoted(seats(net_unit_price=net), role=role), company=COMPANY).approver == approver


@pytest.mark.parametrize(("net", "approver"), [("32", "manager"), ("31.99", "director"), ("20", "cfo")])
def test_the_lowest_role_that_covers_it_is_asked(net, approver):
    assert violated(CHECK, quoted(seats(net_unit_price=net)), company=COMPANY).approver == approver


def test_every_segment_of_a_ramp_is_tested_and_only_those_below_are_changed():
    # Year two at $30 is 25 % off: (36 - 30) * 600 * 12 = 43,200; year one at $38 is within.
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-12-31", "net_unit_price": "38"},
        {"start_date": "2027-01-01", "end_date": "2027-12-31", "net_unit_price": "30", "quantity": "600"},
    ]
    quote = quoted(seats(net_unit_price="38", ramp=ramp), end_date="2027-12-31")
    found = violated(CHECK, quote, company=COMPANY)

    assert found.loss.remaining_term == Decimal(43200)
    assert [change.path for change in found.changes] == ["/lines/0/ramp/1/net_unit_price"]
    assert found.evidence[0].field == "lines[1].ramp[1].net_unit_price"
    assert (found.approver, found.clears_without_approval) == (
        "director",
        "line 1 discount 10 % or less in every segment",
    )
    assert isinstance(after(CHECK, quote, company=COMPANY), Satisfied)


def test_a_contracted_discount_comes_off_first_and_stays_as_it_is():
    # 40 less 20 % contracted is 32; $24 is 25 % under that. At 10 %: 28.80, so (28.80 - 24) * 500 * 12 = 28,800.
    line = seats(net_unit_price="24", discounts=[{"kind": "contracted", "percent": "20"}, {"percent": "25"}])
    found = violated(CHECK, quoted(line), company=COMPANY)

    assert found.loss.remaining_term == Decimal(28800)
    assert [change.path for change in found.changes] == ["/lines/0/net_unit_price", "/lines/0/discounts/1/percent"]
    assert isinstance(after(CHECK, quoted(line), company=COMPANY), Satisfied)


def test_the_list_price_of_the_catalog_goes_before_that_of_the_line():
    catalog = a_catalog({"product_id": "SEATS", "list_unit_price": "50"})
    found = violated(CHECK, quoted(seats(net_unit_price="36")), company=COMPANY, catalog=catalog)
    assert found.reports["discount"] == Decimal(28)


def test_the_size_of_the_deal_chooses_the_rule():
    # ACV 500 * 28 * 12 = 168,000: above the band in which the AE may give 30 %.
    rule = {"role": "ae", "maximum_discount_percent": "30", "deal_size_up_to": "100000"}
    company = a_company(discount_authority=an_authority(rule))

    assert violated(CHECK, quoted(), company=company).approver == "director"
    assert isinstance(judged(CHECK, quoted(seats(quantity="5")), company=company), Satisfied)


def test_in_another_currency_the_size_is_not_known_and_only_what_is_sure_is_said():
    rule = {"role": "ae", "maximum_discount_percent": "25", "deal_size_up_to": "100000"}
    company = a_company(discount_authority=an_authority(rule))

    def outcome(net):
        return judged(CHECK, quoted(seats(net_unit_price=net), currency="EUR"), company=company)

    assert isinstance(outcome("36"), Satisfied)  # 10 %: within either limit
    unsure = "the limit of the role ae depends on the deal size, not known here"
    assert outcome("32") == Undetermined(unsure)  # 20 %: within one of them
    assert outcome("28").approver == "director"  # 30 %: beyond both


def test_a_rate_finer_than_the_cent_keeps_its_decimals():
    line = seats(charge_type="usage", quantity=None, list_unit_price="0.012", net_unit_price="0.009")
    found = violated(CHECK, quoted(line), company=COMPANY)

    assert found.changes[0].value == Decimal("0.0108")
    assert (found.loss.remaining_term, found.loss.already_lost) == (None, None)
    assert "commits to no quantity" in found.loss.assumptions[0]


@pytest.mark.parametrize(
    ("quote", "company", "because"),
    [
        (a_quote(lines=[seats()]), COMPANY, "the rep's role"),
        (quoted(role="intern"), COMPANY, "no rule for the role intern"),
        (quoted(), None, "no discount authority table"),
        (quoted(), a_company(discount_authority=None), "no discount authority table"),
        (quoted(seats(list_unit_price=None)), COMPANY, "no list price for SEATS"),
        (quoted(seats(net_unit_price=None, tiers=[{"up_to": None, "unit_price": "1"}])), COMPANY, "no single net"),
    ],
)
def test_what_is_missing_is_named(quote, company, because):
    found = judged(CHECK, quote, company=company)
    assert isinstance(found, Undetermined)
    assert because in found.because


def test_a_line_without_a_discount_needs_no_table():
    assert isinstance(judged(CHECK, a_quote(lines=[seats(net_unit_price="40")])), Satisfied)
