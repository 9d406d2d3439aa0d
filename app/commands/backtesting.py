"""What other policies would have said: backtest and diff."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from app.backtests.backtest import Backtest, backtest
from app.backtests.change import Kind, change_of
from app.backtests.history import Deals, FiledDeals, StoredDeals
from app.backtests.recipe import Recipe
from app.backtests.told import as_json as backtest_json
from app.commands.backtest_display import show_backtest
from app.commands.home import folder_of
from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import Refused, home_option, json_option, settings
from app.files.rows import Faults
from app.rules import RuleFiles, Rules, RulesRefused, read_home, take_up

Called = TypeVar("Called", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def history_options(command: Called) -> Called:
    """Where the deals are: files, or else what is stored."""
    for option in (
        click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC) that decides what is open."),
        click.option("--outcomes", type=_FILE, help="With --quotes: how deals ended, JSON or JSON Lines."),
        click.option("--quotes", type=_FILE, help="Quotes, JSON or JSON Lines. Default: those that are stored."),
    ):
        command = option(command)
    return command


@contextmanager
def deals_of(quotes: Path | None, outcomes: Path | None, home: Path | None, faults: Faults) -> Iterator[Deals]:
    """The deals that the options name."""
    if quotes is None:
        if outcomes is not None:
            raise click.UsageError("--outcomes goes with --quotes")
        with opened(home) as store:
            yield StoredDeals(store.documents, store.desk)
        return
    yield FiledDeals(quotes, outcomes, settings(home).max_body_bytes, faults)


def moment_of(as_of: datetime | None) -> datetime:
    """The moment of an option that names a day, else now."""
    return as_of.replace(tzinfo=UTC) if as_of is not None else datetime.now(UTC)


@click.command("backtest")
@click.argument("policy_files", nargs=-1, type=_FILE)
@click.option("--without", multiple=True, metavar="POLICY_ID", help="Leave this policy out. May be repeated.")
@click.option(
    "--against", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The rules of another home folder."
)
@history_options
@home_option
@json_option
def backtest_policies(
    policy_files: tuple[Path, ...],
    without: tuple[str, ...],
    against: Path | None,
    quotes: Path | None,
    outcomes: Path | None,
    as_of: datetime | None,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what POLICY_FILES would have done to all deals of the past, and do to open ones, beside the rules in force.

    A file adds its policy, or stands in for the policy of its id. Nothing is taken up. Exits 0 when done, 3 for bad input.
    """
    if not policy_files and not without and against is None:
        raise click.UsageError("Say what to test: policy files, --without POLICY_ID, or --against FOLDER.")
    if against is not None and (policy_files or without):
        raise click.UsageError("--against goes without policy files and without --without")
    before = _taken_up(read_home(folder_of(home)))
    recipe = (
        Recipe.to_rules(before.files, read_home(against))
        if against is not None
        else Recipe.to_files(before.files, _texts(policy_files), without)
    )
    found = _run(before, recipe, quotes, outcomes, moment_of(as_of), home)
    if as_json:
        click.echo(json.dumps(backtest_json(found), indent=2, ensure_ascii=False))
    else:
        show_backtest(found)


@click.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@history_options
@home_option
@json_option
def diff_policies(
    old: Path,
    new: Path,
    quotes: Path | None,
    outcomes: Path | None,
    as_of: datetime | None,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what differs between OLD and NEW, two home folders or two policy files, and what that does to deals.

    Files stand over the rules in force. Exits 0 when done, 3 for bad input.
    """
    if old.is_dir() is not new.is_dir():
        raise click.UsageError("OLD and NEW are two folders or two policy files.")
    before, recipe = _two_folders(old, new) if old.is_dir() else _two_files(old, new, home)
    found = _run(before, recipe, quotes, outcomes, moment_of(as_of), home)
    keys = _keys(found)
    if as_json:
        told = backtest_json(found)
        told["keys"] = keys
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for policy_id, changed in keys.items():
        click.echo(f"{policy_id}: {', '.join(changed)}")
    show_backtest(found)


def _two_folders(old: Path, new: Path) -> tuple[Rules, Recipe]:
    before = _taken_up(read_home(old))
    return before, Recipe.to_rules(before.files, read_home(new))


def _two_files(old: Path, new: Path, home: Path | None) -> tuple[Rules, Recipe]:
    in_force = read_home(folder_of(home))
    before = _taken_up(_over(in_force, _texts((old,))))
    own = set(_taken_up(_over(in_force, _texts((new,)))).policies.policies)
    # The old file's policy goes where the new file's has another id and the rules in force do not have it.
    gone = tuple(sorted(set(before.policies.policies) - own))
    return before, Recipe.to_files(before.files, _texts((new,)), gone)


def _over(base: RuleFiles, files: Mapping[str, str]) -> RuleFiles:
    return RuleFiles(
        policies={**base.policies, **files}, catalog=base.catalog, company=base.company, waivers=base.waivers
    )


def _keys(found: Backtest) -> dict[str, list[str]]:
    """Which parts of each changed policy are not the same."""
    changed = {}
    for each in change_of(found.change.before, found.change.after).differences:
        one, other = each.before, each.after
        if each.kind is not Kind.CHANGED or one is None or other is None:
            continue
        names = ("title", "pattern", "effect", "owner", "approver", "direction", "effective_from", "effective_to")
        parts = [name for name in names if getattr(one, name) != getattr(other, name)]
        texts = (("when", one.when, other.when), ("require", one.require, other.require))
        parts += [name for name, a, b in texts if (a and a.source.text) != (b and b.source.text)]
        changed[each.policy_id] = parts or ["text"]
    return changed


def _run(
    before: Rules, recipe: Recipe, quotes: Path | None, outcomes: Path | None, now: datetime, home: Path | None
) -> Backtest:
    faults = Faults()
    try:
        with deals_of(quotes, outcomes, home, faults) as deals, progress("Judging", "quotes") as advance:
            found = backtest(before, recipe, deals, now=now, faults=faults, advance=advance)
    except RulesRefused as refused:
        raise Refused("The policies cannot be taken up; nothing was tested.", refused.reasons) from None
    tell(faults)
    return found


def tell(faults: Faults) -> None:
    """Say what was left out because it cannot be read; the rest stands."""
    if faults.count:
        click.secho(f"{faults.count:,} faults; what cannot be read is left out:", fg="yellow", err=True)
        for line in faults.lines():
            click.echo(line, err=True)


def _taken_up(texts: RuleFiles) -> Rules:
    try:
        return take_up(texts, tested=False)
    except RulesRefused as refused:
        raise Refused("The rules cannot be taken up.", refused.reasons) from None


def _texts(paths: tuple[Path, ...]) -> dict[str, str]:
    try:
        return {str(path): path.read_text("utf-8") for path in paths}
    except UnicodeDecodeError as error:
        raise Refused("A policy file cannot be read.", (f"it is not UTF-8 text: {error}",)) from None
