"""A quote that is sent is the one that was approved, or better."""

from datetime import UTC, datetime

import pytest

from policies.check import NOT_APPLICABLE, SATISFIED, NoParameters, Undetermined, Violated
from policies.checks.edited_after_approval import run
from policies.derivation import derive
from policies.domain.material import content_hash, material
from policies.remedy import apply
from tests.builders import a_line, a_quote

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def judged(quote, *approved):
    known = {content_hash(each): material(each) for each in approved}
    return run(derive(quote, as_of=AS_OF, approved=known), NoParameters())


def sent(approved, stage: str | None = "sent", **terms):
    consent = [{"approver_id": "dana", "role": "director", "content_hash": content_hash(approved)}]
    return a_quote(stage=stage, approvals=consent, **terms)


@pytest.mark.parametrize("stage", ["sent", "accepted", None])
def test_a_lower_price_than_approved_is_an_edit_behind_the_approval(stage: str | None) -> None:
    before = a_quote()
    found = judged(sent(before, stage, lines=[a_line(net_unit_price="90")]), before)
    assert isinstance(found, Violated)
    [evidence] = found.evidence
    assert (evidence.field, evidence.actual, evidence.expected) == ("lines[1].net_unit_price", "90", "100")


def test_a_better_price_or_the_same_passes() -> None:
    before = a_quote()
    assert judged(sent(before), before) is SATISFIED
    assert judged(sent(before, lines=[a_line(net_unit_price="110")]), before) is SATISFIED


@pytest.mark.parametrize("stage", ["draft", "submitted"])
def test_before_it_is_sent_approval_is_simply_asked_for_again(stage: str) -> None:
    before = a_quote()
    assert judged(sent(before, stage, lines=[a_line(net_unit_price="90")]), before) is NOT_APPLICABLE


def test_an_approval_of_content_that_is_not_on_record_does_not_hold() -> None:
    assert isinstance(judged(sent(a_quote(), lines=[a_line(net_unit_price="90")])), Violated)


def test_of_several_approvals_the_one_that_comes_nearest_counts() -> None:
    first, second = a_quote(), a_quote(lines=[a_line(net_unit_price="90")])
    consent = [{"approver_id": "x", "content_hash": content_hash(each)} for each in (first, second)]
    quote = a_quote(stage="sent", approvals=consent, lines=[a_line(net_unit_price="95")])
    assert judged(quote, first, second) is SATISFIED


def test_an_approval_without_a_hash_is_bound_to_nothing() -> None:
    assert isinstance(judged(a_quote(stage="sent", approvals=[{"approver_id": "dana"}])), Undetermined)


def test_a_line_that_was_added_is_named() -> None:
    before = a_quote()
    found = judged(sent(before, lines=[a_line(), a_line(line_id="2")]), before)
    assert isinstance(found, Violated)
    assert [each.field for each in found.evidence] == ["lines[2]"]


def test_going_back_to_what_was_approved_clears_it_and_the_money_is_the_difference() -> None:
    before = a_quote()
    edited = sent(before, lines=[a_line(net_unit_price="90", quantity="8", free_months="1")])
    found = judged(edited, before)
    assert isinstance(found, Violated)
    assert {each.path for each in found.changes} == {
        "/lines/0/net_unit_price",
        "/lines/0/quantity",
        "/lines/0/free_months",
    }
    assert judged(apply(edited, found.changes), before) is SATISFIED


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ({"net_unit_price": "90"}, 1200),  # 10 * 10 seats * 12 months
        ({"quantity": "8"}, 2400),  # 2 seats * 100 * 12 months
        ({"net_unit_price": "90", "discounts": [{"percent": "10"}]}, 1200),
        ({"billing_timing": "in_arrears"}, None),
    ],
)
def test_lower_prices_and_quantities_have_an_amount(line: dict[str, object], lost: int | None) -> None:
    before = a_quote()
    found = judged(sent(before, lines=[a_line(**line)]), before)
    assert isinstance(found, Violated)
    assert found.loss is not None
    assert found.loss.remaining_term == lost


def test_each_roles_last_approval_has_to_hold() -> None:
    first, second = a_quote(), a_quote(lines=[a_line(net_unit_price="90")])
    consent = [
        {"approver_id": "dana", "role": "director", "content_hash": content_hash(first)},
        {"approver_id": "fay", "role": "finance", "content_hash": content_hash(second)},
    ]
    quote = a_quote(stage="sent", approvals=consent, lines=[a_line(net_unit_price="90")])
    assert isinstance(judged(quote, first, second), Violated)


def test_a_clause_that_came_is_taken_out_and_a_renewal_that_went_is_only_named() -> None:
    before = a_quote(renewal={"uplift_percent": "3"})
    clause = sent(before, special_terms=[{"text": "A credit."}], renewal={"uplift_percent": "3"})
    found, gone = judged(clause, before), judged(sent(before), before)
    assert isinstance(found, Violated)
    assert isinstance(gone, Violated)
    assert judged(apply(clause, found.changes), before) is SATISFIED
    assert (gone.evidence[0].field, gone.changes) == ("renewal.uplift_percent", ())
