"""Playbooks: for each pattern what it is, how it is found, who owns it, what to do, and how to prevent it.

The text is ours, or the company's own where HOME/playbooks/PATTERN.md has one. How a pattern is found is told from the policies
in force and from what audits and watches look for.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.ledgers.letters import LetterRefused, situation_of, template_of
from app.markup import LONGEST
from policies.auditing import causes
from policies.auditing.causes import Cause
from policies.patterns import PATTERNS, Pattern

if TYPE_CHECKING:
    from app.rules import Rules
    from policies.policy import Policy

STAGES: Final = {
    "Q": "Quote, before it is sent",
    "K": "Contract",
    "P": "Provisioning",
    "B": "Billing set-up, before the first invoice",
    "I": "Billing run",
    "U": "Usage",
    "R": "Renewal",
}
_AFTER_BILLING: Final = "PBIUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A pattern's playbook. `text` is Markdown; `fault` says why a file of the company's own is not used."""

    pattern: Pattern
    stage: str
    text: str
    is_own: bool
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBy:
    """How a pattern is found: policies on quotes and set-ups, and the causes that audits tell apart."""

    policies: tuple[Policy, ...]
    audit: tuple[str, ...]


def playbook_of(number: str, home: Path | None) -> Playbook | None:
    """The playbook of a pattern; None where there is no such pattern."""
    pattern = PATTERNS.get(number)
    if pattern is None:
        return None
    own, fault = _own(number, home)
    text = own or (files("app") / "web" / "playbooks" / f"{number}.md").read_text("utf-8")
    return Playbook(pattern=pattern, stage=STAGES[number[0]], text=text, is_own=own is not None, fault=fault)


def found_by(number: str, rules: Rules) -> FoundBy:
    """What finds the pattern under these rules."""
    carried = [each for each in rules.policies.policies.values() if each.pattern.number == number]
    return FoundBy(policies=tuple(carried), audit=tuple(each.policy for each in AUDIT_CAUSES if each.pattern == number))


def letter_for(number: str, home: Path | None) -> tuple[str, str] | None:
    """The situation and the template of the letter that goes with a pattern; None where nothing was billed yet."""
    if number[0] not in _AFTER_BILLING:
        return None
    direction = PATTERNS[number].direction
    situation = situation_of(number, "under" if direction is None else direction.value)
    try:
        return situation, template_of(situation, home)[0]
    except LetterRefused as refused:
        return situation, str(refused)


def _own(number: str, home: Path | None) -> tuple[str | None, str]:
    """The company's own text, and what is wrong with it where it cannot be used."""
    file = None if home is None else home / "playbooks" / f"{number}.md"
    if file is None or not file.is_file():
        return None, ""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None, f"playbooks/{number}.md cannot be read as UTF-8, so ours is shown."
    if not text.strip():
        return None, f"playbooks/{number}.md is empty, so ours is shown."
    if len(text) > LONGEST:
        return None, f"playbooks/{number}.md has more than {LONGEST:,} characters, so ours is shown."
    return text, ""


AUDIT_CAUSES: Final[tuple[Cause, ...]] = tuple(each for each in vars(causes).values() if isinstance(each, Cause))
"""The causes that audits tell apart."""
