"""Building history in the order of time, so that nobody is told what was not known yet.

Events may be given in any order and ahead of time: what is asked for as of a moment holds only what happened strictly
before it. A quote without an outcome counts neither as leaked nor as clean until the window is over; after that, if the
customer signed, silence counts as a part of a clean deal.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from policies.domain.outcome import SubjectType
from policies.domain.quote import Stage
from scoring.history.history import DAY, History, Known, dropped_before
from scoring.history.keys import Keys, keys_of
from scoring.history.peers import PeerKey, Peers, logarithm, price_key, quantity_key, value_key, widening

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from policies.domain.outcome import Outcome
    from policies.facts import QuoteFacts
    from scoring.history.tally import Tally


@dataclass(slots=True)
class Made:
    """A quote as history takes it: what it is counted under, and the values that it adds to its peers'."""

    quote_id: str
    keys: Keys
    accepted: bool
    overridden: bool
    discount: float | None
    values: tuple[tuple[PeerKey, float], ...]


@dataclass(slots=True)
class Learned:
    """An outcome as history takes it."""

    quote_id: str
    leaked: bool
    source: str


@dataclass(slots=True)
class Ripe:
    """The end of a quote's window."""

    quote_id: str


@dataclass(slots=True)
class Dropped:
    """The day on which a quote is forgotten: an outcome after it cannot be joined."""

    quote_id: str


@dataclass(slots=True)
class _Record:
    """A quote that outcomes may still come for: where it is counted, and as what."""

    tallies: tuple[Tally, ...]
    accepted: bool
    leaked: float = 0.0
    clean: float = 0.0
    source: str | None = None


@dataclass(slots=True)
class Unjoined:
    """What could not be used, counted: outcomes of quotes never seen, outcomes that contradict earlier ones, repetitions."""

    unmatched: int = 0
    contradicted: int = 0
    repeated: int = 0
    undated: int = 0


Event = Made | Learned | Ripe | Dropped
_RANK = {Made: 0, Learned: 1, Ripe: 2, Dropped: 3}


@dataclass(slots=True, kw_only=True)
class HistoryBuilder:
    """Takes quotes and outcomes, and answers what was known before a moment.

    Moments that are asked for never go back. An event that is given after its time was not known before, and counts from
    the next moment on.
    """

    history: History = field(default_factory=History)
    unjoined: Unjoined = field(default_factory=Unjoined)
    _pending: list[tuple[float, int, str, int, Event]] = field(default_factory=list)
    _records: dict[str, _Record] = field(default_factory=dict)
    _given: int = 0

    @staticmethod
    def with_rules(known: Known) -> HistoryBuilder:
        """A new builder that reads history in another way than the usual."""
        return HistoryBuilder(history=History(known=known))

    def add_quote(self, facts: QuoteFacts, findings: Sequence[Finding] | None = None, *, at: datetime) -> None:
        """A quote made at a moment, in its state as it came to be known: with its approvals and stage."""
        self._push(at.timestamp(), _made(facts, findings))

    def add_outcome(self, outcome: Outcome, *, quote_id: str | None = None, at: datetime | None = None) -> None:
        """What turned out of a quote, known from its discovery on. `quote_id` joins an outcome of another document.

        What has no moment of discovery is counted and left out: nobody can say before what it was known.
        """
        joined = quote_id or (outcome.subject.id if outcome.subject.type is SubjectType.QUOTE else None)
        moment = at or outcome.discovered_at
        if joined is None:
            self.unjoined.unmatched += 1
        elif moment is None:
            self.unjoined.undated += 1
        else:
            source = outcome.source.value if outcome.source is not None else "unknown"
            self._push(moment.timestamp(), Learned(joined, outcome.leaked, source))

    def as_of(self, moment: datetime) -> History:
        """What was known strictly before a moment. The same object each time: ask it before asking for a later moment.

        Raises ValueError for a moment before the one asked for last.
        """
        now = moment.timestamp()
        if self.history.moment is not None and now < self.history.moment:
            raise ValueError(f"history cannot go back to {moment.isoformat()}")
        if self._pending and self._pending[0][0] < now:
            self.history.changed()
        while self._pending and self._pending[0][0] < now:
            at, _, _, _, event = heapq.heappop(self._pending)
            self._apply(at, event)
        self.history.moment = now
        return self.history

    # ---------------------------------------------------------------------------------------------------------

    def _push(self, at: float, event: Event) -> None:
        self._given += 1
        heapq.heappush(self._pending, (at, _RANK[type(event)], event.quote_id, self._given, event))

    def _apply(self, at: float, event: Event) -> None:
        match event:
            case Made():
                self._make(at, event)
            case Learned():
                self._learn(event)
            case Ripe():
                self._ripen(at, event)
            case Dropped():
                self._records.pop(event.quote_id, None)

    def _make(self, at: float, made: Made) -> None:
        known = self._records.get(made.quote_id)
        if known is not None:
            self.unjoined.repeated += 1
            known.accepted = known.accepted or made.accepted
            return
        tables = self.history.tables
        tallies = tuple([tables[kind].of(name) for kind, name in made.keys.flat()])
        for tally in tallies:
            _count(tally, made, at)
        for key, value in made.values:
            group = self.history.peers.get(key)
            if group is None:
                group = self.history.peers[key] = Peers()
            group.add(value)
        self._load(made.keys.rep, at)
        self._records[made.quote_id] = _Record(tallies, made.accepted)
        self._push(at + self.history.known.window_days * DAY, Ripe(made.quote_id))

    def _load(self, rep: str | None, at: float) -> None:
        if rep is None:
            return
        times = self.history.recent.setdefault(rep, deque())
        dropped_before(times, at - self.history.known.load_days * DAY)
        times.append(at)

    def _learn(self, learned: Learned) -> None:
        record = self._records.get(learned.quote_id)
        if record is None:
            self.unjoined.unmatched += 1
            return
        if record.source is not None:
            if (record.leaked > 0.0) is learned.leaked:
                self.unjoined.repeated += 1
                return
            # The later word holds: an audit may find what a review passed, and a dispute may clear what an audit found.
            self.unjoined.contradicted += 1
            for tally in record.tallies:
                tally.note(record.source, leaked=not learned.leaked, sign=-1)
        self._relabel(record, 1.0 if learned.leaked else 0.0, 0.0 if learned.leaked else 1.0)
        record.source = learned.source
        for tally in record.tallies:
            tally.note(learned.source, leaked=learned.leaked, sign=+1)

    def _ripen(self, at: float, ripe: Ripe) -> None:
        rules = self.history.known
        self._push(at + max(0.0, rules.remembered_days - rules.window_days) * DAY, Dropped(ripe.quote_id))
        record = self._records.get(ripe.quote_id)
        if record is not None and record.source is None and record.accepted:
            self._relabel(record, 0.0, self.history.known.silence)

    def _relabel(self, record: _Record, leaked: float, clean: float) -> None:
        for tally in record.tallies:
            tally.label(leaked - record.leaked, clean - record.clean)
        record.leaked, record.clean = leaked, clean


def _count(tally: Tally, made: Made, at: float) -> None:
    tally.quotes += 1
    tally.overridden += made.overridden
    if made.discount is not None:
        tally.discounts += made.discount
        tally.discounted += 1
    if tally.first_seen is None:
        tally.first_seen = at


def _made(facts: QuoteFacts, findings: Sequence[Finding] | None) -> Made:
    quote = facts.quote
    excused = any(each.approved_by is not None or each.waived_by is not None for each in findings or ())
    discounts = [float(each.discount_percent) for each in facts.lines if each.discount_percent is not None]
    return Made(
        quote_id=quote.quote_id,
        keys=keys_of(facts, findings),
        accepted=quote.stage is Stage.ACCEPTED,
        overridden=bool(quote.approvals) or excused,
        discount=max(discounts) if discounts else None,
        values=_values(facts),
    )


def _values(facts: QuoteFacts) -> tuple[tuple[PeerKey, float], ...]:
    """Prices, quantities and the value of a deal, by the groups that they belong to, in an order of their own."""
    values: list[tuple[PeerKey, float]] = []
    for each in facts.lines:
        price, quantity = logarithm(each.line.net_unit_price), logarithm(each.quantity)
        if price is not None:
            values += [(key, price) for key in widening(price_key(each, facts))]
        if quantity is not None:
            values.append((quantity_key(each), quantity))
    value = logarithm(facts.tcv)
    if value is not None:
        values.append((value_key(facts), value))
    return tuple(sorted(values))
