"""One deal under both sets of rules: what each finds, and what that does to the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.desk.consents import NOTHING
from policies.derivation import derive
from policies.domain.decision import Verdict
from policies.domain.finding import Direction, Effect
from policies.domain.quote import Stage
from policies.evaluation import unproven
from policies.grouping import group
from policies.policyset import PolicySet
from scoring.decide import verdict

if TYPE_CHECKING:
    from app.backtests.change import Change
    from app.desk.consents import OnRecord
    from app.rules import Rules
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

Find = Callable[["QuoteFacts"], tuple["Finding", ...]]
_RANK: Final = {Verdict.ALLOW: 0, Verdict.FLAG: 1, Verdict.BLOCK: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A deal of which the two sets of rules find different things.

    `consented` are the policies of which consents or waivers on record cover something, after the change.
    `gained` are policies that find something only after the change, `lost` only before; a policy that finds on other lines or
    with another effect is in both. `at_risk` is what could go unbilled by what is gained, each amount once; None where no
    amount is known. `amount` is the deal's value over its term, in `currency`.
    """

    quote_id: str
    before: Verdict
    after: Verdict
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    currency: str
    amount: Decimal | None
    at_risk: Decimal | None
    rep_id: str | None
    account_id: str | None
    account: str | None
    created_at: datetime | None
    consented: tuple[str, ...] = ()

    @property
    def flips(self) -> bool:
        return self.before is not self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One set of rules in two parts: the policies that differ, and all others. Each is judged only where it can matter."""

    rules: Rules
    differing: PolicySet
    common: PolicySet

    def facts(self, quote: Quote, as_of: datetime) -> QuoteFacts:
        return derive(quote, as_of=as_of, company=self.rules.company, catalog=self.rules.catalog)

    def found(self, facts: QuoteFacts, policies: PolicySet, reviewed: OnRecord) -> tuple[Finding, ...]:
        waivers = (*self.rules.waivers, *reviewed.waivers)
        return unproven(facts, policies, waivers=waivers, consents=reviewed.consents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides. `same_tables` says that all but the differing policies is the same, and so what is found by the others."""

    before: Side
    after: Side
    same_tables: bool

    @classmethod
    def of(cls, change: Change) -> Comparison:
        names = {each.policy_id for each in change.differences} if change.same_tables else None
        return cls(before=_side(change.before, names), after=_side(change.after, names), same_tables=change.same_tables)

    def touched(self, quote: Quote, now: datetime, reviewed: OnRecord = NOTHING) -> Touched | None:
        """What the change does to a deal; None where nothing. A deal of the past is judged as of the day it was made.

        `reviewed` are the consents and waivers on record of it.
        """
        as_of = judged_as_of(quote, now)
        facts = self.before.facts(quote, as_of)
        facts_after = facts if self.same_tables else self.after.facts(quote, as_of)
        old = self.before.found(facts, self.before.differing, reviewed)
        new = self.after.found(facts_after, self.after.differing, reviewed)
        before, after = {_key(each): each for each in old}, {_key(each): each for each in new}
        if before.keys() == after.keys():
            return None
        # The others say the same on both sides, so they are asked once, and only of a deal that is touched.
        common = self.before.found(facts, self.before.common, reviewed) if self.same_tables else ()
        others = verdict(common)
        gained = [after[key] for key in after if key not in before]
        account, rep = quote.account, quote.rep
        return Touched(
            quote_id=quote.quote_id,
            before=_stronger(others, verdict(old)),
            after=_stronger(others, verdict(new)),
            gained=_names(gained),
            lost=_names(before[key] for key in before if key not in after),
            currency=quote.currency,
            amount=facts.tcv,
            at_risk=_at_risk(gained, facts_after),
            rep_id=rep.rep_id if rep is not None else None,
            account_id=account.account_id if account is not None else None,
            account=account.name if account is not None else None,
            created_at=quote.created_at,
            consented=_names(each for each in (*common, *new) if each.approved_by or each.waived_by),
        )


def judged_as_of(quote: Quote, now: datetime) -> datetime:
    """The moment as of which a deal is judged: an open one now, one of the past when it was made."""
    if quote.created_at is None or is_open(quote, now):
        return now
    return min(quote.created_at, now)


def is_open(quote: Quote, now: datetime) -> bool:
    """Whether a quote is still on its way: not accepted, and good for longer, or, where no day is stated, in a stage before."""
    if quote.stage is Stage.ACCEPTED:
        return False
    return quote.valid_until > now if quote.valid_until is not None else quote.stage is not None


def _side(rules: Rules, names: set[str] | None) -> Side:
    """Where tables differ (`names` None), any policy may say something else."""
    policies = rules.policies.policies.values()
    differing = [each for each in policies if names is None or each.id in names]
    common = [each for each in policies if names is not None and each.id not in names]
    return Side(rules=rules, differing=PolicySet.of(differing), common=PolicySet.of(common))


def _key(finding: Finding) -> tuple[str, Effect, bool]:
    return finding.finding_id, finding.effect, finding.enforces


def _names(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({each.policy_id for each in findings}))


def _stronger(one: Verdict, other: Verdict) -> Verdict:
    return max(one, other, key=lambda each: _RANK[each])


def _at_risk(findings: Sequence[Finding], facts: QuoteFacts) -> Decimal | None:
    """What findings in shadow put at risk counts here as well: that is what a backtest asks."""
    counted = [replace(each, effect=Effect.FLAG) for each in findings]
    return group(counted, facts.term).totals.get(Direction.UNDER)
