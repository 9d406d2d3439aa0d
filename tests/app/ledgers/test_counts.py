"""Counts are kept as decisions come in: the same as counted again, by one or by many at once; entries are only added to."""

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError

from app.bookkeeping.money import restated, shared
from app.bookkeeping.recovery import CaseState, Move
from app.ledgers.insights import Asked, signals
from app.store.ledger_tables import INSIGHT_DAYS, INSIGHT_QUOTES, LEDGER_DAYS, LEDGERS
from app.store.recovery_cases import AlreadyClaimed, CaseMove, Claim, MovedMeanwhile, NewCase
from tests.app.ledgers.builders import a_finding, a_line, a_quote, a_report, agreed, decided, turned_out
from tests.app.store.builders import NOON

TABLES = (INSIGHT_DAYS, INSIGHT_QUOTES, LEDGER_DAYS)


def tables(store):
    found = []
    for table in TABLES:
        columns = list(table.primary_key.columns)
        rows = store.ledgers.rows(select(table).order_by(*columns))
        # A sum that has gone back to nothing need not have a row.
        found.append([tuple(row) for row in rows if table is not LEDGER_DAYS or any(tuple(row)[5:])])
    return found


def a_year(store):
    """Deals by chance: flagged or not, mended, signed, leaked."""
    chance = Random(5)
    for number in range(12):
        lines = [a_line(line_id=str(each), product_id=f"P-{chance.randrange(3)}") for each in (1, 2)]
        quote = a_quote(*lines, quote_id=f"Q-{number}", currency=chance.choice(["USD", "JPY"]))
        findings = [
            a_finding(f"{chance.randrange(9000)}.00", line=str(each)) for each in (1, 2) if chance.random() < 0.6
        ]
        decided(store, quote, *findings, days=number)
        mended = quote | {"lines": [each | {"overage_unit_price": "1"} for each in lines]}
        if chance.random() < 0.7:
            decided(store, mended, days=number + 1)
            agreed(store, mended, f"AG-{number}")
        if chance.random() < 0.4:
            subject = {"type": "quote", "id": f"Q-{number}"}
            turned_out(
                store, f"O-{number}", subject=subject, leaked=True, pattern="Q11", amount="900", recovered_amount="300"
            )
    store.ledgers.audited(a_report())
    return store


def test_counted_again_is_what_was_counted_and_each_cent_is_in_one_ledger(store):
    before = tables(a_year(store))
    assert all(before)
    assert store.rebuild_insights() == store.rebuild_insights()
    assert tables(store) == before
    for balances in store.ledgers.balances():
        assert all(balances[name] >= 0 for name in LEDGERS)
        assert balances["collected"] <= balances["recovered"]


def test_decisions_and_outcomes_at_once_are_all_counted(store):
    def work(number):
        quote = a_quote(quote_id=f"Q-{number % 3}")
        decided(store, quote, a_finding())
        turned_out(store, f"O-{number}", leaked=True, pattern=f"U0{number % 3}", amount="10.00")

    with ThreadPoolExecutor(4) as many:
        list(many.map(work, range(12)))
    [row] = store.ledgers.rows(select(INSIGHT_DAYS).where(INSIGHT_DAYS.c.dimension == "all"))
    assert (row.decisions, row.blocked, row.under) == (12, 12, 12 * 1_440_000)
    sums = store.ledgers.rows(select(LEDGER_DAYS).where(LEDGER_DAYS.c.dimension == "all"))
    assert sum(int(each.detected) for each in sums) == 3_000


def a_case(number=1):
    return NewCase(
        case_id=f"rec_{number}",
        agreement_id="AG-1",
        pattern="U05",
        side="under",
        currency="USD",
        claims=(Claim(line_id="1", period_start="2026-01-01", amount=10_000),),
        opened_by="ann",
        document={"title": "x"},
    )


def test_of_two_who_open_or_move_the_same_at_once_one_succeeds(store):
    def opened(number):
        try:
            return store.recovery.open(a_case(number)).case_id
        except AlreadyClaimed as claimed:
            return claimed.case_id

    def moved(_):
        try:
            return store.recovery.move(move).version
        except MovedMeanwhile:
            return None

    with ThreadPoolExecutor(2) as both:
        [case_id] = set(both.map(opened, (1, 2)))
        move = CaseMove(case_id=case_id, version=1, move=Move(to=CaseState.WRITTEN_OFF), by="ann")
        assert sorted(both.map(moved, (1, 2)), key=str) == [2, None]
    assert len(store.recovery.history(case_id)) == 2


def test_entries_and_moves_stay_as_they_were_written(store, database_url):
    store.recovery.open(a_case())
    engine = create_engine(database_url)
    for statement in (
        "UPDATE ledger_entries SET amount = 1",
        "DELETE FROM ledger_entries",
        "DELETE FROM recovery_moves",
    ):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_case_opened_by_hand_and_found_by_an_audit_later_is_the_same_money(store):
    claim = Claim(line_id="1", period_start="2024-01-01", amount=10_000)
    store.recovery.open(a_case_of("AG-SEATS", claim))
    store.ledgers.audited(a_report())
    found = [each["detected"] for each in store.ledgers.items("AG-SEATS")]
    assert (len(found), sum(found)) == (6, 935_000)


def a_case_of(agreement_id, *claims):
    case = a_case()
    return NewCase(
        **{name: getattr(case, name) for name in case.__slots__} | {"agreement_id": agreement_id, "claims": claims}
    )


def test_probing_and_split_quotes_are_found_in_what_is_kept(store):
    for number in range(6):
        price = f"{30 + number / 10}"
        findings = () if number == 5 else (a_finding(),)
        decided(store, a_quote(a_line(net_unit_price=price)), *findings, days=number)
    for number in (1, 2):
        decided(
            store, a_quote(a_line(quantity="90"), quote_id=f"S-{number}", account={"account_id": "A-9"}), days=number
        )
    asked = Asked(first=NOON.date(), last=NOON.date().replace(month=12))
    rows = signals(store, asked, None)["rows"]
    assert [(each["kind"], each["quote_ids"]) for each in rows] == [("probing", ["Q-1"])]
    pairs = store.insights.repeated(asked.span)
    assert sorted(row.quote_id for row in pairs) == ["S-1", "S-2"]


@settings(max_examples=100)
@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9)
)
def test_an_audit_again_never_takes_more_than_is_open(found, recovered, written_off, outstanding, rise):
    recovered, written_off = min(recovered, found), min(written_off, found - min(recovered, found))
    detected = found - recovered - written_off
    what = restated(found=found, detected=detected, recovered=recovered, outstanding=outstanding, rise=rise)
    assert 0 <= what.recovered <= detected
    assert detected - what.recovered + what.detected >= 0


@given(st.integers(0, 1000), st.lists(st.integers(0, 300)))
def test_what_is_shared_is_no_more_than_there_is(amount, balances):
    parts = shared(amount, balances)
    assert sum(parts) == min(amount, sum(balances))
    assert all(0 <= part <= balance for part, balance in zip(parts, balances, strict=True))


def test_documents_that_no_one_can_read_do_not_stand_in_the_way(store):
    """A vendor's request in another language, and an answer of an earlier version, count as what they say."""
    decided(store, {"quote_id": "Q-1", "currency": "USD", "lines": ["x", {"line_id": 5}], "account": {}, "rep": None})
    assert json.dumps(
        [each.value for each in store.ledgers.counts(Asked(first=NOON.date(), last=NOON.date()).span, "rep")]
    )
