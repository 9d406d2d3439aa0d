"""The watch from the command line: over everything that is stored, or over files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.home import rules
from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option, settings
from app.files.records import records
from app.files.rows import USAGE, Faults
from app.watching import note, today, watch_all, watch_one
from cpq_hooks.canonical import dump_watched, load_agreement, load_billing_configuration, load_usage
from policies.domain.money import format_amount
from policies.watching.watch import watch as watch_agreement

if TYPE_CHECKING:
    from app.store import Store
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.company import Company
    from policies.watching.alert import Alert, Watched

_MOST_REASONS = 20
path_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Watch as of this day. Default: today.")
@click.option("--agreement-id", help="Only this agreement.")
@click.option("--agreement", type=path_type, help="Watch the agreements of this file, and nothing that is stored.")
@click.option("--billing", type=path_type, help="With --agreement: the billing configurations that bill them.")
@click.option("--usage", type=path_type, help="With --agreement: usage records, as `audit` takes them.")
@home_option
@json_option
def watch(
    as_of: datetime | None,
    agreement_id: str | None,
    agreement: Path | None,
    billing: Path | None,
    usage: Path | None,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what is about to leak from agreements in force, while there is time.

    Over what is stored, alerts are kept once each, so that new ones can be sent; as of another day than today, and over
    files, nothing is kept. Exits 0 where there is no alert, 1 where there is one, 3 for bad input.
    """
    if agreement is None and (billing is not None or usage is not None):
        raise click.UsageError("--billing and --usage go with --agreement")
    company = rules(home).company
    now = today(datetime.now(UTC), company)
    day = now if as_of is None else as_of.date()
    if agreement is not None:
        _show(_of_files(agreement, billing, usage, agreement_id, day, company), as_json=as_json)
        return
    with opened(home) as store:
        _show(_of_store(store, agreement_id, day, company, keeps=day == now), as_json=as_json)


def _of_store(
    store: Store, agreement_id: str | None, day: date, company: Company | None, *, keeps: bool
) -> Iterator[tuple[Watched, frozenset[str]]]:
    """What is said of each stored agreement, and which of its alerts are new."""
    if agreement_id is None:
        watched: Iterable[Watched] = watch_all(store.documents, day, company)
    else:
        one = watch_one(store.documents, agreement_id, day, company)
        if one is None:
            raise Refused(f"There is no agreement {agreement_id}.")
        watched = (one,)
    for each in watched:
        yield each, frozenset(note(each, store.alerts).new) if keeps else frozenset()


def _of_files(
    agreement: Path, billing: Path | None, usage: Path | None, wanted: str | None, day: date, company: Company | None
) -> list[tuple[Watched, frozenset[str]]]:
    """What is said of the agreements of a file."""
    faults, limit = Faults(), settings().max_body_bytes
    agreements: list[Agreement] = list(records(agreement, load_agreement, faults, max_bytes=limit))
    agreements = [each for each in agreements if wanted in (None, each.agreement_id)]
    if not agreements and not faults.count:
        faults.add("--agreement", "the file has no such agreement")
    configurations: list[BillingConfiguration] = []
    if billing is not None:
        configurations = list(records(billing, load_billing_configuration, faults, max_bytes=limit))
    used: list[Any] = []
    if usage is not None:
        with progress("Reading usage", "records") as advance:
            used = list(records(usage, load_usage, faults, max_bytes=limit, table=USAGE, advance=advance))
    if faults.count:
        raise Refused(f"The files have {faults.count:,} problem{'s' if faults.count != 1 else ''}.", faults.lines())
    return [
        (watch_agreement(each, _billing_of(each, configurations), used, day, company=company), frozenset())
        for each in agreements
    ]


def _billing_of(agreement: Agreement, configurations: list[BillingConfiguration]) -> BillingConfiguration | None:
    """The last configuration that names the agreement or its quote."""
    named = [
        each
        for each in configurations
        if each.agreement_id == agreement.agreement_id
        or (each.agreement_id is None and each.quote_id is not None and each.quote_id == agreement.quote_id)
    ]
    return named[-1] if named else None


# ------------------------------------------------------------------------------------------------ display


def _show(found: Iterable[tuple[Watched, frozenset[str]]], *, as_json: bool) -> None:
    """Each agreement as it is looked at; what there is to say at the end, and the exit code."""
    agreements = alerts = 0
    untold: dict[str, None] = {}
    documents = []
    for watched, new in found:
        agreements, alerts = agreements + 1, alerts + len(watched.alerts)
        if as_json:
            if watched.alerts or watched.not_assessed:
                documents.append(dump_watched(watched))
            continue
        for alert in watched.alerts:
            _show_alert(alert, is_new=alert.alert_id in new)
        untold |= {f"{watched.agreement_id}: {each.because}": None for each in watched.not_assessed}
    if as_json:
        click.echo(json.dumps({"agreements": documents, "alerts": alerts}, indent=2, ensure_ascii=False))
    else:
        _show_end(agreements, alerts, list(untold))
    raise SystemExit(FLAG if alerts else ALLOW)


def _show_alert(alert: Alert, *, is_new: bool) -> None:
    finding = alert.finding
    amount = finding.amount_at_risk
    money = (
        None if amount is None else amount.remaining_term if amount.remaining_term is not None else amount.per_period
    )
    told = "" if money is None or amount is None else f"  {format_amount(Decimal(money), amount.currency)}"
    title = f"by {alert.due_on}  {alert.agreement_id}  {finding.direction.upper()}  {finding.pattern}  {finding.policy_id}{told}"
    click.secho(_plain(title + ("  new" if is_new else "")), bold=True)
    click.echo(_plain(f"  {finding.message}"))
    if amount is not None and amount.assumptions:
        click.echo(_plain(f"  Assuming: {'; '.join(amount.assumptions)}"))
    if finding.remedy is not None:
        click.echo(_plain(f"  What to do ({finding.owner}): {finding.remedy.text}\n"))


def _show_end(agreements: int, alerts: int, untold: list[str]) -> None:
    click.secho(
        f"{alerts:,} alert{'s' if alerts != 1 else ''} on {agreements:,} agreement{'s' if agreements != 1 else ''}.",
        bold=True,
    )
    if untold:
        click.echo("\nNot assessed, so neither well nor not:")
        for each in untold[:_MOST_REASONS]:
            click.echo(_plain(f"  {each}"))
        if len(untold) > _MOST_REASONS:
            click.echo(f"  and {len(untold) - _MOST_REASONS:,} more; --json has all of them")


def _plain(text: str) -> str:
    """Without what would steer the terminal: names come from whoever sent the documents."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
