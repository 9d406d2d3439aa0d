"""Each definition of the ledgers worked by hand on the seat contract, on both databases."""

from datetime import timedelta

import pytest

from app.store.ledgers import Span
from policies.domain.outcome import SubjectType
from policies.holding import HoldEvent, HoldState
from tests.app.ledgers.builders import a_finding, a_line, a_quote, a_report, agreed, decided, turned_out
from tests.app.store.builders import NOON, a_hold, a_step

ALWAYS = Span(first="0000-00-00", before="9999-99-99")
MENDED = a_line(overage_unit_price="0.012")


def ledgers(store, side="under"):
    """What is in each ledger, in cents, as the daily sums have it; and the balances must agree."""
    rows = [row for row in store.ledgers.sums(ALWAYS, "all") if row.side == side]
    names = ("prevented", "corrected", "detected", "recovered", "collected", "written_off")
    found = {name: sum(int(getattr(row, name)) for row in rows) for name in names}
    return {name: amount for name, amount in found.items() if amount}


def test_blocked_mended_and_signed_is_prevented_once(store):
    decided(store, a_quote(), a_finding())
    decided(store, a_quote(), a_finding(), days=1)
    decided(store, a_quote(MENDED), days=2)
    assert ledgers(store) == {}
    agreed(store, a_quote(MENDED))
    assert ledgers(store) == {"prevented": 1_440_000}
    agreed(store, a_quote(MENDED, source="again"))
    decided(store, a_quote(MENDED, stage="accepted"), days=4)
    assert ledgers(store) == {"prevented": 1_440_000}


def test_unchanged_and_lost_deals_prevent_nothing(store):
    decided(store, a_quote(), a_finding())
    agreed(store, a_quote())
    decided(store, a_quote(quote_id="Q-LOST"), a_finding())
    decided(store, a_quote(MENDED, quote_id="Q-LOST"), days=1)
    # The finding went away with the policy, not with a change of terms.
    decided(store, a_quote(quote_id="Q-2"), a_finding())
    decided(store, a_quote(quote_id="Q-2"), days=1)
    agreed(store, a_quote(quote_id="Q-2"), "AG-2")
    assert ledgers(store) == {}


def test_signed_with_other_terms_than_were_mended_prevents_nothing_after_all(store):
    decided(store, a_quote(), a_finding())
    decided(store, a_quote(MENDED), days=1)
    agreed(store, a_quote(MENDED))
    agreed(store, a_quote())
    assert ledgers(store) == {}
    amounts = [each["amount"] for each in store.ledgers.entries("Q-1")]
    assert amounts == [1_440_000, -1_440_000]
    assert store.ledgers.entries("Q-1")[1]["reverses"] == store.ledgers.entries("Q-1")[0]["seq"]


@pytest.mark.parametrize(("price", "prevented"), [("40", 1_000_000), ("39", 600_000), ("38", 0)])
def test_the_worth_of_the_changed_terms_bounds_what_is_prevented(store, price, prevented):
    """At 38 and 500 seats, 10,000 are at risk; a dollar more a month is worth 6,000 over the year."""
    cheap, dearer = a_line(net_unit_price="38"), a_line(net_unit_price=price)
    decided(store, a_quote(cheap), a_finding("10000.00", field="net_unit_price"))
    decided(store, a_quote(dearer), days=1)
    agreed(store, a_quote(dearer))
    assert ledgers(store).get("prevented", 0) == prevented


def test_a_change_after_the_quote_was_sent_and_a_consent_prevent_nothing(store):
    decided(store, a_quote(stage="sent"), a_finding())
    decided(store, a_quote(MENDED, stage="sent"), days=1)
    agreed(store, a_quote(MENDED))
    decided(store, a_quote(quote_id="Q-2"), a_finding(approved_by="cfo"))
    agreed(store, a_quote(quote_id="Q-2"), "AG-2")
    assert ledgers(store) == {}


def test_money_that_moves_from_one_finding_to_another_is_counted_once(store):
    """14,400 on the line, then 5,000 of it under another cause on the whole document, then nothing: 14,400 in all."""
    whole = a_finding("5000.00", line_ids=[], exposures=[{"line_id": None, "amount": "5000.00"}])
    whole["evidence"] = [{"field": "payment_terms_days"}]
    decided(store, a_quote(payment_terms_days=90), a_finding())
    decided(store, a_quote(MENDED, payment_terms_days=90), whole, days=1)
    decided(store, a_quote(MENDED, payment_terms_days=30), days=2)
    agreed(store, a_quote(MENDED, payment_terms_days=30))
    assert ledgers(store) == {"prevented": 1_440_000}


def test_under_and_over_are_never_netted(store):
    over = a_finding("300.00", line="2", field="quantity", direction="over")
    decided(store, a_quote(a_line(), a_line(line_id="2", quantity="5")), a_finding(), over)
    decided(store, a_quote(MENDED, a_line(line_id="2", quantity="4")), days=1)
    agreed(store, a_quote(MENDED, a_line(line_id="2", quantity="4")))
    assert ledgers(store) == {"prevented": 1_440_000}
    # One unit less is 480 less a year for the customer, of the 300 that were at risk.
    assert ledgers(store, "over") == {"prevented": 30_000}


@pytest.mark.parametrize(("late", "expected"), [(False, {"corrected": 240_000}), (True, {})])
def test_a_held_set_up_that_is_cleared_before_its_first_invoice_is_corrected(store, late, expected):
    set_up = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [a_line(charge_id="1")]}
    terms = {"subject": SubjectType.BILLING_CONFIGURATION}
    decided(store, set_up, a_finding("2400.00"), hold=a_step(a_hold(), HoldEvent.HELD), **terms)
    due = NOON.date() - timedelta(days=1) if late else NOON.date() + timedelta(days=9)
    released = a_hold(state=HoldState.RELEASED, released_by="recheck", first_invoice_date=due)
    decided(store, set_up, days=1, hold=a_step(released, HoldEvent.RELEASED), **terms)
    decided(store, set_up, days=2, hold=a_step(released), **terms)
    assert ledgers(store) == expected


def test_a_set_up_that_was_waived_is_not_corrected(store):
    set_up = {"billing_configuration_id": "BC-1", "currency": "USD", "charges": [a_line(charge_id="1")]}
    terms = {"subject": SubjectType.BILLING_CONFIGURATION}
    decided(store, set_up, a_finding("2400.00"), hold=a_step(a_hold(), HoldEvent.HELD), **terms)
    waived = a_hold(state=HoldState.RELEASED, released_by="cfo")
    step = a_step(waived, HoldEvent.RELEASED)
    decided(store, set_up, a_finding("2400.00", waived_by="cfo"), days=1, hold=step, **terms)
    assert ledgers(store) == {}


def test_an_audit_detects_each_period_once_and_a_later_one_only_what_is_new(store):
    """Overage at 50: 2, 18, 47, 23, 56 and 41 seats beyond 500 are 100, 900, 2,350, 1,150, 2,800 and 2,050."""
    store.ledgers.audited(a_report(months=5))
    assert ledgers(store) == {"detected": 730_000}
    store.ledgers.audited(a_report())
    store.ledgers.audited(a_report())
    assert ledgers(store) == {"detected": 935_000}
    assert len(store.ledgers.items("AG-SEATS")) == 6


def test_what_was_billed_since_is_recovered_and_not_detected_anew(store):
    store.ledgers.audited(a_report())
    store.ledgers.audited(a_report(credited=[(1, "900.00"), (2, "350.00")]))
    assert ledgers(store) == {"detected": 810_000, "recovered": 125_000}
    store.ledgers.audited(a_report(credited=[(1, "900.00"), (2, "350.00")]))
    assert ledgers(store) == {"detected": 810_000, "recovered": 125_000}


def test_an_outcome_recovers_what_the_audit_found_in_part_and_changes_its_word(store):
    store.ledgers.audited(a_report())
    finding = store.ledgers.items("AG-SEATS")[0]["finding_id"]
    said = {"leaked": True, "pattern": "U05", "finding_id": finding, "verdict": "true_positive", "amount": "9350.00"}
    turned_out(store, **said, recovered_amount="5000.00", source="audit")
    assert ledgers(store) == {"detected": 435_000, "recovered": 500_000}
    turned_out(store, **said, recovered_amount="4000.00", source="audit")
    turned_out(store, "O-2", **said, source="dispute")
    assert ledgers(store) == {"detected": 535_000, "recovered": 400_000}
    assert store.ledgers.items("AG-SEATS")[0]["found_by"] == "audit,dispute"


def test_a_dismissed_finding_takes_its_detection_back(store):
    store.ledgers.audited(a_report())
    finding = store.ledgers.items("AG-SEATS")[0]["finding_id"]
    turned_out(store, leaked=False, finding_id=finding, verdict="false_positive")
    assert ledgers(store) == {}


def test_an_outcome_that_no_audit_found_is_detected_and_gives_way_to_the_audit(store):
    turned_out(store, leaked=True, pattern="U05", amount="9000.00", recovered_amount="0.00", source="dispute")
    assert ledgers(store) == {"detected": 900_000}
    turned_out(store, leaked=True, pattern="U05", amount="8000.00", source="dispute")
    assert ledgers(store) == {"detected": 800_000}
    store.ledgers.audited(a_report())
    assert ledgers(store) == {"detected": 935_000}


def test_what_leaked_after_all_in_the_very_way_it_was_flagged_was_not_prevented(store):
    decided(store, a_quote(), a_finding())
    decided(store, a_quote(MENDED), days=1)
    agreed(store, a_quote(MENDED))
    quote = {"type": "quote", "id": "Q-1"}
    turned_out(store, subject=quote, leaked=True, pattern="Q11", amount="400.00", source="dispute")
    assert ledgers(store) == {"prevented": 1_400_000, "detected": 40_000}


def test_what_was_found_and_paid_before_it_was_brought_in_belongs_to_the_day_on_which_it_was_found(store):
    decided(store, a_quote(), days=-400)
    terms = {"subject": {"type": "quote", "id": "Q-1"}, "leaked": True, "pattern": "U05", "amount": "900.00"}
    turned_out(store, recovered_amount="900.00", discovered_at=(NOON - timedelta(days=300)).isoformat(), **terms)
    [lag] = store.insights.lags(Span(first="2000-01-01", before="2100-01-01"))
    day = (NOON - timedelta(days=300)).date().isoformat()
    assert (lag.opened, lag.closed) == (day, day)
