"""Auditing files without a server: what an agreement should have billed, beside what was billed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from app.commands.audit_display import show_report
from app.commands.audit_outcomes import write_outcomes
from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import ALLOW, FLAG, Refused, home_option, json_option, settings
from app.commands.vendors import vendor_of, vendor_options
from app.files.records import records
from app.files.rows import USAGE, Faults
from app.files.vendor_records import Vendor
from cpq_hooks.adapter import Shape
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
@click.option(
    "--store",
    "store_report",
    is_flag=True,
    help="Keep the report as the newest on its agreement, and book what it found in the ledgers.",
)
@home_option
@vendor_options
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
    connector: str | None,
    mapping: Path | None,
    settings_of_connector: tuple[str, ...],
    home: Path | None,
    *,
    store_report: bool,
    as_json: bool,
) -> None:
    """Audit an agreement: what should have been billed, what was, and why they differ.

    Nothing is recorded but what --outcomes and --store ask for. Exits 0 where nothing leaks, 1 where something was found or could not be told, 3 for bad input.
    """
    if (outcomes is None) != (not confirm and not dismiss):
        raise click.UsageError("--outcomes FILE goes with --confirm or --dismiss, which say what to write there.")
    faults = Faults()
    through = None if as_of is None else as_of.date()
    files = _Files(vendor_of(connector, mapping, settings_of_connector), faults)
    report = files.report(agreement, usage, invoices, agreement_id, through)
    for note in (*faults.notes, *files.notes()):
        click.echo(note, err=True)
    if faults.count or report is None:
        told = f"{faults.count:,} problem{'s' if faults.count != 1 else ''}"
        raise Refused(f"The audit has {told} with what it was given.", faults.lines())
    if outcomes is not None:
        write_outcomes(outcomes, report, confirm, dismiss)
    document = dump_audit_report(report)
    if store_report:
        with opened(home) as store:
            store.ledgers.audited(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        show_report(document)
    raise SystemExit(ALLOW if report.is_clean else FLAG)


class _Files:
    """The files of an audit, canonical or in a vendor's own language."""

    def __init__(self, vendor: Vendor | None, faults: Faults) -> None:
        self._vendor = vendor
        self._faults = faults
        self._limit = settings().max_body_bytes

    def notes(self) -> list[str]:
        """What of a vendor's files was not understood."""
        return [] if self._vendor is None else list(dict.fromkeys(each.because for each in self._vendor.notes))

    def report(
        self,
        agreement: Path,
        usage: Path | None,
        invoices: Path | None,
        agreement_id: str | None,
        as_of: date | None,
    ) -> AuditReport | None:
        """The report on what the files hold; None where they have no agreement to audit."""
        wanted = _one_agreement(self._all(agreement, Shape.AGREEMENT, load_agreement), agreement_id, self._faults)
        billed = [] if invoices is None else self._all(invoices, Shape.INVOICE, load_invoice)
        if wanted is None:
            return None
        if usage is None:
            return audit_agreement(wanted, (), billed, as_of=as_of)
        if self._vendor is not None and not _is_table(usage):
            return audit_agreement(wanted, self._all(usage, Shape.USAGE, load_usage), billed, as_of=as_of)
        with progress("Reading usage", "records") as advance:
            used = records(usage, load_usage, self._faults, max_bytes=self._limit, table=USAGE, advance=advance)
            return audit_agreement(wanted, used, billed, as_of=as_of)

    def _all(self, path: Path, shape: Shape, load: Callable[[Any], Any]) -> list[Any]:
        if self._vendor is not None:
            return list(self._vendor.records(path, shape, load, self._faults, max_bytes=self._limit))
        return list(records(path, load, self._faults, max_bytes=self._limit))


def _is_table(path: Path) -> bool:
    """Whether usage comes as a table, which has no vendor's form: it is read by its columns."""
    return path.suffix.lower() in (".csv", ".parquet", ".pq")


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
