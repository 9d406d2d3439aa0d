"""What a fix at the source has brought: the days before it against as many after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.ledgers import metrics
from app.ledgers.telling import Document, measured_json, money_text
from app.store.ledgers import Span

if TYPE_CHECKING:
    from app.store import Store

_WINDOW: Final = 90


def fix_document(store: Store, fix: Mapping[str, Any], today: date) -> Document:
    """A fix with what came before and after it."""
    made = date.fromisoformat(fix["made_on"])
    window = max(0, min(_WINDOW, (today - made).days))
    before = Span(first=(made - timedelta(days=window)).isoformat(), before=made.isoformat())
    # The day of the fix itself belongs to neither.
    after = Span(first=(made + timedelta(days=1)).isoformat(), before=(made + timedelta(days=window + 1)).isoformat())
    both = {span: store.insights.days_of(fix["kind"], fix["value"], span) for span in (before, after)}
    money = Counter(row.currency for rows in both.values() for row in rows)
    currency = money.most_common(1)[0][0] if money else None
    effect = metrics.fix_effect(*[_days(both[span], span, window, currency) for span in (before, after)])
    return {
        **{name: fix[name] for name in ("fix_id", "kind", "value", "made_on", "title", "owner", "note", "noted_by")},
        "window_days": effect.window_days,
        "before": effect.before,
        "after": effect.after,
        "currency": currency,
        "ratio": measured_json(effect.ratio),
        "saved_a_day": measured_json(effect.saved_a_day),
    }


def _days(rows: Sequence[Any], span: Span, window: int, currency: str | None) -> list[tuple[int, float]]:
    """Cases of every currency and the money of the commonest, of each day of the window, in whole units."""
    first = date.fromisoformat(span.first)
    days = {(first + timedelta(days=number)).isoformat(): (0, 0.0) for number in range(window)}
    for row in rows:
        n, amount = days[row.day]
        of_it = float(Decimal(money_text(row.under, row.currency))) if row.currency == currency else 0.0
        days[row.day] = n + int(row.findings), amount + of_it
    return list(days.values())
