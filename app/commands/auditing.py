"""Auditing files without a server: what an agreement should have billed, beside what was billed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from app.commands.audit_display import show_report
from app.commands.surroundings import ALLOW, FLAG, Refused, json_option, settings
from cpq_hooks.canonical import dump_audit_report, load_agreement, load_invoice, load_usage
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, TooLarge, read_json
from policies.auditing.audit import audit as audit_agreement
from policies.domain.agreement import Agreement

_MOST_REASONS: Final = 50
_A_STEP: Final = 5_000

Load = Callable[[Any], Any]
path_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--agreement", type=path_type, required=True, help="The agreement: JSON, or JSON Lines with one of this id."
)
@click.option(
    "--usage", type=path_type, help="Usage records: JSON Lines (read as a stream), a JSON list or one object."
)
@click.option("--invoices", type=path_type, help="Invoices: JSON Lines, a JSON list or one object.")
@click.option("--agreement-id", help="Which agreement, where the file has several.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Expect what should have been invoiced by this day. Default: as far as usage and invoices go.",
)
@json_option
def audit(
    agreement: Path,
    usage: Path | None,
    invoices: Path | None,
    agreement_id: str | None,
    as_of: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Audit an agreement: what should have been billed, what was, and why they differ.

    Nothing is recorded. Exits 0 where nothing leaks, 1 where something was found or could not be told, 3 for bad input.
    """
    faults: list[str] = []
    wanted = _one_agreement(list(_records(agreement, load_agreement, faults)), agreement_id, faults)
    billed = [] if invoices is None else list(_records(invoices, load_invoice, faults))
    used = iter(()) if usage is None else _with_progress(usage, _records(usage, load_usage, faults))
    report = (
        None if wanted is None else audit_agreement(wanted, used, billed, as_of=None if as_of is None else as_of.date())
    )
    if faults or report is None:
        raise Refused(
            f"The audit has {len(faults)} problem{'s' if len(faults) != 1 else ''} with what it was given.",
            _shortened(faults),
        )
    document = dump_audit_report(report)
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        show_report(document)
    raise SystemExit(ALLOW if report.is_clean else FLAG)


def _one_agreement(found: list[Agreement], wanted: str | None, faults: list[str]) -> Agreement | None:
    fitting = [each for each in found if wanted in (None, each.agreement_id)]
    if len(fitting) == 1:
        return fitting[0]
    if not faults:
        names = ", ".join(each.agreement_id for each in found[:10])
        faults.append(
            f"  There is no agreement {wanted}; the file has {names}."
            if wanted
            else f"  The file has {len(found)} agreements ({names}); name one with --agreement-id."
        )
    return None


def _records(path: Path, load: Load, faults: list[str]) -> Iterator[Any]:
    """The records of a file; what is wrong is added to the faults, with its line."""
    for place, value in _values(path, faults):
        try:
            yield load(value)
        except Invalid as invalid:
            faults += [f"  {path}{place}: {problem.path}: {problem.message}" for problem in invalid.problems]


def _values(path: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    """The JSON values of a file, each with its place: one document, the entries of a list, or line by line."""
    try:
        if _is_lines(path):
            yield from _lines(path, faults)
            return
        limit = settings().max_body_bytes
        with path.open("rb") as file:
            document = read_json(file.read(limit + 1), max_bytes=limit)
    except (Malformed, TooLarge, OSError) as error:
        faults.append(f"  {path}: {error}")
        return
    if isinstance(document, list):
        yield from ((f"[{index}]", each) for index, each in enumerate(document))
    else:
        yield "", document


def _is_lines(path: Path) -> bool:
    """Whether the first line is a whole object by itself."""
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    if first.lstrip(b"\xef\xbb\xbf \t")[:1] != b"{":
        return False
    try:
        read_json(first)
    except Malformed:
        return path.suffix in (".jsonl", ".ndjson")
    return True


def _lines(path: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield f":{number}", read_json(line)
                except Malformed as fault:
                    faults.append(f"  {path}:{number}: {fault.message}")


def _with_progress(path: Path, records: Iterator[Any]) -> Iterator[Any]:
    """The records, with a word on standard error now and then where a person watches."""
    if not sys.stderr.isatty():
        yield from records
        return
    size = os.path.getsize(path)  # noqa: PTH202 - a size, not a path
    for number, record in enumerate(records, start=1):
        if not number % _A_STEP:
            click.echo(f"\r{number:,} usage records read ({size / 1e6:,.0f} MB) ", nl=False, err=True)
        yield record
    click.echo("\r" + " " * 60 + "\r", nl=False, err=True)


def _shortened(faults: list[str]) -> tuple[str, ...]:
    more = len(faults) - _MOST_REASONS
    return (*faults[:_MOST_REASONS], f"  and {more:,} more") if more > 0 else tuple(faults)
