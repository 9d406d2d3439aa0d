"""Evaluating a set-up: the policies on billing configurations, on what the twin of agreement and configuration shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from policies.approval import cover_same
from policies.domain.decision import NotAssessed
from policies.grouping import group
from policies.judging import Evaluation, Judged, Judging
from policies.remedy import prove
from policies.twin.setup import SetUpFacts
from policies.twin.twin import twin
from policies.waiver import apply_waivers

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge, BillingConfiguration
    from policies.domain.review import Consent
    from policies.policyset import PolicySet
    from policies.twin.model import Assumed, Twin
    from policies.twin.setup import SetUp
    from policies.waiver import Waiver

Expand: TypeAlias = "Callable[[SetUp], Twin]"

_JUDGED_BY: Final = {
    "price_period": "price-or-quantity-differs",
    "quantity": "price-or-quantity-differs",
    "charge_model": "charge-model-differs",
}
_RHYTHM: Final = "billing-rhythm-differs"


def evaluate_setup(
    facts: SetUpFacts,
    policies: PolicySet,
    *,
    waivers: Sequence[Waiver] = (),
    consents: Sequence[Consent] = (),
    expand: Expand = twin,
) -> Evaluation:
    """Judge a set-up by every policy on billing configurations in force, prove the remedies, and find who owns the money.

    `consents` are those on record for this very content. Waivers are for the configuration's id, and findings have the same id in every revision of it. A remedy is proven by
    changing the configuration and asking the twin (`expand`) again.
    """
    configuration = facts.setup.configuration
    judged = _judge(facts, policies)
    findings = cover_same(judged.findings, consents, facts.setup.company)
    findings = apply_waivers(findings, waivers, configuration.billing_configuration_id, facts.setup.today)
    findings = prove(findings, configuration, lambda changed: _judge(_with(facts, changed, expand), policies).by_id())
    grouped = group(findings, facts.twin.term)
    return Evaluation(grouped.findings, grouped.totals, _not_assessed(judged, facts.twin))


def _with(facts: SetUpFacts, changed: BillingConfiguration, expand: Expand) -> SetUpFacts:
    setup = replace(facts.setup, configuration=changed)
    return SetUpFacts(setup=setup, twin=expand(setup))


def _judge(facts: SetUpFacts, policies: PolicySet) -> Judged:
    lines_of = {charge_id: match.line_ids for match in facts.twin.matching.matches for charge_id in match.charge_ids}

    def place(charge: BillingCharge) -> tuple[tuple[str, ...], str]:
        return lines_of.get(charge.charge_id, ()), charge.charge_id

    judging = Judging(
        subject_id=facts.setup.configuration.billing_configuration_id,
        currency=facts.currency,
        facts=facts,
        place=place,
    )
    return judging.of(policies.set_up_hits(facts))


def _not_assessed(judged: Judged, twin: Twin) -> tuple[NotAssessed, ...]:
    """What policies could not judge, what the twin could not tell, and what it assumed; each said once."""
    told: dict[str, list[NotAssessed]] = {}
    for each in twin.not_assessed:
        told.setdefault(each.policy_id, []).append(each)
    # A check gives all reasons of the twin as one; here they stand apart, each with its lines.
    own = [each for each in judged.not_assessed if each.policy_id not in told]
    assumed = [_assumption(charge_id, each) for charge_id, each in twin.assumed]
    found = dict.fromkeys((*own, *twin.not_assessed, *assumed))
    return tuple(sorted(found, key=lambda each: (each.policy_id, each.because, each.line_ids)))


def _assumption(charge_id: str, assumed: Assumed) -> NotAssessed:
    name = assumed.field.replace("_", " ")
    because = f"charge {charge_id} does not state its {name}: {assumed.value} was taken, from {assumed.taken_from}"
    return NotAssessed(policy_id=_JUDGED_BY.get(assumed.field, _RHYTHM), because=because)
