from datetime import date
from decimal import Decimal

from policies.amended import fold
from policies.domain.agreement import Agreement, Amendment
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
