"""A backtest as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import click

from app.backtests.told import money_words, share_words
from policies.domain.money import format_amount, round_to_currency

if TYPE_CHECKING:
    from app.backtests.backtest import Backtest
    from app.backtests.judging import Touched
    from app.backtests.tallies import Caught, Part
    from policies.domain.company import Company

MOST_FLIPS: Final = 20
MOST_REPS: Final = 10


def show_backtest(found: Backtest) -> None:
    """What the change is, what it would have done, and what it does to the open pipeline."""
    company = found.change.after.company
    if found.change.after.simulated:
        click.echo("By the tables of a simulated company.")
    for each in found.change.differences:
        before = "" if each.before is None else each.before.effect.value
        after = "" if each.after is None else each.after.effect.value
        effects = f" ({' -> '.join(filter(None, (before, after)))})" if before != after else f" ({after})"
        click.secho(f"{each.kind.value:<8} {each.policy_id}{effects}: {plainly(each.title)}", bold=True)
    if not found.change.differences and found.change.same_tables:
        click.echo("The rules are the same: there is nothing to test.")
        return
    if not found.change.on_quotes and found.change.same_tables:
        click.echo("What differs judges billing set-ups, of which a history of quotes says nothing.")
        return
    if not found.change.same_tables:
        click.echo("Tables differ as well, so every policy was judged on both sides.")
    _show_part("Deals of the past", found.past, company)
    _show_part("Open pipeline", found.open, company)
    for count, words in (
        (found.unmatched, "outcomes are of quotes that are not here"),
        (found.repeated, "quotes came more than once: the last one counts"),
    ):
        if count:
            click.echo(f"{count:,} {words}.")


def plainly(text: str) -> str:
    """Text of others without what a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _show_part(title: str, part: Part, company: Company | None) -> None:
    known = f", {part.leaked:,} known to have leaked, {part.clean:,} known to be clean" if title[0] == "D" else ""
    click.echo(f"\n{title}: {part.deals:,}{known}")
    if not part.touched:
        click.echo("  None of them is touched.")
        return
    click.echo(f"  touched: {len(part.touched):,}")
    for (before, after), count in sorted(part.flips.items()):
        click.echo(f"  {before} -> {after}: {count:,}")
    for words, caught in (("Newly found", part.gained), ("No longer found", part.lost)):
        _show_caught(words, caught, company, past=title[0] == "D")
    _show_reps(part)
    _show_flips(part.flipped)


def _show_caught(words: str, caught: Caught, company: Company | None, *, past: bool) -> None:
    if not caught.deals:
        return
    click.echo(f"  {words}: {caught.deals:,} deals")
    if past:
        click.echo(f"    leaks {caught.leaked:,}, false alarms {caught.clean:,}, unknown {caught.unknown:,}")
        click.echo(f"    share of leaks: {share_words(caught)}")
        click.echo(f"    money that leaked from them: {money_words(caught.money, company)}")
        if caught.unpriced:
            click.echo(f"    of {caught.unpriced:,} leaks no amount is known")
    if caught.at_risk:
        click.echo(f"    at risk as the policy says: {money_words(caught.at_risk, company)}")


def _show_reps(part: Part) -> None:
    flipped = [(rep, each) for rep, each in part.reps.items() if each.stricter or each.milder]
    if not flipped:
        return
    click.echo("  Whose quotes get another verdict:")
    for rep, each in sorted(flipped, key=lambda pair: (-pair[1].stricter - pair[1].milder, pair[0]))[:MOST_REPS]:
        told = [f"{each.stricter:,} stricter"] if each.stricter else []
        told += [f"{each.milder:,} milder"] if each.milder else []
        click.echo(f"    {plainly(rep) or 'no rep stated'}: {', '.join(told)}")
    _show_more(len(flipped) - MOST_REPS, "reps")


def _show_flips(flipped: Sequence[Touched]) -> None:
    if not flipped:
        return
    click.echo("  Deals that get another verdict, the largest first in each currency:")
    for each in sorted(flipped, key=lambda deal: (deal.currency, -(deal.amount or 0), deal.quote_id))[:MOST_FLIPS]:
        worth = "" if each.amount is None else f", {amount_words(each.amount, each.currency)}"
        who = plainly(f"{each.quote_id}, {each.account or each.account_id or 'no account'}, {each.rep_id or 'no rep'}")
        consented = f", consented to: {', '.join(each.consented)}" if each.consented else ""
        click.echo(f"    {each.before.value} -> {each.after.value}  {who}{worth}{plainly(consented)}")
    _show_more(len(flipped) - MOST_FLIPS, "deals; --json lists them all")


def _show_more(count: int, words: str) -> None:
    if count > 0:
        click.echo(f"    and {count:,} more {words}")


def amount_words(amount: Decimal, currency: str) -> str:
    """An amount in whole cents."""
    return format_amount(round_to_currency(amount, currency), currency)
