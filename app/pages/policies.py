"""The policies in force: how each does, its text with its tests, and the decisions that it was part of. Files are the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from app.errors import NOT_FOUND, refuse
from app.ledgers.insights import Asked
from app.ledgers.policy_figures import PolicyFigures, hits_by_month, ledgers_of, policy_figures
from app.ledgers.tables import CSV, csv_of
from app.pages.charts import Chart, Series, stacked_bars
from app.pages.insight_query import months, wanted
from app.pages.insight_view import Row, row_of
from app.pages.page import Nav, Page, PageAsked, PageReply
from app.rules import CanonicalDocuments, Rules
from app.store import DecisionFilter, DecisionSummary, Role, Store
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.policy import Expected, Policy
from policies.testing import Proof, messages, run_tests

READS: Final = frozenset({Role.ANALYST, Role.ADMIN, Role.AUDITOR})
_LOOKED_THROUGH: Final = 300
_RECENT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A policy on the list, or one that has left it and is still in the counts."""

    policy_id: str
    policy: Policy | None
    figures: PolicyFigures
    precision: Row
    override: Row


class PolicyPages:
    """The list and a page for each policy."""

    def __init__(self, store: Store, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._rules = rules

    def pages(self) -> tuple[Page, ...]:
        """The routes; the draft's own come before them."""
        return (
            Page(
                method="GET",
                path="/policies",
                name="policies",
                title="Policies",
                template="policies.html",
                handle=self._list,
                roles=READS,
                nav=Nav(label="Policies", order=50),
            ),
            Page(
                method="GET",
                path="/policies/{policy_id}",
                name="policy",
                title="Policy",
                template="policy.html",
                handle=self._show,
                roles=READS,
            ),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        want = wanted(asked)
        shown = self._shown(want.asked)
        if asked.query.get("format") == "csv":
            return PageReply.file(csv_of([_flat(each) for each in shown]), CSV, "policies.csv")
        effect, text = asked.query.get("effect", ""), asked.query.get("q", "").strip().lower()
        chosen = [each for each in shown if _fits(each, effect, text)]
        chosen.sort(key=lambda each: (-each.figures.findings - each.figures.shadow, each.policy_id))
        rules = self._rules()
        context = {
            "want": want,
            "policies": chosen,
            "total": len(shown),
            "version": rules.version,
            "warnings": rules.warnings,
            "simulated": rules.simulated,
            "may_draft": asked.user.may(Role.ANALYST, Role.ADMIN),
        }
        return PageReply(context=context)

    def _shown(self, asked: Asked) -> list[Shown]:
        figures, policies = policy_figures(self._store, asked), self._rules().policies.policies
        return [
            _shown(name, policies.get(name), figures.get(name, PolicyFigures()))
            for name in sorted({*policies, *figures} - {""})
        ]

    def _show(self, asked: PageAsked) -> PageReply:
        rules, name = self._rules(), asked.path["policy_id"]
        policy = rules.policies.policies.get(name)
        if policy is None:
            raise refuse(NOT_FOUND, "There is no such policy in force.")
        want = wanted(asked)
        shown = _shown(name, policy, policy_figures(self._store, want.asked).get(name, PolicyFigures()))
        chart = self._chart(name, want.asked)
        if asked.query.get("format") == "csv":
            return PageReply.file(csv_of(chart.records), CSV, f"{name}-hits.csv")
        recent, looked = self._recent(name)
        context = {
            "of": policy,
            "shown": shown,
            "want": want,
            "text": rules.files.policies.get(policy.source, ""),
            "parameters": _parameters(policy.parameters),
            "proofs": list(run_tests([policy], CanonicalDocuments())),
            "expected": {test.name: test.expect.value for test in policy.tests},
            "examples": _examples(policy),
            "chart": chart,
            "ledgers": ledgers_of(self._store, replace(want.asked, group="policy"), name),
            "recent": recent,
            "looked_through": looked,
            "simulated": rules.simulated,
            "may_draft": asked.user.may(Role.ANALYST, Role.ADMIN),
        }
        return PageReply(context=context, title=policy.title[:120])

    def _chart(self, name: str, asked: Asked) -> Chart:
        found, labels = hits_by_month(self._store, asked, name), months(asked)
        series = [
            Series(name="Hits that enforce", values=[found.get(each, (0, 0))[0] for each in labels]),
            Series(name="Hits in shadow", values=[found.get(each, (0, 0))[1] for each in labels]),
        ]
        return stacked_bars("hits", "Hits by month", labels if found else [], series if found else [])

    def _recent(self, name: str) -> tuple[list[DecisionSummary], int]:
        """The last decisions with a finding of the policy, among the newest that there are, and how many were looked through."""
        page = self._store.decisions.page(DecisionFilter(), limit=_LOOKED_THROUGH)
        found = []
        for number, summary in enumerate(page.decisions, start=1):
            if self._carries(summary.decision_id, name):
                found.append(summary)
                if len(found) == _RECENT:
                    return found, number
        return found, len(page.decisions)

    def _carries(self, decision_id: str, name: str) -> bool:
        stored = self._store.decisions.get(decision_id)
        # The name stands in the text or it stands nowhere: most documents need not be read.
        if stored is None or name.encode() not in stored.decision.document:
            return False
        try:
            document = read_json(stored.decision.document, max_bytes=len(stored.decision.document) + 1)
        except (Invalid, Malformed):
            return False
        return any(each.get("policy_id") == name for each in document.get("findings") or ())


def _shown(name: str, policy: Policy | None, figures: PolicyFigures) -> Shown:
    from_measured = {"precision": figures.precision, "override": figures.override_rate}
    rows = {
        which: row_of(
            {
                "definition": each.definition,
                "value": each.value,
                "n": each.n,
                "low": each.interval.low if each.interval else None,
                "high": each.interval.high if each.interval else None,
                "because": each.because,
            }
        )
        for which, each in from_measured.items()
    }
    return Shown(policy_id=name, policy=policy, figures=figures, **rows)


def _fits(each: Shown, effect: str, text: str) -> bool:
    policy = each.policy
    if effect and (policy is None or policy.effect.value != effect):
        return False
    words = (
        [each.policy_id, policy.title, policy.pattern.number, policy.owner or ""]
        if policy is not None
        else [each.policy_id]
    )
    return not text or any(text in word.lower() for word in words)


def _flat(each: Shown) -> Mapping[str, Any]:
    policy, figures, precision = each.policy, each.figures, each.figures.precision
    return {
        "policy_id": each.policy_id,
        "pattern": policy.pattern.number if policy is not None else None,
        "title": policy.title if policy is not None else None,
        "effect": policy.effect.value if policy is not None else "not in force",
        "owner": policy.owner if policy is not None else None,
        **{name: getattr(figures, name) for name in ("findings", "shadow", "consented", "confirmed", "dismissed")},
        "precision": precision.value,
        "low": precision.interval.low if precision.interval else None,
        "high": precision.interval.high if precision.interval else None,
        **{
            f"{side} {code}": str(one)
            for code, *both in figures.money
            for side, one in zip(("under", "over"), both, strict=True)
        },
    }


def _parameters(given: Any) -> list[tuple[str, str]]:
    """A named check's parameters, one a row."""
    if given is None or not is_dataclass(given):
        return []
    return [(each.name.replace("_", " "), str(getattr(given, each.name))) for each in fields(given)]


def _examples(policy: Policy) -> list[tuple[str, str]]:
    """What the policy would say, from its own tests: the test and the message."""
    documents = CanonicalDocuments()
    told = [
        (test.name, said)
        for test in policy.tests
        if test.expect is Expected.VIOLATED
        for said in messages(policy, test, documents)[:1]
    ]
    return told[:3]


def passed(proofs: list[Proof]) -> int:
    """How many tests pass."""
    return sum(proof.failure is None for proof in proofs)
