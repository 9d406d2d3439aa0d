"""The record and who may reach it: replay, db and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click

from app.bootstrap import build
from app.commands.display import console, show_rows
from app.commands.surroundings import Refused, json_option, settings
from app.replay import NotReplayable
from app.replay import replay as replay_decision
from app.rules import RulesRefused
from app.store import Anchor, ApiKey, Scope, Store, StoreError, UnknownKey
from app.store.upgrade import current, upgrade


@contextmanager
def _store() -> Iterator[Store]:
    try:
        with build(settings()).store as store:
            yield store
    except UnknownKey as error:
        raise Refused("There is no such key.", (str(error),)) from None
    except StoreError as error:
        raise Refused("The record cannot be used.", (str(error),)) from None


@click.command()
@click.argument("decision_id", required=False)
@click.option("--verify-chain", is_flag=True, help="Check every record instead: nothing changed, removed or put in.")
@click.option("--anchor", help="LENGTH:HASH kept from an earlier --verify-chain; shows a chain that was made anew.")
@json_option
def replay(decision_id: str | None, anchor: str | None, *, verify_chain: bool, as_json: bool) -> None:
    """Make a recorded decision again and say whether it comes out the same.

    Exits 0 when it does (or the chain is whole), 1 when it does not.
    """
    if verify_chain is (decision_id is not None):
        raise click.UsageError("give a decision's id, or --verify-chain")
    with _store() as store:
        if decision_id is None:
            _verify(store, anchor, as_json=as_json)
        else:
            _replay(store, decision_id, as_json=as_json)


def _replay(store: Store, decision_id: str, *, as_json: bool) -> None:
    try:
        found = replay_decision(decision_id, store)
    except (NotReplayable, RulesRefused) as error:
        raise Refused("The decision cannot be made again.", (str(error),)) from None
    if as_json:
        rows = [{"path": d.path, "recorded": d.recorded, "replayed": d.replayed} for d in found.differences]
        click.echo(json.dumps({"decision_id": decision_id, "same": found.same, "differences": rows}, indent=2))
    elif found.same:
        click.secho(f"{decision_id} comes out the same.", fg="green")
    else:
        click.secho(f"{decision_id} comes out otherwise.", fg="red")
        show_rows(
            ("where", "recorded", "now"), [(d.path, d.recorded, d.replayed) for d in found.differences], console()
        )
    raise SystemExit(0 if found.same else 1)


def _verify(store: Store, anchor: str | None, *, as_json: bool) -> None:
    report = store.verify_chain(anchor=_anchor(anchor) if anchor is not None else None)
    told = {
        "checked": report.checked,
        "whole": report.is_whole,
        "first_bad": report.first_bad,
        "what": report.what,
        "anchor": f"{report.head.length}:{report.head.head}",
    }
    if as_json:
        click.echo(json.dumps(told, indent=2))
    elif report.is_whole:
        click.secho(f"{report.checked} decisions, and the chain is whole.", fg="green")
        click.echo(f"Keep this elsewhere, and give it as --anchor next time: {told['anchor']}")
    else:
        click.secho(f"The chain is broken at record {report.first_bad}: {report.what}", fg="red", bold=True)
    raise SystemExit(0 if report.is_whole else 1)


def _anchor(text: str) -> Anchor:
    length, _, head = text.partition(":")
    if not length.isdecimal() or not head:
        raise click.BadParameter("an anchor reads LENGTH:HASH, as --verify-chain prints it")
    return Anchor(length=int(length), head=head)


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def upgrade_db() -> None:
    """Create the tables, or bring them up to date."""
    url = settings().database_url
    try:
        changed = upgrade(url)
        click.echo(f"{'Upgraded to' if changed else 'Already at'} revision {current(url)}.")
    except StoreError as error:
        raise Refused("The database cannot be upgraded.", (str(error),)) from None


@click.group()
def keys() -> None:
    """API keys. A key's secret is shown once, when it is made."""


@keys.command("create")
@click.option("--name", required=True, help="Who or what uses it.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may do; may be given several times.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="After how many days it expires.")
@json_option
def create_key(name: str, scopes: tuple[str, ...], days: int | None, *, as_json: bool) -> None:
    """Make a key."""
    with _store() as store:
        expires = datetime.now(UTC) + timedelta(days=days) if days is not None else None
        made = store.keys.create(name, [Scope(scope) for scope in scopes], expires_at=expires)
    _show_secret(made.key, made.secret, as_json=as_json)


@keys.command("rotate")
@click.argument("key_id")
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True, help="Both work so long.")
@json_option
def rotate_key(key_id: str, overlap_hours: int, *, as_json: bool) -> None:
    """Make a key that replaces KEY_ID; the old one goes on working for a while."""
    with _store() as store:
        made = store.keys.rotate(key_id, overlap=timedelta(hours=overlap_hours))
    _show_secret(made.key, made.secret, as_json=as_json)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Make KEY_ID stop working."""
    with _store() as store:
        store.keys.revoke(key_id)
    click.echo(f"{key_id} is revoked. Servers notice within a few seconds.")


@keys.command("list")
def list_keys() -> None:
    """All keys, without their secrets."""
    with _store() as store:
        rows = [
            (key.id, key.name, ", ".join(sorted(key.scopes)), key.created_at.date(), key.expires_at, _state(key))
            for key in store.keys.all()
        ]
    show_rows(("id", "name", "scopes", "made", "expires", "state"), rows, console())


def _state(key: ApiKey) -> str:
    return "valid" if key.is_valid(datetime.now(UTC)) else "revoked" if key.revoked_at is not None else "expired"


def _show_secret(key: ApiKey, secret: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"key_id": key.id, "secret": secret, "scopes": sorted(key.scopes)}))
        return
    click.echo(f"Key {key.id} for {key.name}. Its secret is shown this once:")
    click.secho(secret, bold=True)
