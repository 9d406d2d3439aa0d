"""Approval roles as commands name them, held against the company's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from app.commands.home import rules
from app.people.registry import approval_roles_of
from app.store import ANY_ROLE
from cpq_hooks.problem import did_you_mean
from policies.domain.review import DESK

if TYPE_CHECKING:
    from pathlib import Path


def tell_unknown_roles(home: Path | None, roles: Iterable[str]) -> None:
    """Warn of roles that no table of the company names: whoever has them consents to nothing by them."""
    asked = [role for role in roles if role != ANY_ROLE]
    if not asked:
        return
    known = {*approval_roles_of(rules(home).company), DESK}
    for role in asked:
        if role not in known:
            message = f'company.yaml names no role "{role}".{did_you_mean(role, known)}'
            click.secho(message, fg="yellow", err=True)
