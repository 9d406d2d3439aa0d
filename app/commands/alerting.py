"""Alerts from the command line: alerts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.alerts.bearings import with_bearings
from app.alerts.by_apprise import ByApprise
from app.alerts.config import FILE, AlertsRefused, channels_of, read_alerts
from app.alerts.entries import ChannelKind
from app.alerts.planning import next_digest, plan
from app.alerts.sample import sample_delivery, sample_notice
from app.alerts.senders import Senders
from app.alerts.wording import WordingRefused, check_templates, together, worded
from app.commands.home import rules
from app.commands.opened import opened
from app.commands.surroundings import FLAG, Refused, home_option, json_option, settings
from app.store import DeliveryState
from cpq_hooks.clients.failures import CallFailed, Forbidden
from policies.domain.company import BusinessCalendar

if TYPE_CHECKING:
    from app.alerts.config import Channel
    from app.alerts.entries import AlertsFile
    from app.alerts.wording import Message
    from app.store import KeptTelling

_MOST = 500


@click.group()
def alerts() -> None:
    """Check, list, try and send again what people are told of."""


@alerts.command()
@home_option
def check(home: Path | None) -> None:
    """Check alerts.yaml, the secrets that it names, every channel's address and every template."""
    folder = settings(home).home
    file, channels = _read(folder)
    apprise = ByApprise()
    faults = list(check_templates(folder, sample_notice(datetime.now(UTC))))
    for each in channels.values():
        if each.entry.kind is not ChannelKind.APPRISE:
            continue
        try:
            fault = apprise.check(each)
        except CallFailed as failed:
            fault = str(failed)
        if fault is not None:
            faults.append(f"{FILE}: {fault}")
    if faults:
        raise Refused("The alerts cannot be used.", tuple(faults))
    if not file.channels and not (folder / FILE).exists():
        click.echo(f"There is no {FILE} in {folder}, so nobody is told of anything.")
        return
    click.echo(f"{_counted(len(file.channels), 'channel')} and {_counted(len(file.routes), 'route')}: all good.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@alerts.command("list")
@click.option("--state", type=click.Choice([each.value for each in DeliveryState]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True)
@home_option
@json_option
def list_tellings(state: str | None, limit: int, home: Path | None, *, as_json: bool) -> None:
    """List what was told, what waits and why, and what was given up. Exits 1 where something was given up."""
    with opened(home) as store:
        found = store.notices.page([] if state is None else [DeliveryState(state)], limit=limit)
        counts = store.notices.counts()
    if as_json:
        click.echo(json.dumps({"alerts": [_document(each) for each in found]}, indent=2))
    else:
        for each in found:
            told = _document(each)
            click.echo(
                f"{told['id']}  {told['due_at']}  {told['state']:<10}  {told['kind']}  to {told['channel']}  "
                f"{_plain(told['subject'])}"
            )
            if each.reason:
                click.echo(f"    {_plain(each.reason)}")
        click.secho(", ".join(f"{count:,} {name.value}" for name, count in counts.items()) + ".", bold=True)
    raise SystemExit(FLAG if counts[DeliveryState.GIVEN_UP] else 0)


@alerts.command()
@click.argument("ids", nargs=-1, required=True)
@home_option
def retry(ids: tuple[str, ...], home: Path | None) -> None:
    """Send again what was given up, or now what waits for a later attempt. The worker sends it."""
    with opened(home) as store:
        click.echo(f"{store.notices.again(ids):,} of {len(ids):,} are in line again.")


@alerts.command()
@click.option("--dry-run", is_flag=True, required=True, help="Print what would go where and when; nothing is sent.")
@home_option
def send(home: Path | None, *, dry_run: bool) -> None:  # noqa: ARG001 - without it the worker sends
    """Print everything that waits, exactly as it would go, by which channel and when. The worker is what sends."""
    folder = settings(home).home
    file, calendar, address = read_or_refuse(folder), _calendar(home), _address(home)
    now, count = datetime.now(UTC), 0
    with opened(home) as store:
        for item in store.notices.planning.page(limit=_MOST):
            notice = store.notices.notice(item.item_id)
            if notice is None:
                continue
            for each in plan(with_bearings(store, notice, file), file, calendar, now):
                told = sample_delivery(notice, each)
                _show(told.channel, each.reason, each.due_at, _worded(told, folder, address))
                count += 1
        for state in (DeliveryState.WAITING, DeliveryState.SUMMED_UP):
            for waiting in reversed(store.notices.page([state], limit=_MOST)):
                _show(waiting.channel, waiting.reason, waiting.due_at, _worded(waiting, folder, address))
                count += 1
    click.secho(f"{count:,} would be sent; nothing was.", bold=True)


@alerts.command()
@click.argument("channel")
@home_option
def test(channel: str, home: Path | None) -> None:
    """Send a test message to a channel, now."""
    folder = settings(home).home
    _, channels = _read(folder)
    if channel not in channels:
        raise Refused(f"There is no channel {channel}.", (f"There are: {', '.join(channels) or 'none'}.",))
    notice = sample_notice(datetime.now(UTC))
    message = _worded(sample_delivery(notice, None, channel), folder, _address(home))
    try:
        Senders(by_apprise=ByApprise())(channels[channel], message)
    except CallFailed as failed:
        raise Refused("The message was not taken.", (str(failed),)) from None
    click.echo(f"{channel} took the test message.")


@alerts.command()
@click.option("--dry-run", is_flag=True, required=True, help="Print the digest as it stands; nothing is sent.")
@home_option
def digest(home: Path | None, *, dry_run: bool) -> None:  # noqa: ARG001 - without it the worker sends
    """Print the weekly digest of each channel as it stands, and when it is due."""
    folder = settings(home).home
    file, address = read_or_refuse(folder), _address(home)
    due = next_digest(file.digest, _calendar(home), datetime.now(UTC))
    with opened(home) as store:
        for name in file.channels:
            told = store.notices.collected(name, DeliveryState.DIGEST)
            if told:
                with _wording():
                    _show(name, "weekly digest", due, together("weekly", told[0].delivery_id, told, folder, address))
    click.secho(f"The next digest is due {due.isoformat()}; nothing was sent.", bold=True)


def read_or_refuse(folder: Path) -> AlertsFile:
    """What alerts.yaml says. Raises `Refused`."""
    try:
        return read_alerts(folder)
    except AlertsRefused as refused:
        raise Refused("The alerts cannot be used.", refused.reasons) from None


def _read(folder: Path) -> tuple[AlertsFile, dict[str, Channel]]:
    file = read_or_refuse(folder)
    try:
        return file, dict(channels_of(file, folder, os.environ))
    except AlertsRefused as refused:
        raise Refused("The alerts cannot be used.", refused.reasons) from None


def _worded(told: KeptTelling, folder: Path, address: str) -> Message:
    with _wording():
        return worded(told, folder, address)


@contextmanager
def _wording() -> Iterator[None]:
    try:
        yield
    except (WordingRefused, Forbidden) as refused:
        raise Refused("A template cannot be used.", (str(refused),)) from None


def _calendar(home: Path | None) -> BusinessCalendar:
    company = rules(home).company
    return BusinessCalendar() if company is None else company.calendar


def _address(home: Path | None) -> str:
    told = settings(home)
    return told.public_url or f"http://{told.host}:{told.port}"


def _show(channel: str, why: str | None, due_at: datetime, message: Message) -> None:
    click.secho(f"To {channel}, {due_at.isoformat(timespec='minutes')}{f' ({why})' if why else ''}:", bold=True)
    click.echo(_plain(message.subject))
    click.echo("  " + _plain(message.body.strip()).replace("\n", "\n  ") + "\n")


def _document(told: KeptTelling) -> dict[str, Any]:
    note = told.notice.note
    return {
        "id": told.delivery_id,
        "kind": note.kind.value,
        "channel": told.channel,
        "state": told.state.value,
        "subject": note.subject_id,
        "due_at": told.due_at.isoformat(),
        "ended_at": None if told.ended_at is None else told.ended_at.isoformat(),
        "attempts": told.attempts,
        "reason": told.reason,
    }


def _plain(text: str) -> str:
    """Without what would steer the terminal: much of it comes from outside."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
