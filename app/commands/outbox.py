"""What goes out, from the command line: outbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app.commands.opened import opened
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option
from app.store import KeptMessage, MessageFilter, MessageKind, MessageState

if TYPE_CHECKING:
    from app.store import Store, Waiting

_MOST: Final = 500
_LONGEST_BODY: Final = 20_000
_to = click.option("--to", "destination", help="Only messages to this connection or webhook.")
_kind = click.option(
    "--kind", type=click.Choice([each.value for each in MessageKind]), help="Only messages of this kind."
)


@click.group()
def outbox() -> None:
    """List, look at, send again and drop what goes out: holds, releases, write-backs, callbacks and events."""


@outbox.command("list")
@click.option("--state", type=click.Choice([each.value for each in MessageState]), help="Only messages in this state.")
@_kind
@_to
@click.option("--object", "object_id", help="Only messages on the object with this id.")
@click.option("--decision", "decision_id", help="Only what a decision called for at a vendor.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True)
@home_option
@json_option
def list_messages(
    state: str | None,
    kind: str | None,
    destination: str | None,
    object_id: str | None,
    decision_id: str | None,
    limit: int,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """List messages, the newest first. Exits 1 where one is parked: somebody has to look at it."""
    wanted = MessageFilter(
        state=None if state is None else MessageState(state),
        kind=None if kind is None else MessageKind(kind),
        destination=destination,
        object_id=object_id,
        decision_id=decision_id,
    )
    with opened(home) as store:
        messages = store.outbox.page(wanted, limit=limit)
        counts = store.outbox.line.counts()
    if as_json:
        told = {"waiting": counts.waiting, "parked": counts.parked, "oldest": _moment(counts.oldest)}
        click.echo(json.dumps(told | {"messages": [_document(each) for each in messages]}, indent=2))
    else:
        for each in messages:
            _show_line(each)
        click.secho(f"{counts.waiting:,} waiting, {counts.parked:,} parked.", bold=True)
    raise SystemExit(FLAG if counts.parked else ALLOW)


@outbox.command()
@click.argument("message_id")
@home_option
@json_option
def show(message_id: str, home: Path | None, *, as_json: bool) -> None:
    """Show a message: what became of it and why, what it holds, and the calls that it consists of."""
    with opened(home) as store:
        message = store.outbox.get(message_id)
        if message is None:
            raise Refused(f"There is no message {message_id}.")
        waiting = store.outbox.line.get(message_id)
    told = _document(message) | _in_line(waiting)
    plan = [] if message.plan is None else json.loads(message.plan)
    if as_json:
        click.echo(json.dumps(told | {"body": json.loads(message.note.body), "calls": plan}, indent=2))
        return
    for name, value in told.items():
        if value is not None:
            click.echo(_plain(f"{name:>14}  {value}"))
    for number, call in enumerate(plan, start=1):
        done = "made" if number <= message.calls_made or message.state is MessageState.DELIVERED else "to be made"
        click.echo(_plain(f"{'call':>14}  {call['method']} {call['path']}: {call['purpose']} ({done})"))
    click.echo("\n" + _plain(message.note.body.decode("utf-8", "backslashreplace")[:_LONGEST_BODY]))


@outbox.command()
@click.argument("message_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All parked messages, or those --to one or of one --kind.")
@_kind
@_to
@home_option
def retry(
    message_ids: tuple[str, ...], kind: str | None, destination: str | None, home: Path | None, *, every: bool
) -> None:
    """Send messages anew: parked ones, those that wait for a later attempt, and those that were delivered.

    Each keeps its id, so that whoever has had it knows it again. A hold or a write-back after which a later one has arrived
    at the same object is not made any more.
    """
    _act("are in line again", message_ids, kind, destination, home, every, lambda store, ids: store.outbox.again(ids))


@outbox.command()
@click.argument("message_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All parked messages, or those --to one or of one --kind.")
@click.option("--because", required=True, help="Why, for whoever looks at them later.")
@_kind
@_to
@home_option
def drop(
    message_ids: tuple[str, ...],
    because: str,
    kind: str | None,
    destination: str | None,
    home: Path | None,
    *,
    every: bool,
) -> None:
    """Give messages up that are parked or wait: they are never sent."""
    _act("are dropped", message_ids, kind, destination, home, every, lambda store, ids: store.outbox.drop(ids, because))


def _act(
    done: str,
    message_ids: tuple[str, ...],
    kind: str | None,
    destination: str | None,
    home: Path | None,
    every: bool,
    act: Callable[[Store, list[str]], int],
) -> None:
    if bool(message_ids) is every:
        raise click.UsageError("name messages, or say --all")
    wanted = MessageFilter(
        state=MessageState.PARKED, kind=None if kind is None else MessageKind(kind), destination=destination
    )
    with opened(home) as store:
        unknown = tuple(f"There is no message {each}." for each in message_ids if store.outbox.get(each) is None)
        if unknown:
            raise Refused("Nothing was done.", unknown)
        ids = list(message_ids) or _all(store, wanted)
        count = act(store, ids)
    click.echo(f"{count:,} of {len(ids):,} {done}.")


def _all(store: Store, wanted: MessageFilter) -> list[str]:
    """The ids of every message that is wanted, the oldest first, so that they go in their order."""
    found: list[KeptMessage] = []
    portion = store.outbox.page(wanted, limit=_MOST)
    while portion:
        found += portion
        portion = store.outbox.page(wanted, limit=_MOST, before=portion[-1].message_id)
    return [each.message_id for each in reversed(found)]


def _document(message: KeptMessage) -> dict[str, Any]:
    note = message.note
    return {
        "message_id": message.message_id,
        "kind": note.kind.value,
        "event": note.event,
        "to": note.destination,
        "object": f"{note.object_type}/{note.object_id}",
        "subject_id": note.subject_id,
        "decision_id": note.decision_id,
        "state": message.state.value,
        "reason": message.reason,
        "attempts": message.attempts,
        "created_at": _moment(message.created_at),
        "ended_at": _moment(message.ended_at),
    }


def _in_line(waiting: Waiting | None) -> dict[str, Any]:
    return {} if waiting is None else {"next_attempt": _moment(waiting.due_at), "claimed": waiting.is_claimed}


def _show_line(message: KeptMessage) -> None:
    note = message.note
    click.echo(
        _plain(
            f"{message.message_id}  {_moment(message.created_at)}  {message.state.value:<10}  "
            f"{note.event or note.kind.value}  to {note.destination}  {note.object_type}/{note.object_id}"
        )
    )
    if message.reason is not None:
        click.echo(_plain(f"    {message.reason}"))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def _plain(text: str) -> str:
    """Without what would steer the terminal: much of it comes from outside."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
