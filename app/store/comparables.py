"""Deals that are alike: quotes over the same product families, in the same segment and currency, of about the same size.

One row a quote, which follows its newest decision in the transaction that records it; looked up by one index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, bindparam, insert, select, update

from app.bookkeeping.facts import DecisionFacts, products_key
from app.store.database import Database, Prepared
from app.store.identifiers import searchable
from app.store.packing import unpack
from app.store.records import DocumentKind
from app.store.tables import DOCUMENTS, METADATA
from policies.domain.money import CURRENCIES

BANDS: Final = (0, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
"""Where bands of yearly price begin, in whole units of the quote's currency; the last one is open."""
UNKNOWN: Final = -1
"""The band of a quote whose yearly price is not stated."""

COMPARABLES: Final = Table(
    "comparables",
    METADATA,
    Column("quote_id", Text, primary_key=True),
    Column("decision_id", Text, nullable=False),
    Column("at", Text, nullable=False),
    # A short word for the set of product families.
    Column("mix", Text, nullable=False),
    Column("segment", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("band", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("annual", BigInteger),
    # The largest on a line, in hundredths of a percent.
    Column("discount", BigInteger),
    Index("comparables_by_likeness", "mix", "segment", "currency", "band", "at"),
)
_NAMES: Final = tuple(column.name for column in COMPARABLES.columns)
_ADD: Final = Prepared(insert(COMPARABLES).values({name: bindparam(name) for name in _NAMES}))
_CHANGE: Final = Prepared(
    update(COMPARABLES)
    .where(COMPARABLES.c.quote_id == bindparam("this"))
    .values({name: bindparam(name) for name in _NAMES if name != "quote_id"})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparable:
    """A past quote. `annual` is its yearly price in minor units, `discount` the largest of a line in hundredths of a percent."""

    quote_id: str
    decision_id: str
    at: str
    verdict: str
    annual: int | None
    discount: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What is known of how a quote turned out: the outcomes' documents, of the quote and of what was signed of it."""

    quote_id: str
    outcome: bytes


class Comparables:
    """The room of comparable deals. Methods that end in `_in` work in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decided_in(self, connection: Connection, facts: DecisionFacts) -> None:
        """Have the quote's row follow a decision."""
        if facts.subject_type != "quote":
            return
        row = row_of(facts)
        if not _CHANGE.run(connection, row | {"this": row["quote_id"]}).rowcount:
            _ADD.run(connection, row)

    def like(self, facts: DecisionFacts, *, limit: int) -> tuple[Comparable, ...]:
        """The newest quotes that are like the one of these facts, without itself."""
        row, columns = row_of(facts), COMPARABLES.c
        same = [columns[name] == row[name] for name in ("mix", "segment", "currency", "band")]
        query = select(COMPARABLES).where(*same, columns.quote_id != row["quote_id"])
        rows = self._rows(query.order_by(columns.at.desc()).limit(limit))
        names = ("quote_id", "decision_id", "at", "verdict", "annual", "discount")
        return tuple(Comparable(**{name: getattr(each, name) for name in names}) for each in rows)

    def turned(self, quote_ids: Sequence[str]) -> tuple[Turned, ...]:
        """The outcomes of quotes, and of the agreements and billing configurations that came of them."""
        of = {each: each for each in map(searchable, quote_ids)}
        for _ in range(2):  # an agreement of a quote, and a configuration of an agreement
            for row in self._rows(_signed(list(of))):
                of.setdefault(row.id, of[row.parent])
        query = select(DOCUMENTS.c.parent_id, DOCUMENTS.c.body).where(
            DOCUMENTS.c.kind == DocumentKind.OUTCOME.value,
            DOCUMENTS.c.parent_id.in_(list(of)),
            DOCUMENTS.c.superseded_at.is_(None),
        )
        return tuple(Turned(quote_id=of[row.parent_id], outcome=unpack(row.body)) for row in self._rows(query))

    def _rows(self, query: Any) -> Sequence[Any]:
        return self._database.read(lambda connection: connection.execute(query).all())


def row_of(facts: DecisionFacts) -> dict[str, Any]:
    """A quote's row by a decision on it."""
    return {
        "quote_id": searchable(facts.subject_id),
        "decision_id": facts.decision_id,
        "at": facts.at,
        "mix": products_key(facts.families),
        "segment": facts.segment,
        "currency": facts.currency,
        "band": band_of(facts.annual, facts.currency),
        "verdict": facts.verdict,
        "annual": facts.annual,
        "discount": facts.discount,
    }


def band_of(annual: int | None, currency: str) -> int:
    """The band of a yearly price in minor units."""
    if annual is None:
        return UNKNOWN
    units = annual // 10 ** CURRENCIES.get(currency, 2)
    return max((number for number, begins in enumerate(BANDS) if units >= begins), default=0)


def add_all(connection: Connection, decided: Iterable[DecisionFacts]) -> None:
    """Put rows of quotes of which there are none yet, 500 at a time."""
    rows = [row_of(each) for each in decided]
    for start in range(0, len(rows), 500):
        connection.execute(insert(COMPARABLES), rows[start : start + 500])


def _signed(ids: list[str]) -> Any:
    """What was signed or set up of quotes or agreements, with what it is of."""
    by_quote = select(DOCUMENTS.c.id, DOCUMENTS.c.parent_id.label("parent")).where(
        DOCUMENTS.c.kind.in_((DocumentKind.AGREEMENT.value, DocumentKind.BILLING_CONFIGURATION.value)),
        DOCUMENTS.c.parent_id.in_(ids),
        DOCUMENTS.c.superseded_at.is_(None),
    )
    by_agreement = select(DOCUMENTS.c.id, DOCUMENTS.c.agreement_id.label("parent")).where(
        DOCUMENTS.c.kind == DocumentKind.BILLING_CONFIGURATION.value,
        DOCUMENTS.c.agreement_id.in_(ids),
        DOCUMENTS.c.superseded_at.is_(None),
    )
    return by_quote.union_all(by_agreement)
