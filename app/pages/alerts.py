"""Alerts: what was told, what waits and why, what was given up; and who is told of what, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.alerts.config import FILE, AlertsRefused, read_alerts
from app.alerts.entries import AlertsFile, ChannelEntry, RouteEntry
from app.pages.page import Nav, Page, PageAsked, PageReply
from app.store import DeliveryState, Role, Store

LOOKS: Final = frozenset({Role.ANALYST, Role.ADMIN, Role.AUDITOR})
ACTS: Final = frozenset({Role.ANALYST, Role.ADMIN})
STATES: Final[Mapping[str, tuple[DeliveryState, ...]]] = {
    "all": (),
    "waiting": (DeliveryState.WAITING, DeliveryState.SUMMED_UP, DeliveryState.DIGEST),
    "sent": (DeliveryState.SENT,),
    "given-up": (DeliveryState.GIVEN_UP,),
    "dropped": (DeliveryState.DROPPED,),
}
_A_PAGE: Final = 100
EXAMPLE: Final = """channels:
  - name: deal-desk
    secret: {env: DEAL_DESK_SLACK}      # holds the apprise address
    quiet_hours: {begins: "18:00", ends: "08:00"}
    rate_limit: {messages: 20, minutes: 60}
routes:
  - {kinds: [alert, escalation], channels: [deal-desk]}
"""


class AlertPages:
    """The list of alerts, and sending one again."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home

    def pages(self) -> tuple[Page, ...]:
        """The page and its form."""
        nav = Nav(label="Alerts", order=85)
        terms: dict[str, Any] = {"title": "Alerts"}
        return (
            Page(
                method="GET", path="/alerts", name="alerts", handle=self._list, template="alerts.html", roles=LOOKS,
                nav=nav, **terms,
            ),
            Page(method="POST", path="/alerts/retry", name="retry-alert", handle=self._retry, roles=ACTS, **terms),
        )  # fmt: skip

    def _list(self, asked: PageAsked) -> PageReply:
        state = asked.query.get("state", "all")
        state = state if state in STATES else "all"
        file, faults = self._file()
        context = {
            "tellings": self._store.notices.page(STATES[state], limit=_A_PAGE),
            "counts": {each.value: count for each, count in self._store.notices.counts().items()},
            "state": state,
            "states": [(name, name.replace("-", " ").capitalize()) for name in STATES],
            "channels": [_channel(each) for each in file.channels.values()],
            "routes": [_route(each) for each in file.routes],
            "owners": sorted(file.owners.items()),
            "faults": faults,
            "example": EXAMPLE,
            "may_retry": asked.user.may(*ACTS),
        }
        return PageReply(context=context)

    def _retry(self, asked: PageAsked) -> PageReply:
        identity = asked.form.get("delivery_id", "")
        if not self._store.notices.again([identity]):
            return PageReply.to("/alerts", "There is nothing to send again: it was sent meanwhile, or is on its way.")
        self._store.access.add(asked.user.did("sent again", "alert", identity))
        return PageReply.to("/alerts", "It is in line again.")

    def _file(self) -> tuple[AlertsFile, tuple[str, ...]]:
        try:
            return read_alerts(self._home), ()
        except AlertsRefused as refused:
            return AlertsFile(), refused.reasons or (f"{FILE} cannot be used",)


def _channel(channel: ChannelEntry) -> dict[str, str]:
    """A channel as people see it: where its secret lies and not what it is; of an address only the host."""
    quiet, limit, place = channel.quiet_hours, channel.rate_limit, channel.secret
    hours = "the company's calendar"
    if quiet is not None and quiet.begins is not None and quiet.ends is not None:
        hours = f"{quiet.begins:%H:%M} to {quiet.ends:%H:%M} {quiet.time_zone or ''}".strip()
    return {
        "name": channel.name,
        "kind": channel.kind.value,
        "address": "" if channel.url is None else "/".join(channel.url.split("/")[:3]).rpartition("@")[2],
        "secret": "" if place is None else f"in {place.env or place.file}",
        "quiet": "never" if quiet is None else f"{hours}; alerts {quiet.urgent.value}",
        "limit": "none" if limit is None else f"{limit.messages} in {limit.minutes} minutes",
    }


def _route(route: RouteEntry) -> dict[str, str]:
    terms = {"segment": route.segments, "product": route.products, "pattern": route.patterns, "owner": route.owners}
    said = [f"{name} {', '.join(words)}" for name, words in terms.items() if words]
    if route.from_amount is not None:
        said.append(f"from {route.from_amount:f}")
    return {
        "kinds": ", ".join(each.value for each in route.kinds) or "all",
        "when": "; ".join(said) or "always",
        "channels": ", ".join((*route.channels, *(["the owner's"] if route.to_owner else []))),
    }
