"""Insights: what the ledgers, the counts and the outcomes say over a span of days, as documents for pages and programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from app.bookkeeping.facts import minor
from app.ledgers import metrics
from app.ledgers.definitions import VERSION
from app.ledgers.fixes import fix_document
from app.ledgers.metrics import Measured, ReviewTally
from app.ledgers.signals import SMALL_CHANGES, Probe, SizedQuote, bunching, splits
from app.ledgers.telling import Document, measured_json, money_text
from app.store.ledger_posting import BALANCES
from app.store.ledgers import Span
from policies.patterns import PATTERNS

if TYPE_CHECKING:
    from app.store import Store
    from policies.domain.company import Company

GROUPS: Final = ("month", "pattern", "policy", "rep", "product", "segment", "source")
_TIERS: Final = {"alert": 0.90, "digest": 0.70}
_COUNTS: Final = ("decisions", "allowed", "flagged", "blocked", "findings", "consented", "shadow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which days, both included, and how to group."""

    first: date
    last: date
    group: str = "month"

    @property
    def span(self) -> Span:
        return Span(first=self.first.isoformat(), before=(self.last + timedelta(days=1)).isoformat())


def ledgers(store: Store, asked: Asked) -> Document:
    """The five ledgers by group, under and over apart, and the metrics of the span."""
    return _headed(asked, rows=ledger_rows(store, asked), metrics=list(all_metrics(store, asked)))


def patterns(store: Store, asked: Asked) -> Document:
    """Patterns with how often they were found, on how much money, and what became of it."""
    rows = _count_rows(store, asked, "pattern")
    money = _ledgers_by(store, asked, "pattern")
    for row in rows:
        row["title"] = getattr(PATTERNS.get(row["value"]), "title", None)
        row["ledgers"] = money.get((row["value"], row["currency"]), {})
    return _headed(asked, rows=rows)


def policies(store: Store, asked: Asked) -> Document:
    """Policies with their hits, overrides, false positives and regrets, each with its interval."""
    judged = _judged_by(store, asked.span, "policy_id")
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in store.ledgers.counts(asked.span, "policy"):
        sums[row.value].update({name: int(getattr(row, name)) for name in _COUNTS})
    rows = [_policy(name, sums[name], judged.get(name, Counter())) for name in sorted({*sums, *judged} - {""})]
    return _headed(asked, rows=rows)


def reps(store: Store, asked: Asked) -> Document:
    """Reps with their decisions, money at risk and clean quotes. Fewer than ten quotes tell nothing of anybody."""
    quotes = {row.rep_id: (int(row.clean), int(row.n)) for row in store.insights.quotes_by_rep(asked.span)}
    rows = _count_rows(store, asked, "rep")
    for row in rows:
        clean, n = quotes.get(row["value"] or "", (0, 0))
        row["clean_quotes"] = measured_json(metrics.share("clean_quote_rate", clean, n, nothing="no quote began"))
    return _headed(asked, rows=rows)


def fixes(store: Store, asked: Asked) -> Document:
    """What to fix at the source, the most money first; and what each fix that was made has brought."""
    to_fix = [
        {
            "pattern": row.pattern,
            "title": getattr(PATTERNS.get(row.pattern), "title", None),
            "policy_id": row.policy_id or None,
            "product_id": row.product_id or None,
            "source": row.source or None,
            "side": row.side,
            "currency": row.currency,
            "cases": int(row.n),
            "found": money_text(row.found, row.currency),
            **{name: money_text(getattr(row, name), row.currency) for name in BALANCES[2:]},
        }
        for row in store.insights.sources_of_loss(asked.span)
    ]
    made = [fix_document(store, each, asked.last) for each in store.insights.fixes()]
    return _headed(asked, rows=to_fix, made=made)


def signals(store: Store, asked: Asked, company: Company | None) -> Document:
    """Signs that limits are played with; a reason to look, no verdict."""
    discount_limits, size_limits = _limits(company)
    bunched = bunching(store.insights.discounts(asked.span), discount_limits)
    pairs = store.insights.repeated(asked.span) if size_limits else ()
    split = splits((_sized(row) for row in pairs), size_limits)
    probes = [Probe(**row._mapping) for row in store.insights.probes(asked.span, SMALL_CHANGES)]  # noqa: SLF001
    rows: list[Document] = [
        {
            "kind": "bunching",
            "about": each.role,
            "detail": f"{each.seen} quotes in the point up to {each.limit_percent:g} %, where {each.expected:.1f} would be smooth",
            "n": each.n,
            "probability": each.probability,
            "quote_ids": [],
        }
        for each in bunched
    ]
    for found in split:
        amounts = " + ".join(money_text(each, found.currency) for each in found.amounts)
        detail = f"{amounts} a year within {found.within_days} days, over the limit of {money_text(found.limit, found.currency)}"
        rows.append(_sign("split_quotes", found.account_id, f"{found.currency} {detail}", found.quote_ids))
    for probe in probes:
        detail = f"{probe.small_changes} small changes in {probe.decisions} decisions until it passed"
        rows.append(_sign("probing", probe.rep_id, detail, (probe.quote_id,)))
    because = (
        None if company is not None and company.discount_authority is not None else "no discount authority is stated"
    )
    return _headed(asked, rows=rows, not_tested=because)


def all_metrics(store: Store, asked: Asked) -> Iterable[Document]:
    """Every metric of the span that has one figure, or one for each currency or tier."""
    span = asked.span
    yield from _money_metrics(store, span)
    judged: Counter[str] = sum(_judged_by(store, span, "source").values(), Counter())
    found = judged["found"] + judged["missed"]
    yield measured_json(metrics.detection_rate(judged["confirmed"], found))
    yield measured_json(_in_all(store, span))
    lot = judged["lot leaked"], judged["lot"]
    yield measured_json(metrics.share("missed_in_passed", *lot, nothing="no deal was audited by lot"))
    wrong, all_judged = judged["dismissed"], judged["dismissed"] + judged["confirmed"]
    yield measured_json(metrics.share("false_positive_share", wrong, all_judged, nothing="no finding was judged"))
    yield from _tiers(store, span)
    yield from _lags(store, span)
    yield from _of_decisions(store, span)
    yield from _of_reviews([*reviews_of(store, span).values()])


def reviews_of(store: Store, span: Span) -> dict[str, ReviewTally]:
    """The reviews of the span, by reviewer."""
    seconds: dict[str, Counter[int]] = defaultdict(Counter)
    approved: Counter[str] = Counter()
    for reviewer, after, reviews, approving in store.insights.reviews(span):
        seconds[reviewer][after] = int(reviews)
        approved[reviewer] += int(approving)
    days = store.insights.days_of_reviewers(span)
    return {
        name: ReviewTally(days=days.get(name, 0), approved=approved[name], seconds=counts)
        for name, counts in seconds.items()
    }


def reviewers(store: Store, asked: Asked) -> list[Document]:
    """Each reviewer's approvals, seconds and reviews a day."""
    return [
        {
            "reviewer": each.reviewer,
            "approvals": measured_json(each.approvals),
            "seconds": measured_json(each.seconds),
            "a_day": measured_json(each.a_day),
            "hurried": each.hurried,
        }
        for each in metrics.reviewers(reviews_of(store, asked.span))
    ]


# ------------------------------------------------------------------------------------------------ parts


def _headed(asked: Asked, **more: Any) -> Document:
    return {
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "group_by": asked.group,
        "definitions_version": VERSION,
        **more,
    }


def ledger_rows(store: Store, asked: Asked) -> list[Document]:
    """The five ledgers by group, currency and side."""
    by_month = asked.group == "month"
    found = store.ledgers.sums(asked.span, "all" if by_month else asked.group, by_month=by_month)
    return [
        {"value": row.value or None, "side": row.side, "currency": row.currency}
        | {name: money_text(getattr(row, name), row.currency) for name in BALANCES}
        for row in found
    ]


def _ledgers_by(store: Store, asked: Asked, dimension: str) -> dict[tuple[str, str], Document]:
    found: dict[tuple[str, str], Document] = {}
    for row in store.ledgers.sums(asked.span, dimension):
        amounts = {name: money_text(getattr(row, name), row.currency) for name in BALANCES}
        found.setdefault((row.value, row.currency), {})[row.side] = amounts
    return found


def _count_rows(store: Store, asked: Asked, dimension: str) -> list[Document]:
    return [
        {"value": row.value or None, "currency": row.currency}
        | {name: int(getattr(row, name)) for name in _COUNTS}
        | {name: money_text(getattr(row, name), row.currency) for name in ("under", "over")}
        for row in store.ledgers.counts(asked.span, dimension)
    ]


def _judged_by(store: Store, span: Span, by: str) -> dict[str, Counter[str]]:
    """How outcomes judge, by something: their words, and `overridden`, `regretted`, `lot` and `lot leaked`."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in store.insights.outcomes(span, by):
        counter, n = found[row[0]], int(row.n)
        leaked = row.judged in ("confirmed", "found", "missed")
        counter[row.judged] += n
        counter["overridden"] += n * bool(row.consented and row.judged in ("confirmed", "dismissed"))
        counter["regretted"] += n * bool(row.consented and row.judged == "confirmed")
        counter["lot"] += n * bool(row.by_lot)
        counter["lot leaked"] += n * bool(row.by_lot and leaked)
    return found


def _policy(name: str, sums: Counter[str], judged: Counter[str]) -> Document:
    known = judged["dismissed"] + judged["confirmed"]
    share = metrics.share
    return {
        "policy_id": name,
        **{each: sums[each] for each in _COUNTS if each not in ("allowed", "blocked", "flagged")},
        "override_rate": measured_json(
            share("override_rate", sums["consented"], sums["findings"], nothing="no hit yet")
        ),
        "false_positive_share": measured_json(
            share("false_positive_share", judged["dismissed"], known, nothing="no finding of it was judged")
        ),
        "override_regret": measured_json(
            share("override_regret", judged["regretted"], judged["overridden"], nothing="no override turned out yet")
        ),
    }


def _money_metrics(store: Store, span: Span) -> Iterable[Document]:
    audits = store.insights.audited()
    for row in audits:
        for side in ("under", "over"):
            rate = metrics.leakage_rate(int(getattr(row, side)), int(row.expected), int(row.n))
            yield measured_json(rate, currency=row.currency, side=side)
    if not audits:
        yield measured_json(metrics.leakage_rate(0, 0, 0))
    for row in store.ledgers.sums(span, "all"):
        found = sum(int(getattr(row, name)) for name in ("detected", "recovered", "written_off"))
        given = metrics.prevention_yield(int(row.prevented), int(row.corrected), found, 0)
        yield measured_json(given, currency=row.currency, side=row.side)


def _in_all(store: Store, span: Span) -> Measured:
    by_audit = by_others = both = 0
    for row in store.insights.found_by(span):
        names = set(row.found_by.split(",")) - {""}
        audited, others = "audit" in names, bool(names - {"audit", "case"})
        by_audit += int(row.n) * audited
        by_others += int(row.n) * others
        both += int(row.n) * (audited and others)
    return metrics.leaks_in_all(by_audit, by_others, both)


def _tiers(store: Store, span: Span) -> Iterable[Document]:
    judged = _judged_by(store, span, "tier")
    for tier, bound in _TIERS.items():
        those = judged.get(tier, Counter())
        known = those["confirmed"] + those["dismissed"]
        measured, borne = metrics.tier_calibration(tier, those["confirmed"], known, bound)
        yield measured_json(measured, tier=tier, bound=bound, borne=borne)


def _lags(store: Store, span: Span) -> Iterable[Document]:
    detect: Counter[int] = Counter()
    resolve: Counter[int] = Counter()
    for row in store.insights.lags(span):
        opened = date.fromisoformat(row.opened)
        if row.happened_on:
            detect[(opened - date.fromisoformat(row.happened_on)).days] += int(row.n)
        if row.closed:
            resolve[(date.fromisoformat(row.closed) - opened).days] += int(row.n)
    for name, counts in (("time_to_detect", detect), ("time_to_resolve", resolve)):
        for at in (0.5, 0.9):
            yield measured_json(metrics.days(name, counts, at), quantile=at)
    causes = [(row.pattern, row.product_id, row.source, row.opened, row.closed) for row in store.insights.causes(span)]
    closed = [(*each[:3], date.fromisoformat(each[4])) for each in causes if each[4]]
    opened_on = [(*each[:3], date.fromisoformat(each[3])) for each in causes]
    yield measured_json(metrics.recurrence(closed, opened_on))


def _of_decisions(store: Store, span: Span) -> Iterable[Document]:
    sums: Counter[str] = Counter()
    for row in store.ledgers.counts(span, "all"):
        sums.update({name: int(getattr(row, name)) for name in _COUNTS})
    quotes = store.insights.quotes(span)
    share = metrics.share
    yield measured_json(share("clean_quote_rate", int(quotes.clean), int(quotes.n), nothing="no quote began"))
    yield measured_json(share("override_rate", sums["consented"], sums["findings"], nothing="nothing was found"))
    judged: Counter[str] = sum(_judged_by(store, span, "source").values(), Counter())
    nothing = "no override turned out yet"
    yield measured_json(share("override_regret", judged["regretted"], judged["overridden"], nothing=nothing))
    n = sums["decisions"]
    because = None if n else "no decision was made"
    flags = Measured(definition="flags_per_quote", value=sums["findings"] / n if n else None, n=n, because=because)
    yield measured_json(flags)
    yield measured_json(metrics.cycle_time_cost(_signed(store, span)))


def _of_reviews(tallies: Sequence[ReviewTally]) -> Iterable[Document]:
    yield measured_json(metrics.a_day(tallies))
    yield measured_json(metrics.review_seconds(tallies))
    yield measured_json(metrics.rubber_stamping(tallies))


def _signed(store: Store, span: Span) -> Mapping[tuple[Hashable, bool, int], int]:
    """How many deals were signed, by size, flagged or not, and days from the first quote on.

    Deals whose yearly price has as many binary digits are of one size; those without one are one too.
    """
    found: dict[tuple[Hashable, bool, int], int] = {}
    # Of two years there are tens of thousands: a plain dictionary takes half of what a Counter does.
    for first_at, signed_at, flagged_at, annual, currency in store.insights.signed(span):
        took = _day_number(signed_at[:10]) - _day_number(first_at[:10])
        size = currency, annual.bit_length() if annual else 0
        key = size, flagged_at is not None, max(0, took)
        found[key] = found.get(key, 0) + 1
    return found


@lru_cache(maxsize=4096)
def _day_number(day: str) -> int:
    """A day as a number: the same few days come up for every deal."""
    return date.fromisoformat(day).toordinal()


def _limits(company: Company | None) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Discount limits by role, in hundredths of a percent, and deal-size limits by currency, in minor units."""
    if company is None or company.discount_authority is None:
        return {}, {}
    by_role: dict[str, list[int]] = defaultdict(list)
    sizes: list[int] = []
    for rule in company.discount_authority.rules:
        by_role[rule.role].append(int(rule.maximum_discount_percent * 100))
        if rule.deal_size_up_to is not None:
            sizes.append(minor(rule.deal_size_up_to, company.currency))
    return dict(by_role), {company.currency: sorted(set(sizes))} if sizes else {}


def _sized(row: Any) -> SizedQuote:
    return SizedQuote(**(dict(row._mapping) | {"first_at": datetime.fromisoformat(row.first_at)}))  # noqa: SLF001


def _sign(kind: str, about: str, detail: str, quote_ids: Sequence[str]) -> Document:
    return {
        "kind": kind,
        "about": about,
        "detail": detail,
        "n": len(quote_ids),
        "probability": None,
        "quote_ids": list(quote_ids),
    }
