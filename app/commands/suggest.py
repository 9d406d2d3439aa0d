"""Candidate policies out of what leaked: suggest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.backtests.told import caught_json, money_words, share_words
from app.commands.backtesting import deals_of, history_options, moment_of, tell
from app.commands.home import rules
from app.commands.progress import progress
from app.commands.surroundings import home_option, json_option
from app.files.rows import Faults
from app.suggesting.suggest import Suggestion, Suggestions, suggest

if TYPE_CHECKING:
    from app.backtests.tallies import Caught
    from app.suggesting.mining import Mined


@click.command("suggest")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write each candidate into this folder.")
@click.option("--most", type=click.IntRange(1, 20), default=5, show_default=True, help="So many candidates at most.")
@history_options
@home_option
@json_option
def suggest_policies(
    out: Path | None,
    most: int,
    quotes: Path | None,
    outcomes: Path | None,
    as_of: datetime | None,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Suggest policies, in shadow, from deals that leaked and that no policy in force finds.

    A candidate is found on the older deals and confirmed on the newer ones. None is ever about a person. Exits 0 when done,
    3 for bad input.
    """
    in_force, faults = rules(home), Faults()
    with deals_of(quotes, outcomes, home, faults) as deals, progress("Searching", "quotes") as advance:
        found = suggest(in_force, deals, now=moment_of(as_of), most=most, faults=faults, advance=advance)
    tell(faults)
    texts = {f"{each.policy_id}.yaml": _with_header(each, found) for each in found.found}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, "utf-8")
    if as_json:
        click.echo(json.dumps(_json(found, texts), indent=2, ensure_ascii=False))
        return
    _show(found)
    if out is not None and texts:
        click.echo(f"\nWritten to {out}. Read them, put those that you want into policies/, and watch them in shadow.")


def _show(found: Suggestions) -> None:
    click.echo(
        f"{found.looked_at:,} deals that somebody looked at and no policy finds, {found.leaked:,} of them leaked; "
        f"{found.caught_already:,} more are found already. {found.tried:,} candidates tried."
    )
    if found.because is not None:
        click.echo(found.because)
    for each in found.found:
        click.secho(f"\n{each.policy_id}", bold=True)
        for line in _header(each, found):
            click.echo(f"  {line}")


def _with_header(suggestion: Suggestion, found: Suggestions) -> str:
    return "".join(f"# {line}\n" for line in _header(suggestion, found)) + suggestion.text


def _header(suggestion: Suggestion, found: Suggestions) -> Iterator[str]:
    """What a person should know before taking it up."""
    mined = suggestion.mined
    yield f"{mined.candidate.title}."
    yield f"Older deals: {_lift(mined.found_counts, mined.found.ratio)}."
    yield f"Newer deals: {_lift(mined.confirmed_counts, mined.confirmed.ratio)}."
    caught = _caught(suggestion, found)
    if caught is None:
        return
    company = None if found.backtest is None else found.backtest.change.after.company
    yield (
        f"Over all deals it touches {caught.deals:,}: leaks {caught.leaked:,}, false alarms {caught.clean:,}, "
        f"unknown {caught.unknown:,}."
    )
    yield f"Share of leaks: {share_words(caught)}."
    yield f"Money that leaked from them: {money_words(caught.money, company)}."


def _lift(counts: tuple[int, int, int, int], ratio: float) -> str:
    leaks, deals, others, rest = counts
    return f"{leaks:,} of {deals:,} leaked, of all others {others:,} of {rest:,}; {ratio:.1f} times as often"


def _caught(suggestion: Suggestion, found: Suggestions) -> Caught | None:
    return None if found.backtest is None else found.backtest.past.policies.get(suggestion.policy_id)


def _json(found: Suggestions, texts: dict[str, str]) -> dict[str, Any]:
    company = None if found.backtest is None else found.backtest.change.after.company
    rows = []
    for each in found.found:
        caught = _caught(each, found)
        rows.append(
            {
                "policy_id": each.policy_id,
                "title": each.mined.candidate.title,
                "older": _lift_json(each.mined, newer=False),
                "newer": _lift_json(each.mined, newer=True),
                "backtest": None if caught is None else caught_json(caught, company),
                "policy": texts[f"{each.policy_id}.yaml"],
            }
        )
    return {
        "looked_at": found.looked_at,
        "leaked": found.leaked,
        "found_already": found.caught_already,
        "tried": found.tried,
        "carried_to_newer": found.carried,
        "because": found.because,
        "suggestions": rows,
    }


def _lift_json(mined: Mined, *, newer: bool) -> dict[str, Any]:
    lift = mined.confirmed if newer else mined.found
    leaks, deals, others, rest = mined.confirmed_counts if newer else mined.found_counts
    return {
        "deals": deals,
        "leaks": leaks,
        "other_deals": rest,
        "other_leaks": others,
        "times_as_often": round(lift.ratio, 3),
        "interval": [round(lift.interval.low, 3), round(lift.interval.high, 3)],
    }
