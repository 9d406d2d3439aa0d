"""What was signed is held against what was approved: by content where it is on record, else by its hash."""

from dataclasses import replace
from decimal import Decimal

import pytest

from policies.domain.finding import Direction
from policies.domain.material import content_hash, material
from tests.set_ups import a_set_up, beside


def signed(line=None, approved_line=None, header=None):
    """The difference between what was signed and what was approved, each a change of the ten seats."""
    approved = material(a_set_up(lines=(approved_line or {},)).agreement.terms)
    setup = a_set_up(
        lines=(line or {},), charges=(line or {},), agreement=header, approved=approved, approved_in="dec_1"
    )
    found, _ = beside(setup)
    return found.get("signed-differs-from-approved", [])


def test_signed_as_approved_differs_in_nothing() -> None:
    assert signed() == []


def test_a_lower_signed_price_costs_the_difference_of_the_bills() -> None:
    # 10 * (100 - 90) * 12.
    [found] = signed(line={"net_unit_price": "90"})
    assert (found.direction, found.under, found.over) == (Direction.UNDER, Decimal(1200), Decimal(0))
    [evidence] = found.evidence
    assert (evidence.field, evidence.actual, evidence.expected) == ("lines[1].net_unit_price", "90", "100")
    assert evidence.expected_from == "the content that was approved, decision dec_1"


def test_a_higher_signed_price_is_on_the_other_side() -> None:
    [found] = signed(line={"net_unit_price": "110"})
    assert (found.direction, found.under, found.over) == (Direction.OVER, Decimal(0), Decimal(1200))


def test_a_term_without_money_is_told_all_the_same() -> None:
    [found] = signed(header={"renewal": {"auto_renew": True}})
    assert (found.direction, found.under, found.over) == (Direction.COMPLIANCE, Decimal(0), Decimal(0))
    assert found.reports["edits"] == "renewal auto renew"


def test_worse_terms_without_money_are_a_leak() -> None:
    [found] = signed(header={"payment_terms_days": 90})
    assert found.direction is Direction.UNDER


def test_where_a_price_came_from_is_no_part_of_what_is_signed() -> None:
    assert signed(approved_line={"list_unit_price": "120"}) == []


def test_a_line_that_was_approved_and_not_signed_is_all_lost() -> None:
    approved = material(a_set_up(lines=({}, {"quantity": "1"})).agreement.terms)
    found, _ = beside(a_set_up(approved=approved))
    [gone] = found["signed-differs-from-approved"]
    assert (gone.under, gone.line_ids) == (Decimal(1200), ("2",))


@pytest.mark.parametrize(("is_right", "count"), [(True, 0), (False, 1)])
def test_without_the_content_its_hash_is_held_against_the_signed_ones(is_right, count) -> None:
    setup = a_set_up()
    known = content_hash(setup.agreement.terms) if is_right else "sha256:0000"
    approvals = [{"approver_id": "dana", "role": "director", "content_hash": known}]
    found, _ = beside(a_set_up(agreement={"approvals": approvals}))
    assert len(found.get("signed-differs-from-approved", [])) == count


def test_an_approval_that_is_bound_to_nothing_is_not_assessed() -> None:
    found, untold = beside(a_set_up(agreement={"approvals": [{"approver_id": "dana"}]}))
    assert found == {}
    assert [each.policy_id for each in untold] == ["signed-differs-from-approved"]


def test_a_hash_of_a_quote_that_is_not_named_is_not_assessed() -> None:
    approvals = [{"approver_id": "dana", "content_hash": "sha256:0000"}]
    setup = a_set_up(agreement={"approvals": approvals})
    found, untold = beside(replace(setup, agreement=replace(setup.agreement, quote_id=None)))
    assert found == {}
    assert len(untold) == 1
