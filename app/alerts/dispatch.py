"""The use case: notices are planned, and each telling is sent when its channel may be told.

Sending and marking are two things, so a telling may arrive twice, under the same id, and is never lost. What a channel does
not take waits with all behind it, in order; after a day it is given up, and a person may send it again.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from app.alerts.bearings import with_bearings
from app.alerts.config import AlertsRefused, Channel
from app.alerts.entries import AlertsFile
from app.alerts.patience import Patience
from app.alerts.planning import next_digest, plan, quiet_until
from app.alerts.senders import Sends
from app.alerts.sweep import sweep
from app.alerts.wording import Message, WordingRefused, together, worded
from app.rests import Rests
from app.store import Claimed, DeliveryState, KeptNotice, KeptTelling, NoticeKind, Store
from app.store.notices import SUM_UP
from app.undelivered import pause
from cpq_hooks.clients.failures import CallFailed, Forbidden
from policies.domain.company import BusinessCalendar, Company
from policies.domain.outcome import SubjectType

DIGEST: Final = "digest:"
SWEEP: Final = "sweep"
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_SWEEP_EVERY: Final = timedelta(minutes=10)
_WEEK: Final = timedelta(days=7)
_OF_CASES: Final = frozenset({NoticeKind.ALERT, NoticeKind.QUEUE, NoticeKind.DEADLINE, NoticeKind.ESCALATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Plans notices and sends tellings. May be used by any number of threads, in any number of processes.

    `file` and `channels` give what alerts.yaml says now; `address` is where people reach the pages.
    """

    store: Store
    file: Callable[[], AlertsFile]
    channels: Callable[[], Mapping[str, Channel]]
    company: Callable[[], Company | None]
    clock: Callable[[], datetime]
    send: Sends
    home: Path | None = None
    address: str = ""
    chance: Callable[[], float] = random.random
    rests: Rests = field(init=False)
    patience: Patience = field(default_factory=Patience, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rests", Rests(self.clock))

    def begin(self) -> None:
        """Have what comes near looked for, from now on."""
        self.store.notices.planning.add(SWEEP, SWEEP)

    # --------------------------------------------------------------------------------------------- plan

    def handle_notice(self, item: Claimed) -> dict[str, Any]:
        """Plan the notice that is claimed, or look for what comes near; what to log of it."""
        try:
            file = self.file()
        except AlertsRefused:
            self.store.notices.planning.retry(item, self.clock() + timedelta(minutes=1), "alerts.yaml cannot be used")
            return {"became": "retried"}
        if item.item_id == SWEEP:
            found = sweep(self.store, file, self.company(), self.clock()) if file.routes else 0
            self._plan_digests(file)
            self.store.notices.planning.postpone(item, self.clock() + _SWEEP_EVERY)
            return {"became": "swept", "found": found}
        notice = self.store.notices.notice(item.item_id)
        if notice is None:
            self.store.notices.planning.finish(item)
            return {"became": "gone"}
        told = plan(with_bearings(self.store, notice, file), file, self._calendar(), self.clock())
        self.store.notices.plan(item, told)
        if notice.note.kind is NoticeKind.DIGEST:
            self._plan_digests(file)
        return {"became": "planned", "kind": notice.note.kind.value, "channels": len(told)}

    def _plan_digests(self, file: AlertsFile) -> None:
        """Have the digest of each channel in line that has something to tell."""
        for name in file.channels:
            if self.store.notices.collected(name, DeliveryState.DIGEST):
                due = next_digest(file.digest, self._calendar(), self.clock())
                self.store.notices.sending.add(f"{DIGEST}{name}", f"{DIGEST}{name}", due_at=due)

    # --------------------------------------------------------------------------------------------- send

    def handle_telling(self, item: Claimed) -> dict[str, Any]:
        """Send the telling that is claimed, or what is told together; what to log of it."""
        try:
            self.file()
        except AlertsRefused:
            self.store.notices.retry(item, [], self.clock() + timedelta(minutes=1), "alerts.yaml cannot be used")
            return {"became": "retried"}
        for prefix, told in ((SUM_UP, self._sum_up), (DIGEST, self._digest)):
            if item.item_id.startswith(prefix):
                return told(item, item.item_id.removeprefix(prefix))
        delivery = self.store.notices.delivery(item.item_id)
        if delivery is None or delivery.state is not DeliveryState.WAITING:
            self.store.notices.sending.finish(item)
            return {"became": "gone"}
        return {"channel": delivery.channel, **self._one(item, delivery)}

    def _one(self, item: Claimed, delivery: KeptTelling) -> dict[str, Any]:
        if not self._still_matters(delivery.notice):
            return self._end(item, [delivery], DeliveryState.DROPPED, "it was settled meanwhile")
        later = self._later(delivery)
        if later is not None:
            self.store.notices.retry(item, [delivery.delivery_id], *later)
            return {"became": "put off", "why": later[1]}
        free = self._free_at(delivery.channel)
        if free is not None:
            self.store.notices.hold_back(item, delivery, free, "more than the channel takes: it is summed up")
            return {"became": "held back"}
        return self._send(item, delivery.channel, [delivery], lambda: worded(delivery, self.home, self.address))

    def _sum_up(self, item: Claimed, channel: str) -> dict[str, Any]:
        told = self.store.notices.collected(channel, DeliveryState.SUMMED_UP)
        until = self._quiet_until(channel, urgent=any(each.urgent for each in told))
        if until is not None:
            self.store.notices.retry(item, [each.delivery_id for each in told], until, "quiet hours")
            return {"channel": channel, "became": "put off", "why": "quiet hours"}
        became = self._together(item, channel, "sum-up", told)
        if self.store.notices.collected(channel, DeliveryState.SUMMED_UP):
            self.store.notices.sending.add(f"{SUM_UP}{channel}", f"{SUM_UP}{channel}", due_at=self.clock())
        return became

    def _digest(self, item: Claimed, channel: str) -> dict[str, Any]:
        now, file = self.clock(), self.file()
        border = min(next_digest(file.digest, self._calendar(), now - _WEEK), now)
        told = self.store.notices.collected(channel, DeliveryState.DIGEST, border)
        became = self._together(item, channel, "weekly", told)
        self._plan_digests(file)
        return became

    def _together(self, item: Claimed, channel: str, name: str, told: Sequence[KeptTelling]) -> dict[str, Any]:
        told = [each for each in told if self._still_matters(each.notice)] if name == "sum-up" else told
        if not told:
            self.store.notices.sending.finish(item)
            return {"became": "nothing to tell"}
        ids = "\n".join(each.delivery_id for each in told)
        identity = "tel_" + hashlib.sha256(ids.encode()).hexdigest()[:26]
        wording = lambda: together(name, identity, told, self.home, self.address)  # noqa: E731 - made where it is sent
        return self._send(item, channel, told, wording)

    def _send(
        self, item: Claimed, channel: str, told: Sequence[KeptTelling], wording: Callable[[], Message]
    ) -> dict[str, Any]:
        try:
            found = self.channels().get(channel)
            if found is None:
                return self._end(item, told, DeliveryState.GIVEN_UP, f"there is no channel {channel} any more")
            self.send(found, wording())
        except (WordingRefused, Forbidden) as error:
            return self._end(item, told, DeliveryState.GIVEN_UP, str(error))
        except (CallFailed, AlertsRefused) as error:
            return self._failed(item, channel, told, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the telling is kept and the others have their turn
            return self._failed(item, channel, told, Unknown(f"a fault of the program: {type(error).__name__}"))
        self.rests.answered(channel)
        return self._end(item, told, DeliveryState.SENT)

    def _failed(self, item: Claimed, channel: str, told: Sequence[KeptTelling], error: Exception) -> dict[str, Any]:
        self.rests.failed(channel, error)
        now, because = self.clock(), str(error)
        if self.patience.is_over(item.item_id, now, item.attempts):
            return self._end(item, told, DeliveryState.GIVEN_UP, f"after {item.attempts} attempts: {because}")
        at = now + min(pause(item.attempts, self.chance()), _LONGEST_PAUSE)
        self.store.notices.retry(item, [each.delivery_id for each in told], at, because)
        return {"became": "retried", "failure": type(error).__name__}

    def _end(
        self, item: Claimed, told: Sequence[KeptTelling], state: DeliveryState, reason: str | None = None
    ) -> dict[str, Any]:
        self.store.notices.end(item, [each.delivery_id for each in told], state, reason)
        self.patience.ended(item.item_id)
        return {"became": state.value, "told": len(told)}

    def _still_matters(self, notice: KeptNotice) -> bool:
        """Whether somebody still has to do something; what nobody has to look at any more is not told."""
        note = notice.note
        if note.kind not in _OF_CASES:
            return True
        case = self.store.desk.case(SubjectType(note.subject_type), note.subject_id)
        if case is None:
            return True
        return case.state.is_open and not (note.kind is NoticeKind.ESCALATION and case.assignee)

    def _later(self, delivery: KeptTelling) -> tuple[datetime, str] | None:
        """When the channel may be tried, and why not now; None where it may be now."""
        until = self._quiet_until(delivery.channel, urgent=delivery.urgent)
        if until is not None:
            return until, "quiet hours"
        rest = self.rests.until(delivery.channel)
        return None if rest is None else (rest + timedelta(seconds=self.chance()), "its channel did not take others")

    def _quiet_until(self, channel: str, *, urgent: bool) -> datetime | None:
        entry = self.file().channels.get(channel)
        return None if entry is None else quiet_until(entry, self._calendar(), self.clock(), urgent=urgent)

    def _free_at(self, channel: str) -> datetime | None:
        """When the channel takes more messages; None where it does now."""
        entry = self.file().channels.get(channel)
        if entry is None or entry.rate_limit is None:
            return None
        window = timedelta(minutes=entry.rate_limit.minutes)
        sent = self.store.notices.sent_since(channel, self.clock() - window)
        return sent[-entry.rate_limit.messages] + window if len(sent) >= entry.rate_limit.messages else None

    def _calendar(self) -> BusinessCalendar:
        company = self.company()
        return BusinessCalendar() if company is None else company.calendar


class Unknown(CallFailed):
    """A fault that nobody foresaw, by its name alone."""

    again = True
