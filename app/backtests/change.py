"""Two sets of rules to hold against each other: those in force, and those that somebody would have instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from app.rules import Rules, RulesRefused, take_up
from cpq_hooks.problem import did_you_mean
from policies.policy import AppliesTo
from policies.policyset import PolicySet

if TYPE_CHECKING:
    from policies.policy import Policy


class Kind(StrEnum):
    """What happens to a policy from one set to the other."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One policy that is not the same in both sets; the side on which it does not exist is None."""

    policy_id: str
    kind: Kind
    before: Policy | None
    after: Policy | None

    @property
    def title(self) -> str:
        policy = self.after or self.before
        return policy.title if policy is not None else self.policy_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The rules before and after. `same_tables` says that only policies differ, so facts are derived once for both."""

    before: Rules
    after: Rules
    differences: tuple[Difference, ...]
    same_tables: bool

    @property
    def on_quotes(self) -> tuple[Difference, ...]:
        """The differences that a quote can show; others judge what is set up in billing."""
        return tuple(each for each in self.differences if _judges_quotes(each))


def change_of(before: Rules, after: Rules) -> Change:
    """What is different between two sets of rules."""
    one, other = before.policies.policies, after.policies.policies
    found = []
    for policy_id in sorted(one.keys() | other.keys()):
        old, new = one.get(policy_id), other.get(policy_id)
        if old is None or new is None:
            kind = Kind.ADDED if old is None else Kind.REMOVED
        elif _same(old, new, before, after):
            continue
        else:
            kind = Kind.CHANGED
        found.append(Difference(policy_id=policy_id, kind=kind, before=old, after=new))
    same_tables = (before.files.catalog, before.files.company, before.files.waivers) == (
        after.files.catalog,
        after.files.company,
        after.files.waivers,
    )
    return Change(before=before, after=after, differences=tuple(found), same_tables=same_tables)


def with_files(before: Rules, files: Mapping[str, str], *, without: Iterable[str] = (), tested: bool = True) -> Change:
    """The rules in force with other policies: each file adds its policy or stands in for the one of its id; `without` leaves out.

    Dates of effect of the new policies are left aside, as if they had been in force all along. Raises `RulesRefused` with
    every fault of every file, with file, line and caret.
    """
    gone = _known(before, without)
    texts = replace(before.files, policies={**_but(before.files.policies, files), **files})
    after = take_up(texts, before=before, tested=tested)
    found = {
        policy.id: replace(policy, effective_from=None, effective_to=None) if policy.source in files else policy
        for policy in after.policies.policies.values()
        if policy.id not in gone
    }
    return change_of(before, replace(after, policies=PolicySet.of(found.values())))


def _but(policies: Mapping[str, str], files: Mapping[str, str]) -> dict[str, str]:
    """The files in force without those of the same name: a later file has to come last to go before the others."""
    return {name: text for name, text in policies.items() if name not in files}


def _known(rules: Rules, without: Iterable[str]) -> frozenset[str]:
    names, known = frozenset(without), rules.policies.policies
    unknown = sorted(names - known.keys())
    if unknown:
        raise RulesRefused(tuple(f"There is no policy {name}.{did_you_mean(name, known)}" for name in unknown))
    return names


def _same(old: Policy, new: Policy, before: Rules, after: Rules) -> bool:
    """Whether two policies of one id say the same: the same text, the same effect, the same dates."""
    return before.files.policies.get(old.source) == after.files.policies.get(new.source) and (
        old.effect,
        old.effective_from,
        old.effective_to,
    ) == (new.effect, new.effective_from, new.effective_to)


def _judges_quotes(difference: Difference) -> bool:
    policies = (difference.before, difference.after)
    return any(policy is not None and policy.applies_to is AppliesTo.QUOTE for policy in policies)
