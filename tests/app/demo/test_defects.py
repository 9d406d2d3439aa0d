"""Each quote-stage pattern is in the quote that was made to hold it, and in no other."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.demo import demo_catalog, demo_company
from app.demo.defects.catalogue import BRINGS_ALONG, PLANTERS
from app.demo.story import tell
from app.demo.world import the_world
from policies.derivation import derive
from policies.domain.charge import BillingTiming
from policies.domain.finding import Effect
from policies.domain.material import content_hash
from policies.evaluation import evaluate

IN_FORCE = "2026-01-01"  # from then on every policy of the library is


@pytest.fixture(scope="module")
def judge(library):
    catalog, company = demo_catalog(), demo_company()

    def judged(quote):
        as_of = quote.created_at + timedelta(days=2)
        facts = derive(quote, as_of=as_of, company=company, catalog=catalog)
        return [finding for finding in evaluate(facts, library).findings if finding.enforces]

    return judged


def line_of(deal):
    plant = deal.plant
    return next(line for line in deal.quote.lines if line.line_id == plant.lines[0])


@pytest.mark.parametrize("pattern", PLANTERS)
def test_the_library_finds_what_was_planted_and_nothing_else(planted, judge, pattern):
    deal = planted[pattern]
    assert deal.quote.created_at.isoformat() >= IN_FORCE or pattern != "Q02"
    found = {finding.pattern for finding in judge(deal.quote)}
    assert found == {pattern, *BRINGS_ALONG.get(pattern, ())}


def test_a_clean_quote_is_allowed(stories, judge):
    clean = [deal.quote for deals in stories for deal in deals if deal.plant is None]
    assert len(clean) > 150
    assert [(quote.quote_id, finding.message) for quote in clean for finding in judge(quote)] == []


@pytest.mark.slow
def test_at_a_larger_size_too_everything_is_as_it_was_planted(world, judge):
    for deal in (deal for account in range(140, 900) for deal in tell(world, account, 7)):
        found = {finding.pattern for finding in judge(deal.quote)}
        if deal.plant is None:
            assert found == set(), deal.quote.quote_id
        elif deal.plant.pattern != "Q02" or deal.quote.created_at.isoformat() >= IN_FORCE:
            assert found == {deal.plant.pattern, *BRINGS_ALONG.get(deal.plant.pattern, ())}, deal.quote.quote_id


def test_q01_goes_beyond_what_the_rep_may_give(planted):
    line = line_of(planted["Q01"])
    limit = {"ae": 10, "manager": 20, "director": 30}[planted["Q01"].quote.rep.role]
    assert line.net_unit_price < line.list_unit_price * (100 - limit) / 100
    assert planted["Q01"].quote.approvals == ()


def test_q02_lies_under_the_catalogs_floor_and_the_discount_was_agreed_to(planted, world):
    deal = planted["Q02"]
    floor = world.shelf.price(line_of(deal).product_id, deal.quote.price_book, deal.quote.account.segment).floor_price
    assert line_of(deal).net_unit_price < floor
    assert deal.quote.approvals[-1].content_hash == content_hash(deal.quote)


def test_q04_is_a_promotion_without_an_end(planted):
    [discount] = line_of(planted["Q04"]).discounts
    assert (discount.kind, discount.ends_on, discount.periods) == ("new-logo", None, None)


def test_q05_and_q06_are_clauses_under_three_percent(planted):
    assert planted["Q05"].quote.renewal.uplift_percent < 3
    assert planted["Q06"].quote.renewal.cap_percent < 3


def test_q07_starts_to_bill_long_after_the_service(planted):
    quote = planted["Q07"].quote
    assert (quote.billing_start_date - quote.start_date).days > quote.term_months * 3


def test_q08_prints_one_month_for_the_whole_term(planted):
    line = line_of(planted["Q08"])
    assert line.stated_total == line.net_unit_price * (1 if line.charge_model == "flat" else line.quantity)


def test_q10_leaves_the_last_tier_closed(planted):
    assert line_of(planted["Q10"]).tiers[-1].up_to is not None


def test_q11_has_an_allowance_and_no_overage_price(planted):
    line = line_of(planted["Q11"])
    assert line.included_quantity > 0
    assert line.overage_unit_price is None


def test_q12_commits_without_a_true_up(planted):
    assert line_of(planted["Q12"]).minimum_commitment.true_up in (False, None)


def test_q13_has_a_month_without_a_segment(planted):
    first, second, *_ = line_of(planted["Q13"]).ramp
    assert (second.start_date - first.end_date).days > 27


def test_q15_pays_late_or_in_arrears(planted):
    quote = planted["Q15"].quote
    assert quote.payment_terms_days > 45 or quote.billing_timing is BillingTiming.IN_ARREARS


def test_q16_names_a_price_book_of_another_currency(planted, world):
    quote = planted["Q16"].quote
    assert world.shelf.catalog.price_books[quote.price_book].currency != quote.currency


def test_q17_sells_what_billing_does_not_know(planted, world):
    product = world.shelf.catalog.products.get(line_of(planted["Q17"]).product_id)
    assert product is None or product.billing is None


def test_q18_is_stale_or_not_what_was_approved(planted, world):
    quote = planted["Q18"].quote
    edited = [each for each in quote.approvals if each.content_hash != content_hash(quote)]
    ended = world.shelf.catalog.price_books[quote.price_book].effective_to
    assert edited or ended < quote.created_at.date()


def test_q20_lies_outside_the_selling_range(planted, world):
    deal = planted["Q20"]
    price = world.shelf.price(line_of(deal).product_id, deal.quote.price_book, deal.quote.account.segment)
    assert line_of(deal).net_unit_price > price.ssp_high


def test_k03_promises_in_words_what_nobody_has_judged(planted):
    assert planted["K03"].quote.special_terms[-1].billing_effect is None


def test_a_consent_that_a_clean_quote_needs_is_given_to_exactly_its_content(stories):
    consented = [deal for deals in stories for deal in deals if deal.quote.approvals and deal.plant is None]
    assert consented
    for deal in consented:
        assert {each.content_hash for each in deal.quote.approvals} == {content_hash(deal.quote)}
        assert deal.quote.rep.rep_id not in {each.approver_id for each in deal.quote.approvals}


@pytest.mark.parametrize(("price", "verdict"), [("40", None), ("28", "director")])
def test_the_seat_contract_is_allowed_at_list_and_asks_the_director_at_28(judge, stories, price, verdict):
    # 500 seats at $40 a month, 500 included, overage $50, twelve months of 2024, sold by an AE; $28 is 30 % off.
    template = next(d.quote for deals in stories for d in deals if d.quote.lines[0].product_id == "SEAT")
    line = replace(
        template.lines[0],
        quantity=Decimal(500),
        list_unit_price=Decimal(40),
        net_unit_price=Decimal(price),
        included_quantity=Decimal(500),
        overage_unit_price=Decimal(50),
        discounts=(),
        ramp=(),
        uplift_percent=None,
        stated_total=None,
        start_date=None,
        end_date=None,
    )
    created = template.created_at.replace(year=2023, month=12, day=11)
    quote = replace(
        template,
        lines=(line,),
        currency="USD",
        price_book="2024-standard",
        created_at=created,
        valid_until=created + timedelta(days=30),
        start_date=created.date().replace(year=2024, month=1, day=1),
        end_date=created.date().replace(year=2024, month=12, day=31),
        term_months=12,
        stated_totals=None,
        approvals=(),
        special_terms=(),
        payment_terms_days=30,
        rep=replace(template.rep, role="ae"),
    )
    findings = judge(quote)
    assert [(each.pattern, each.effect, each.approver) for each in findings] == (
        [] if verdict is None else [("Q01", Effect.FLAG, verdict)]
    )


def test_a_retired_product_on_a_renewal_that_dropped_a_line_gets_a_number_of_its_own():
    renewal = tell(the_world(7), 14_691, 7)[3].quote
    lines = [line.line_id for line in renewal.lines]
    assert [line.product_id for line in renewal.lines][-1] == "LEGACY-CONNECTOR"
    assert len(lines) == len(set(lines)) == 5
