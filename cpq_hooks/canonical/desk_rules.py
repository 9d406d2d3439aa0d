"""The schemas of the deal desk's tables in company.yaml: approval chains, and what a review may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cpq_hooks.canonical.fields import Choice, Statement
from cpq_hooks.canonical.files import FileRecord, Word
from cpq_hooks.canonical.nesting import Items, Part, Table
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import Placed, Rule, legible
from cpq_hooks.problem import Flaw, shown
from policies.domain.company import Retention
from policies.domain.desk import ApprovalChain, ChainCondition, ChainStage, ReasonCode, ReviewRules
from policies.domain.outcome import OutcomeVerdict
from policies.domain.quote import DealType
from policies.domain.review import ReviewAction

MOST_CHAINS: Final = 100
MOST_STAGES: Final = 20
MOST_ROLES: Final = 20
LONGEST_WAIVER_DAYS: Final = 3_650
LONGEST_KEPT_DAYS: Final = 36_500


class ChainConditionSchema(FileRecord):
    """Which deals an approval chain is for; all that is stated must fit."""

    record = ChainCondition

    roles = Items(Word("A role."), "One of these roles is asked for consent.", most=100, noun="roles")
    policies = Items(Word("A policy's id."), "One of these policies does not hold.", most=1_000, noun="ids")
    patterns = Items(Word("A leakage pattern."), "A finding is of one of these patterns.", most=1_000, noun="patterns")
    deal_types = Items(Choice(DealType, "A deal type."), "The deal is of one of these types.", most=10, noun="types")
    at_risk_from = Number("The money at risk from which the chain is asked, in the company's currency.")


class ChainStageSchema(FileRecord):
    """Roles that are asked at the same time."""

    record = ChainStage

    roles = Items(Word("A role."), "The roles.", required=True, least=1, most=MOST_ROLES, noun="roles")


class ApprovalChainSchema(FileRecord):
    """Stages of consent, each asked when the one before has consented."""

    record = ApprovalChain

    name = Word("What the chain is called.", required=True)
    when = Part(ChainConditionSchema, "Which deals it is for; none stated is every deal.")
    stages = Items(
        Part(ChainStageSchema, "One stage."),
        "The stages in order.",
        required=True,
        least=1,
        most=MOST_STAGES,
        noun="stages",
    )


class ReasonCodeSchema(FileRecord):
    """A reason to choose from."""

    record = ReasonCode

    code = Word("The code.", required=True)
    title = Statement("What it means, for whoever chooses.", required=True)
    actions = Items(Choice(ReviewAction, "An action."), "The actions that it is for; none is all.", most=10)
    label = Choice(
        OutcomeVerdict, "What it says of the findings reviewed, as an outcome to learn from; none says nothing."
    )


def _codes_are_unique(rules: Any) -> Iterator[Placed]:
    seen: set[object] = set()
    for position, each in enumerate(rules.reason_codes):
        code = legible(each, "code")
        if code is not None and code in seen:
            yield (
                ("reason_codes", position, "code"),
                Flaw("duplicate", f"the code {shown(code)} stands twice: keep one"),
            )
        seen.add(code)


class ReviewRulesSchema(FileRecord):
    """What a review may be."""

    record = ReviewRules

    longest_waiver_days = Whole(
        "For how many days a waiver may hold; 90 unless stated.", least=1, most=LONGEST_WAIVER_DAYS
    )
    waiver_role = Word(
        "The role that may waive blocks, and what no approver is named for; the deal desk unless stated."
    )
    bulk_approval_limit = Number(
        "The most money at risk of a deal that is approved together with others; none is approved so unless stated."
    )
    reason_codes = Items(
        Part(ReasonCodeSchema, "One code."), "The reasons to choose from, in place of those built in.", most=200
    )
    api_keys = Table(
        Word("An API key, by its name or id."),
        Items(Word("A role."), "The roles that it is left.", required=True, most=100),
        "Which of its own roles an API key is left; one that is not named, all of them.",
    )

    conditions = (Rule(("reason_codes",), _codes_are_unique),)


def _masks_are_paths(retention: Any) -> Iterator[Placed]:
    for position, each in enumerate(retention.masked_fields):
        parts = each.split(".")
        if not all(part == "*" or part.replace("_", "").isalnum() for part in parts) or set(parts) == {"*"}:
            message = f"{shown(each)} is no path of a field: write it as account.name or rep.*"
            yield ("masked_fields", position), Flaw("format", message)


def _kept(documents: str) -> Whole:
    return Whole(f"For how many days {documents} are kept; for good unless stated.", least=1, most=LONGEST_KEPT_DAYS)


class RetentionSchema(FileRecord):
    """What of the record is not for everybody, and which documents are not kept for good."""

    record = Retention

    masked_fields = Items(
        Word("A field's path, such as account.name or rep.*; it is hidden wherever a path in a document ends so."),
        "The fields that the record's pages and files show to administrators only.",
        most=200,
    )
    quote_days = _kept("imported quotes")
    agreement_days = _kept("agreements, after their end,")
    billing_configuration_days = _kept("billing configurations")
    usage_days = _kept("usage records")
    invoice_days = _kept("invoices")
    outcome_days = _kept("outcomes")

    conditions = (Rule(("masked_fields",), _masks_are_paths),)
