"""Each pattern after the signature is to be seen in the documents of the contract that was made to hold it."""

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from app.demo.bills import bill, total
from app.demo.books import EVER
from app.demo.documents import documents_of
from app.demo.leaks.catalogue import LEAKS, OVER
from app.demo.story import tell

SEED = 7


@pytest.fixture(scope="module")
def papers(stories, world):
    """The documents of a deal's contract, by kind."""

    def of(deal):
        if deal.alters is not None:
            deal = next(each for deals in stories for each in deals if each.contract and holds(each, deal.alters))
        found = defaultdict(list)
        for document in documents_of(deal, SEED, world.end):
            found[document.kind.value].append(json.loads(document.text))
        return found

    return of


def holds(deal, agreement_id):
    return deal.contract.agreement_id == agreement_id


@pytest.fixture(scope="module")
def sold_and_set_up(planted, papers):
    """The agreement's line that leaks, and the charges that are set up for it."""

    def of(pattern):
        deal = planted[pattern]
        line_id = deal.leak.lines[0]
        found = papers(deal)
        [agreement], [configuration] = found["agreements"], found["billing-configurations"]
        line = next(each for each in agreement["lines"] if each["line_id"] == line_id)
        charges = [each for each in configuration["charges"] if each["line_id"] == line_id]
        return line, charges, configuration, found

    return of


def billed_for(found, line_id, kind=None):
    lines = [line for invoice in found["invoices"] for line in invoice["lines"] if line["line_id"] == line_id]
    return [line for line in lines if kind is None or line["kind"] == kind]


@pytest.mark.parametrize("pattern", sorted({*LEAKS} - {*OVER}))
def test_a_leak_loses_money(planted, pattern):
    deal = planted[pattern]
    assert deal.leak.pattern == pattern
    assert deal.leak.loss > 0


@pytest.mark.parametrize("pattern", OVER)
def test_what_bills_too_much_is_no_leak(planted, pattern):
    assert planted[pattern].leak is None
    assert planted[pattern].over.loss < 0


def test_where_nothing_was_planted_what_is_billed_is_what_was_sold(stories):
    clean = [
        deal.books
        for deals in stories
        for deal in deals
        if deal.books and not (deal.leak or deal.over or deal.plant) and not deal.contract.alterations
    ]
    assert len(clean) > 60
    assert {books.shortfall() for books in clean} == {Decimal(0)}


def test_a_loss_is_what_should_have_been_billed_less_what_was(planted):
    for pattern in ("B01", "B02", "B11", "R01", "R02", "U05"):
        books, leaking = planted[pattern].books, planted[pattern].leak.lines
        signed, months = books.contract.signed, books.months
        lines = [line for line in books.lines() if line.line_id in leaking]
        sold = sum(total(bill(line, signed, months, books.use.get(line.line_id), EVER)) for line in lines)
        billed = total([each for each in books.billed() if each.line_id in leaking])
        assert planted[pattern].leak.loss == sold - billed


def test_k01_was_signed_at_another_price_than_it_was_approved(sold_and_set_up):
    signed, [charge], _, found = sold_and_set_up("K01")
    approved = next(each for each in found["quotes"][0]["lines"] if each["line_id"] == signed["line_id"])
    assert Decimal(signed["net_unit_price"]) < Decimal(approved["net_unit_price"])
    assert charge["net_unit_price"] == signed["net_unit_price"]


def test_k02_has_an_amendment_that_billing_does_not_know(planted, papers):
    found = papers(planted["K02"])
    [amendment] = found["agreements"][0]["amendments"]
    [configuration] = found["billing-configurations"]
    assert "amendment_ids" not in configuration
    more = amendment["lines"][0]
    assert more["quantity"] not in {each.get("quantity") for each in configuration["charges"]}


def test_p01_uses_more_seats_than_it_pays_for(sold_and_set_up):
    line, _, _, found = sold_and_set_up("P01")
    used = [Decimal(each["quantity"]) for each in found["usage"] if each["line_id"] == line["line_id"]]
    assert "overage_unit_price" not in line
    assert max(used) > Decimal(line["quantity"])
    assert {each["quantity"] for each in billed_for(found, line["line_id"])} == {line["quantity"]}


def test_p02_is_cancelled_in_billing_and_goes_on_in_use(sold_and_set_up):
    line, _, configuration, found = sold_and_set_up("P02")
    assert configuration["status"] == "cancelled"
    last_billed = max(each["period_end"] for each in billed_for(found, line["line_id"]))
    used = [each["period_start"] for each in found["usage"] if each["line_id"] == line["line_id"]]
    assert max(used) > last_billed


def test_p03_was_delivered_and_is_on_no_invoice(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("P03")
    assert charge["invoiceable"] is False
    assert [each["delivered"] for each in found["usage"] if each["line_id"] == line["line_id"]] == [True]
    assert billed_for(found, line["line_id"]) == []


def test_b01_has_no_charge(sold_and_set_up):
    line, charges, _, found = sold_and_set_up("B01")
    assert charges == billed_for(found, line["line_id"]) == []


def test_b02_has_a_price_or_a_quantity_that_differs(sold_and_set_up):
    line, [charge], _, _ = sold_and_set_up("B02")
    assert (charge["net_unit_price"], charge["quantity"]) != (line["net_unit_price"], line["quantity"])


def test_b03_reads_the_tiers_or_blocks_in_another_way(sold_and_set_up):
    line, [charge], _, _ = sold_and_set_up("B03")
    assert (charge["charge_model"], charge.get("package")) != (line["charge_model"], line.get("package"))


def test_b04_counts_in_another_unit(sold_and_set_up):
    line, [charge], _, _ = sold_and_set_up("B04")
    assert charge["unit_of_measure"] != line["unit_of_measure"]


def test_b05_bills_in_arrears_what_was_sold_in_advance(sold_and_set_up):
    _, [charge], _, found = sold_and_set_up("B05")
    assert (found["agreements"][0]["billing_timing"], charge["billing_timing"]) == ("in_advance", "in_arrears")


def test_b06_has_a_trial_that_was_not_sold(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("B06")
    first = min(each["period_start"] for each in billed_for(found, line["line_id"]))
    start = date.fromisoformat(found["agreements"][0]["start_date"])
    assert date.fromisoformat(first) == start + timedelta(days=charge["trial_days"])


def test_b07_lets_the_discount_last_for_years(sold_and_set_up):
    line, [charge], _, _ = sold_and_set_up("B07")
    assert line["discounts"][0]["ends_on"]
    assert charge["discounts"][0]["periods"] >= 24


def test_b08_has_a_charge_that_never_invoices(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("B08")
    assert charge["state"] in ("pending_activation", "draft", "on_hold")
    assert billed_for(found, line["line_id"]) == []


def test_b09_has_a_commitment_that_is_never_trued_up(sold_and_set_up):
    line, [charge], _, _ = sold_and_set_up("B09")
    assert line["minimum_commitment"]["true_up"] is True
    assert not charge.get("minimum_commitment", {}).get("true_up")


def test_b10_goes_back_to_a_lower_price_after_a_change(sold_and_set_up):
    line, charges, configuration, _ = sold_and_set_up("B10")
    before, after = sorted(charges, key=lambda each: each["start_date"])
    assert before["net_unit_price"] == line["net_unit_price"]
    assert Decimal(after["net_unit_price"]) < Decimal(line["net_unit_price"])
    assert (after["start_date"], configuration["revision"]) == (configuration["changed_on"], "2")


def test_b11_has_no_ramp_in_billing(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("B11")
    assert len(line["ramp"]) > 1
    assert "ramp" not in charge
    assert {each["quantity"] for each in billed_for(found, line["line_id"])} == {line["quantity"]}


def test_b12_divides_yen_by_a_hundred(sold_and_set_up):
    line, [charge], configuration, _ = sold_and_set_up("B12")
    assert configuration["currency"] == "JPY"
    assert Decimal(charge["net_unit_price"]) == Decimal(line["net_unit_price"]) // 100


def test_b13_was_set_up_late_and_never_billed_what_had_passed(sold_and_set_up):
    line, _, configuration, found = sold_and_set_up("B13")
    start = found["agreements"][0]["start_date"]
    assert configuration["created_at"] > start
    assert min(each["period_start"] for each in billed_for(found, line["line_id"])) > start


def test_b14_has_two_configurations_that_both_bill(planted, papers):
    found = papers(planted["B14"])
    ids = {each["billing_configuration_id"] for each in found["billing-configurations"]}
    assert len(ids) == 2
    assert {each["billing_configuration_id"] for each in found["invoices"]} == ids


def test_i01_leaves_a_month_out(sold_and_set_up):
    line, _, _, found = sold_and_set_up("I01")
    billed = billed_for(found, line["line_id"], "recurring")
    periods = sorted(
        (date.fromisoformat(each["period_start"]), date.fromisoformat(each["period_end"])) for each in billed
    )
    assert max((start - end).days for (_, end), (start, _) in pairwise(periods)) > 27


def test_i02_bills_a_change_within_a_month_from_the_next_one(planted, papers):
    found = papers(planted["I02"])
    [amendment] = found["agreements"][0]["amendments"]
    line_id, more = amendment["lines"][0]["line_id"], amendment["lines"][0]["quantity"]
    billed = [each for each in billed_for(found, line_id, "recurring") if each["quantity"] == more]
    assert min(each["period_start"] for each in billed) > amendment["effective_date"]


def test_i03_credits_more_than_was_billed(sold_and_set_up):
    line, _, _, found = sold_and_set_up("I03")
    [credit] = billed_for(found, line["line_id"], "credit")
    same = [
        each
        for each in billed_for(found, line["line_id"], "recurring")
        if each["period_start"] == credit["period_start"]
    ]
    assert -Decimal(credit["amount"]) > sum(Decimal(each["amount"]) for each in same)


def test_u01_has_months_without_a_record(planted, papers):
    deal = planted["U01"]
    months = {each["period_start"] for each in papers(deal)["usage"] if each["line_id"] == deal.leak.lines[0]}
    silent = [month for (line, month), oddity in deal.books.oddities.items() if oddity.missing]
    assert silent
    assert not months & {deal.books.months.starts[month].isoformat() for month in silent}


def test_u02_has_use_that_belongs_to_nothing(planted, papers):
    orphans = [each for each in papers(planted["U02"])["usage"] if "agreement_id" not in each]
    assert {each["product_id"] for each in orphans} == {"api_calls.v1"}


def test_u03_has_the_same_use_under_two_ids_and_bills_it_twice(planted, papers):
    found = papers(planted["U03"])
    [again] = [each for each in found["usage"] if each["usage_id"].endswith("-R")]
    first = next(each for each in found["usage"] if each["usage_id"] == again["usage_id"].removesuffix("-R"))
    assert {**again, "usage_id": None} == {**first, "usage_id": None}


def test_u04_has_use_that_came_after_the_cut_off(planted, papers):
    late = [each for each in papers(planted["U04"])["usage"] if gap(each) > 10]
    assert late


def gap(usage):
    return (date.fromisoformat(usage["received_on"]) - date.fromisoformat(usage["period_end"])).days


def test_u05_owes_an_overage_that_is_on_no_invoice(sold_and_set_up):
    line, _, _, found = sold_and_set_up("U05")
    used = [Decimal(each["quantity"]) for each in found["usage"] if each["line_id"] == line["line_id"]]
    assert max(used) > Decimal(line["included_quantity"])
    assert billed_for(found, line["line_id"], "overage") == []


def test_u06_spends_more_credit_than_was_bought(planted, papers):
    deal = planted["U06"]
    line = next(each for each in deal.books.lines() if each.line_id == deal.leak.lines[0])
    spent = [Decimal(each["amount"]) for each in billed_for(papers(deal), line.line_id, "credit")]
    assert -sum(spent) > line.drawdown.credit_amount


def test_r01_does_not_rise_on_the_anniversary(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("R01")
    assert Decimal(line["uplift_percent"]) >= 3
    assert "uplift_percent" not in charge
    assert {each["unit_price"] for each in billed_for(found, line["line_id"], "recurring")} == {line["net_unit_price"]}


def test_r02_keeps_billing_the_discount_after_its_end(sold_and_set_up):
    line, [charge], _, found = sold_and_set_up("R02")
    ends_on = line["discounts"][0]["ends_on"]
    assert charge["discounts"] == line["discounts"]
    later = [each for each in billed_for(found, line["line_id"], "recurring") if each["period_start"] > ends_on]
    assert {each["unit_price"] for each in later} == {line["net_unit_price"]}


def test_r03_is_in_use_after_its_term_and_on_no_invoice(sold_and_set_up):
    line, _, configuration, found = sold_and_set_up("R03")
    end = found["agreements"][0]["end_date"]
    assert (found["agreements"][0]["renewal"]["auto_renew"], configuration["auto_renew"]) == (True, False)
    assert [each for each in found["usage"] if each["line_id"] == line["line_id"] and each["period_start"] > end]
    assert max(each["period_end"] for each in billed_for(found, line["line_id"])) <= end


def test_r04_is_renewed_below_what_is_in_use(planted, stories):
    renewal = planted["R04"]
    before = next(deals[0] for deals in stories if renewal in deals)
    seats = next(line for line in before.contract.signed.lines if line.product_id == "SEAT")
    in_use = max(before.books.use[seats.line_id][:12])
    sold = next(line for line in renewal.quote.lines if line.product_id == "SEAT")
    assert sold.quantity < in_use


@pytest.mark.slow
def test_at_a_larger_size_leaks_come_as_often_as_their_odds_say(world):
    deals = [deal for account in range(60, 3000) for deal in tell(world, account, 7) if deal.is_accepted]
    expected = sum(deal.odds.probability for deal in deals)
    # The variance of a sum of independent yes-or-no draws is the sum of p (1 - p); three standard deviations are allowed.
    deviation = sum(deal.odds.probability * (1 - deal.odds.probability) for deal in deals) ** 0.5
    assert abs(sum(deal.leak is not None for deal in deals) - expected) < 3 * deviation
