"""Who may call: keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from app.commands.display import show_records
from app.commands.opened import opened
from app.commands.roles import tell_unknown_roles
from app.commands.surroundings import home_option, json_option
from app.store import ApiKey, Scope


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
@click.option(
    "--role",
    "roles",
    multiple=True,
    help="An approval role that it may consent in, with the scope review; '*' is every role. May be given several times.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="After how many days it expires.")
@home_option
@json_option
def create_key(
    name: str,
    scopes: tuple[str, ...],
    roles: tuple[str, ...],
    days: int | None,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a key. Without a role it consents to nothing."""
    if roles and not {Scope.REVIEW, Scope.ADMIN} & set(scopes):
        raise click.UsageError("--role is for keys with --scope review: others consent to nothing.")
    if not all(role.strip() for role in roles):
        raise click.UsageError("--role names a role of company.yaml, or '*' for every one.")
    with opened(home) as store:
        expires = datetime.now(UTC) + timedelta(days=days) if days is not None else None
        made = store.keys.create(name, [Scope(scope) for scope in scopes], roles=roles, expires_at=expires)
    _show_secret(made.key, made.secret, as_json=as_json)
    tell_unknown_roles(home, roles)


@keys.command("rotate")
@click.argument("key_id")
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True, help="Both work so long.")
@home_option
@json_option
def rotate_key(key_id: str, overlap_hours: int, home: Path | None, *, as_json: bool) -> None:
    """Make a key that replaces KEY_ID; the old one goes on working for a while."""
    with opened(home) as store:
        made = store.keys.rotate(key_id, overlap=timedelta(hours=overlap_hours))
    _show_secret(made.key, made.secret, as_json=as_json)


@keys.command("revoke")
@click.argument("key_id")
@home_option
def revoke_key(key_id: str, home: Path | None) -> None:
    """Make KEY_ID stop working."""
    with opened(home) as store:
        store.keys.revoke(key_id)
    click.echo(f"{key_id} is revoked. Servers notice within a few seconds.")


@keys.command("list")
@home_option
@json_option
def list_keys(home: Path | None, *, as_json: bool) -> None:
    """All keys, without their secrets."""
    with opened(home) as store:
        rows = [_row(key) for key in store.keys.all()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    show_records(rows)


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "name": key.name,
        "state": _state(key),
        "scopes": sorted(key.scopes),
        "roles": sorted(key.roles),
        "created_at": _moment(key.created_at),
        "expires_at": _moment(key.expires_at),
        "last_used_at": _moment(key.last_used_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None


def _state(key: ApiKey) -> str:
    return "valid" if key.is_valid(datetime.now(UTC)) else "revoked" if key.revoked_at is not None else "expired"


def _show_secret(key: ApiKey, secret: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"key_id": key.id, "secret": secret, "scopes": sorted(key.scopes), "roles": sorted(key.roles)})
        )
        return
    click.echo(f"Key {key.id} for {key.name}. Its secret is shown this once:")
    click.secho(secret, bold=True)
