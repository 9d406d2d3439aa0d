"""Amendments in force have to be in billing: cited where it cites any, and with their terms."""

from datetime import date
from decimal import Decimal

from policies.domain.finding import Direction
from tests.set_ups import TERMS, a_set_up, beside

MORE = {"amendment_id": "AM-1", "effective_date": "2026-07-01", "lines": [TERMS | {"line_id": "1", "quantity": "15"}]}


def not_set_up(today=date(2026, 8, 1), **given):
    found, _ = beside(a_set_up(today=today, **given))
    return found.get("amendment-not-set-up", [])


def test_billing_with_the_amended_terms_knows_it() -> None:
    charges = ({"end_date": "2026-06-30"}, {"line_id": "1", "quantity": "15", "start_date": "2026-07-01"})
    assert not_set_up(agreement={"amendments": [MORE]}, charges=charges) == []


def test_terms_before_the_amendment_are_left_to_the_bills() -> None:
    assert not_set_up(agreement={"amendments": [MORE]}) == []


def test_an_amendment_that_is_not_in_force_yet_is_not_looked_for() -> None:
    assert not_set_up(today=date(2026, 6, 30), agreement={"amendments": [MORE]}) == []


def test_an_amendment_is_missed_where_others_are_cited() -> None:
    charges = ({"end_date": "2026-06-30"}, {"line_id": "1", "quantity": "15", "start_date": "2026-07-01"})
    cited = {"billing": {"amendment_ids": ["AM-0"]}, "charges": charges}
    [found] = not_set_up(agreement={"amendments": [MORE]}, **cited)
    assert (found.direction, found.under, found.over) == (Direction.COMPLIANCE, None, None)
    assert found.reports == {"amendment": "AM-1", "effective": "2026-07-01"}
    assert not_set_up(agreement={"amendments": [MORE]}, billing={"amendment_ids": ["AM-1"]}) == []


def test_a_line_that_came_with_an_amendment_and_has_no_charge_is_not_set_up() -> None:
    new = TERMS | {"line_id": "2", "product_id": "SUPPORT", "quantity": "1", "net_unit_price": "50"}
    amendment = {"amendment_id": "AM-2", "effective_date": "2026-07-01", "lines": [new]}
    [found] = not_set_up(agreement={"amendments": [amendment]})
    assert (found.under, found.line_ids) == (Decimal(300), ("2",))


def test_a_removed_line_that_billing_goes_on_with_bills_too_much() -> None:
    gone = {"amendment_id": "AM-3", "effective_date": "2026-07-01", "removed_line_ids": ["2"]}
    line = {"product_id": "SUPPORT", "quantity": "1", "net_unit_price": "50"}
    [found] = not_set_up(agreement={"amendments": [gone]}, lines=({}, line), charges=({}, line))
    assert (found.direction, found.over, found.line_ids) == (Direction.OVER, Decimal(300), ("2",))
