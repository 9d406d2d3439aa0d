"""Scoring files in bulk: score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from app.bulk.scoring import Answered, Model, Scoring
from app.bulk.writing import FORMS, written
from app.commands.importing import check_columns, making_of
from app.commands.progress import progress
from app.commands.surroundings import ALLOW, BAD_INPUT, FLAG, Refused, home_option, settings
from app.commands.vendors import vendor_options
from app.files.rows import UnreadableFile
from app.importing.importing import joined_by
from app.importing.kinds import KINDS
from app.importing.making import Making
from app.importing.reading import Form, Opened, Portion, open_file
from app.learning.judging import RuleTexts
from app.models import models_at
from app.portions import worked
from app.rules import Rules, RulesRefused, read_home, take_up
from scoring.model.errors import LibraryUnavailable, ModelRefused, NoSuchVersion
from scoring.model.registry import Models

if TYPE_CHECKING:
    from app.config import Settings

FEW_BYTES = 2_000_000
"""A file up to this size is scored in this process: starting others would take longer."""
_TOLD = 10
_INSTEAD = (
    "`quoteguard models list` shows the others: --model VERSION takes one of them, `models rollback` the one before"
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the scores go: .jsonl, .csv or .parquet.",
)
@home_option
@click.option("--model", "version", help="Score with this version, not with the one in force.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judge the quotes as of this day. Default: now.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows are written. Default: beside --out.",
)
@vendor_options
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="How many processes score.")
def score(
    file: Path,
    out: Path,
    home: Path | None,
    version: str | None,
    as_of: datetime | None,
    refused: Path | None,
    connector: str | None,
    mapping: Path | None,
    settings_of_connector: tuple[str, ...],
    workers: int,
) -> None:
    """Score quotes in bulk: JSON Lines, CSV or Parquet in, one row a quote out, in the same order.

    Columns are read as `import quotes` reads them, another system's by --connector or --mapping.

    A row has quote_id, score, tier, expected_leakage, verdict and top_reasons. The verdict is that of policies and risk together;
    nothing is recorded. Exits 0, 1 where rows were refused, 3 where nothing could be scored.
    """
    if out.suffix.lower() not in FORMS:
        raise click.UsageError(f"--out {out}: the name ends in .jsonl, .csv or .parquet")
    told = settings(home)
    model = model_of(told, version)
    if model is None:
        click.echo("No model is in force: verdicts rest on the policies alone, and no quote has a score.", err=True)
    now = datetime.now(UTC)
    moment = now if as_of is None else as_of.replace(tzinfo=UTC)
    opened, making = readable(file, told, making_of("quotes", connector, mapping, settings_of_connector))
    texts = RuleTexts.of(rules_of(told))
    scoring = Scoring(texts=texts, form=opened.form, making=making, model=model, as_of=moment, now=now)
    beside = refused or out.with_name(f"{out.stem}.refused.jsonl")
    done, wrong = _written(opened, out, beside, scoring, workers)
    click.echo(f"{done:,} quotes scored into {out}")
    if wrong:
        click.secho(f"{wrong:,} rows refused: {beside}", fg="red", bold=True)
    raise SystemExit(ALLOW if not wrong else FLAG if done else BAD_INPUT)


def _written(opened: Opened, out: Path, beside: Path, scoring: Scoring, workers: int) -> tuple[int, int]:
    """Score a file into another; how many rows were scored, and how many refused."""
    few = opened.path.stat().st_size <= FEW_BYTES
    done = wrong = 0
    try:
        with (
            written(out) as writer,
            beside.open("w", encoding="utf-8") as file,
            progress("Scoring", "quotes") as advance,
        ):
            for answered in worked(scoring, portions_of(opened, scoring.making), 0 if few else workers):
                writer.write(answered.rows)
                write_refused(file, opened.path, answered, told=wrong)
                done, wrong = done + len(answered.rows), wrong + len(answered.refused)
                advance(answered.share, done)
    except UnreadableFile as error:
        raise Refused(f"{opened.path} cannot be scored.", tuple(f"  {each}" for each in error.reasons)) from None
    if not wrong:
        beside.unlink()
    return done, wrong


def write_refused(file: IO[str], source: Path, answered: Answered, *, told: int) -> None:
    """Write what was refused, each row as a line of JSON, and tell the first ones."""
    for number, each in enumerate(answered.refused, start=told):
        line = {"file": str(source), "line": each.place, "reasons": each.reasons, "row": each.row}
        file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        if number < _TOLD:
            click.echo(f"  {source}:{each.place}: {'; '.join(each.reasons[:3])}", err=True)


def readable(path: Path, told: Settings, making: Making) -> tuple[Opened, Making | None]:
    """The file, opened, and how its rows become quotes: None for canonical documents. Raises `Refused`."""
    try:
        opened = open_file(path, max_bytes=told.max_body_bytes)
        check_columns(opened, KINDS["quotes"], making)
    except UnreadableFile as error:
        raise Refused(f"{path} cannot be read.", tuple(f"  {each}" for each in error.reasons)) from None
    is_plain = opened.form is not Form.CELLS and making.mapping is None and making.connection is None
    return opened, None if is_plain else replace(making, form=opened.form)


def portions_of(opened: Opened, making: Making | None) -> Iterator[Portion]:
    """The portions of a file; rows that are lines of one quote come together."""
    return opened.portions(joined_by=None if making is None else joined_by(opened, making))


def rules_of(told: Settings) -> Rules:
    """The rules of the home folder. Raises `Refused`."""
    try:
        return take_up(read_home(told.home), tested=False)
    except RulesRefused as error:
        raise Refused("The policies cannot be taken up.", error.reasons) from None


def models_of(told: Settings) -> Models:
    """The company's models."""
    return models_at(told.models)


def model_of(told: Settings, version: str | None) -> Model | None:
    """The model that is asked for, else the one in force; None where there is none. Raises `Refused` for one that cannot serve."""
    models = models_of(told)
    try:
        chosen = version or models.champion()
        if chosen is None:
            return None
        # The processes that score read the copy that lies here.
        found = Model(folder=models.here(chosen).parent, version=chosen)
        found.scorer()
    except (ModelRefused, NoSuchVersion, LibraryUnavailable) as error:
        reasons = error.reasons if isinstance(error, ModelRefused) else (str(error),)
        raise Refused("The model cannot be used.", tuple(f"  {each}" for each in (*reasons, _INSTEAD))) from None
    return found
