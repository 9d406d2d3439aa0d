"""Salesforce's words for terms, and what an administrator maps to canonical terms by an option."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from cpq_hooks.adapter import NotUnderstood
from cpq_hooks.problem import did_you_mean

_NET: Final = re.compile(r"net\s*-?\s*(\d{1,4})(?:\s*days?)?", re.IGNORECASE)
_AT_ONCE: Final = frozenset({"due on receipt", "due upon receipt", "immediate", "on receipt", "prepaid", "net 0"})
FREQUENCIES: Final[Mapping[str, str]] = {
    "monthly": "monthly",
    "quarterly": "quarterly",
    "semiannual": "semiannual",
    "semi-annual": "semiannual",
    "semiannually": "semiannual",
    "half-yearly": "semiannual",
    "annual": "annual",
    "annually": "annual",
    "yearly": "annual",
    "one-time": "once",
    "one time": "once",
    "upfront": "term",
    "entire term": "term",
}
TIMINGS: Final[Mapping[str, str]] = {
    "advance": "in_advance",
    "in advance": "in_advance",
    "arrears": "in_arrears",
    "in arrears": "in_arrears",
}
STAGES: Final[Mapping[str, str]] = {
    "draft": "draft",
    "in review": "submitted",
    "needs review": "submitted",
    "in approval": "submitted",
    "approved": "submitted",
    "presented": "sent",
    "sent": "sent",
    "accepted": "accepted",
    "contracted": "accepted",
    "ordered": "accepted",
}


def payment_days(text: str | None) -> int | None:
    """Within how many days to pay, from terms such as "Net 30"; None where the words mean something else."""
    said = " ".join((text or "").split())
    if said.lower() in _AT_ONCE:
        return 0
    found = _NET.fullmatch(said)
    return None if found is None else int(found[1])


def mapped(text: str | None, known: Collection[str], option: str) -> dict[str, str]:
    """The pairs of an option such as "rep.role=Rep_Role__c; renewal.notice_days=Notice__c". Raises `NotUnderstood`."""
    found: dict[str, str] = {}
    for part in re.split(r"[;,\n]", text or ""):
        if not part.strip():
            continue
        name, equals, field = (each.strip() for each in part.partition("="))
        if not equals or not field:
            raise NotUnderstood(f"the option {option} has pairs such as name=Field__c, and {part.strip()} is none")
        if name not in known:
            raise NotUnderstood(f"the option {option} cannot set {name}.{did_you_mean(name, tuple(known))}")
        found[name] = field
    return found


def stages_of(text: str | None) -> dict[str, str]:
    """Salesforce's statuses by canonical stage, with what an option such as "In Legal=submitted" adds. Raises `NotUnderstood`."""
    found = dict(STAGES)
    for part in re.split(r"[;,\n]", text or ""):
        status, equals, stage = (each.strip() for each in part.partition("="))
        if not status:
            continue
        if not equals or stage not in {"draft", "submitted", "sent", "accepted"}:
            raise NotUnderstood(f"the option stages has pairs such as In Legal=submitted, and {part.strip()} is none")
        found[status.lower()] = stage
    return found
