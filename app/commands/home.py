"""The home folder of a command, and the rules in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from app.commands.surroundings import Refused, settings
from app.connections import Connections, ConnectionsRefused, connections_of
from app.models import NOT_SERVED, InForce, models_in_force, scorer_of
from app.rules import Rules, RulesRefused, read_home, take_up
from cpq_hooks.registry import AdapterBroken, installed

if TYPE_CHECKING:
    from pathlib import Path

    from app.scored import Scoring

model_option = click.option("--model", help="The version of the model that scores. Default: the one in force.")


def folder_of(home: Path | None) -> Path | None:
    """The folder that `--home` or the settings name; where there is none, None, and a word about it.

    Raises `Refused` where `--home` names none.
    """
    folder = settings(home).home
    if folder.is_dir():
        return folder
    if home is not None:
        raise Refused(f"There is no folder {home}.", ("`quoteguard init DIR` makes one to start from.",))
    told = f"There is no folder {folder}, so the library alone judges, without catalog or company tables."
    click.secho(told, fg="yellow", err=True)
    return None


def connections(home: Path) -> Connections:
    """The connected systems of the home folder. Raises `Refused` with every fault of connections.yaml."""
    try:
        return connections_of(home, os.environ, installed())
    except (ConnectionsRefused, AdapterBroken) as refused:
        reasons = refused.reasons if isinstance(refused, ConnectionsRefused) else (str(refused),)
        raise Refused("The connections cannot be used.", reasons) from None


def rules(home: Path | None, *, tested: bool = False) -> Rules:
    """The rules of the home folder. Raises `Refused` with every fault where they cannot be taken up."""
    folder = folder_of(home)
    try:
        return take_up(read_home(folder), tested=tested)
    except RulesRefused as refused:
        raise Refused("The rules cannot be taken up.", refused.reasons) from None


def scoring(home: Path | None, version: str | None = None) -> Scoring:
    """What scores by the models of the home folder: the one in force, or the version that is asked for.

    Raises `Refused` where that version cannot be served. Where the one in force cannot, quotes are judged without it.
    """
    place = settings(home).models
    try:
        in_force = models_in_force(place) if version is None else InForce(champion=scorer_of(place, version))
    except NOT_SERVED as refused:
        raise Refused("The model cannot be used.", (str(refused),)) from None
    if in_force.because is not None:
        click.secho(f"{in_force.because}.", fg="yellow", err=True)
    return in_force.scoring()
