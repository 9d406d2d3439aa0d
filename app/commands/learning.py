"""Learning from what turned out: train and evaluate."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.bulk.evaluating import Against, Evaluated, evaluated
from app.commands.card_display import show_card, show_figures
from app.commands.importing import making_of
from app.commands.models import usable_models
from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.scoring import model_of, models_of, readable, rules_of
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option, settings
from app.commands.vendors import vendor_options
from app.files.rows import UnreadableFile
from app.learning.examples import Learnable, Material, learnable, material_in, material_of
from app.learning.files import FromFiles
from app.learning.promoting import Compared
from app.learning.taking_over import alone, is_due, last_trained, taken_up
from policies.domain.company import Thresholds
from scoring.decide import company_limits
from scoring.training.errors import CannotLearn
from scoring.training.train import Trained
from scoring.training.train import train as fitted

if TYPE_CHECKING:
    from app.config import Settings
    from app.rules import Rules
    from scoring.model.registry import Models

path_type = click.Path(exists=True, dir_okay=False, path_type=Path)
_READING = 0.05
_HISTORY = 0.55
_GENTLY = 10
_WORKERS = 2
"""Processes that judge quotes, beside this one, which follows history and takes about as long for each as they do."""


@click.command()
@home_option
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Learn from what was known by this day. Default: now.")
@click.option(
    "--promote", is_flag=True, help="Let the new model score from now on, whether or not it beats the one in force."
)
@click.option("--quotes", type=path_type, help="Learn from this file of quotes, not from what was imported.")
@click.option("--outcomes", type=path_type, help="The outcomes that go with --quotes.")
@click.option("--agreements", type=path_type, help="Agreements that lead from outcomes to quotes, with --quotes.")
@click.option(
    "--if-due",
    "days",
    type=click.FloatRange(min=0, min_open=True, max=3650),
    help="Train only where the newest model is so many days old; a new one that does not win is scored in shadow.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="What decides ties and samples: the same gives the same model.",
)
@click.option(
    "--holdout-months",
    type=click.IntRange(1, 60),
    help="Try the model on the deals of the last so many months. Default: the newest quarter of the known outcomes.",
)
@click.option("--by", default="train", show_default=True, help="Who promotes, for the log.")
@json_option
def train(
    home: Path | None,
    as_of: datetime | None,
    quotes: Path | None,
    outcomes: Path | None,
    agreements: Path | None,
    days: float | None,
    seed: int,
    holdout_months: int | None,
    by: str,
    *,
    promote: bool,
    as_json: bool,
) -> None:
    """Learn from quotes and what turned out of them, and say what that is worth.

    The newest deals are held out; the figures are of those. The model is written beside the others and takes the place of the
    one in force only where it beats it on deals that it was not fitted to, or where there is none yet. Exits 0 where the new
    model is in force, 1 where another stays, 3 where there is too little to learn from; with --if-due also 0 where nothing is due.
    """
    if (quotes is None) != (outcomes is None):
        raise click.UsageError("--quotes and --outcomes go together")
    told, moment = settings(home), datetime.now(UTC) if as_of is None else as_of.replace(tzinfo=UTC)
    shadow = days is not None
    asked = _Asked(
        home=home,
        as_of=moment,
        seed=seed,
        holdout_months=holdout_months,
        by=by,
        promote=promote,
        shadow=shadow,
        as_json=as_json,
    )
    given = _Given(quotes=quotes, outcomes=outcomes, agreements=agreements)
    with usable_models():
        raise SystemExit(_learn(asked, told, given) if days is None else _learn_if_due(asked, told, given, days))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How to train and what to do with the model."""

    home: Path | None
    as_of: datetime
    seed: int
    holdout_months: int | None
    by: str
    promote: bool
    shadow: bool
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """Files to learn from; without any, the record."""

    quotes: Path | None
    outcomes: Path | None
    agreements: Path | None


def _learn_if_due(asked: _Asked, told: Settings, given: _Given, days: float) -> int:
    models = models_of(told)
    os.nice(_GENTLY)  # nobody waits for what is done by a schedule
    with alone(models) as is_free:
        # Looked at once the folder is ours: another's training may just have come to its end.
        if is_free and is_due(models, timedelta(days=days), asked.as_of):
            return _learn(asked, told, given)
        _tell_not_due(models, is_free=is_free, as_json=asked.as_json)
        return ALLOW


def _learn(asked: _Asked, told: Settings, given: _Given) -> int:
    """Train, keep the model, say what came of it; the exit code."""
    rules, models = rules_of(told), models_of(told)
    models.champion()  # Asked before the long work: where that cannot be answered, nothing could be put in force.
    with progress("Learning", "") as advance:

        def step(_: str, share: float) -> None:
            advance(share, 0)

        found = _material(told, asked, given)
        step("reading", _READING)
        learned = learnable(
            found,
            rules,
            asked.as_of,
            workers=_WORKERS,
            progress=lambda what, share: step(what, _READING + share * _HISTORY),
        )
        fitting = _READING + _HISTORY
        made = _trained(learned, rules, asked, lambda what, share: step(what, fitting + share * (1 - fitting)))
    version, compared = taken_up(made, learned, models, by=asked.by, promote=asked.promote, shadow=asked.shadow)
    in_force = models.champion() == version
    if asked.as_json:
        click.echo(json.dumps(_document(version, made, learned, compared, in_force=in_force), indent=2))
    else:
        show_card(made.card, learned)
        _tell_promotion(version, compared, in_force=in_force, forced=asked.promote)
    return ALLOW if in_force else FLAG


def _tell_not_due(models: Models, *, is_free: bool, as_json: bool) -> None:
    last = last_trained(models)
    stated = None if last is None else last.isoformat()
    because = f"the newest model is of {stated}" if is_free else "another training is under way"
    if as_json:
        click.echo(json.dumps({"trained": False, "because": because, "last_trained": stated}))
    else:
        click.echo(f"Nothing is trained: {because}.")


def _material(told: Settings, asked: _Asked, given: _Given) -> Material:
    if given.quotes is None or given.outcomes is None:
        with opened(asked.home) as store:
            return material_in(store, asked.as_of)
    reading = FromFiles(max_bytes=told.max_body_bytes)
    try:
        signed = () if given.agreements is None else reading.documents(given.agreements, "agreements")
        quotes, outcomes = reading.documents(given.quotes, "quotes"), reading.documents(given.outcomes, "outcomes")
        found = material_of(quotes, outcomes, signed, asked.as_of)
    except UnreadableFile as error:
        raise Refused(f"{error.path} cannot be read.", tuple(f"  {each}" for each in error.reasons)) from None
    if reading.refused:
        click.echo(f"{reading.refused:,} rows were refused:", err=True)
        click.echo("\n".join(reading.told), err=True)
    return found


def _trained(learned: Learnable, rules: Rules, asked: _Asked, step: Callable[[str, float], None]) -> Trained:
    """The model. Raises `Refused` where there is too little to learn from."""
    thresholds = Thresholds() if rules.company is None else rules.company.thresholds
    try:
        return fitted(
            learned.examples,
            learned.history,
            asked.as_of,
            data_digest=learned.data_digest,
            progress=step,
            seed=asked.seed,
            holdout_months=asked.holdout_months,
            unmatched=learned.joined.unknown,
            minimum_outcomes=thresholds.minimum_outcomes,
            tiers=tuple(company_limits(rules.company).items()),
        )
    except CannotLearn as cannot:
        reasons = (*cannot.reasons, *learned.notes, "until then quotes get a risk index, which is no learned number")
        raise Refused("There is too little to learn from.", tuple(f"  {each}" for each in reasons)) from None


def _tell_promotion(version: str, compared: Compared | None, *, in_force: bool, forced: bool) -> None:
    click.echo()
    if compared is not None:
        click.echo(f"Against the model in force: {compared.because}.")
    if in_force:
        why = "it is the first" if compared is None else "it won" if compared.wins else "as asked for" if forced else ""
        click.secho(f"In force now: {version} ({why})", fg="green", bold=True)
    else:
        click.secho(f"Written, not in force: {version}", bold=True)
        click.echo(f"To let it score all the same: quoteguard models promote {version} --why ...")


def _document(
    version: str, made: Trained, learned: Learnable, compared: Compared | None, *, in_force: bool
) -> dict[str, Any]:
    against = None
    if compared is not None:
        against = {
            "wins": compared.wins,
            "because": compared.because,
            "better_by": compared.better_by,
            "standard_error": compared.standard_error,
            "new": compared.new,
            "in_force": compared.old,
        }
    return {
        "version": version,
        "in_force": in_force,
        "compared": against,
        "notes": list(learned.notes),
        "stored_vectors": learned.stored,
        "card": made.card,
    }


@click.command()
@click.argument("file", type=path_type)
@home_option
@click.option(
    "--outcomes", type=path_type, help="The outcomes, where the quotes do not say themselves whether they leaked."
)
@click.option(
    "--agreements", type=path_type, help="Agreements: they lead from outcomes to quotes, and say which were signed."
)
@click.option("--model", "version", help="Evaluate this version, not the one in force.")
@vendor_options
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="How many processes score.")
@json_option
def evaluate(
    file: Path,
    home: Path | None,
    outcomes: Path | None,
    agreements: Path | None,
    version: str | None,
    connector: str | None,
    mapping: Path | None,
    settings_of_connector: tuple[str, ...],
    workers: int,
    *,
    as_json: bool,
) -> None:
    """Score labelled quotes with the model in force, and say how right it was.

    FILE is JSON Lines, CSV or Parquet of quotes, read as `import quotes` reads them, another system's by --connector or --mapping.
    Each has `leaked` beside its fields or an `outcome` that has it, or an outcome by the mapping; or --outcomes has them. Each quote
    is judged as of the day it was made. Known deals are weighed for how they came to be known, as in training, where the labels say
    so. Exits 0, 1 where rows were refused, 3 where nothing could be evaluated.
    """
    told = settings(home)
    model = model_of(told, version)
    if model is None:
        raise Refused(
            "No model is in force.", ("  `quoteguard train` makes one, and says what is missing where it cannot",)
        )
    reading = FromFiles(max_bytes=told.max_body_bytes)
    opened_file, making = readable(file, told, making_of("quotes", connector, mapping, settings_of_connector))
    try:
        against = Against(
            opened=opened_file,
            making=making,
            outcomes=None if outcomes is None else reading.documents(outcomes, "outcomes"),
            agreements=() if agreements is None else reading.documents(agreements, "agreements"),
            workers=workers,
        )
        with progress("Evaluating", "quotes") as advance:
            found = evaluated(against, rules_of(told), model, advance)
    except UnreadableFile as error:
        raise Refused(f"{error.path} cannot be evaluated.", tuple(f"  {each}" for each in error.reasons)) from None
    if not found.figures.get("deals"):
        raise Refused("Nothing can be evaluated.", ("  no quote says whether it leaked: give --outcomes", *found.told))
    if as_json:
        click.echo(json.dumps({"model": model.version, **found.as_json()}, indent=2))
    else:
        _show_evaluated(found, model.version)
    raise SystemExit(FLAG if found.refused else ALLOW)


def _show_evaluated(found: Evaluated, version: str) -> None:
    click.echo(f"{version}: {found.quotes:,} quotes, of which {found.figures['deals']:,} have a label")
    for note in found.notes:
        click.secho(note, fg="yellow")
    show_figures(found.figures)
    if found.refused:
        click.secho(f"{found.refused:,} rows refused:", fg="red", err=True)
    for line in found.told:
        click.echo(line, err=True)
