"""The monthly review: models review."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from app.commands.opened import opened
from app.commands.surroundings import home_option
from app.reviewing.page import page_of
from app.reviewing.review import review


@click.command("review")
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="The month, such as 2026-10.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write into."
)
@home_option
def review_month(month: datetime, out: Path, home: Path | None) -> None:
    """Write the review of a month, as a page and as JSON.

    What was caught by kind, where false alarms come together, what is new, whether scores were right, which features moved,
    and how flags fall among reps with deals alike. What the record cannot tell yet is said.
    """
    with opened(home) as store:
        found = review(store, date(month.year, month.month, 1))
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"review-{found['month']}"
    stem.with_suffix(".json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    stem.with_suffix(".html").write_text(page_of(found), "utf-8")
    for each in found["missing"]:
        click.secho(each, fg="yellow", err=True)
    click.echo(f"{found['decisions']:,} decisions reviewed: {stem}.html and {stem}.json")
