"""Notices in words, from templates that are files: HOME/alerts/KIND.txt goes before our own.

The first line is the subject, after an empty line comes the body. Templates can do nothing but put words together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.store.notices_records import KeptDelivery, KeptNotice
from policies.domain.money import format_amount

OURS: Final = Path(__file__).parent.parent / "web" / "alerts"
FOLDER: Final = "alerts"
_LONGEST_SUBJECT: Final = 200
_LONGEST_BODY: Final = 20_000


class WordingRefused(ValueError):  # noqa: N818 - it says what happened
    """A template cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. `html` is the same for who reads e-mail, where there is such a form; `facts` are for tickets."""

    delivery_id: str
    subject: str
    body: str
    html: str | None = None
    thread_id: str | None = None
    notices: tuple[KeptNotice, ...] = ()


def worded(delivery: KeptDelivery, home: Path | None, address: str) -> Message:
    """One notice in words. `address` is where people reach the pages. Raises `WordingRefused`."""
    notice = delivery.notice
    subject, body = _parts_of(notice.note.kind.value, home, values_of(notice, address))
    return Message(
        delivery_id=delivery.delivery_id,
        subject=("Update: " if notice.is_update else "") + subject,
        body=body,
        thread_id=notice.thread_id,
        notices=(notice,),
    )


def together(name: str, delivery_id: str, told: Sequence[KeptDelivery], home: Path | None, address: str) -> Message:
    """Several notices in one: `name` is "weekly" or "sum-up". Raises `WordingRefused`."""
    notices = tuple(each.notice for each in told)
    values = {"notices": [values_of(each, address) for each in notices], "count": len(notices), "address": address}
    subject, body = _parts_of(name, home, values)
    page = _render(f"{name}.html", home, values) if name == "weekly" else None
    return Message(delivery_id=delivery_id, subject=subject, body=body, html=page, notices=notices)


def values_of(notice: KeptNotice, address: str) -> dict[str, Any]:
    """What a template may use."""
    note = notice.note
    money = None if note.amount is None or note.currency is None else format_amount(note.amount, note.currency)
    path = _page_of(note.subject_type, note.subject_id)
    defaults: dict[str, Any] = dict.fromkeys(("account", "rep", "verdict", "due_at", "due_on", "why", "assignee"), "")
    lists: dict[str, Any] = {name: [] for name in ("findings", "reasons", "approvers", "owners", "patterns")}
    return (
        defaults
        | lists
        | {"score": None, "tier": None, "expected_leakage": None, "findings_in_all": 0, "overdue": False}
        | dict(note.facts)
        | {
            "money": money or "an amount that is not known",
            "link": f"{address}{path}",
            "kind": note.kind.value,
            "simulated": note.simulated,
            "is_update": notice.is_update,
            "notice_id": notice.notice_id,
            "address": address,
        }
    )


def check_templates(home: Path | None, sample: KeptNotice) -> tuple[str, ...]:
    """What is wrong with the templates, tried on a sample."""
    faults = []
    for file in sorted(each.name for each in OURS.glob("*.txt")):
        name, values = file.removesuffix(".txt"), values_of(sample, "https://quoteguard.example.com")
        many = {"notices": [values], "count": 1, "address": "https://quoteguard.example.com"}
        try:
            _parts_of(name, home, many if name in ("weekly", "sum-up") else values)
        except WordingRefused as refused:
            faults.append(str(refused))
    return tuple(faults)


def _parts_of(name: str, home: Path | None, values: Mapping[str, Any]) -> tuple[str, str]:
    subject, _, body = _render(f"{name}.txt", home, values).partition("\n")
    subject = " ".join(subject.split())
    return subject[:_LONGEST_SUBJECT], body.strip()[:_LONGEST_BODY] + "\n"


def _render(file: str, home: Path | None, values: Mapping[str, Any]) -> str:
    own = None if home is None else home / FOLDER / file
    path = own if own is not None and own.is_file() else OURS / file
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=file.endswith(".html")
    )
    environment.filters["money"] = _money
    try:
        return environment.from_string(path.read_text("utf-8")).render(values)
    except TemplateSyntaxError as error:
        raise WordingRefused(f"{FOLDER}/{file}:{error.lineno}: {error.message}") from None
    except UndefinedError as error:
        raise WordingRefused(f"{FOLDER}/{file}: {error.message}") from None
    except (TemplateError, OSError, UnicodeDecodeError, ArithmeticError, TypeError, ValueError) as error:
        raise WordingRefused(f"{FOLDER}/{file}: {type(error).__name__}: it cannot be used") from None


def _money(amount: object, currency: str) -> str:
    try:
        return format_amount(Decimal(str(amount)), currency)
    except (InvalidOperation, KeyError, ValueError):
        return f"{amount} {currency}"


def _page_of(subject_type: str, subject_id: str) -> str:
    kinds = {"quote": "/scorecards/quotes/", "billing_configuration": "/set-ups/", "agreement": "/audits/"}
    return kinds.get(subject_type, "/") + quote(subject_id, safe="", errors="replace")
