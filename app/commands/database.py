"""The database: db."""

from __future__ import annotations

from pathlib import Path

import click

from app.bootstrap import build
from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import Refused, home_option, settings
from app.rules import RulesRefused
from app.store import StoreError
from app.store.upgrade import current, upgrade


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@home_option
def upgrade_db(home: Path | None) -> None:
    """Create the tables, or bring them up to date."""
    url = settings(home).database_url
    try:
        changed = upgrade(url)
        click.echo(f"{'Upgraded to' if changed else 'Already at'} revision {current(url)}.")
    except StoreError as error:
        raise Refused("The database cannot be upgraded.", (str(error),)) from None


@db.command("rebuild-queue")
@home_option
@click.option("--all", "everything", is_flag=True, help="Make every case anew, also those that are there.")
def rebuild_queue(home: Path | None, everything: bool) -> None:
    """Make the deal desk's cases of what was decided before there were any. Reviews and assignments stay as they are."""
    services = build(settings(home))
    try:
        with services.store as store, progress("Making cases of", "decisions") as advance:
            number = store.desk.rebuild(everything=everything, told=lambda done: advance(0.0, done))
    except (StoreError, RulesRefused) as error:
        raise Refused("The queue cannot be rebuilt.", (str(error),)) from None
    click.echo(f"Made {number:,} case{'' if number == 1 else 's'}.")


@db.command("rebuild-insights")
@home_option
def rebuild_insights(home: Path | None) -> None:
    """Count the insights' daily sums again from the record. Entries of the ledgers stay as they are."""
    done = 0
    with opened(home) as store, progress("Counting", "decisions") as advance:

        def counted(more: int) -> None:
            nonlocal done
            done += more
            advance(0.0, done)

        number = store.rebuild_insights(counted)
    click.echo(f"Counted {number:,} decisions.")
