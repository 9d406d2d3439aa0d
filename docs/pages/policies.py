"""The library's policies, grouped by pattern, each with an example on both sides of its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import groupby
from typing import Any

import yaml

from app.rules import library_files
from docs.pages.tables import table
from policies.checks import ALL
from policies.domain.finding import Effect
from policies.loader import load
from policies.patterns import PATTERNS
from policies.policy import AppliesTo, Policy

_EXAMPLE_KEYS = (
    "quote",
    "agreement",
    "line",
    "lines",
    "billing",
    "charge",
    "charges",
    "previews",
    "previous",
    "approved",
    "catalog",
    "company",
    "as_of",
)


def library() -> Iterable[Policy]:
    """The policies of the library by pattern, those of one pattern by id."""
    order = list(PATTERNS)
    policies = load(library_files(), ALL).policies.values()
    return sorted(policies, key=lambda policy: (order.index(policy.pattern.number), policy.id))


def policies_page() -> str:
    """A table of all policies, then a section for each."""
    raw = {policy["id"]: policy for policy in map(yaml.safe_load, library_files().values())}
    found = tuple(library())
    parts = [_overview(found)]
    for pattern, policies in groupby(found, key=lambda policy: policy.pattern):
        parts.append(f"## {pattern.number}: {pattern.title}")
        parts += [_section(policy, raw[policy.id]) for policy in policies]
    return "\n\n".join(parts)


def _overview(policies: Iterable[Policy]) -> str:
    rows = [
        (each.pattern.number, f"[{each.id}](#{each.id})", each.title, each.effect.value, _consenting(each))
        for each in policies
    ]
    return table(("pattern", "policy", "title", "effect", "may consent"), rows)


def _section(policy: Policy, raw: Mapping[str, Any]) -> str:
    facts = table(("", ""), _facts(policy, raw))
    examples = [_example(raw, outcome) for outcome in ("violated", "satisfied")]
    return "\n\n".join([f"### {policy.id}", f"**{policy.title}.** {policy.description.strip()}", facts, *examples])


def _facts(policy: Policy, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "judges", _judges(policy)
    if "when" in raw:
        yield "applies when", f"`{raw['when']}`"
    if "require" in raw:
        yield "requires", f"`{raw['require']}`"
    if policy.check is not None:
        yield "check", f"`{policy.check.name}`: {policy.check.summary}"
        yield from _parameters(policy)
    yield "effect", policy.effect.value
    yield "when a fact is missing", policy.when_undetermined.value.replace("_", " ")
    direction = policy.direction or policy.pattern.direction
    yield "direction", direction.value if direction is not None else "under or over, by the sign"
    yield "may consent", _consenting(policy)
    yield "owner", policy.owner or "nobody"
    if policy.effective_from is not None:
        yield "in force", f"from {policy.effective_from}"


def _judges(policy: Policy) -> str:
    if policy.applies_to is AppliesTo.BILLING_CONFIGURATION:
        return (
            "each charge of a billing configuration" if policy.for_each_item else "a billing configuration as a whole"
        )
    return "each line of a quote" if policy.for_each_item else "the quote as a whole"


def _consenting(policy: Policy) -> str:
    """Who may let it pass. What blocks has to be changed or waived, whoever the approver would be."""
    if policy.effect is Effect.BLOCK:
        return "nobody: change or waive it"
    return policy.approver or "no named role"


def _parameters(policy: Policy) -> Iterator[tuple[str, str]]:
    for each in fields(policy.parameters) if policy.parameters is not None else ():
        value = getattr(policy.parameters, each.name)
        shown = ", ".join(sorted(map(str, value))) if isinstance(value, tuple | frozenset) else str(value)
        yield f"parameter `{each.name}`", f"`{shown}`"


def _example(raw: Mapping[str, Any], outcome: str) -> str:
    test = next(test for test in raw["tests"] if test["expect"] == outcome)
    amount = f", {test['amount']} at risk" if "amount" in test else ""
    document = {key: test[key] for key in _EXAMPLE_KEYS if key in test}
    text = yaml.safe_dump(document, default_flow_style=None, sort_keys=False, width=110, allow_unicode=True)
    return f"{outcome.capitalize()}: {test['name']}{amount}.\n\n```yaml\n{text.strip()}\n```"
