"""The record of decisions: replay."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from app.chain_checks import keep_check
from app.commands.opened import opened
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option, settings
from app.model_places import Place
from app.models import scorer_of
from app.people.person import system
from app.recording import NotReplayable
from app.replay import replay as replay_decision
from app.rules import RulesRefused
from app.store import Anchor, Store


@click.command()
@click.argument("decision_id", required=False)
@click.option("--verify-chain", is_flag=True, help="Check every record instead: nothing changed, removed or put in.")
@click.option("--anchor", help="LENGTH:HASH kept from an earlier --verify-chain; shows a chain that was made anew.")
@home_option
@json_option
def replay(
    decision_id: str | None, anchor: str | None, home: Path | None, *, verify_chain: bool, as_json: bool
) -> None:
    """Make a recorded decision again and say whether it comes out the same.

    Exits 0 when it does (or the chain is whole), 1 when it does not.
    """
    if verify_chain is (decision_id is not None):
        raise click.UsageError("give a decision's id, or --verify-chain")
    if anchor is not None and not verify_chain:
        raise click.UsageError("--anchor goes with --verify-chain")
    with opened(home) as store:
        if decision_id is None:
            _verify(store, anchor, as_json=as_json)
        else:
            _replay(store, decision_id, settings(home).models, as_json=as_json)


def _replay(store: Store, decision_id: str, models: Place, *, as_json: bool) -> None:
    try:
        found = replay_decision(decision_id, store, lambda version: scorer_of(models, version))
    except (NotReplayable, RulesRefused) as error:
        raise Refused("The decision cannot be made again.", (str(error),)) from None
    if as_json:
        rows = [{"path": d.path, "recorded": d.recorded, "replayed": d.replayed} for d in found.differences]
        click.echo(json.dumps({"decision_id": decision_id, "same": found.same, "differences": rows}, indent=2))
    elif found.same:
        click.secho(f"{decision_id} comes out the same.", fg="green")
    else:
        click.secho(f"{decision_id} comes out otherwise.", fg="red")
        for each in found.differences:
            click.echo(f"{each.path}\n  recorded  {_shown(each.recorded)}\n  now       {_shown(each.replayed)}")
    raise SystemExit(ALLOW if found.same else FLAG)


def _verify(store: Store, anchor: str | None, *, as_json: bool) -> None:
    held = _anchor(anchor) if anchor is not None else None
    with click.progressbar(
        length=1, label="Reading the record", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def progress(checked: int, of: int) -> None:
            bar.length = of
            bar.update(checked - bar.pos)

        report = store.verify_chain(anchor=held, progress=progress)
        progress(bar.length or 0, bar.length or 0)
    keep_check(store, report, system)
    told = {
        "checked": report.checked,
        "whole": report.is_whole,
        "first_bad": report.first_bad,
        "what": report.what,
        "anchor": f"{report.head.length}:{report.head.head}",
    }
    if as_json:
        click.echo(json.dumps(told, indent=2))
    elif report.is_whole:
        click.secho(f"{report.checked} decisions, and the chain is whole.", fg="green")
        click.echo(f"Keep this elsewhere, and give it as --anchor next time: {told['anchor']}")
    else:
        click.secho(f"The chain is broken at record {report.first_bad}: {report.what}", fg="red", bold=True)
    raise SystemExit(ALLOW if report.is_whole else FLAG)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _anchor(text: str) -> Anchor:
    length, _, head = text.partition(":")
    if not length.isdecimal() or not head:
        raise click.BadParameter("an anchor reads LENGTH:HASH, as --verify-chain prints it")
    return Anchor(length=int(length), head=head)
