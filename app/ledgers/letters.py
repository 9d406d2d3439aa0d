"""Letters to customers, by situation: templates that a company may put its own beside, rendered where they can do no harm."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

CREDIT: Final = "credit"
_OTHERWISE: Final = "unbilled"
_BY_PATTERN: Final[Mapping[str, str]] = {
    "U01": "unbilled-usage",
    "U02": "unbilled-usage",
    "U04": "unbilled-usage",
    "U05": "unbilled-usage",
    "P01": "unbilled-usage",
    "R01": "missed-uplift",
    "R02": "discount-ended",
    "B07": "discount-ended",
    "R03": "service-after-term",
}
SITUATIONS: Final = (*sorted(set(_BY_PATTERN.values())), CREDIT, _OTHERWISE)
_NAME: Final = re.compile(r"[a-z0-9-]{1,60}")
_LONGEST: Final = 100_000


class _Sandbox(ImmutableSandboxedEnvironment):
    """One in which a template cannot blow a text up either."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - the base's
        raise TemplateError(f"a letter does not calculate: {operator} is not taken")


class LetterRefused(ValueError):  # noqa: N818 - the name says it
    """A template cannot be rendered; the message names it and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter: its situation, the template's own text, whose it is (ours or the company's), and how it reads."""

    situation: str
    template: str
    is_own: bool
    text: str


def situation_of(pattern: str, side: str) -> str:
    """Which letter goes with a finding: what was billed too much is a credit, whatever the pattern."""
    return CREDIT if side == "over" else _BY_PATTERN.get(pattern, _OTHERWISE)


def template_of(situation: str, home: Path | None) -> tuple[str, bool]:
    """The template, and whether it is the company's: HOME/letters/SITUATION.txt goes before ours. Raises `LetterRefused`."""
    if not _NAME.fullmatch(situation):
        raise LetterRefused(f"{situation!r} is no situation: small letters, digits and hyphens make its name")
    own = None if home is None else home / "letters" / f"{situation}.txt"
    try:
        if own is not None and own.is_file():
            return own.read_text("utf-8")[:_LONGEST], True
        return (files("app") / "web" / "letters" / f"{situation}.txt").read_text("utf-8"), False
    except FileNotFoundError:
        raise LetterRefused(f"there is no letter for {situation}; there are {', '.join(SITUATIONS)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LetterRefused(f"letters/{situation}.txt cannot be read: {error}") from None


def render(template: str, values: Mapping[str, Any], name: str = "the letter") -> str:
    """The template with its values filled in. Raises `LetterRefused`, which names what is unknown and the line.

    The sandbox lets a template reach nothing but its values; text is text, so nothing is escaped.
    """
    environment = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    try:
        return environment.from_string(template).render(values)
    except TemplateSyntaxError as error:
        raise LetterRefused(f"{name}, line {error.lineno}: {error.message}") from None
    except UndefinedError as error:
        known = ", ".join(sorted(values))
        raise LetterRefused(f"{name}: {error.message}; a letter knows {known}") from None
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise LetterRefused(f"{name}: {error}") from None


def product_names(agreement: bytes | None) -> dict[str, str]:
    """What the lines of a stored agreement are called, by line id; none where none is stored."""
    told = {} if agreement is None else json.loads(agreement)
    lines = [line for part in (*(told.get("amendments") or ()), told) for line in part.get("lines") or ()]
    return {str(each["line_id"]): each["product_name"] for each in lines if each.get("product_name")}


def letter_of(
    case: Mapping[str, Any],
    home: Path | None,
    *,
    customer: str,
    sender: str,
    situation: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Letter:
    """The letter on a case, which is given as JSON; `names` are what its lines are called. Raises `LetterRefused`."""
    situation = situation or str(case["situation"])
    template, is_own = template_of(situation, home)
    lines = [
        {
            "line_id": each["line_id"],
            "product": (names or {}).get(each["line_id"], each["product_id"]),
            "period_start": each["period_start"],
            "period_end": each["period_end"],
            "amount": _written(each["amount"]),
        }
        for each in case["lines"]
    ]
    values = {
        "agreement_id": case["agreement_id"],
        "customer": customer,
        "sender": sender,
        "currency": case["currency"],
        "total": _written(case["open"]),
        "title": case["title"],
        "lines": lines,
    }
    return Letter(
        situation=situation, template=template, is_own=is_own, text=render(template, values, f"letters/{situation}.txt")
    )


def _written(amount: str) -> str:
    """An amount as people read it: 1234.50 is 1,234.50."""
    return f"{Decimal(amount):,f}"
