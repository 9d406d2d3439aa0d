"""Findings that a person confirmed or dismissed, written as outcomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from app.commands.surroundings import Refused
from cpq_hooks.canonical import to_document
from policies.auditing.outcomes import outcome_of, outcome_of_dismissed
from policies.auditing.report import AuditReport
from policies.domain.finding import Finding
from policies.domain.money import has_too_many_decimals
from policies.domain.outcome import Outcome

_ALL: Final = "all"


def write_outcomes(path: Path, report: AuditReport, confirmed: Sequence[str], dismissed: Sequence[str]) -> None:
    """Write one outcome a line. Raises `Refused` for what the report has not, and for amounts that are none."""
    faults: list[str] = []
    found = list(_outcomes(report, confirmed, dismissed, datetime.now(UTC), faults))
    if faults:
        raise Refused("The outcomes cannot be written.", tuple(faults))
    lines = (json.dumps(to_document(each), ensure_ascii=False) + "\n" for each in found)
    try:
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise Refused(f"{path} cannot be written.", (f"  {error}",)) from None


def _outcomes(
    report: AuditReport, confirmed: Sequence[str], dismissed: Sequence[str], now: datetime, faults: list[str]
) -> Iterator[Outcome]:
    by_id = {each.finding_id: each for each in report.findings}
    for wanted in confirmed:
        name, _, amount = wanted.partition("=")
        recovered = _amount(name, amount, report.currency, faults) if amount else None
        if name == _ALL and not amount:
            yield from (outcome_of(report, each, now) for each in report.findings if each.finding_id not in dismissed)
        elif (finding := _known(name, by_id, faults)) is not None:
            yield outcome_of(report, finding, now, recovered=recovered)
    for name in dismissed:
        if (finding := _known(name, by_id, faults)) is not None:
            yield outcome_of_dismissed(report, finding, now)
    confirmed_ids = {each.partition("=")[0] for each in confirmed}
    faults += [f"  {name} is confirmed and dismissed" for name in dismissed if name in confirmed_ids]


def _known(name: str, by_id: dict[str, Finding], faults: list[str]) -> Finding | None:
    if name not in by_id:
        faults.append(f"  there is no finding {name}; the audit has {', '.join(by_id) or 'none'}")
    return by_id.get(name)


def _amount(name: str, text: str, currency: str, faults: list[str]) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or has_too_many_decimals(amount, currency):
        faults.append(f"  {text} is not what was recovered of {name}: write an amount in {currency}, such as 9350.00")
        return None
    return amount
