"""Amendments, folded: the terms of each line, and from which day to which they hold.

Amendments take effect in the order of their effective dates; of two with the same one, the later signature counts last.
A line that an amendment states with the start that it always had holds from the amendment's day; one that starts later
holds from then, and the line before it until then.
Two that change the same line from the same day, neither signed after the other, contradict each other: from that day on
the line has no terms that an audit could go by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from policies.domain.charge import BillingFrequency, ChargeType, PricePeriod
from policies.domain.decision import NotAssessed
from policies.domain.terms import Terms, Unscheduled, resolve

if TYPE_CHECKING:
    from policies.domain.agreement import Agreement, Amendment
    from policies.domain.charge import Line
    from policies.domain.quote import Quote

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A line as it holds for a time, within `quote`; `number` counts from 0, `amendment_id` is what brought it.

    `anchor` is a day on which the line's calendar starts a period, whichever version of it holds. `since` is the day on
    which its first version began, where this is a later one. `priced_until` is the day after the last that the version was to
    hold when it was agreed, where it holds for another time.
    """

    line: Line
    quote: Quote
    number: int = 0
    amendment_id: str | None = None
    anchor: date | None = None
    since: date | None = None
    priced_until: date | None = None

    @property
    def terms(self) -> Terms:
        """The terms that the version's schedule follows. Raises `Unscheduled`.

        An amendment moves neither the line's billing days nor its anniversaries, and what was free stays free once. Only
        one that changes how often the line is invoiced starts a new calendar on its day: a year that is invoiced at once
        is invoiced then, and whole.

        A price for the term pays for the time that its version was agreed for: from the amendment's day to the end as it then
        was. What ends earlier owes its part of it, and what is extended goes on at the same rate.
        """
        found = resolve(self.line, self.quote)
        priced_until = self.priced_until if found.term is not None and self.priced_until != found.term.end else None
        if (self.since, self.anchor, priced_until) == (None, None, None):
            return found
        return replace(found, anchor=self.anchor or found.anchor, since=self.since, priced_until=priced_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Every version of every line, in order of time, and what contradicts itself."""

    versions: tuple[Version, ...]
    not_assessed: tuple[NotAssessed, ...] = ()


def fold(agreement: Agreement) -> Folded:
    """The agreement's lines with all amendments in them."""
    ordered = sorted(agreement.amendments, key=_in_order)
    quote, moved = agreement.terms, _last_end(ordered)
    if moved is not None:
        quote = replace(quote, end_date=moved)
    held: dict[str, list[Version]] = {
        line.line_id: [_first(line, agreement.terms, quote, moved)] for line in agreement.terms.lines
    }
    contradictions = _contradictions(ordered)
    end_so_far = agreement.terms.end_date
    for amendment in ordered:
        end_so_far = amendment.end_date or end_so_far
        for line in amendment.lines:
            if (line.line_id, amendment.effective_date) not in contradictions:
                of_line = held.setdefault(line.line_id, [])
                _replace(of_line, _extended(line, end_so_far, moved), amendment, quote)
                _price(of_line, replace(of_line[-1].line, end_date=line.end_date), agreement.terms, end_so_far)
        for line_id in amendment.removed_line_ids:
            _end(held.get(line_id, []), amendment.effective_date)
    for line_id, day in contradictions:
        _end(held.get(line_id, []), day)
    versions = tuple(version for of_line in held.values() for version in of_line)
    return Folded(versions=versions, not_assessed=tuple(_told(contradictions)))


def comes_once(line: Line) -> bool:
    """Whether the line is charged once, whatever the term."""
    return line.charge_type is ChargeType.ONE_TIME or line.price_period is PricePeriod.ONE_TIME


def _in_order(amendment: Amendment) -> tuple[date, date, str]:
    return amendment.effective_date, amendment.signed_on or date.min, amendment.amendment_id


def _last_end(ordered: list[Amendment]) -> date | None:
    return next((each.end_date for each in reversed(ordered) if each.end_date is not None), None)


def _extended(line: Line, end: date | None, moved: date | None) -> Line:
    """A line that states the agreement's end, as it then was, goes on as long as the agreement does."""
    return replace(line, end_date=moved) if moved is not None and line.end_date == end is not None else line


def _first(line: Line, signed: Quote, quote: Quote, moved: date | None) -> Version:
    """The line as it was signed, up to where amendments have moved the end of the agreement."""
    versions = [Version(line=_extended(line, signed.end_date, moved), quote=quote)]
    _price(versions, line, signed, signed.end_date)
    return versions[0]


def _price(versions: list[Version], line: Line, signed: Quote, end: date | None) -> None:
    """Let the price for the term of the last version pay for the time up to the agreement's end as it was then."""
    if line.price_period is not PricePeriod.TERM or comes_once(line):
        return
    try:
        term = resolve(line, replace(signed, end_date=end)).term
    except Unscheduled:
        return
    versions[-1] = replace(versions[-1], priced_until=None if term is None else term.end)


def _replace(versions: list[Version], line: Line, amendment: Amendment, quote: Quote) -> None:
    """Let a line hold from the amendment's day on. What comes once is charged once, on the new terms."""
    new = Version(line=line, quote=quote, number=len(versions), amendment_id=amendment.amendment_id)
    if comes_once(line) and versions:
        before = versions.pop().line
        new = replace(new, line=replace(line, start_date=line.start_date or before.start_date), number=len(versions))
    else:
        day = amendment.effective_date
        begins = max(line.start_date or day, day) if versions else line.start_date or day
        _end(versions, begins)
        new = replace(new, line=replace(line, start_date=begins), number=len(versions))
        if versions and versions[-1].line.end_date == begins - _ONE_DAY:
            anchor = versions[-1].anchor if _rhythm(versions[-1]) == _rhythm(new) else begins
            new = replace(new, anchor=anchor, since=versions[-1].since or _start(versions[-1]))
    versions.append(new)


def _end(versions: list[Version], day: date) -> None:
    """Let the versions of a line end before a day; those that start on it or later never hold."""
    kept = []
    for version in versions:
        line, start = version.line, _start(version)
        if start is not None and start >= day and not (comes_once(line) and start < day):
            continue
        if not comes_once(line) and _lasts_until(version, day):
            cut = replace(line, end_date=day - _ONE_DAY)
            version = replace(version, line=cut, anchor=version.anchor or _calendar(version))  # noqa: PLW2901
        kept.append(version)
    versions[:] = kept


def _lasts_until(version: Version, day: date) -> bool:
    """Whether a version holds on a day, or is not known to end before it."""
    try:
        term = version.terms.term
    except Unscheduled:
        term = None
    last = version.line.end_date if term is None else term.last_day
    return last is None or last >= day


def _rhythm(version: Version) -> BillingFrequency | None:
    return version.line.billing_frequency or version.quote.billing_frequency


def _start(version: Version) -> date | None:
    return version.line.start_date or version.quote.start_date


def _calendar(version: Version) -> date | None:
    """The day that the line's calendar counts from, before the end of the version is moved."""
    try:
        return version.terms.anchor
    except Unscheduled:
        return None


def _contradictions(ordered: list[Amendment]) -> dict[tuple[str, date], list[str]]:
    """Lines and days on which several amendments disagree and no signature says which is later."""
    found: dict[tuple[str, date], list[Amendment]] = defaultdict(list)
    for amendment in ordered:
        for line in amendment.lines:
            found[line.line_id, amendment.effective_date].append(amendment)
    return {key: [each.amendment_id for each in those] for key, those in found.items() if _disagree(key[0], those)}


def _disagree(line_id: str, amendments: list[Amendment]) -> bool:
    signatures = {each.signed_on for each in amendments}
    if len(amendments) < 2 or (None not in signatures and len(signatures) == len(amendments)):
        return False
    lines = [line for each in amendments for line in each.lines if line.line_id == line_id]
    return any(line != lines[0] for line in lines)


def _told(contradictions: dict[tuple[str, date], list[str]]) -> Iterator[NotAssessed]:
    for (line_id, day), names in contradictions.items():
        because = (
            f"the amendments {' and '.join(names)} both change line {line_id} from {day} on, and neither was signed after "
            "the other"
        )
        yield NotAssessed(policy_id="audit-amendments", because=because, line_ids=(line_id,))
