"""Whose consent a deal takes: each step with who may give it and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.store import Role, Step, User
from policies.approval import entitles
from policies.domain.review import DESK

if TYPE_CHECKING:
    from policies.domain.company import Company

_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A step, the names of some who may take it, and how many more there are."""

    step: Step
    names: tuple[str, ...]
    more: int


def consents(
    steps: Sequence[Step], users: Sequence[User], company: Company | None, rep_id: str | None
) -> tuple[Consent, ...]:
    """The steps with whoever may take them; the deal's own rep may take none."""
    able = [each for each in users if each.is_active and (rep_id is None or each.rep_id != rep_id)]
    found = []
    for step in steps:
        names = [each.display_name or each.name for each in able if _may(each, step.role, company)]
        found.append(Consent(step=step, names=tuple(names[:_NAMED]), more=max(0, len(names) - _NAMED)))
    return tuple(found)


def _may(user: User, role: str, company: Company | None) -> bool:
    held = set(user.approval_roles) if Role.APPROVER in user.roles else set()
    if Role.ANALYST in user.roles:
        held.add(DESK)
    return any(entitles(each, role, company) for each in held)
