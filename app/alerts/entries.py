"""The schema of alerts.yaml: channels, routes, owners, quiet hours, limits and the weekly digest.

The file holds no secret: it names the variable of the environment, or the file, that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from app.store.notices_records import NoticeKind
from cpq_hooks.canonical.company import Weekday
from cpq_hooks.canonical.connections import Address, SecretPlace, SecretPlaceSchema
from cpq_hooks.canonical.fields import Choice, Flag, TimeZone
from cpq_hooks.canonical.files import FileRecord, Word
from cpq_hooks.canonical.nesting import Items, Keyed, Part, Table
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import Placed, Rule
from cpq_hooks.canonical.times import Clock
from cpq_hooks.problem import Flaw

_MOST: Final = 200


class ChannelKind(StrEnum):
    """How a channel is spoken to: by an apprise address, or as a ticket or notice in JSON over HTTP."""

    APPRISE = "apprise"
    WEBHOOK = "webhook"
    JIRA = "jira"
    SERVICENOW = "servicenow"


class Urgent(StrEnum):
    """Whether the alert tier passes through quiet hours."""

    THROUGH = "through"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When a channel is left alone, from `begins` to `ends`, over midnight where it ends earlier; with `days_off` on whole days
    on which nobody works. None is the company's calendar.
    """

    begins: time | None = None
    ends: time | None = None
    time_zone: str | None = None
    days_off: bool = True
    urgent: Urgent = Urgent.THROUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """So many messages in so many minutes; what is beyond is summed up in one."""

    messages: int
    minutes: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEntry:
    """One channel as the file has it. `secret` holds the apprise address, or what stands in the header Authorization."""

    name: str
    kind: ChannelKind = ChannelKind.APPRISE
    url: str | None = None
    secret: SecretPlace | None = None
    project: str | None = None
    allow_private: bool = False
    quiet_hours: QuietHours | None = None
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """Which notices go where; what is empty or None matches all. `to_owner` goes to whoever `owners` names besides."""

    kinds: tuple[NoticeKind, ...] = ()
    channels: tuple[str, ...] = ()
    to_owner: bool = False
    from_amount: Decimal | None = None
    segments: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """When the weekly digest is sent. No time zone is the company's."""

    day: int = 1
    at: time = time(8)
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsFile:
    """The whole of alerts.yaml. Amounts are in the currency of the deal."""

    channels: Mapping[str, ChannelEntry] = field(default_factory=dict)
    routes: tuple[RouteEntry, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    digest: DigestEntry = field(default_factory=DigestEntry)
    blocks_from: Decimal | None = None
    due_hours: int = 48
    waiver_days: int = 14
    first_invoice_days: int = 7
    escalate_hours: int = 4


class QuietHoursSchema(FileRecord):
    """When a channel is left alone."""

    record = QuietHours

    begins = Clock("When they begin.")
    ends = Clock("When they end.")
    time_zone = TimeZone("The zone that the hours are of.")
    days_off = Flag("Whether days on which nobody works are quiet.")
    urgent = Choice(Urgent, "Whether the alert tier passes through.")

    @staticmethod
    def _both(quiet: Any) -> Sequence[Placed]:
        if (quiet.begins is None) is (quiet.ends is None) and (quiet.begins is None or quiet.begins != quiet.ends):
            return ()
        return ((("ends",), Flaw("conflict", "quiet hours need begins and ends, at two times of the day")),)

    conditions = (Rule(("begins", "ends"), _both),)


class RateLimitSchema(FileRecord):
    """How many messages a channel takes."""

    record = RateLimit

    messages = Whole("So many messages.", least=1, most=10_000, required=True)
    minutes = Whole("In so many minutes.", least=1, most=10_080)


class ChannelSchema(FileRecord):
    """One channel."""

    record = ChannelEntry

    name = Word("The channel's name.", required=True)
    kind = Choice(ChannelKind, "How it is spoken to.")
    url = Address("Where tickets and notices are posted.")
    secret = Part(SecretPlaceSchema, "Where the apprise address lies, or the value of the header Authorization.")
    project = Word("The Jira project's key, or the ServiceNow group.")
    allow_private = Flag("Whether the address may be a private or loopback one.")
    quiet_hours = Part(QuietHoursSchema, "When it is left alone.")
    rate_limit = Part(RateLimitSchema, "How many messages it takes.")

    @staticmethod
    def _reachable(channel: Any) -> Sequence[Placed]:
        if channel.kind is ChannelKind.APPRISE:
            if channel.url is not None:
                return ((("url",), Flaw("conflict", "an apprise address is a secret: name where it lies in secret")),)
            if channel.secret is None:
                return ((("secret",), Flaw("required", "say in secret where the apprise address lies")),)
        elif channel.url is None:
            return ((("url",), Flaw("required", f"a {channel.kind.value} needs its url")),)
        if channel.kind is ChannelKind.JIRA and channel.project is None:
            return ((("project",), Flaw("required", "Jira needs the key of the project")),)
        return ()

    conditions = (Rule(("kind", "url", "secret", "project"), _reachable),)


class RouteSchema(FileRecord):
    """Which notices go where."""

    record = RouteEntry

    kinds = Items(Choice(NoticeKind, "A kind."), "Which kinds; none is all.", most=_MOST, noun="kinds")
    channels = Items(Word("A channel's name."), "By which channels.", most=_MOST, noun="channels")
    to_owner = Flag("Whether it goes to the owner's channel besides.")
    from_amount = Number("From which money at risk on.")
    segments = Items(Word("A segment."), "Of which segments.", most=_MOST, noun="segments")
    products = Items(Word("A product's id."), "With which products.", most=_MOST, noun="products")
    patterns = Items(Word("A pattern."), "Of which patterns.", most=_MOST, noun="patterns")
    owners = Items(Word("An owner."), "Of which owners.", most=_MOST, noun="owners")


class DigestSchema(FileRecord):
    """When the weekly digest is sent."""

    record = DigestEntry

    day = Weekday("On which day.")
    at = Clock("At what time.")
    time_zone = TimeZone("In which zone.")


class AlertsFileSchema(FileRecord):
    """Who is told of what."""

    record = AlertsFile

    channels = Keyed(Part(ChannelSchema, "One channel."), "name", "The channels.", most=_MOST, noun="channels")
    routes = Items(Part(RouteSchema, "One route."), "Which notices go where.", most=_MOST, noun="routes")
    owners = Table(Word("An owner or a role."), Word("Its channel."), "The channels of owners.")
    digest = Part(DigestSchema, "When the weekly digest is sent.")
    blocks_from = Number("From which money at risk on a block is an alert.")
    due_hours = Whole("How many hours before it is due a case is reminded of.", least=1, most=720)
    waiver_days = Whole("How many days before it ends a waiver is told of.", least=1, most=365)
    first_invoice_days = Whole("How many days before its first invoice a hold is told of.", least=1, most=90)
    escalate_hours = Whole("After how many hours an alert that nobody took is told again.", least=1, most=720)
