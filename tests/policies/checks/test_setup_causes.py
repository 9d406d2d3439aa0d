"""A check reports the twin's differences of its cause, each side of the money by itself."""

from datetime import date
from decimal import Decimal

import pytest

from policies.check import NOT_APPLICABLE, SATISFIED, Undetermined, Violated
from policies.checks.setup_causes import CAUSES, CHECKS, DriftParameters, Parameters
from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction, Effect, Evidence, Exposure
from policies.domain.period import Period
from policies.twin.found import difference
from policies.twin.model import Matching, Parting, Twin
from policies.twin.setup import SetUpFacts
from tests.set_ups import a_set_up

BY_NAME = {check.name: check for check in CHECKS}
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
PRICE = "price-or-quantity-differs"


def facts(*differences, untold=(), **given) -> SetUpFacts:
    twin = Twin(
        currency="USD",
        term=Period(date(2026, 1, 1), date(2027, 1, 1)),
        renewal=None,
        matching=Matching(matches=()),
        differences=tuple(differences),
        months=(),
        not_assessed=tuple(untold),
    )
    return SetUpFacts(setup=a_set_up(**given), twin=twin)


def cheaper(**told):
    """Seats at $90 instead of $100: $1,200 over the year."""
    given = {
        "line_ids": ("1",),
        "charge_ids": ("C-1",),
        "under": Decimal(1200),
        "over": Decimal(0),
        "already_lost": Decimal(0),
        "evidence": (Evidence(field="charges[C-1].net_unit_price", actual="90", expected="100"),),
        "first": Parting(period=JANUARY, invoice_date=date(2026, 1, 1), agreement=Decimal(1000), billing=Decimal(900)),
    }
    return difference(told.pop("cause", PRICE), told.pop("direction", Direction.UNDER), **given | told)


def run(name, *differences, parameters=None, **given):
    check = BY_NAME[name]
    return check.run(facts(*differences, **given), parameters or check.parameters())


def test_a_difference_of_its_cause_is_told_with_name_terms_money_and_place() -> None:
    [found] = run(PRICE, cheaper())
    assert found.reports == {
        "name": "Seats",
        "lines": "line 1",
        "charges": "charge C-1",
        "terms": "net unit price 90 instead of 100",
        "money": "$1,200 too little over the term",
        "first": " First on the invoice of 2026-01-01: $1,000 agreed, $900 billed.",
    }
    assert (found.direction, found.line_ids, found.discriminator) == (Direction.UNDER, ("1",), "")


def test_a_difference_that_no_field_explains_still_has_words_for_what_differs() -> None:
    [found] = run(PRICE, cheaper(evidence=()))
    assert found.reports["terms"] == "other amounts than agreed"


def test_differences_of_other_causes_are_none_of_its_business() -> None:
    assert run("discount-differs", cheaper()) is SATISFIED


def test_what_is_lost_already_is_no_part_of_what_remains() -> None:
    [found] = run(PRICE, cheaper(already_lost=Decimal(200)))
    assert (found.loss.remaining_term, found.loss.already_lost) == (Decimal(1000), Decimal(200))
    assert found.loss.exposures == (Exposure(line_id="1", amount=Decimal(1200)),)
    assert found.reports["money"] == "$1,200 too little over the term, $200 of it already"


def test_under_and_over_are_two_findings_and_never_one_sum() -> None:
    under, over = run(PRICE, cheaper(over=Decimal(300)))
    assert (under.direction, under.loss.remaining_term) == (Direction.UNDER, Decimal(1200))
    assert (over.direction, over.loss.remaining_term, over.loss.already_lost) == (Direction.OVER, Decimal(300), None)
    assert under.discriminator != over.discriminator


def test_money_that_is_only_in_the_renewed_term_is_that_of_one_such_term() -> None:
    told = {"under": Decimal(0), "renewal_under": Decimal(600)}
    [found] = run("uplift-not-set-up", cheaper(cause="uplift-not-set-up", **told))
    assert found.loss.remaining_term == Decimal(600)
    assert found.loss.assumptions == ("the amount is that of one renewed term",)
    assert found.reports["money"] == "$600 too little in the renewed term"


def test_one_cause_twice_on_a_line_is_two_findings() -> None:
    over = cheaper(cause="uplift-not-set-up", direction=Direction.OVER, under=Decimal(0), over=Decimal(240))
    at_renewal = cheaper(cause="uplift-not-set-up", under=Decimal(0), renewal_under=Decimal(672))
    first, second = run("uplift-not-set-up", over, at_renewal)
    assert (first.loss.remaining_term, second.loss.remaining_term) == (Decimal(240), Decimal(672))
    assert first.discriminator != second.discriminator


def test_money_that_is_not_known_stays_unknown() -> None:
    [found] = run(PRICE, cheaper(under=None, over=None, already_lost=None))
    assert (found.loss.remaining_term, found.loss.exposures) == (None, ())
    assert found.reports["money"] == "too little, and how much is not known"


def test_a_shift_in_time_has_no_money() -> None:
    shifted = cheaper(cause="billing-rhythm-differs", direction=Direction.TIMING, under=None, over=None)
    [found] = run("billing-rhythm-differs", shifted)
    assert found.loss.remaining_term is None
    assert found.reports["money"] == "the same money on other days"


@pytest.mark.parametrize(("least", "count"), [("1200", 1), ("1200.01", 0)])
def test_below_the_companys_minimum_a_difference_is_not_reported(least, count) -> None:
    result = run(PRICE, cheaper(), parameters=Parameters(minimum_amount=Decimal(least)))
    assert (len(result) if isinstance(result, tuple) else 0) == count


@pytest.mark.parametrize(("units", "count"), [(1, 1), (12, 0)])
def test_a_drift_within_so_many_cents_is_let_pass(units, count) -> None:
    drift = cheaper(cause="rounding-drift", under=Decimal("0.12"))
    result = run("rounding-drift", drift, parameters=DriftParameters(tolerance_minor_units=units))
    assert (len(result) if isinstance(result, tuple) else 0) == count


def test_what_the_twin_could_not_tell_is_undetermined() -> None:
    untold = [NotAssessed(policy_id=PRICE, because="the charge has no start", line_ids=("1",))]
    assert run(PRICE, untold=untold) == Undetermined("the charge has no start")
    assert isinstance(run(PRICE, cheaper(), untold=untold)[0], Violated)


def test_a_charge_that_bills_no_line_is_known_by_its_own_id() -> None:
    stray = cheaper(cause="charge-without-line", direction=Direction.OVER, line_ids=(), over=Decimal(9))
    [found, _] = run("charge-without-line", stray)
    assert found.discriminator == "C-1"
    assert found.loss.exposures == (Exposure(line_id="C-1", amount=Decimal(9)),)


def test_two_amendments_on_one_line_are_two_findings() -> None:
    both = [cheaper(cause="amendment-not-set-up", reports={"amendment": each}) for each in ("AM-1", "AM-2")]
    assert [each.discriminator for each in run("amendment-not-set-up", *both)] == ["AM-1", "AM-2"]


@pytest.mark.parametrize("name", ["amendment-not-set-up", "preview-differs", "price-override-lost"])
def test_without_what_a_cause_speaks_of_it_does_not_apply(name) -> None:
    assert run(name) is NOT_APPLICABLE


def test_a_preview_that_agrees_with_the_contract_only_flags() -> None:
    told = {"under": None, "over": None, "already_lost": None, "direction": Direction.COMPLIANCE}
    [found] = run("preview-differs", cheaper(cause="preview-differs", **told))
    assert found.effect is Effect.FLAG


def test_every_cause_has_a_name_of_its_own_and_a_sentence() -> None:
    assert len({cause.name for cause in CAUSES}) == len(CAUSES) == 24
    assert all(cause.summary.endswith(".") for cause in CAUSES)
