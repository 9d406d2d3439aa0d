"""Everything is judged, whatever the order, and judging only what a change reaches gives the same as judging it all."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo import demo_catalog, demo_company
from app.rules import library_files
from policies.checks import ALL
from policies.derivation import derive
from policies.domain.finding import Change
from policies.evaluation import evaluate, findings_after
from policies.loader import load
from policies.policyset import PolicySet
from policies.remedy import apply
from tests.builders import a_line, a_quote

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
CATALOG, COMPANY = demo_catalog(), demo_company()
PRODUCTS = ("SEAT", "API-CALLS", "NO-SUCH-THING")


@cache
def library() -> PolicySet:
    return load(library_files(), ALL)


def lines():
    terms = {
        "product_id": st.sampled_from(PRODUCTS),
        "net_unit_price": st.sampled_from(["40", "38", "30", "12", "3.3333", "480"]),
        "quantity": st.sampled_from(["1", "10", "2500"]),
        "included_quantity": st.sampled_from([None, "10"]),
        "price_period": st.sampled_from(["month", "year"]),
        "list_unit_price": st.sampled_from([None, "40", "50"]),
        "free_months": st.sampled_from([None, "1"]),
    }
    return st.lists(st.fixed_dictionaries(terms), min_size=2, max_size=5)


def a_deal(terms: list[dict]):
    made = [a_line(line_id=str(number), **term) for number, term in enumerate(terms)]
    return a_quote(lines=made, price_book="2026-standard", rep={"rep_id": "R", "role": "ae"}, deal_type="new")


def facts_of(quote):
    return derive(quote, as_of=AS_OF, company=COMPANY, catalog=CATALOG)


CHANGES = st.sampled_from(
    [
        ("net_unit_price", Decimal(40)),
        ("net_unit_price", Decimal(4000)),
        ("quantity", Decimal(90000)),
        ("overage_unit_price", Decimal(50)),
        ("free_months", None),
        ("parent_line_id", "1"),
    ]
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(lines(), CHANGES, st.integers(0, 1))
def test_judging_what_a_change_reaches_is_judging_it_all(terms, change, at) -> None:
    facts = facts_of(a_deal(terms))
    before = evaluate(facts, library()).findings
    changed = apply(facts.quote, [Change(path=f"/lines/{at}/{change[0]}", value=change[1])])
    partly = findings_after(changed, facts, before, library())
    wholly = {each.finding_id: each for each in evaluate(facts_of(changed), library()).findings}
    assert {key: each.effect for key, each in partly.items()} == {key: each.effect for key, each in wholly.items()}


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(lines(), st.randoms())
def test_the_order_of_lines_changes_no_finding_and_no_total(terms, random) -> None:
    quote = a_deal(terms)
    shuffled = replace(quote, lines=tuple(random.sample(quote.lines, len(quote.lines))))
    one, other = evaluate(facts_of(quote), library()), evaluate(facts_of(shuffled), library())
    assert {(each.finding_id, each.effect) for each in one.findings} == {
        (each.finding_id, each.effect) for each in other.findings
    }
    # Sums of 28-digit decimals may differ in their last digits with the order; no currency shows those.
    assert {way: round(sum_, 6) for way, sum_ in one.totals.items()} == {
        way: round(sum_, 6) for way, sum_ in other.totals.items()
    }


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(lines())
def test_a_remedy_that_is_said_to_clear_does_clear(terms) -> None:
    facts = facts_of(a_deal(terms))
    before = evaluate(facts, library()).findings
    effects = {each.finding_id: each.effect for each in before}
    for finding in before:
        if finding.remedy is None or not finding.remedy.clears:
            continue
        after = evaluate(facts_of(apply(facts.quote, finding.remedy.changes)), library()).findings
        assert finding.finding_id not in {each.finding_id for each in after}
        assert all(effects.get(each.finding_id) is each.effect for each in after if each.effect.enforces)
