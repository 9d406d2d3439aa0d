"""Streams: each line of the agreement as it will bill over its term and one renewal, with all amendments in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from policies.amended import Version, comes_once, fold
from policies.domain.decision import NotAssessed
from policies.domain.period import Period
from policies.domain.terms import Terms, Unscheduled, term_of
from policies.twin.configured import billing_stream
from policies.twin.horizon import Horizon
from policies.twin.model import Assumed, Side, Stream
from policies.twin.renewing import renewal_after, renewed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.domain.agreement import Agreement
    from policies.domain.quote import Quote

__all__ = ["AgreementStreams", "Horizon", "agreement_streams", "as_billed", "billing_stream", "horizon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementStreams:
    """Every line of an agreement as a stream, how far they are compared, and what could not be told."""

    streams: tuple[Stream, ...]
    horizon: Horizon
    not_assessed: tuple[NotAssessed, ...] = ()


def horizon(agreement: Agreement) -> Horizon:
    """The term from the agreement's first day to the last of its longest line, amendments contained, and its renewal."""
    return _horizon(agreement, fold(agreement).versions)


def agreement_streams(agreement: Agreement) -> AgreementStreams:
    """One stream for each line id, the versions of amended lines in order of time and then the renewed term.

    A line renews where the agreement does by itself (`auto_renew`) and the line did not end before it; what comes once
    does not. Where the agreement does not say whether it renews, only its term is looked at, and `not_assessed` says so.
    """
    folded = fold(agreement)
    looked_at = _horizon(agreement, folded.versions)
    of_lines: dict[str, list[Version]] = defaultdict(list)
    for version in folded.versions:
        of_lines[version.line.line_id].append(version)
    places = {line_id: number for number, line_id in enumerate(_line_ids(agreement))}
    return AgreementStreams(
        streams=tuple(_stream(agreement, held, places[line_id]) for line_id, held in of_lines.items()),
        horizon=looked_at,
        not_assessed=(
            *(replace(each, policy_id="amendment-not-set-up") for each in folded.not_assessed),
            *_renewal_not_said(agreement),
        ),
    )


def as_billed(line: Stream, charge: Stream) -> Stream:
    """A line whose agreement does not say how often it is invoiced, invoiced as often as its charge, which it then says."""
    frequency = next((terms.billing_frequency for terms in charge.terms if terms.billing_frequency is not None), None)
    if frequency is None or all(terms.comes_once or terms.billing_frequency is not None for terms in line.terms):
        return line
    taken = Assumed(field="billing_frequency", value=str(frequency), taken_from=f"charge {charge.id}")
    terms = tuple(
        replace(each, billing_frequency=each.billing_frequency or frequency) if not each.comes_once else each
        for each in line.terms
    )
    return replace(line, terms=terms, assumed=(*line.assumed, taken))


def _line_ids(agreement: Agreement) -> list[str]:
    """The lines in the order in which the agreement and then its amendments name them, each once."""
    named = [line.line_id for line in agreement.terms.lines]
    named += [line.line_id for each in agreement.amendments for line in each.lines]
    return list(dict.fromkeys(named))


def _horizon(agreement: Agreement, versions: Sequence[Version]) -> Horizon:
    own = term_of(_quote(agreement, versions))
    found = [] if own is None else [own]
    for version in versions:
        terms = _terms_or_none(version)
        if terms is not None and terms.term is not None and not (comes_once(version.line) and found):
            found.append(terms.term)
    if not found:
        return Horizon()
    term = Period(min(each.start for each in found), max(each.end for each in found))
    renews = agreement.terms.renewal is not None and agreement.terms.renewal.auto_renew is True
    return Horizon(term=term, renewal=_renewal(agreement, own or term, term.end) if renews else None)


def _quote(agreement: Agreement, versions: Sequence[Version]) -> Quote:
    """The agreement's terms with the end that amendments have given it."""
    return versions[0].quote if versions else agreement.terms


def _terms_or_none(version: Version) -> Terms | None:
    try:
        return version.terms
    except Unscheduled:
        return None


def _renewal(agreement: Agreement, own: Period, end: date) -> Period:
    """The renewed term of what ends on a day, which is the end of the agreement's `own` term or a later one."""
    months = None if agreement.terms.renewal is None else agreement.terms.renewal.term_months
    after = renewal_after(own, months)
    return after if end == own.end else renewal_after(Period(own.start, end), months or agreement.terms.term_months)


def _renewal_not_said(agreement: Agreement) -> tuple[NotAssessed, ...]:
    renewal = agreement.terms.renewal
    if renewal is not None and renewal.auto_renew is not None:
        return ()
    because = "the agreement does not say whether it renews by itself, so only its term was compared"
    return (NotAssessed(policy_id="auto-renewal-differs", because=because),)


def _stream(agreement: Agreement, versions: Sequence[Version], index: int) -> Stream:
    line, terms, renewal, unscheduled = versions[0].line, [], None, None
    try:
        terms = [version.terms for version in versions]
        renewal = _renewal_of(agreement, versions[-1], terms[-1])
        if renewal is not None:
            terms.append(renewed(terms[-1], renewal, agreement.terms.renewal))
    except Unscheduled as unknown:
        terms, renewal, unscheduled = [], None, unknown.reason
    return Stream(
        side=Side.AGREEMENT,
        id=line.line_id,
        index=index,
        line=line,
        terms=tuple(terms),
        renewal=renewal,
        unscheduled=unscheduled,
    )


def _renewal_of(agreement: Agreement, version: Version, terms: Terms) -> Period | None:
    """The renewed term of a line; None where it does not renew."""
    renewal = agreement.terms.renewal
    if renewal is None or not renewal.auto_renew or terms.comes_once:
        return None
    own = term_of(version.quote) or terms.dated
    return _renewal(agreement, own, terms.dated.end) if terms.dated.end >= own.end else None
