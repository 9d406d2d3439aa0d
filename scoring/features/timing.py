"""Timing: the quarter's end, revisions and consents, edits behind a consent, and how long it took."""

from __future__ import annotations

from datetime import date, timedelta
from math import nan
from typing import TYPE_CHECKING, Final

from scoring.features.feature import Feature, Group, Unit
from scoring.history.history import DAY
from scoring.numbers import number_of

if TYPE_CHECKING:
    from scoring.features.feature import Deal

RUSH_DAYS: Final = 10
"""The last days of a quarter, in which deals are rushed."""

_QUARTER, _CONSENT, _DATES = "the quarter's end", "consents", "dates"


def _timing(name: str, unit: Unit, topic: str, direction: int, sentence: str, none: str = "") -> Feature:
    return Feature(
        name=name, unit=unit, group=Group.TIMING, topic=topic, direction=direction, sentence=sentence, none=none
    )


FEATURES: Final = (
    _timing("quarter_end_days", Unit.DAYS, _QUARTER, 0, "The quote was made {value} before the quarter's end", "The quote was made on the quarter's last day"),
    _timing("quarter_end_rush", Unit.YES_NO, _QUARTER, 1, "The quote was made in the last ten days of a quarter", "The quote was not made in the last ten days of a quarter"),
    _timing("revision", Unit.COUNT, "revisions", 1, "This is revision {value}"),
    _timing("approvals", Unit.COUNT, _CONSENT, 1, "The quote carries {consents}", "The quote needed nobody's consent"),
    _timing("edits_after_approval", Unit.COUNT, _CONSENT, 1, "{consents} for another content than this", "Each consent is for this very content"),
    _timing("decision_days", Unit.DAYS, _CONSENT, 0, "The last consent came {value} after the quote was made", "The consent came at once"),
    _timing("lead_days", Unit.DAYS, _DATES, 0, "The service starts {lead} the quote was made", "The service starts on the day of the quote"),
    _timing("valid_days", Unit.DAYS, _DATES, 0, "The quote is valid for {value}"),
)  # fmt: skip


def values(deal: Deal) -> dict[str, float]:
    """The numbers of timing; days are whole or parts of days."""
    quote = deal.facts.quote
    made = quote.created_at
    to_end = _days_to_quarter_end(made.date()) if made is not None else nan
    valid = (quote.valid_until - made).total_seconds() / DAY if made is not None and quote.valid_until else nan
    return {
        "quarter_end_days": to_end,
        "quarter_end_rush": nan if made is None else float(to_end < RUSH_DAYS),
        "revision": number_of(quote.revision),
        "approvals": float(len(quote.approvals)),
        "edits_after_approval": _edits(deal),
        "decision_days": _decision_days(deal),
        "lead_days": float((quote.start_date - made.date()).days) if made is not None and quote.start_date else nan,
        "valid_days": valid,
    }


def _days_to_quarter_end(day: date) -> float:
    """Days until the last day of the calendar quarter; 0 on that day."""
    last_month = 3 * ((day.month + 2) // 3)
    after = date(day.year + last_month // 12, last_month % 12 + 1, 1)
    return float((after - timedelta(days=1) - day).days)


def _edits(deal: Deal) -> float:
    """Consents that were given to another content; unknown where there are consents and none says to what."""
    approvals = deal.facts.quote.approvals
    stated = [each.content_hash for each in approvals if each.content_hash is not None]
    if not stated:
        return nan if approvals else 0.0
    now = deal.content or deal.facts.content()
    return float(sum(each != now for each in stated))


def _decision_days(deal: Deal) -> float:
    made = deal.facts.quote.created_at
    given = [each.approved_at for each in deal.facts.quote.approvals if each.approved_at is not None]
    return max(0.0, (max(given) - made).total_seconds() / DAY) if given and made is not None else nan
