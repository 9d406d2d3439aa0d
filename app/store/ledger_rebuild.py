"""The daily counts made again from the record: what they were when everything was counted as it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from app.bookkeeping.counting import Key, QuoteStanding, Tally, counts_of, standing_after
from app.bookkeeping.facts import DecisionFacts, facts_of, read
from app.store.comparables import COMPARABLES, add_all
from app.store.database import Database
from app.store.identifiers import searchable
from app.store.ledger_books import COUNTED
from app.store.ledger_posting import BALANCES, add_to, sum_keys
from app.store.ledger_tables import INSIGHT_DAYS, INSIGHT_QUOTES, LEDGER_DAYS, LEDGER_ENTRIES, LEDGER_ITEMS
from app.store.packing import unpack
from app.store.review_counts import recount
from app.store.tables import DECISIONS

Progress = Callable[[int], None]
_AT_A_TIME: Final = 500


def rebuild(database: Database, progress: Progress = lambda _: None) -> int:
    """Count again whatever the record holds, in one transaction; the answer is how many decisions were counted.

    Entries of the ledgers stay: they are a record themselves. Their daily sums are added up again. Others who write wait meanwhile.
    """
    return database.write(lambda connection: _rebuild(connection, database, progress))


def _rebuild(connection: Connection, database: Database, progress: Progress) -> int:
    if database.is_postgresql:
        # In the order in which a review, a document or a decision writes to them, so that nobody waits for each other.
        connection.exec_driver_sql(
            "LOCK TABLE reviews, documents, decisions, ledger_entries IN SHARE ROW EXCLUSIVE MODE"
        )
    columns = INSIGHT_QUOTES.c.quote_id, INSIGHT_QUOTES.c.signed_at
    signed = {row.quote_id: row.signed_at for row in connection.execute(select(*columns)) if row.signed_at is not None}
    counts: dict[Key, Tally] = {}
    standings: dict[str, QuoteStanding] = {}
    newest: dict[str, DecisionFacts] = {}
    number = 0
    for number, facts in enumerate(_decisions(connection), 1):
        for key, tally in counts_of(facts).items():
            counts.setdefault(key, Tally()).add(tally)
        if facts.subject_type == "quote":
            quote_id = searchable(facts.subject_id)
            standings[quote_id] = standing_after(standings.get(quote_id), facts)
            newest[quote_id] = facts
        if number % _AT_A_TIME == 0:
            progress(_AT_A_TIME)
    progress(number % _AT_A_TIME)
    for table in (INSIGHT_DAYS, INSIGHT_QUOTES, LEDGER_DAYS, COMPARABLES):
        connection.execute(delete(table))
    _write(connection, counts, standings, signed)
    add_all(connection, newest.values())
    add_to(connection, LEDGER_DAYS, BALANCES, _sums(connection))
    recount(connection)
    return number


def _write(
    connection: Connection,
    counts: dict[Key, Tally],
    standings: dict[str, QuoteStanding],
    signed: dict[str, str | None],
) -> None:
    sums: dict[tuple[str, ...], dict[str, int]] = {}
    for (dimension, value, currency, day), tally in counts.items():
        sums[dimension, day, value, currency] = asdict(tally)
    add_to(connection, INSIGHT_DAYS, COUNTED, sums)
    rows = [
        asdict(each) | {"quote_id": quote_id, "signed_at": signed.get(quote_id)}
        for quote_id, each in sorted(standings.items())
    ]
    for start in range(0, len(rows), _AT_A_TIME):
        connection.execute(insert(INSIGHT_QUOTES), rows[start : start + _AT_A_TIME])


def _decisions(connection: Connection) -> Iterator[DecisionFacts]:
    after = 0
    query = select(DECISIONS).order_by(DECISIONS.c.seq).limit(_AT_A_TIME)
    while rows := connection.execute(query.where(DECISIONS.c.seq > after)).all():
        yield from map(_facts, rows)
        after = rows[-1].seq


def _facts(row: Row[Any]) -> DecisionFacts:
    names = (
        "decision_id", "subject_type", "subject_id", "content_hash", "verdict", "currency", "rep_id", "account_id", "source",
    )  # fmt: skip
    columns = {name: getattr(row, name) for name in names} | {"at": row.created_at}
    return facts_of(columns, read(unpack(row.document)), read(unpack(row.request)))


def _sums(connection: Connection) -> dict[tuple[str, ...], dict[str, int]]:
    items = {row.item_id: dict(row._mapping) for row in connection.execute(select(LEDGER_ITEMS))}  # noqa: SLF001
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for entry in connection.execute(select(LEDGER_ENTRIES).order_by(LEDGER_ENTRIES.c.seq)):
        for key in sum_keys(items[entry.item_id], entry.at[:10]):
            found.setdefault(key, dict.fromkeys(BALANCES, 0))[entry.ledger] += entry.amount
    return found
