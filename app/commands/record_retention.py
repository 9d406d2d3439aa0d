"""The record's documents that are not kept for good: record retention."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.home import rules
from app.commands.opened import opened
from app.commands.surroundings import home_option, json_option, settings
from app.retention import by_command, sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.retention import KindSwept


@click.group()
def record() -> None:
    """The record."""


@record.command("retention")
@click.option("--apply/--dry-run", "is_applied", default=None, help="Erase what is found, or say what would be.")
@home_option
@json_option
def retention(home: Path | None, *, is_applied: bool | None, as_json: bool) -> None:
    """Find documents that are over the days that company.yaml keeps them for, and erase them unless something needs them.

    A running server does so once a day; this is for a look beforehand, or for a scheduler of your own. Decisions are never erased.
    """
    if is_applied is None:
        raise click.UsageError("give --dry-run to see what would be erased, or --apply to erase it")
    company, told = rules(home).company, settings(home)
    with opened(home) as store:
        swept = sweep(store, company, datetime.now(UTC), by_command, apply=is_applied)
        refused = (
            store.refused.purge(told.refused_retention) if is_applied else store.refused.older(told.refused_retention)
        )
    days = told.refused_retention.days
    if as_json:
        rows = [asdict(each) for each in swept]
        rows.append({"kind": "refused_request", "days": days, "erased": refused, "kept": {}})
        click.echo(json.dumps({"applied": is_applied, "kinds": rows}, indent=2))
        return
    _show(swept, is_applied=is_applied)
    _tell("refused request", refused, days, is_applied=is_applied)


def _show(swept: Sequence[KindSwept], *, is_applied: bool) -> None:
    if not swept:
        click.echo("company.yaml names no days for any kind of document (retention), so that all are kept.")
    for each in swept:
        _tell(f"{each.kind.replace('_', ' ')} version", each.erased, each.days, is_applied=is_applied)
        for reason, number in sorted(each.kept.items()):
            click.echo(f"  kept {number:,}: {reason}")


def _tell(name: str, number: int, days: int, *, is_applied: bool) -> None:
    verb = "Erased" if is_applied else "Would erase"
    click.echo(f"{verb} {_counted(number, name)} of more than {_counted(days, 'day')}.")


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
