"""The true odds are the documented sum of effects, and nothing else."""

from dataclasses import replace
from math import exp

import pytest

from app.demo import STANDARD_EFFECTS, documents, new_manifest
from app.demo.odds import deepest_discount, odds
from tests.builders import a_line


def test_the_probability_is_the_logistic_of_the_effects_that_are_named(stories):
    for deal in (deal for deals in stories for deal in deals):
        total = sum(deal.odds.terms.values())
        assert deal.odds.probability == pytest.approx(1 / (1 + exp(-total)))
        assert {"base"} <= set(deal.odds.terms)


def test_each_effect_counts_by_its_own_number(stories):
    deal = next(deal for deals in stories for deal in deals if any(line.ramp for line in deal.quote.lines))
    more = replace(STANDARD_EFFECTS, ramp=STANDARD_EFFECTS.ramp + 1)
    before = odds(deal.occasion, deal.quote, deal.plant, STANDARD_EFFECTS).terms
    after = odds(deal.occasion, deal.quote, deal.plant, more).terms
    assert after == before | {"ramp": before["ramp"] + 1}


def test_the_deepest_discount_is_that_of_the_line_furthest_below_list():
    # 10 off 100 is 10 %, 12 off 40 is 30 %; a line without a list price shows none.
    lines = (
        a_line(list_unit_price="100", net_unit_price="90"),
        a_line(line_id="2", list_unit_price="40", net_unit_price="28"),
        a_line(line_id="3", net_unit_price="1"),
    )
    assert deepest_discount(lines) == pytest.approx(30)


def test_a_company_with_other_effects_leaks_otherwise():
    calm, wild = new_manifest(1, 400), new_manifest(1, 400)
    for _ in documents(calm, effects=replace(STANDARD_EFFECTS, base=-9.0)):
        pass
    for _ in documents(wild, effects=replace(STANDARD_EFFECTS, base=0.0)):
        pass
    assert calm.leaked < calm.accepted / 8
    assert wild.leaked > wild.accepted / 2
