"""Who may sign in to the pages: users."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from app.commands.display import show_records
from app.commands.opened import opened
from app.commands.roles import tell_unknown_roles
from app.commands.surroundings import Refused, home_option, json_option
from app.people.lending import Lending, LendingRefused
from app.people.passwords import Passwords
from app.people.person import Person, system
from app.people.registry import Registry, UserRefused, Wanted
from app.store import Role, Store, UnknownUser, User

T = TypeVar("T")

_roles = click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    help="What the person does here; may be given several times.",
)
_levels = click.option("--level", "levels", multiple=True, help="An approver's level, by the company's tables.")


@click.group()
def users() -> None:
    """People who sign in to the pages. A password comes from a prompt or the first line of standard input."""


@users.command("create")
@click.argument("name")
@click.option("--display-name", default="", help="What the pages call the person.")
@click.option("--email", help="Where to write to.")
@click.option("--rep-id", help="Who a rep is on quotes.")
@click.option("--no-password", is_flag=True, help="Signs in by the company's identity provider only.")
@_roles
@_levels
@home_option
def create_user(
    name: str,
    display_name: str,
    email: str | None,
    rep_id: str | None,
    roles: tuple[str, ...],
    levels: tuple[str, ...],
    home: Path | None,
    *,
    no_password: bool,
) -> None:
    """Make a user who signs in as NAME."""
    wanted = Wanted(
        name=name,
        display_name=display_name,
        email=email,
        rep_id=rep_id,
        roles=frozenset(map(Role, roles)),
        approval_roles=frozenset(levels),
    )
    password = None if no_password else _password()
    with opened(home) as store:
        user = _done(lambda: _registry(store).create(wanted, password, system))
    click.echo(f"{user.name} may sign in{'' if password else ' by the identity provider'}.")
    tell_unknown_roles(home, levels)


@users.command("list")
@home_option
@json_option
def list_users(home: Path | None, *, as_json: bool) -> None:
    """Everybody, with their roles."""
    with opened(home) as store:
        rows = [_row(user) for user in store.people.all()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    show_records(rows)


@users.command("disable")
@click.argument("name")
@home_option
def disable_user(name: str, home: Path | None) -> None:
    """Let NAME sign in no more, and end their sessions at once."""
    with opened(home) as store:
        _done(lambda: _registry(store).disable(_registry(store).named(name), system))
    click.echo(f"{name} is disabled and signed out everywhere.")


@users.command("enable")
@click.argument("name")
@home_option
def enable_user(name: str, home: Path | None) -> None:
    """Let NAME sign in again."""
    with opened(home) as store:
        _done(lambda: _registry(store).enable(_registry(store).named(name), system))
    click.echo(f"{name} may sign in again.")


@users.command("password")
@click.argument("name")
@home_option
def set_password(name: str, home: Path | None) -> None:
    """Give NAME another password, and end their sessions."""
    password = _password()
    with opened(home) as store:
        _done(lambda: _registry(store).set_password(_registry(store).named(name), password, system))
    click.echo(f"{name} has a new password.")


@users.command("delegate")
@click.argument("giver")
@click.argument("taker")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day, in UTC.")
@click.option("--reason", required=True, help="Why, for the record.")
@_roles
@_levels
@home_option
def delegate(
    giver: str,
    taker: str,
    until: datetime,
    reason: str,
    roles: tuple[str, ...],
    levels: tuple[str, ...],
    home: Path | None,
) -> None:
    """Lend roles and levels of GIVER to TAKER for a while."""
    with opened(home) as store:
        made = _done(
            lambda: Lending(store, _now).lend(
                Person(user=_registry(store).named(giver)),
                to_user=_registry(store).named(taker).user_id,
                ends_at=until.replace(tzinfo=UTC) + timedelta(days=1),
                roles=frozenset(map(Role, roles)),
                approval_roles=frozenset(levels),
                reason=reason,
            )
        )
    click.echo(f"{taker} has it of {giver} until {made.ends_at:%Y-%m-%d %H:%M} UTC.")


def _registry(store: Store) -> Registry:
    return Registry(store, _now, Passwords())


def _now() -> datetime:
    return datetime.now(UTC)


def _password() -> str:
    """Typed twice where somebody can type, else the first line of what is piped in; never an argument, which others can see."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refused("There is no password.", ("Type one at the prompt, or pipe one in as the first line.",))
    return password


def _done(work: Callable[[], T]) -> T:
    """What the work gives. Raises `Refused` where a person has to choose otherwise."""
    try:
        return work()
    except (UserRefused, LendingRefused, UnknownUser) as refused:
        raise Refused("This cannot be done.", (str(refused),)) from None


def _row(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "state": "active" if user.is_active else "disabled",
        "roles": sorted(user.roles),
        "levels": sorted(user.approval_roles),
        "rep_id": user.rep_id,
        "created_at": user.created_at.isoformat(timespec="seconds"),
    }
