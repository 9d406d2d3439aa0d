"""What vendors have sent, from the command line: inbox."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app.commands.opened import opened
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option
from app.store import EventFilter, EventState, KeptDelivery, KeptEvent
from cpq_hooks.masking import masked, secret_fields
from cpq_hooks.registry import installed

if TYPE_CHECKING:
    from app.store import Store, Waiting

_MOST: Final = 500
_LONGEST_BODY: Final = 20_000
_connection = click.option("--connection", help="Only events of this connection.")


@click.group()
def inbox() -> None:
    """List, look at, retry and replay what vendors have sent."""


@inbox.command("list")
@click.option("--state", type=click.Choice([each.value for each in EventState]), help="Only events in this state.")
@_connection
@click.option("--object", "object_id", help="Only events of the object with this id.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True)
@home_option
@json_option
def list_events(
    state: str | None, connection: str | None, object_id: str | None, limit: int, home: Path | None, *, as_json: bool
) -> None:
    """List events, the newest first. Exits 1 where one is parked: somebody has to look at it."""
    wanted = EventFilter(state=None if state is None else EventState(state), connection=connection, object_id=object_id)
    with opened(home) as store:
        events = store.inbox.page(wanted, limit=limit)
        counts = store.inbox.line.counts()
    if as_json:
        told = {"waiting": counts.waiting, "parked": counts.parked, "events": [_document(each) for each in events]}
        click.echo(json.dumps(told, indent=2))
    else:
        for each in events:
            _show_line(each)
        click.secho(f"{counts.waiting:,} waiting, {counts.parked:,} parked.", bold=True)
    raise SystemExit(FLAG if counts.parked else ALLOW)


@inbox.command()
@click.argument("event_id")
@home_option
@json_option
def show(event_id: str, home: Path | None, *, as_json: bool) -> None:
    """Show an event: what became of it and why, and the delivery that told of it, as it came but for its secrets."""
    with opened(home) as store:
        event = store.inbox.event(event_id)
        if event is None:
            raise Refused(f"There is no event {event_id}.")
        waiting = store.inbox.line.get(event_id)
        delivery = None if event.delivery_id is None else store.inbox.delivery(event.delivery_id)
    body = "" if delivery is None else _shown(delivery.body)
    told = _document(event) | _in_line(waiting)
    if as_json:
        click.echo(json.dumps(told | {"delivery": _delivery(delivery, body)}, indent=2))
        return
    for name, value in told.items():
        if value is not None:
            click.echo(_plain(f"{name:>14}  {value}"))
    if delivery is not None:
        click.echo(_plain(f"\n{delivery.method} {delivery.url}"))
        for header, content in delivery.headers:
            click.echo(_plain(f"{header}: {content}"))
        click.echo("\n" + _plain(_cut(body)))


@inbox.command()
@click.argument("event_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All parked events, or those of --connection.")
@_connection
@home_option
def retry(event_ids: tuple[str, ...], connection: str | None, home: Path | None, *, every: bool) -> None:
    """Try parked events again, and those that wait for a later attempt, now."""
    if bool(event_ids) is every:
        raise click.UsageError("name events, or say --all")
    with opened(home) as store:
        wanted = list(event_ids) if event_ids else _parked(store, connection)
        states = {each: store.inbox.event(each) for each in wanted}
        over = [each for each, event in states.items() if event is None or event.state in _OVER]
        if over:
            raise Refused("These are not waiting.", tuple(f"{each}: {_why(states[each])}" for each in over))
        done = store.inbox.again(wanted)
    click.echo(f"{done:,} of {len(wanted):,} are in line again.")


@inbox.command()
@click.argument("ids", nargs=-1, required=True)
@home_option
def replay(ids: tuple[str, ...], home: Path | None) -> None:
    """Handle events again that were dealt with, by their ids or by that of their delivery.

    An event whose object was handled in a newer version since is superseded, so that a replay never brings back the past.
    """
    with opened(home) as store:
        wanted = [found for each in ids for found in _events_of(store, each)]
        done = store.inbox.again(wanted)
    click.echo(f"{done:,} of {len(wanted):,} are in line again.")


_OVER: Final = (EventState.DONE, EventState.SUPERSEDED, EventState.IGNORED)


def _why(event: KeptEvent | None) -> str:
    return "there is no such event" if event is None else f"it is {event.state}; `inbox replay` handles it again"


def _parked(store: Store, connection: str | None) -> list[str]:
    wanted = EventFilter(state=EventState.PARKED, connection=connection)
    found: list[str] = []
    portion = store.inbox.page(wanted, limit=_MOST)
    while portion:
        found += [each.event_id for each in portion]
        portion = store.inbox.page(wanted, limit=_MOST, before=portion[-1].event_id)
    return found


def _events_of(store: Store, name: str) -> Iterable[str]:
    if store.inbox.event(name) is not None:
        return [name]
    found = [each.event_id for each in store.inbox.page(EventFilter(delivery_id=name), limit=_MOST)]
    if not found:
        raise Refused(f"There is neither an event nor a delivery {name}.")
    return found


def _document(event: KeptEvent) -> dict[str, Any]:
    note = event.note
    return {
        "event_id": event.event_id,
        "connection": event.connection,
        "kind": note.kind,
        "object": f"{note.object_type}/{note.object_id}",
        "version": note.version,
        "state": event.state.value,
        "reason": event.reason,
        "received_at": _moment(event.received_at),
        "handled_at": _moment(event.handled_at),
        "decision_id": event.decision_id,
        "delivery_id": event.delivery_id,
        "key": note.key,
    }


def _in_line(waiting: Waiting | None) -> dict[str, Any]:
    if waiting is None:
        return {}
    return {"attempts": waiting.attempts, "next_attempt": _moment(waiting.due_at), "claimed": waiting.is_claimed}


def _delivery(delivery: KeptDelivery | None, body: str) -> dict[str, Any] | None:
    if delivery is None:
        return None
    return {
        "method": delivery.method,
        "url": delivery.url,
        "headers": dict(delivery.headers),
        "received_at": _moment(delivery.received_at),
        "body": body,
    }


def _show_line(event: KeptEvent) -> None:
    note = event.note
    click.echo(
        _plain(
            f"{event.event_id}  {_moment(event.received_at)}  {event.state.value:<10}  {event.connection}  "
            f"{note.kind}  {note.object_type}/{note.object_id}"
            + (f"  {event.decision_id}" if event.decision_id else "")
        )
    )
    if event.reason is not None:
        click.echo(_plain(f"    {event.reason}"))


def _shown(body: bytes) -> str:
    """A body without the secrets that some vendors repeat in it. It is stored as it came."""
    return masked(body.decode("utf-8", "backslashreplace"), secret_fields(installed()))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}\n… and {len(text) - _LONGEST_BODY:,} more"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def _plain(text: str) -> str:
    """Without what would steer the terminal: all of it comes from outside."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
