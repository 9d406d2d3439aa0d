"""What was known at a moment, to be asked: smoothed rates, what peers paid, a rep's load and habits."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any, Final, NamedTuple, TypeVar

from scoring.history.keys import Keys, Kind, paired
from scoring.history.peers import ENOUGH, Distance, PeerKey, Peers, widening
from scoring.history.smoothing import Spread, smoothed
from scoring.history.tally import Table, Tally

About = TypeVar("About", bound=Hashable)
Found = TypeVar("Found")

FORMAT: Final = 1
DAY: Final = 86_400.0
_OVERRIDE_STRENGTH: Final = 10.0
_EMPTY: Final = Tally(Spread())
_WORKED_OUT: Final = 100_000
"""So many answers are kept: a sender that makes up names does not fill the memory."""


class Rate(NamedTuple):
    """A share of deals that leak: smoothed, from so many deals with a known outcome; NaN where nothing is known at all."""

    value: float
    known: float = 0.0


UNKNOWN: Final = Rate(nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How history is read: the days after which silence counts, for how much, and the days after which a deal is forgotten.

    `load_days` is how far back a rep's load looks.
    """

    window_days: float = 365.0
    silence: float = 0.25
    remembered_days: float = 1095.0
    load_days: float = 30.0


@dataclass(slots=True, kw_only=True)
class History:
    """What is known up to a moment (seconds since 1970). Only its builder changes it; everyone else asks."""

    known: Known = field(default_factory=Known)
    moment: float | None = None
    tables: dict[Kind, Table] = field(default_factory=lambda: {kind: Table() for kind in Kind})
    peers: dict[PeerKey, Peers] = field(default_factory=dict)
    recent: dict[str, deque[float]] = field(default_factory=dict)
    _worked_out: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, work: Callable[[History, About], Found], about: About) -> Found:
        """What `work` makes of this history and a name, worked out once until the history changes; it is never None."""
        known = self._worked_out
        found: Found | None = known.get((work, about))
        if found is None:
            if len(known) >= _WORKED_OUT:
                known.clear()
            found = known[work, about] = work(self, about)
        return found

    def changed(self) -> None:
        """To be called after every change: what was worked out is forgotten."""
        self._worked_out.clear()

    # -------------------------------------------------------------------------------------------------- rates

    def tally(self, kind: Kind, name: str | None) -> Tally:
        """The counts of a name; empty ones where it was never seen."""
        return self.tables[kind].tallies.get(name, _EMPTY) if name is not None else _EMPTY

    def average(self) -> Rate:
        """The rate of all deals; half a leak in one deal is assumed beside them, so that it is never 0 or 1."""
        return self.once(_average, "")

    def rate(self, kind: Kind, name: str | None, expected: Rate) -> Rate:
        """The rate of a name, drawn towards what is expected of it; what is expected where nothing is known of it."""
        if name is None:
            return UNKNOWN
        tally = self.tally(kind, name)
        strength = self.tables[kind].spread.strength()
        return Rate(smoothed(tally.leaked, tally.known, expected.value, strength), tally.known)

    def team_rate(self, keys: Keys) -> Rate:
        return self.rate(Kind.TEAM, keys.team, self.average())

    def rep_rate(self, keys: Keys) -> Rate:
        """The rep's, drawn towards the team's; a rep without a team towards that of all."""
        return self.rep_rate_of(keys.rep, keys.team)

    def rep_rate_of(self, rep: str | None, team: str | None) -> Rate:
        """The same for the names by themselves."""
        return self.once(_rep_rate, (rep, team))

    def product_rate(self, product: str, family: str | None) -> Rate:
        """The product's, drawn towards its family's."""
        return self.once(_product_rate, (product, family))

    def family_rate(self, family: str) -> Rate:
        return self.once(_family_rate, family)

    def pair_rate(self, one: str, other: str, expected: Rate) -> Rate:
        """The rate of deals with both families, drawn towards what is expected of the two."""
        return self.rate(Kind.PAIR, paired(one, other), expected)

    def override_rate(self, keys: Keys) -> Rate:
        """How many of the rep's quotes needed somebody's consent, drawn towards the team's share, or that of all."""
        every = self.tally(Kind.ALL, "")
        if keys.rep is None or not every.quotes:
            return UNKNOWN
        share = every.overridden / every.quotes
        for kind, name in ((Kind.TEAM, keys.team), (Kind.REP, keys.rep)):
            tally = self.tally(kind, name)
            share = smoothed(tally.overridden, tally.quotes, share, _OVERRIDE_STRENGTH)
        return Rate(share, float(self.tally(Kind.REP, keys.rep).quotes))

    def load(self, rep: str, now: float) -> int:
        """How many quotes the rep made in the days before a moment (seconds since 1970)."""
        times = self.recent.get(rep, ())
        since = now - self.known.load_days * DAY
        return sum(1 for each in times if since <= each < now)

    def distance(self, value: float, group: PeerKey) -> Distance | None:
        """How far a value (a natural logarithm) lies from its group; None where that has too few peers."""
        found = self.peers.get(group)
        return found.distance(value) if found is not None and len(found.ordered) >= ENOUGH else None

    def price_distance(self, value: float, narrowest: PeerKey) -> Distance | None:
        """How far a price (a natural logarithm) lies from the narrowest of its groups that has enough peers."""
        for found in self.once(_price_peers, narrowest):
            return found.distance(value)
        return None

    # ----------------------------------------------------------------------------------------------- snapshots

    def snapshot(self) -> dict[str, Any]:
        """Everything as JSON; the same knowledge gives the same text."""
        return {
            "format": FORMAT,
            "known": asdict(self.known),
            "moment": self.moment,
            "tables": {
                kind.value: {
                    "spread": table.spread.sums(),
                    "tallies": {name: tally.as_json() for name, tally in sorted(table.tallies.items())},
                }
                for kind, table in self.tables.items()
            },
            "peers": [[list(key), list(group.arrived)] for key, group in sorted(self.peers.items())],
            "recent": {rep: list(times) for rep, times in sorted(self.recent.items()) if times},
        }

    def digest(self) -> str:
        """The digest of the snapshot."""
        text = json.dumps(self.snapshot(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    @staticmethod
    def restored(snapshot: Mapping[str, Any]) -> History:
        """The history of a snapshot. Raises ValueError where it is none of this format."""
        try:
            if snapshot["format"] != FORMAT:
                raise ValueError(f"a history of format {snapshot['format']}, not {FORMAT}")
            tables = {kind: _table(snapshot["tables"][kind.value]) for kind in Kind}
            peers = {tuple(key): Peers(values) for key, values in snapshot["peers"]}
            recent = {rep: deque(times) for rep, times in snapshot["recent"].items()}
            known, moment = Known(**snapshot["known"]), snapshot["moment"]
        except (KeyError, TypeError, AttributeError) as broken:
            raise ValueError(f"this is no history: {broken!r}") from broken
        return History(known=known, moment=moment, tables=tables, peers=peers, recent=recent)


def _price_peers(history: History, narrowest: PeerKey) -> tuple[Peers, ...]:
    """The narrowest group of prices that has enough peers; nothing where none has."""
    groups = [history.peers.get(each) for each in widening(narrowest)]
    return tuple([each for each in groups if each is not None and len(each.ordered) >= ENOUGH][:1])


def _average(history: History, _: str) -> Rate:
    every = history.tally(Kind.ALL, "")
    return Rate((every.leaked + 0.5) / (every.known + 1.0), every.known) if every.known > 0.0 else UNKNOWN


def _family_rate(history: History, family: str) -> Rate:
    return history.rate(Kind.FAMILY, family, history.average())


def _product_rate(history: History, named: tuple[str, str | None]) -> Rate:
    product, family = named
    above = history.family_rate(family) if family is not None else history.average()
    return history.rate(Kind.PRODUCT, product, above)


def _rep_rate(history: History, named: tuple[str | None, str | None]) -> Rate:
    rep, team = named
    above = history.rate(Kind.TEAM, team, history.average()) if team is not None else history.average()
    return history.rate(Kind.REP, rep, above)


def _table(saved: Mapping[str, Any]) -> Table:
    table = Table(spread=Spread(*saved["spread"]))
    for name, counts in saved["tallies"].items():
        table.tallies[name] = Tally.of_json(table.spread, counts)
    return table


def dropped_before(times: deque[float], since: float) -> None:
    """Forget the moments before one."""
    while times and times[0] < since:
        times.popleft()
