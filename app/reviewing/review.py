"""The use case: the review of one month, as JSON; the page is made of it and of nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.backtests.ends import NOTHING_KNOWN, End, Known
from app.backtests.history import StoredDeals
from app.backtests.told import money_json
from app.proportions import wilson
from app.reviewing.drift import drift, enough
from app.reviewing.fairness import Flagged, shares
from app.reviewing.gathering import Decided, decided, decided_before
from app.reviewing.sample import MOST, Sample
from policies.domain.period import add_months
from policies.patterns import PATTERNS
from scoring.features import FEATURES, NAMES

if TYPE_CHECKING:
    from app.store import Store

BEFORE_MONTHS: Final = 6
_BINS: Final = 10
_LEAST_CLUSTER: Final = 3


def review(store: Store, month: date) -> dict[str, Any]:
    """What the record says of the decisions of a month (its first day), beside the six months before it."""
    start, end = _moment(month), _moment(add_months(month, 1))
    ends = StoredDeals(store.documents).ends()
    earlier = decided_before(store, _moment(add_months(month, -BEFORE_MONTHS)), start)
    return reviewed(month, decided(store, start, end), earlier, ends)


def reviewed(
    month: date, now: Iterable[Decided], before: Iterable[Decided], ends: Mapping[str, End], *, most: int = MOST
) -> dict[str, Any]:
    """The same of decisions as they come. Kept are those of the month, each without its vector, and `most` vectors of each side."""
    vectors, now = _taken(now, Sample(most))
    earlier, seen_before, decisions_before = _earlier(before, ends, Sample(most))
    return _told(month, now, ends, vectors, earlier) | {
        "decisions_before": decisions_before,
        "new_patterns": _new_patterns(now, seen_before, ends),
    }


def _taken(now: Iterable[Decided], vectors: Sample) -> tuple[Sample, list[Decided]]:
    kept = []
    for each in now:
        vectors.add(each.features)
        kept.append(replace(each, features=None))
    return vectors, kept


def _earlier(before: Iterable[Decided], ends: Mapping[str, End], vectors: Sample) -> tuple[Sample, frozenset[str], int]:
    """Of the months before: a sample of the vectors, the patterns that were seen, and how many decisions there were."""
    patterns, n = set[str](), 0
    for each in before:
        vectors.add(each.features)
        patterns |= _patterns_of(each, ends)
        n += 1
    return vectors, frozenset(patterns), n


def _told(
    month: date, now: Sequence[Decided], ends: Mapping[str, End], vectors: Sample, earlier: Sample
) -> dict[str, Any]:
    known = [each for each in now if each.quote_id in ends]
    n, m = len(earlier), len(vectors)
    moved = drift(earlier.columns(NAMES), vectors.columns(NAMES)) if enough(n, m) else ()
    return {
        "month": month.isoformat()[:7],
        "decisions": len(now),
        "verdicts": dict(sorted(Counter(each.verdict for each in now).items())),
        "known_ends": len(known),
        "caught": _caught(now, ends),
        "missed": _missed(now, ends),
        "false_alarms": _false_alarms(now, ends),
        "unusual": _unusual(now),
        "calibration": _calibration(known, ends),
        "drift": [asdict(each) | _LABELS[each.feature] for each in moved],
        "drift_sampled": _sampled(vectors, earlier),
        "fairness": [asdict(each) for each in shares(map(_flagged, filter(lambda one: one.rep_id, now)))],
        "missing": list(_missing(now, known, n, m)),
    }


_LABELS: Final = {each.name: {"label": each.name.replace("_", " "), "group": each.group.value} for each in FEATURES}


def _missing(now: Sequence[Decided], known: Sequence[Decided], n: int, m: int) -> Iterable[str]:
    """What the review could not say, and what it would need."""
    if not now:
        yield "There is no decision on a quote in this month."
        return
    if not known:
        yield "Of no deal of this month is it known how it ended: what was caught and what was a false alarm cannot be told yet."
    if not any(each.score is not None for each in now):
        yield "No decision of this month was scored, so calibration cannot be told."
    if not enough(n, m):
        yield (
            f"Drift needs 30 decisions with stored features on both sides; there are {m} in the month and {n} in the "
            f"{BEFORE_MONTHS} months before."
        )


def _caught(now: Sequence[Decided], ends: Mapping[str, End]) -> list[dict[str, Any]]:
    """By pattern of the findings: how many deals were held up, and how they ended."""
    rows: dict[str, Counter[str]] = {}
    for each in now:
        known = ends.get(each.quote_id, NOTHING_KNOWN).known.value
        for pattern in {str(finding.get("pattern")) for finding in each.findings if finding.get("effect") != "shadow"}:
            rows.setdefault(pattern, Counter())[known] += 1
    return [
        {"pattern": pattern, "title": _title(pattern), "deals": counts.total(), **_by_end(counts)}
        for pattern, counts in sorted(rows.items(), key=lambda row: (-row[1].total(), row[0]))
    ]


def _missed(now: Sequence[Decided], ends: Mapping[str, End]) -> dict[str, Any]:
    """Deals that went through and leaked."""
    money: dict[str, Decimal] = {}
    leaked = [ends[each.quote_id] for each in now if each.verdict == "allow" and _known(each, ends) is Known.LEAKED]
    for end in leaked:
        for currency, amount in end.lost.items():
            money[currency] = money.get(currency, Decimal(0)) + amount
    return {"deals": len(leaked), "money": money_json(money)}


def _false_alarms(now: Sequence[Decided], ends: Mapping[str, End]) -> dict[str, list[dict[str, Any]]]:
    """Where deals that were held up turned out clean: by policy, rep, product and segment."""
    counts: dict[str, dict[str, list[int]]] = {"policy": {}, "rep": {}, "product": {}, "segment": {}}
    for each in now:
        known = _known(each, ends)
        if each.verdict == "allow" or known is Known.UNKNOWN:
            continue
        names: dict[str, set[Any]] = {
            "policy": {str(f.get("policy_id")) for f in each.findings if f.get("effect") != "shadow"},
            "rep": {each.rep_id} - {None},
            "product": set(each.products),
            "segment": {each.segment} - {None},
        }
        for kind, those in names.items():
            for name in those:
                cell = counts[kind].setdefault(str(name), [0, 0])
                cell[0] += known is Known.CLEAN
                cell[1] += 1
    return {kind: _shares(cells) for kind, cells in counts.items()}


def _shares(cells: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    rows = []
    for name, (clean, known) in sorted(cells.items(), key=lambda cell: (-cell[1][0], cell[0])):
        interval = wilson(clean, known)
        rows.append(
            {
                "name": name,
                "false_alarms": clean,
                "known": known,
                "share": round(clean / known, 4),
                "interval": [round(interval.low, 4), round(interval.high, 4)] if interval is not None else None,
            }
        )
    return rows


def _new_patterns(now: Sequence[Decided], before: frozenset[str], ends: Mapping[str, End]) -> list[dict[str, Any]]:
    """Patterns that nothing before this month showed, in findings or in how deals ended."""
    seen: Counter[str] = Counter()
    for each in now:
        seen.update(_patterns_of(each, ends))
    return [
        {"pattern": pattern, "title": _title(pattern), "deals": count}
        for pattern, count in sorted(seen.items())
        if pattern not in before
    ]


def _patterns_of(each: Decided, ends: Mapping[str, End]) -> set[str]:
    own = {str(finding.get("pattern")) for finding in each.findings}
    return own | set(ends.get(each.quote_id, NOTHING_KNOWN).patterns)


def _unusual(now: Sequence[Decided]) -> list[dict[str, Any]]:
    """Deals that are unusual in the same ways."""
    clusters: dict[tuple[str, ...], list[str]] = {}
    for each in now:
        if each.unusual:
            clusters.setdefault(each.unusual, []).append(each.quote_id)
    big = [(ways, quotes) for ways, quotes in clusters.items() if len(quotes) >= _LEAST_CLUSTER]
    return [
        {"ways": list(ways), "deals": len(quotes), "quotes": sorted(quotes)[:10]}
        for ways, quotes in sorted(big, key=lambda cluster: (-len(cluster[1]), cluster[0]))
    ]


def _calibration(known: Sequence[Decided], ends: Mapping[str, End]) -> list[dict[str, Any]]:
    """Scored deals whose end is known, by their score: what was said, and what came."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for each in known:
        if each.score is not None:
            place = min(_BINS - 1, int(each.score * _BINS))
            bins.setdefault(place, []).append((each.score, _known(each, ends) is Known.LEAKED))
    rows = []
    for place, pairs in sorted(bins.items()):
        leaked = sum(one for _, one in pairs)
        interval = wilson(leaked, len(pairs))
        said = sum(score for score, _ in pairs) / len(pairs)
        rows.append(
            {
                "from": place / _BINS,
                "to": (place + 1) / _BINS,
                "deals": len(pairs),
                "said": round(said, 4),
                "came": round(leaked / len(pairs), 4),
                "interval": [round(interval.low, 4), round(interval.high, 4)] if interval is not None else None,
                "fits": interval is not None and interval.low <= said <= interval.high,
            }
        )
    return rows


def _flagged(each: Decided) -> Flagged:
    return Flagged(rep_id=each.rep_id or "", stratum=each.complexity, flagged=each.verdict != "allow")


def _sampled(vectors: Sample, earlier: Sample) -> str | None:
    """Said where not all vectors were compared."""
    if vectors.seen == len(vectors) and earlier.seen == len(earlier):
        return None
    return (
        f"Compared are {len(vectors):,} of the month's {vectors.seen:,} decisions with stored features and {len(earlier):,} of the "
        f"{earlier.seen:,} before it, drawn by lot."
    )


def _by_end(counts: Counter[str]) -> dict[str, int]:
    return {"leaks": counts["leaked"], "false_alarms": counts["clean"], "unknown": counts["unknown"]}


def _known(each: Decided, ends: Mapping[str, End]) -> Known:
    return ends.get(each.quote_id, NOTHING_KNOWN).known


def _title(pattern: str) -> str:
    return PATTERNS[pattern].title if pattern in PATTERNS else pattern


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
