"""The first-invoice gate from the command line: what is held, and what has become urgent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.home import rules
from app.commands.opened import opened
from app.commands.surroundings import ALLOW, FLAG, home_option, json_option
from app.holding import escalate_holds, hold_document
from app.store import HoldFilter
from policies.domain.money import format_amount
from policies.holding import HoldState

if TYPE_CHECKING:
    from app.store import Store
    from policies.holding import Hold

_STANDING = tuple(state for state in HoldState if state.holds)
_AT_A_TIME = 500


@click.group()
def holds() -> None:
    """Billing configurations that wait with their first invoice."""


@holds.command("list")
@click.option("--all", "shows_all", is_flag=True, help="Those that were released, or never held, as well.")
@home_option
@json_option
def list_holds(home: Path | None, *, shows_all: bool, as_json: bool) -> None:
    """List what is held, the nearest first invoice first.

    Exits 0 where nothing is held, 1 where something is.
    """
    with opened(home) as store:
        found = list(_all(store, () if shows_all else _STANDING))
    _show(found, as_json=as_json)
    raise SystemExit(FLAG if any(each.state.holds for each in found) else ALLOW)


@holds.command("escalate")
@home_option
@json_option
def escalate(home: Path | None, *, as_json: bool) -> None:
    """Escalate what is held while its first invoice comes near, and say what is overdue.

    A running server does so about once an hour; this is for a scheduler of your own. Exits 0 where nothing had to be
    escalated, 1 where something was.
    """
    company = rules(home).company
    with opened(home) as store:
        changed = list(escalate_holds(store.holds, company, datetime.now(UTC)))
    _show(changed, as_json=as_json)
    raise SystemExit(FLAG if changed else ALLOW)


def _all(store: Store, states: tuple[HoldState, ...]) -> Iterator[Hold]:
    page = None
    while True:
        found = store.holds.page(HoldFilter(states=states), limit=_AT_A_TIME, page=page)
        yield from found.holds
        page = found.next_page
        if page is None:
            return


def _show(found: Iterable[Hold], *, as_json: bool) -> None:
    listed = list(found)
    if as_json:
        click.echo(json.dumps({"holds": [hold_document(each) for each in listed]}, indent=2, ensure_ascii=False))
        return
    for each in listed:
        _show_one(each)
    click.secho(f"{len(listed):,} billing configuration{'s' if len(listed) != 1 else ''}.", bold=True)


def _show_one(hold: Hold) -> None:
    state = "OVERDUE" if hold.is_overdue and hold.state.holds else hold.state.value.upper()
    first = "first invoice unknown" if hold.first_invoice_date is None else f"first invoice {hold.first_invoice_date}"
    money = "" if hold.at_risk_under is None else f"  {format_amount(hold.at_risk_under, hold.currency)} at risk"
    click.secho(_plain(f"{state}  {hold.billing_configuration_id}  {first}{money}  ({hold.decision_id})"), bold=True)
    for reason in hold.reasons:
        click.echo(_plain(f"  {reason.policy_id}: {reason.message}"))
    if hold.released_by is not None:
        click.echo(_plain(f"  released by {hold.released_by}: {hold.released_why}"))


def _plain(text: str) -> str:
    """Without what would steer the terminal: names come from whoever sent the documents."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
