"""What a training found, for a person: what was learned from, what is served and why, and the figures of deals held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.learning.examples import Learnable


def show_card(card: Mapping[str, Any], learned: Learnable) -> None:
    """The card of a model in short."""
    labels = card["labels"]
    click.secho(
        f"Learned from {labels['known']:,} deals of known outcome, {labels['leaks']:,} of which leaked", bold=True
    )
    click.echo(f"  {len(learned.examples):,} quotes in all, {labels['could_leak']:,} of which could leak;")
    click.echo(f"  features of {learned.stored:,} as they stood with a decision, of the others computed again")
    for name, each in labels["sources"].items():
        click.echo(f"  {name}: {each['leaked']:,} leaked, {each['clean']:,} clean ({each['role']})")
    click.echo(f"  {labels['note']}")
    for note in learned.notes:
        click.secho(f"  {note}", fg="yellow")
    if card["simulated"]:
        click.secho("  the records are simulated", fg="yellow")
    click.echo(f"  tiers: {', '.join(f'{name} from {share:.0%}' for name, share in card['limits'].items())}")
    click.echo()
    click.secho(f"Served: {card['served']}", bold=True)
    click.echo(f"  {card['because']}")
    click.echo(f"  held out: {card['held_out_by']}")
    _ways(card["ways"])
    if card["newest"].get("deals"):
        click.echo()
        click.secho(f"On the last {card['newest']['deals']:,} deals of known outcome held out", bold=True)
        show_figures(card["newest"])


def _ways(ways: Mapping[str, Any]) -> None:
    if not ways:
        return
    click.echo(f"  {'way':<18}{'log loss':>10}{'worse by':>10}{'std. error':>12}")
    for name, each in ways.items():
        click.echo(f"  {name:<18}{each['loss']:>10.4f}{each['worse_by']:>10.4f}{each['standard_error']:>12.4f}")


def show_figures(figures: Mapping[str, Any]) -> None:
    """The figures of an evaluation, and its tiers."""
    said = (
        ("leaked", "rate"),
        ("mean probability", "mean_probability"),
        ("average precision", "average_precision"),
        ("area under ROC", "auc"),
        ("Brier score", "brier"),
        ("calibration error", "calibration_error"),
        ("leaked money in the top tenth", "money_in_top_tenth"),
    )
    for label, name in said:
        value = figures.get(name)
        if value is not None:
            click.echo(f"  {label:<32}{value:>8.4f}")
    click.echo(f"  {'tier':<10}{'from':>6}{'deals':>10}{'precision':>11}   95 % interval")
    for tier in figures.get("tiers", ()):
        click.echo(f"  {tier['name']:<10}{tier['from_probability']:>6.2f}{tier['n']:>10,.0f}{_precision(tier)}")


def _precision(tier: Mapping[str, Any]) -> str:
    if tier["precision"] is None:
        return f"{'-':>11}   not measured"
    interval = "" if tier["low"] is None else f"   {tier['low']:.2f} to {tier['high']:.2f}"
    return f"{tier['precision']:>11.2f}{interval}{'' if tier['bears_name'] else '   does not bear its name: demoted'}"
