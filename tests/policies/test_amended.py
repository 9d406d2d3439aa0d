from datetime import date
from decimal import Decimal

from policies.amended import fold
from policies.domain.agreement import Agreement, Amendment
from policies.domain.charge import RampSegment
from policies.domain.schedule import charges
from tests.builders import a_line, a_quote


def bills(line, effective, *, changed=None, removed=(), **header):
    """(invoice date, amount) of a line's versions, where an amendment of that day changes or removes it."""
    amendment = Amendment(
        amendment_id="AM",
        effective_date=date.fromisoformat(effective),
        lines=() if changed is None else (changed,),
        removed_line_ids=removed,
    )
    agreement = Agreement(agreement_id="AG", terms=a_quote(lines=[line], **header), amendments=(amendment,))
    versions = fold(agreement).versions
    return [(str(each.invoice_date), each.amount) for version in versions for each in charges(version.terms)]


def test_a_line_that_an_amendment_ends_keeps_the_calendar_that_it_shared():
    line = a_line(quantity="1", net_unit_price="9100", price_period="quarter", start_date="2026-05-20")
    # 21 of the 91 days from April to June, though the line no longer ends with its document: 9,100 * 21 / 91.
    assert bills(line, "2026-06-10", removed=("1",), start_date="2026-04-01", billing_frequency="quarterly") == [
        ("2026-05-20", 2100)
    ]


def test_an_amendment_that_changes_the_price_moves_no_invoice():
    billed = bills(a_line(), "2026-03-16", changed=a_line(net_unit_price="200"), end_date="2026-04-30")
    # 15 and 16 of March's 31 days: 483.87 and 1,032.26. April is invoiced on its first.
    assert billed[2:] == [
        ("2026-03-01", Decimal("483.87")),
        ("2026-03-16", Decimal("1032.26")),
        ("2026-04-01", 2000),
    ]


def test_an_amendment_that_changes_the_rhythm_starts_a_calendar_of_its_own():
    yearly = a_line(quantity="1", net_unit_price="96", price_period="year", billing_frequency="annual")
    billed = bills(a_line(), "2026-04-01", changed=yearly, end_date="2028-03-31")
    assert billed[3:] == [("2026-04-01", 96), ("2027-04-01", 96)]


def test_an_amendment_after_the_end_makes_nothing_last_longer():
    assert len(bills(a_line(), "2027-03-01", removed=("1",))) == 12
    assert sum(amount for _, amount in bills(a_line(end_date="2026-06-30"), "2026-09-01", removed=("1",))) == 6000


YEAR_AT_ONCE = {"quantity": "1", "net_unit_price": "1200", "price_period": "term"}


def test_a_price_for_the_term_is_owed_in_part_by_a_line_that_an_amendment_ends():
    billed = bills(a_line(**YEAR_AT_ONCE), "2026-07-01", removed=("1",))
    assert billed == [(f"2026-{month:02}-01", 100) for month in range(1, 7)]


def test_a_price_for_the_term_that_an_amendment_states_pays_for_the_term_that_is_left():
    changed = a_line(**YEAR_AT_ONCE | {"net_unit_price": "900"})
    billed = bills(a_line(**YEAR_AT_ONCE), "2026-07-01", changed=changed)
    # Half of 1,200, and 900 for the six months from July on.
    assert [amount for _, amount in billed] == [100] * 6 + [150] * 6


def test_a_line_whose_end_is_moved_goes_on_at_the_rate_of_its_price_for_the_term():
    for moved, months in (("2027-06-30", 18), ("2026-06-30", 6)):
        amendment = Amendment(amendment_id="AM", effective_date=date(2026, 5, 1), end_date=date.fromisoformat(moved))
        agreement = Agreement(agreement_id="AG", terms=a_quote(lines=[a_line(**YEAR_AT_ONCE)]), amendments=(amendment,))
        [version] = fold(agreement).versions
        assert [each.amount for each in charges(version.terms)] == [100] * months


def test_a_version_that_is_amended_once_more_owes_its_part_of_its_own_price():
    amendments = tuple(
        Amendment(
            amendment_id=f"AM-{month}",
            effective_date=date(2026, month, 1),
            lines=(a_line(**YEAR_AT_ONCE | {"net_unit_price": price}),),
        )
        for month, price in ((7, "900"), (10, "300"))
    )
    agreement = Agreement(agreement_id="AG", terms=a_quote(lines=[a_line(**YEAR_AT_ONCE)]), amendments=amendments)
    totals = [sum(each.amount for each in charges(version.terms)) for version in fold(agreement).versions]
    # Six of twelve months of 1,200, three of six of 900, and 300 for the last three.
    assert totals == [600, 450, 300]


def test_days_that_a_ramp_leaves_out_are_left_out_when_it_is_stated_again():
    steps = [
        {"start_date": "2026-01-01", "end_date": "2026-02-28", "quantity": "5"},
        {"start_date": "2026-06-01", "quantity": "8"},
    ]
    ramp = tuple(
        RampSegment(
            start_date=date.fromisoformat(each["start_date"]),
            end_date=date.fromisoformat(each["end_date"]) if "end_date" in each else None,
            quantity=Decimal(each["quantity"]),
        )
        for each in steps
    )
    billed = bills(a_line(ramp=ramp), "2026-04-01", changed=a_line(ramp=ramp))
    assert [month for month, _ in billed] == [f"2026-{month:02}-01" for month in (1, 2, 6, 7, 8, 9, 10, 11, 12)]
