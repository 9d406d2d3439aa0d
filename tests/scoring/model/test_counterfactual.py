"""What would lower a risk: proven by scoring, as few edits as get there, and only edits that a person would make."""

from dataclasses import replace
from decimal import Decimal

from policies.derivation import derive
from policies.domain.decision import Risk, RiskReason, RiskStatus
from policies.remedy import apply
from scoring.model.counterfactual import MOST_TRIES, counterfactual
from scoring.model.edits import edits
from tests.builders import a_catalog, a_company, a_line, a_quote
from tests.scoring.sold import day

STEP = {"start_date": "2026-07-01", "net_unit_price": "150"}
TERMS = {"standard_days": 30, "approver": "finance", "standard_frequencies": ["annual"]}


def toy(quote):
    """A risk of 0.05, and more for a ramp, a deep discount and a rhythm that is not annual."""
    score = Decimal("0.05")
    for line in quote.lines:
        score += Decimal("0.30") * bool(line.ramp)
        depth = 1 - line.net_unit_price / line.list_unit_price if line.list_unit_price else Decimal(0)
        score += max(Decimal(0), depth)
    score += Decimal("0.20") * (quote.billing_frequency != "annual")
    return Risk(status=RiskStatus.SCORED, score=min(Decimal(1), score))


def asked(limit, quote, *, risk=None, most=MOST_TRIES, **tables):
    """The counterfactual under a limit, and the quotes that were scored on the way."""
    seen = []

    def rescoring(changed):
        seen.append(changed)
        return toy(changed)

    facts = derive(quote, as_of=day(0), **tables)
    return counterfactual(quote, rescoring, lambda risk: risk.score < Decimal(limit), facts, risk=risk, most=most), seen


def test_one_edit_that_is_enough_is_proven_by_scoring_the_changed_quote():
    quote = a_quote(lines=[a_line(ramp=[STEP])])
    found, _ = asked("0.3", quote, company=a_company(payment_terms=TERMS))
    assert found.text == "sell SEATS without the ramp"
    assert toy(apply(quote, found.changes)).score == found.score == Decimal("0.25")


def test_of_two_that_are_enough_the_one_that_moves_less_money_is_taken():
    quote = a_quote(lines=[a_line(list_unit_price="125")])  # 20 % off: 0.05 + 0.20 + 0.20
    found, _ = asked("0.4", quote, company=a_company(payment_terms=TERMS))
    assert found.text == "bill in the standard rhythm (annual)"


def test_two_edits_are_joined_where_neither_is_enough():
    quote = a_quote(lines=[a_line(ramp=[STEP])])
    found, _ = asked("0.1", quote, company=a_company(payment_terms=TERMS))
    assert set(found.text.split(" and ")) == {"sell SEATS without the ramp", "bill in the standard rhythm (annual)"}
    assert toy(apply(quote, found.changes)).score == Decimal("0.05")
    assert all(toy(apply(quote, [each])).score >= Decimal("0.1") for each in found.changes)


def test_where_nothing_is_enough_there_is_none_within_the_tries():
    found, seen = asked("0.01", a_quote(lines=[a_line(line_id=str(at), ramp=[STEP]) for at in range(30)]))
    assert found is None
    assert 0 < len(seen) <= MOST_TRIES


def test_of_few_tries_those_are_made_that_undo_the_reasons():
    lines = [a_line(line_id=str(at), ramp=[STEP]) for at in range(6)]
    quote, tables = a_quote(lines=lines), {"company": a_company(payment_terms=TERMS)}
    because = [RiskReason(feature="non_standard_frequency", label="", value=None, contribution=Decimal("0.9"))]
    risk = replace(toy(quote), reasons=tuple(because))
    found, seen = asked("1", quote, risk=risk, most=1, **tables)
    assert (found, len(seen)) == (None, 1)
    assert seen[0].billing_frequency == "annual"


def test_where_no_edit_lowers_the_score_none_are_joined():
    quote = a_quote(lines=[a_line(line_id=str(at), ramp=[STEP]) for at in range(6)])
    facts, seen = derive(quote, as_of=day(0)), []

    def never_lower(changed):
        seen.append(changed)
        return toy(quote)

    assert counterfactual(quote, never_lower, lambda _: False, facts, risk=toy(quote), most=12) is None
    assert len(seen) == 6


def test_a_discount_goes_down_to_what_the_rep_may_give_and_its_record_along():
    line = a_line(list_unit_price="200", discounts=[{"percent": "50"}])
    quote = a_quote(rep={"rep_id": "R1", "role": "manager"}, lines=[line])
    found, _ = asked("0.46", quote, company=a_company())
    changed = apply(quote, found.changes).lines[0]
    assert found.text == "discount on SEATS 20 % or less"
    assert (changed.net_unit_price, changed.discounts[0].percent) == (160, 20)


def test_a_printed_total_that_holds_no_more_is_taken_out():
    line = a_line(list_unit_price="200", stated_total="12000")
    found, _ = asked("0.6", a_quote(lines=[line], stated_totals={"tcv": "12000"}))
    assert [each.path for each in found.changes][-2:] == ["/lines/0/stated_total", "/stated_totals"]


def words(quote, **tables):
    return [each.text for each in edits(derive(quote, as_of=day(0), **tables))]


def test_a_plain_quote_has_nothing_to_edit():
    assert words(a_quote()) == []


def test_what_the_tables_know_may_be_added():
    catalog = a_catalog({"product_id": "SEATS", "overage_unit_price": "3"})
    line = a_line(included_quantity="10")
    quote = a_quote(end_date="2028-12-31", price_book="standard", payment_terms_days=90, lines=[line])
    company = a_company(payment_terms=TERMS, renewal={"minimum_uplift_percent": "3"})
    assert words(quote, company=company, catalog=catalog) == [
        "bill in the standard rhythm (annual)",
        "payment within 30 days",
        "a term of one year",
        "charge $3 for each SEATS beyond the allowance",
        "raise SEATS by 3 % a year",
    ]


def test_free_time_and_discounts_without_an_end_may_be_ended():
    line = a_line(free_months="2", list_unit_price="100", discounts=[{"percent": "0"}])
    assert words(a_quote(lines=[line])) == ["end the discount on SEATS on 2026-12-31", "bill SEATS from its first day"]


def test_a_custom_product_stays():
    assert words(a_quote(lines=[a_line(is_custom=True)])) == []
