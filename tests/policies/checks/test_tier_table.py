"""A tier table has to say how it applies, up to where, and at which price."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.tier_table import CHECK
from policies.domain.charge import ChargeModel, Tier
from policies.domain.finding import Change
from tests.builders import a_catalog, a_line, a_quote, tiers
from tests.judging import after, judged, violated

COMPLETE = (("50", "10"), ("100", "8"), (None, "5"))


def tabled(*steps, model="graduated", **terms):
    return a_quote(lines=[a_line(charge_model=model, net_unit_price=None, tiers=tiers(*steps), **terms)])


@pytest.mark.parametrize("model", ["graduated", "volume", "stairstep"])
def test_a_complete_table_is_fine(model):
    assert isinstance(judged(CHECK, tabled(*COMPLETE, model=model)), Satisfied)


def test_a_line_without_tiers_has_no_table():
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (tabled(("50", "10"), ("100", "8")), "no tier holds more than 100"),
        (tabled(("44", "10"), ("44", "8"), (None, "5")), "tier 2 ends at 44, where 44 is reached already"),
        (tabled(("100", "10"), ("50", "8"), (None, "5")), "tier 2 ends at 50, where 100 is reached already"),
        (tabled(("0", "10"), (None, "5")), "tier 1 ends at 0, where 0 is reached already"),
        (tabled((None, "10"), ("50", "8")), "tier 1 is open but not the last"),
        (tabled(("50", "-1"), (None, "5")), "tier 1 pays the customer"),
        (tabled(("50", "1", "-20"), (None, "5")), "tier 1 pays the customer"),
        (tabled(("50", "10"), (None, None)), "tier 2 has neither a unit price nor a flat fee"),
        (tabled(*COMPLETE, model=None), "does not say whether the tiers are graduated, volume or stairstep"),
        (tabled(*COMPLETE, model="per_unit"), "it has tiers, but its charge model is per_unit"),
        (tabled(model="volume"), "it is volume but has no tiers"),
    ],
)
def test_every_defect_is_named(quote, words):
    assert words in violated(CHECK, quote).reports["defects"]


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        ("60", "tier 2 starts at 60, and the one before it ends at 50"),
        ("40", "tier 2 starts at 40, where 50 is reached already"),
    ],
)
def test_a_gap_or_an_overlap_between_tiers_is_named_with_its_field(starts_at, words):
    last = Tier(up_to=None, unit_price=Decimal(5), starts_at=Decimal(starts_at))
    table = [Tier(up_to=Decimal(50), unit_price=Decimal(10)), last]
    found = violated(CHECK, a_quote(lines=[a_line(charge_model="volume", net_unit_price=None, tiers=table)]))
    assert words in found.reports["defects"]
    assert [(each.field, each.actual, each.expected) for each in found.evidence] == [
        ("lines[1].tiers[1].from", starts_at, "50")
    ]
    assert found.changes == ()


def test_all_defects_are_named_at_once_each_with_its_field():
    found = violated(CHECK, tabled(("50", "-10"), ("40", None), model=None))
    assert [each.field for each in found.evidence] == [
        "lines[1].charge_model",
        "lines[1].tiers[1].up_to",
        "lines[1].tiers[1].up_to",
        "lines[1].tiers[0].unit_price",
        "lines[1].tiers[1].unit_price",
    ]


def test_what_lies_beyond_the_last_tier_is_priced_like_it():
    # 150 - 100 = 50 units at $8 are $400 a month, $4,800 in twelve.
    found = violated(CHECK, tabled(("50", "10"), ("100", "8"), quantity="150"))
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(400), Decimal(4800))
    assert violated(CHECK, tabled(("50", "10"), ("100", "8"), quantity="80")).loss.remaining_term is None


def test_the_last_tier_is_opened():
    quote = tabled(("50", "10"), ("100", "8"))
    assert violated(CHECK, quote).changes == (Change(path="/lines/0/tiers/1/up_to", value=None),)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_tiers_out_of_order_are_put_in_order():
    quote = tabled(("100", "8"), ("50", "10"), (None, "5"))
    assert violated(CHECK, quote).changes[0].value == tiers(*COMPLETE)
    assert isinstance(after(CHECK, quote), Satisfied)


def test_the_charge_model_comes_from_the_catalog_and_is_not_guessed():
    quote = tabled(*COMPLETE, model=None)
    catalog = a_catalog({"product_id": "SEATS", "charge_model": "volume"})

    assert violated(CHECK, quote).changes == ()
    assert violated(CHECK, quote, catalog=catalog).changes[0].value is ChargeModel.VOLUME
    assert isinstance(after(CHECK, quote, catalog=catalog), Satisfied)


@pytest.mark.parametrize(
    "steps", [[("44", "10"), ("44", "8")], [("50", "-1"), (None, "5")], [(None, "1"), (None, "2")]]
)
def test_where_a_number_would_have_to_be_guessed_nothing_is_proposed(steps):
    assert violated(CHECK, tabled(*steps)).changes == ()


def test_a_table_is_not_changed_beyond_what_is_wrong():
    quote = tabled(("50", "10", "5"), ("100", "8", "7"))
    (change,) = violated(CHECK, quote).changes
    assert change.value is None
    assert quote.lines[0].tiers[1] == Tier(up_to=Decimal(100), unit_price=Decimal(8), flat_fee=Decimal(7))
