"""An approval holds for what it was given to, and for whatever is no worse."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policies.approval import cover, needs
from policies.derivation import derive
from policies.domain.company import BusinessCalendar, Company, DiscountAuthority
from policies.domain.finding import Direction, Effect, Finding
from policies.domain.material import content_hash, material
from tests.builders import a_line, a_quote

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
COMPANY = Company(
    name="Test",
    currency="USD",
    discount_authority=DiscountAuthority(ladder=("ae", "manager", "director"), rules=()),
    approval_hours={"manager": 24},
)


def a_flag(approver: str = "manager", **terms: object) -> Finding:
    values: dict[str, object] = {
        "finding_id": "fnd_1",
        "policy_id": "discount-authority",
        "pattern": "Q01",
        "effect": Effect.FLAG,
        "direction": Direction.UNDER,
        "message": "",
        "line_ids": ("1",),
        "approver": approver,
    }
    return Finding(**(values | terms))  # type: ignore[arg-type]


def covered(quote, finding: Finding, approved=(), reads=frozenset({"net_unit_price"})) -> str | None:
    facts = derive(quote, as_of=NOW, company=COMPANY, approved={content_hash(q): material(q) for q in approved})
    return cover([finding], facts, lambda _: reads)[0].approved_by


def approved_as(quote, role: str = "manager", approver: str = "mia") -> list[dict[str, str]]:
    return [{"approver_id": approver, "role": role, "content_hash": content_hash(quote)}]


def test_an_approval_of_this_very_content_covers_the_finding() -> None:
    quote = a_quote(lines=[a_line(net_unit_price="80")])
    assert covered(a_quote(lines=quote.lines, approvals=approved_as(quote)), a_flag()) == "mia"


@pytest.mark.parametrize(("price", "approver"), [("80", "mia"), ("85", "mia"), ("79.99", None)])
def test_a_resubmission_passes_unless_the_price_got_worse(price: str, approver: str | None) -> None:
    before = a_quote(lines=[a_line(net_unit_price="80")])
    after = a_quote(lines=[a_line(net_unit_price=price)], approvals=approved_as(before))
    assert covered(after, a_flag(), approved=[before]) == approver


def test_a_worse_field_that_the_policy_does_not_read_asks_for_nothing() -> None:
    before = a_quote(lines=[a_line()], payment_terms_days=30)
    after = a_quote(lines=before.lines, payment_terms_days=60, approvals=approved_as(before))
    assert covered(after, a_flag(), approved=[before]) == "mia"
    assert covered(after, a_flag(), approved=[before], reads=frozenset({"payment_terms_days"})) is None


def test_a_worse_price_on_another_line_does_not_void_the_approval_of_this_one() -> None:
    before = a_quote(lines=[a_line(), a_line(line_id="2")])
    after = a_quote(lines=[a_line(), a_line(line_id="2", net_unit_price="9")], approvals=approved_as(before))
    assert covered(after, a_flag(), approved=[before]) == "mia"
    assert covered(after, a_flag(line_ids=("2",)), approved=[before]) is None


def test_an_approval_of_content_that_is_not_on_record_covers_nothing() -> None:
    other = a_quote(lines=[a_line(net_unit_price="80")])
    assert covered(a_quote(approvals=approved_as(other)), a_flag()) is None


@pytest.mark.parametrize(("role", "holds"), [("manager", True), ("director", True), ("ae", False), ("finance", False)])
def test_the_role_or_one_above_it_may_consent(role: str, holds: bool) -> None:
    quote = a_quote()
    result = covered(a_quote(approvals=approved_as(quote, role)), a_flag())
    assert (result is not None) is holds


def test_nobody_approves_a_deal_of_their_own() -> None:
    terms = {"rep": {"rep_id": "mia"}}
    quote = a_quote(**terms)
    assert covered(a_quote(approvals=approved_as(quote), **terms), a_flag()) is None


def test_a_block_is_not_approved_away() -> None:
    quote = a_quote()
    assert covered(a_quote(approvals=approved_as(quote)), a_flag(effect=Effect.BLOCK)) is None


def test_missing_consents_are_listed_by_role_with_the_time_they_are_due() -> None:
    # Monday 1 June noon UTC: 5 h today, 8 h on each of Tuesday and Wednesday, 3 h on Thursday make 24.
    found = [a_flag(), a_flag(policy_id="ramp"), a_flag("finance", policy_id="terms"), a_flag(approved_by="mia")]
    asked = needs(found, COMPANY, NOW)
    assert [(each.role, each.because) for each in asked.required] == [
        ("manager", ("discount-authority", "ramp")),
        ("finance", ("terms",)),
    ]
    assert asked.required[0].due_at == datetime(2026, 6, 4, 12, tzinfo=UTC)
    assert asked.required[1].due_at is None
    assert COMPANY.calendar == BusinessCalendar()
    assert Decimal(24) == 5 + 8 + 8 + 3
