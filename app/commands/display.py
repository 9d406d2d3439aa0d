"""Decisions and lists as a person reads them in a terminal: one thing under the other, at any width."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import click

from app.commands.risk_display import risk_rows
from policies.domain.money import format_amount

Row = tuple[str, str]
COLOURS: Final = {"allow": "green", "flag": "yellow", "block": "red", "shadow": "cyan"}
WIDEST: Final = 120
"""Longer lines than this are hard to read, however wide the terminal."""
_INDENT: Final = "  "
_NARROWEST: Final = 40
_CHARGE: Final = re.compile(r"charges\[([^\]]+)\]")
_DIRECTIONS: Final = {
    "under": "could go unbilled",
    "over": "would be billed too much",
    "timing": "comes later than policy allows",
    "compliance": "needs finance to look",
}
_PROVEN: Final = {True: " (proven to clear it)", False: " (not enough by itself)", None: " (not tried)"}


def show_decision(decision: Mapping[str, Any], *, beside: str | None = None) -> None:
    """One decision: the verdict, what was found, who must consent, and what could not be judged.

    `beside` is one more sentence under the headline.
    """
    if decision.get("simulated"):
        _show("Judged by the tables of a simulated company.", dim=True)
    _show_title(decision)
    _show(decision["headline"])
    if beside is not None:
        _show(beside)
    if decision["subject"]["type"] == "quote":
        _show_rows(risk_rows(decision["risk"]))
    names = {each["finding_id"]: each["policy_id"] for each in decision["findings"]}
    for each in decision["findings"]:
        click.echo()
        _show_finding_title(each)
        _show(each["message"], indent=_INDENT)
        _show_rows(_about(each, names))
    _show_list("Together, each amount counted once:", _totals(decision["totals"]))
    _show_list("Needs the consent of:", _consents(decision["approval"]))
    _show_list("Not assessed, so neither passed nor failed:", _not_assessed(decision["not_assessed"]))


def show_records(records: Iterable[Mapping[str, object]]) -> None:
    """Records one under the other, each field on a line of its own; the first field is the title."""
    for number, record in enumerate(records):
        (_, title), *rest = record.items()
        click.secho(f"{chr(10) if number else ''}{plain(str(title))}", bold=True)
        _show_rows((name, _cell(value)) for name, value in rest if value is not None)


def _show_title(decision: Mapping[str, Any]) -> None:
    verdict, subject = decision["verdict"], decision["subject"]
    revision = f", revision {subject['revision']}" if subject.get("revision") else ""
    said = _wrapped(f"{verdict.upper()}  {subject['type'].replace('_', ' ')} {subject['id']}{revision}")
    click.echo(click.style(verdict.upper(), fg=COLOURS[verdict], bold=True) + said.removeprefix(verdict.upper()))


def _show_finding_title(finding: Mapping[str, Any]) -> None:
    effect, where = finding["effect"], _where(finding)
    said = _wrapped(f"{effect.upper()}  {finding['pattern']}  {finding['policy_id']}  {where}")
    click.echo(click.style(effect.upper(), fg=COLOURS[effect], bold=True) + said.removeprefix(effect.upper()))


def _where(finding: Mapping[str, Any]) -> str:
    """The lines, else the charges that the evidence names, else everything."""
    lines = finding["line_ids"]
    charges = [] if lines else list(dict.fromkeys(_CHARGE.findall(" ".join(e["field"] for e in finding["evidence"]))))
    for name, ids in (("line", lines), ("charge", charges)):
        if ids:
            return f"{name}{'s' if len(ids) > 1 else ''} {', '.join(ids)}"
    return "the whole document"


def _about(finding: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    for each in finding["evidence"]:
        yield each["field"], _evidence(each)
    yield from _money(finding, names)
    if finding["remedy"] is not None:
        yield "change", f"{finding['remedy']['text']}{_PROVEN[finding['remedy']['clears']]}"
    if finding["clears_without_approval"]:
        yield "needs nobody", finding["clears_without_approval"]
    if finding["approved_by"]:
        yield "approved by", finding["approved_by"]
    if finding["waived_by"]:
        yield "waived by", finding["waived_by"]


def _evidence(evidence: Mapping[str, Any]) -> str:
    actual = "not stated" if evidence["actual"] is None else evidence["actual"]
    if evidence["expected"] is None:
        return f"{actual}{_source(evidence)}"
    return f"{actual}, expected {evidence['expected']}{_source(evidence)}"


def _source(evidence: Mapping[str, Any]) -> str:
    return f" ({evidence['expected_from']})" if evidence["expected_from"] else ""


def _money(finding: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    amount = finding["amount_at_risk"]
    if amount is None:
        return
    told = [
        f"{_amount(amount[name], amount['currency'])} {words}"
        for name, words in (
            ("remaining_term", "over the term"),
            ("per_period", "a period"),
            ("already_lost", "lost already"),
        )
        if amount[name] is not None and (name == "remaining_term" or Decimal(amount[name]))
    ]
    counted = f" (counted in {names[finding['root']]})" if finding["root"] in names else ""
    yield "at risk", (", ".join(told) or "not assessed") + counted
    if amount["assumptions"]:
        yield "assuming", "; ".join(amount["assumptions"])


def _totals(totals: Mapping[str, Any]) -> Iterator[Row]:
    for direction, words in _DIRECTIONS.items():
        if totals[direction] is not None and Decimal(totals[direction]):
            yield _amount(totals[direction], totals["currency"]), words


def _consents(approval: Mapping[str, Any]) -> Iterator[Row]:
    for each in approval["required"]:
        due = f", by {each['due_at']}" if each["due_at"] else ""
        yield each["role"], f"{', '.join(each['because'])}{due}"
    if approval["clears_without_approval"]:
        yield "nobody", f"at: {approval['clears_without_approval']}"


def _not_assessed(unjudged: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """By reason: one missing table is the same reason for many policies."""
    by_reason: dict[str, dict[str, None]] = {}
    for each in unjudged:
        by_reason.setdefault(each["because"], {})[each["policy_id"]] = None
    for because, policies in by_reason.items():
        yield ", ".join(policies), because


def _show_list(title: str, rows: Iterable[Row]) -> None:
    listed = list(rows)
    if listed:
        click.echo()
        _show(title)
        _show_rows(listed)


def _show_rows(rows: Iterable[Row]) -> None:
    """Labels on the left, as wide as they need to be but never over two fifths of the line; the text beside them."""
    listed = [(plain(label), plain(text)) for label, text in rows]
    if not listed:
        return
    width = _width() - 2 * len(_INDENT)
    column = min(max(len(label) for label, _ in listed), 2 * width // 5)
    for label, text in listed:
        labels, texts = textwrap.wrap(label, column), textwrap.wrap(text, width - column - len(_INDENT))
        for number in range(max(len(labels), len(texts))):
            left = labels[number] if number < len(labels) else ""
            right = texts[number] if number < len(texts) else ""
            shown = f"{left:<{column}}" if right else left
            click.echo(f"{_INDENT * 2}{click.style(shown, dim=True)}{_INDENT if right else ''}{right}")


def _show(text: str, *, indent: str = "", dim: bool = False) -> None:
    click.secho(_wrapped(text, indent), dim=dim or None)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(plain(text), _width(), initial_indent=indent, subsequent_indent=indent)


def _width() -> int:
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))


def plain(text: str) -> str:
    """Without what would steer the terminal: names come from whoever sent the quote."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _amount(text: str, currency: str) -> str:
    return format_amount(Decimal(text), currency)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
