"""The models: list, show, promote, challenge, roll back."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from app.commands.display import show_records
from app.commands.model_review import review_month
from app.commands.surroundings import Refused, home_option, json_option, settings
from app.models import NOT_SERVED, models_at
from app.models_told import model_json, models_json
from app.rules import RulesRefused, read_home, take_up
from policies.domain.company import Company
from scoring.decide import differing
from scoring.model.errors import ModelRefused
from scoring.model.registry import InForce, Models

T = TypeVar("T")

by_option = click.option("--by", default=None, help="Who does it. Default: the user of the machine.")
why_option = click.option("--why", required=True, help="Why; it is kept in the log.")


@click.group()
def models() -> None:
    """List, show, promote, roll back and review models."""


models.add_command(review_month)


@models.command("list")
@home_option
@json_option
def list_models(home: Path | None, *, as_json: bool) -> None:
    """List every model, the newest first, and which is in force."""
    told = _tried(lambda: models_json(_models(home)))
    if as_json:
        click.echo(json.dumps(told, indent=2))
    elif told["because"] is not None and not told["models"]:
        raise Refused("The models cannot be listed.", (told["because"],))
    elif not told["models"]:
        click.echo("There is no model yet; quotes get a risk index. `quoteguard train` makes one.")
    else:
        if told["because"] is not None:
            click.secho(f"It cannot be read which model is in force: {told['because']}.", fg="yellow", err=True)
        show_records(_row(each) for each in told["models"])


@models.command("show")
@click.argument("version")
@home_option
@json_option
def show_model(version: str, home: Path | None, *, as_json: bool) -> None:
    """Show what a model says of itself: its data, its figures, and where it is weak."""
    told = _tried(lambda: model_json(_models(home), version))
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    show_records([_row(told)])
    for reason in _not_served(home, version):
        click.secho(f"It cannot be served: {reason}.", fg="red", err=True)
    other = differing(told["card"].get("limits", {}), _company(home))
    if other is not None:
        click.secho(f"{other[:1].upper()}{other[1:]}.", fg="yellow")
    click.echo(json.dumps(told["card"], indent=2, ensure_ascii=False))


@models.command()
@click.argument("version")
@by_option
@why_option
@home_option
def promote(version: str, by: str | None, why: str, home: Path | None) -> None:
    """Let a model score from now on. Servers that run take it up by themselves."""
    _done(_tried(lambda: _models(home).promote(version, _who(by), why)))


@models.command()
@by_option
@why_option
@home_option
def rollback(by: str | None, why: str, home: Path | None) -> None:
    """Let the model score that did before."""
    _done(_tried(lambda: _models(home).rollback(_who(by), why)))


@models.command()
@click.argument("version", required=False)
@by_option
@why_option
@home_option
def challenge(version: str | None, by: str | None, why: str, home: Path | None) -> None:
    """Score a model beside the one in force, in shadow; without VERSION, none from now on."""
    _done(_tried(lambda: _models(home).challenge(version, _who(by), why)))


def _models(home: Path | None) -> Models:
    return models_at(settings(home).models)


def _not_served(home: Path | None, version: str) -> tuple[str, ...]:
    """Why a version's files cannot be used; nothing where they can."""
    try:
        _models(home).load(version)
    except NOT_SERVED as refused:
        return refused.reasons if isinstance(refused, ModelRefused) else (str(refused),)
    return ()


def _company(home: Path | None) -> Company | None:
    """The company's tables; None where they cannot be read, which is another command's to say."""
    try:
        return take_up(read_home(settings(home).home), tested=False).company
    except RulesRefused:
        return None


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _tried(work: Callable[[], T]) -> T:
    try:
        with usable_models():
            return work()
    except OSError as error:
        raise Refused("The folder of models cannot be used.", (str(error),)) from None


@contextmanager
def usable_models() -> Iterator[None]:
    """Say it as a command does where models cannot be read or served. Raises `Refused`."""
    try:
        yield
    except NOT_SERVED as refused:
        reasons = refused.reasons if isinstance(refused, ModelRefused) else (str(refused),)
        raise Refused("That cannot be done; what was in force stays in force.", tuple(reasons)) from None


def _done(now: InForce) -> None:
    click.secho(f"In force: {now.champion or 'no model'}", fg="green")
    if now.challenger is not None:
        click.echo(f"Beside it, in shadow: {now.challenger}")


def _row(told: Mapping[str, Any]) -> dict[str, object]:
    return {
        "version": told["version"],
        "role": told["role"],
        "trained": told["created_at"],
        "from deals": told["quotes"],
        "of known outcome": told["trained_on"],
        "that leaked": told["leaks"],
        "served": told["served"],
        "simulated": "yes" if told["simulated"] else None,
        "refused": "; ".join(told["refused"]) or None,
    }
