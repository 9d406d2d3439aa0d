"""The database: db."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import Refused, home_option, settings
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
