"""Auditing files without a server: what an agreement should have billed, beside what was billed."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from app.commands.audit_display import show_report
from app.commands.audit_outcomes import write_outcomes
from app.commands.progress import progress
from app.commands.surroundings import ALLOW, FLAG, Refused, json_option, settings
from app.files.records import records
from app.files.rows import USAGE, Faults
from cpq_hooks.canonical import dump_audit_report, load_agreement, load_invoice, load_usage
from policies.auditing.audit import audit as audit_agreement
from policies.auditing.report import AuditReport
from policies.domain.agreement import Agreement

path_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--agreement", type=path_type, required=True, help="The agreement: JSON, or JSON Lines with one of this id."
)
@click.option(
    "--usage",
    type=path_type,
    help="Usage records: JSON Lines, Parquet or CSV (read as a stream), a JSON list or one object.",
)
@click.option("--invoices", type=path_type, help="Invoices: JSON Lines, a JSON list or one object.")
@click.option("--agreement-id", help="Which agreement, where the file has several.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Expect what should have been invoiced by this day. Default: as far as usage and invoices go.",
)
@click.option(
    "--confirm",
    multiple=True,
    metavar="FINDING_ID[=AMOUNT]",
    help="A finding that is right, and how much of it was recovered, if any; `all` confirms each. Goes to --outcomes.",
)
@click.option("--dismiss", multiple=True, metavar="FINDING_ID", help="A finding that is wrong. Goes to --outcomes.")
@click.option(
    "--outcomes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where confirmed and dismissed findings are written, as JSON Lines for POST /v1/outcomes.",
)
@json_option
def audit(
    agreement: Path,
    usage: Path | None,
    invoices: Path | None,
    agreement_id: str | None,
    as_of: datetime | None,
    confirm: tuple[str, ...],
    dismiss: tuple[str, ...],
    outcomes: Path | None,
    *,
    as_json: bool,
) -> None:
    """Audit an agreement: what should have been billed, what was, and why they differ.

    Nothing is recorded but what --outcomes asks for. Exits 0 where nothing leaks, 1 where something was found or could not be told, 3 for bad input.
    """
    if (outcomes is None) != (not confirm and not dismiss):
        raise click.UsageError("--outcomes FILE goes with --confirm or --dismiss, which say what to write there.")
    faults = Faults()
    through = None if as_of is None else as_of.date()
    report = _report(agreement, usage, invoices, agreement_id, through, faults)
    for note in faults.notes:
        click.echo(note, err=True)
    if faults.count or report is None:
        told = f"{faults.count:,} problem{'s' if faults.count != 1 else ''}"
        raise Refused(f"The audit has {told} with what it was given.", faults.lines())
    if outcomes is not None:
        write_outcomes(outcomes, report, confirm, dismiss)
    document = dump_audit_report(report)
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        show_report(document)
    raise SystemExit(ALLOW if report.is_clean else FLAG)


def _report(
    agreement: Path,
    usage: Path | None,
    invoices: Path | None,
    agreement_id: str | None,
    as_of: date | None,
    faults: Faults,
) -> AuditReport | None:
    """The report on what the files hold; None where they have no agreement to audit."""
    limit = settings().max_body_bytes
    found = list(records(agreement, load_agreement, faults, max_bytes=limit))
    wanted = _one_agreement(found, agreement_id, faults)
    billed = [] if invoices is None else list(records(invoices, load_invoice, faults, max_bytes=limit))
    if wanted is None:
        return None
    if usage is None:
        return audit_agreement(wanted, (), billed, as_of=as_of)
    with progress("Reading usage", "records") as advance:
        used = records(usage, load_usage, faults, max_bytes=limit, table=USAGE, advance=advance)
        return audit_agreement(wanted, used, billed, as_of=as_of)


def _one_agreement(found: list[Agreement], wanted: str | None, faults: Faults) -> Agreement | None:
    fitting = [each for each in found if wanted in (None, each.agreement_id)]
    if len(fitting) == 1:
        return fitting[0]
    if not faults.count:
        names = ", ".join(each.agreement_id for each in found[:10])
        faults.add(
            "--agreement",
            f"there is no agreement {wanted}; the file has {names or 'none'}"
            if wanted
            else f"the file has {len(found)} agreements ({names}); name one with --agreement-id",
        )
    return None
