"""Decisions and lists as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

COLOURS: Final = {"allow": "green", "flag": "yellow", "block": "red", "shadow": "dim"}
_DIRECTIONS: Final = {
    "under": "could go unbilled",
    "over": "would be billed too much",
    "timing": "comes later than policy allows",
    "compliance": "needs finance to look",
}


def console() -> Console:
    """Where commands print; colour and width are what the terminal has, and plain text in a pipe."""
    return Console(highlight=False, soft_wrap=False)


def show_decision(decision: Mapping[str, Any], to: Console) -> None:
    """One decision: the verdict, what was found, who must consent, and what could not be judged."""
    verdict = decision["verdict"]
    subject = decision["subject"]
    if decision.get("simulated"):
        to.print("[dim]Judged by the tables of a simulated company.[/dim]")
    line = Text()
    line.append(verdict.upper(), style=f"bold {COLOURS[verdict]}")
    line.append(f"  {subject['type']} {subject['id']}")
    to.print(line)
    to.print(Text(decision["headline"]))
    if decision["findings"]:
        to.print(_findings(decision["findings"]))
    totals = decision["totals"]
    for direction, words in _DIRECTIONS.items():
        if totals[direction] is not None:
            to.print(Text(f"{totals[direction]} {totals['currency']} {words}, each amount counted once."))
    _show_approval(decision["approval"], to)
    _show_not_assessed(decision["not_assessed"], to)


def _findings(findings: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(show_lines=True, pad_edge=False)
    table.add_column("effect", no_wrap=True)
    table.add_column("pattern", no_wrap=True)
    table.add_column("line", overflow="fold")
    table.add_column("what and why", overflow="fold", ratio=3)
    table.add_column("at risk", justify="right", no_wrap=True)
    table.add_column("what clears it", overflow="fold", ratio=2)
    for each in findings:
        effect = each["effect"]
        table.add_row(
            f"[{COLOURS[effect]}]{effect}[/]",
            each["pattern"],
            escape(", ".join(each["line_ids"])),
            escape(_message(each)),
            _amount(each.get("amount_at_risk")),
            escape(_remedy(each)),
        )
    return table


def _message(finding: Mapping[str, Any]) -> str:
    covered = finding.get("approved_by") or finding.get("waived_by")
    said = f"{finding['policy_id']}: {finding['message']}"
    return f"{said} (consented to by {covered})" if covered else said


def _amount(amount: Mapping[str, Any] | None) -> str:
    if amount is None or amount.get("remaining_term") is None:
        return "not assessed"
    return f"{amount['remaining_term']} {amount['currency']}"


def _remedy(finding: Mapping[str, Any]) -> str:
    remedy = finding.get("remedy")
    if remedy is None:
        return finding.get("clears_without_approval") or ""
    proof = {True: " (proven)", False: " (not enough by itself)", None: ""}[remedy.get("clears")]
    return f"{remedy['text']}{proof}"


def _show_approval(approval: Mapping[str, Any], to: Console) -> None:
    for each in approval["required"]:
        due = f", due {each['due_at']}" if each.get("due_at") else ""
        to.print(Text(f"Needs {each['role']}: {', '.join(each['because'])}{due}"))
    if approval.get("clears_without_approval"):
        to.print(Text(f"Nobody needs to consent at: {approval['clears_without_approval']}"))


def _show_not_assessed(unjudged: Sequence[Mapping[str, Any]], to: Console) -> None:
    if unjudged:
        to.print(Text("Not assessed, so neither passed nor failed:", style="dim"))
    for each in unjudged:
        to.print(Text(f"  {each['policy_id']}: {each['because']}", style="dim"))


def show_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], to: Console) -> None:
    """A plain table."""
    table = Table(pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) if cell is not None else "" for cell in row))
    to.print(table)
