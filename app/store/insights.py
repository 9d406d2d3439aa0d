"""What insights are made of, read from what is kept for them: never from the decisions themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, case, func, insert, select

from app.store.database import Database
from app.store.desk_tables import REVIEWS
from app.store.identifiers import searchable, stamp
from app.store.ledger_posting import BALANCES
from app.store.ledger_tables import (
    AUDIT_REPORTS,
    INSIGHT_DAYS,
    INSIGHT_OUTCOMES,
    INSIGHT_QUOTES,
    INSIGHT_REVIEWS,
    LEDGER_ENTRIES,
    LEDGER_ITEMS,
    SOURCE_FIXES,
)
from app.store.ledgers import Span
from app.store.tables import DECISIONS

_FOUND: Final = LEDGER_ITEMS.c.kind.in_(("audit", "outcome", "case"))
_MOST: Final = 200


class Insights:
    """Sums and lists over a span of days. Numbers come back as the database adds them: cast them where they are used."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def _rows(self, query: Any) -> Sequence[Row[Any]]:
        return self._database.read(lambda connection: connection.execute(query).all())

    def state(self) -> tuple[Any, ...]:
        """What is another as soon as something is decided, signed, booked, audited, reviewed or noted; read from indexes alone."""
        newest = (
            func.max(DECISIONS.c.seq),
            func.max(LEDGER_ENTRIES.c.seq),
            func.count(INSIGHT_OUTCOMES.c.outcome_id),
            func.max(INSIGHT_QUOTES.c.signed_at),
            func.max(AUDIT_REPORTS.c.audited_at),
            func.max(REVIEWS.c.reviewed_at),
            func.max(SOURCE_FIXES.c.noted_at),
        )
        return tuple(self._rows(select(*[select(each).scalar_subquery() for each in newest]))[0])

    def quotes(self, span: Span) -> Row[Any]:
        """How many quotes began, and how many of them never met anything in their way."""
        clean = case((INSIGHT_QUOTES.c.flagged_at.is_(None), 1), else_=0)
        query = select(func.count().label("n"), func.coalesce(func.sum(clean), 0).label("clean"))
        return self._rows(query.where(_within(INSIGHT_QUOTES.c.first_at, span)))[0]

    def quotes_by_rep(self, span: Span) -> Sequence[Row[Any]]:
        """The same by rep."""
        clean = case((INSIGHT_QUOTES.c.flagged_at.is_(None), 1), else_=0)
        query = select(INSIGHT_QUOTES.c.rep_id, func.count().label("n"), func.sum(clean).label("clean"))
        return self._rows(query.where(_within(INSIGHT_QUOTES.c.first_at, span)).group_by(INSIGHT_QUOTES.c.rep_id))

    def signed(self, span: Span) -> Sequence[Sequence[Any]]:
        """Signed quotes: from when to when, how large, flagged or not."""
        names = ("first_at", "signed_at", "flagged_at", "annual", "currency")
        query = select(*[INSIGHT_QUOTES.c[name] for name in names])
        return self._rows(query.where(_within(INSIGHT_QUOTES.c.signed_at, span)))

    def discounts(self, span: Span) -> Mapping[str, dict[int, int]]:
        """How many quotes of each role have which largest discount, in hundredths of a percent, as they were tried last."""
        columns = INSIGHT_QUOTES.c.role, INSIGHT_QUOTES.c.discount
        query = select(*columns, func.count().label("n")).where(
            _within(INSIGHT_QUOTES.c.last_at, span), INSIGHT_QUOTES.c.discount.is_not(None)
        )
        found: dict[str, dict[int, int]] = {}
        for row in self._rows(query.group_by(*columns)):
            found.setdefault(row.role, {})[row.discount] = int(row.n)
        return found

    def repeated(self, span: Span) -> Sequence[Row[Any]]:
        """Quotes whose account has others over the same products in the span, the latest first, 20,000 at most."""
        quotes, keys = INSIGHT_QUOTES, ("account_id", "products", "currency")
        these = (_within(quotes.c.first_at, span), quotes.c.account_id != "", quotes.c.products != "")
        columns = [quotes.c[name] for name in keys]
        several = select(*columns).where(*these).group_by(*columns).having(func.count() > 1).subquery()
        same = and_(*[quotes.c[name] == several.c[name] for name in keys])
        names = ("quote_id", "account_id", "rep_id", "products", "currency", "first_at", "annual")
        query = select(*[quotes.c[name] for name in names]).select_from(quotes.join(several, same))
        query = query.where(*these, quotes.c.annual.is_not(None))
        return self._rows(query.order_by(quotes.c.first_at.desc(), quotes.c.quote_id).limit(20_000))

    def probes(self, span: Span, least: int) -> Sequence[Row[Any]]:
        """Quotes that came through after so many small changes or more."""
        names = ("quote_id", "rep_id", "decisions", "small_changes", "first_at", "last_at")
        query = select(*[INSIGHT_QUOTES.c[name] for name in names]).where(
            INSIGHT_QUOTES.c.small_changes >= least,
            _within(INSIGHT_QUOTES.c.last_at, span),
            INSIGHT_QUOTES.c.last_verdict == "allow",
        )
        return self._rows(query.order_by(INSIGHT_QUOTES.c.small_changes.desc(), INSIGHT_QUOTES.c.quote_id).limit(_MOST))

    def outcomes(self, span: Span, by: str) -> Sequence[Row[Any]]:
        """How many outcomes judge how, by policy_id, pattern, tier or source, consented ones and those by lot apart."""
        columns = [INSIGHT_OUTCOMES.c[name] for name in (by, "judged", "consented", "by_lot")]
        query = select(*columns, func.count().label("n")).where(_within(INSIGHT_OUTCOMES.c.at, span))
        return self._rows(query.group_by(*columns))

    def found_by(self, span: Span) -> Sequence[Row[Any]]:
        """How many items of money were found by whom, several names where several did."""
        query = select(LEDGER_ITEMS.c.found_by, func.count().label("n"))
        query = query.where(_FOUND, LEDGER_ITEMS.c.found > 0, _within(LEDGER_ITEMS.c.opened_at, span))
        return self._rows(query.group_by(LEDGER_ITEMS.c.found_by))

    def lags(self, span: Span) -> Sequence[Row[Any]]:
        """Days on which money was lost, found and settled, with how often."""
        opened, closed = func.substr(LEDGER_ITEMS.c.opened_at, 1, 10), func.substr(LEDGER_ITEMS.c.closed_at, 1, 10)
        columns = LEDGER_ITEMS.c.happened_on, opened.label("opened"), closed.label("closed")
        query = select(*columns, func.count().label("n")).where(
            _FOUND, LEDGER_ITEMS.c.found > 0, _within(LEDGER_ITEMS.c.opened_at, span)
        )
        return self._rows(query.group_by(LEDGER_ITEMS.c.happened_on, opened, closed))

    def causes(self, span: Span) -> Sequence[Row[Any]]:
        """Pattern, product and source of everything found, with the days of finding and settling."""
        opened, closed = func.substr(LEDGER_ITEMS.c.opened_at, 1, 10), func.substr(LEDGER_ITEMS.c.closed_at, 1, 10)
        names = [LEDGER_ITEMS.c[name] for name in ("pattern", "product_id", "source")]
        query = select(*names, opened.label("opened"), closed.label("closed")).where(
            _FOUND, LEDGER_ITEMS.c.found > 0, _within(LEDGER_ITEMS.c.opened_at, span)
        )
        return self._rows(query.distinct())

    def sources_of_loss(self, span: Span) -> Sequence[Row[Any]]:
        """Where money leaks, by pattern, product and source system, the most money first within each currency and side."""
        names = [LEDGER_ITEMS.c[name] for name in ("currency", "side", "pattern", "policy_id", "product_id", "source")]
        sums = [func.sum(LEDGER_ITEMS.c[name]).label(name) for name in BALANCES]
        money = func.sum(LEDGER_ITEMS.c.detected + LEDGER_ITEMS.c.recovered + LEDGER_ITEMS.c.written_off)
        query = select(*names, *sums, money.label("found"), func.count().label("n")).where(
            _FOUND, LEDGER_ITEMS.c.found > 0, _within(LEDGER_ITEMS.c.opened_at, span)
        )
        return self._rows(query.group_by(*names).having(money > 0).order_by(money.desc(), *names).limit(_MOST))

    def days_of(self, dimension: str, value: str, span: Span) -> Sequence[Row[Any]]:
        """Findings and money at risk of each day, by currency, for one pattern, policy or product."""
        names = [INSIGHT_DAYS.c[name] for name in ("day", "currency", "findings", "shadow", "under", "over")]
        return self._rows(
            select(*names).where(
                INSIGHT_DAYS.c.dimension == dimension,
                INSIGHT_DAYS.c.value == searchable(value),
                INSIGHT_DAYS.c.day >= span.first,
                INSIGHT_DAYS.c.day < span.before,
            )
        )

    def audited(self) -> Sequence[Row[Any]]:
        """The sums of the newest audits, by currency."""
        sums = [func.sum(AUDIT_REPORTS.c[name]).label(name) for name in ("expected", "under", "over")]
        query = select(AUDIT_REPORTS.c.currency, func.count().label("n"), *sums)
        return self._rows(query.group_by(AUDIT_REPORTS.c.currency).order_by(AUDIT_REPORTS.c.currency))

    def reviews(self, span: Span) -> Sequence[Sequence[Any]]:
        """How many reviews each reviewer made after how many seconds, and how many of these approved."""
        names = INSIGHT_REVIEWS.c.reviewer, INSIGHT_REVIEWS.c.seconds
        sums = [func.sum(INSIGHT_REVIEWS.c[name]).label(name) for name in ("reviews", "approved")]
        return self._rows(select(*names, *sums).where(_within(INSIGHT_REVIEWS.c.day, span)).group_by(*names))

    def days_of_reviewers(self, span: Span) -> Mapping[str, int]:
        """On how many days each reviewer reviewed anything."""
        reviewer = INSIGHT_REVIEWS.c.reviewer
        query = select(reviewer, func.count(INSIGHT_REVIEWS.c.day.distinct()).label("days"))
        rows = self._rows(query.where(_within(INSIGHT_REVIEWS.c.day, span)).group_by(reviewer))
        return {row.reviewer: int(row.days) for row in rows}

    # --------------------------------------------------------------------------------- fixes at the source

    def note_fix(self, fix: Mapping[str, Any]) -> None:
        """Note a fix that was made at the source."""
        said = {name: searchable(value) if isinstance(value, str) else value for name, value in fix.items()}
        columns = said | {"noted_at": stamp(self._clock())}
        self._database.write(lambda connection: connection.execute(insert(SOURCE_FIXES).values(columns)))

    def fixes(self) -> Iterable[Mapping[str, Any]]:
        """The fixes that were noted, the latest first."""
        query = select(SOURCE_FIXES).order_by(SOURCE_FIXES.c.made_on.desc(), SOURCE_FIXES.c.fix_id)
        return [dict(row._mapping) for row in self._rows(query.limit(_MOST))]  # noqa: SLF001 - its public name


def _within(moment: Any, span: Span) -> Any:
    return and_(moment >= span.first, moment < span.before)
