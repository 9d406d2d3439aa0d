"""The shapes in which the API shows insights and recovery cases. Amounts are decimal strings in the row's currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields

_LEDGERS: Final = {
    "prevented": "Flagged on a quote, changed before it was sent, and signed.",
    "corrected": "Found on a held configuration and right before its first invoice.",
    "detected": "Found after billing and still open.",
    "recovered": "Found after billing, and invoiced and agreed since.",
    "written_off": "Found after billing, and given up.",
    "collected": "The part of recovered that was paid.",
}


def _text(about: str, *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about, **more})


def _whole(about: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": about})


def _share(about: str) -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata={"description": about})


def _part(schema: type[Schema], about: str) -> fields.Nested:
    return fields.Nested(schema, required=True, metadata={"description": about})


def _rows(schema: type[Schema], about: str) -> Any:
    return fields.List(fields.Nested(schema), required=True, metadata={"description": about})


class FigureSchema(Schema):
    """A figure with what it rests on."""

    definition = _text("What it means: a key of `definitions`, or of the help.")
    value = _share("The figure; null where it cannot be told.")
    n = _whole("From how many cases.")
    low = _share("The lower end of its interval at 95 %.")
    high = _share("The upper end.")
    because = _text("Why it cannot be told; null where it can.", null=True)


class MetricSchema(FigureSchema):
    """A figure of the ledgers, for one currency and side, one tier, or one quantile."""

    currency = fields.String(allow_none=True, metadata={"description": "Of which money."})
    side = fields.String(allow_none=True, metadata={"description": "under or over."})
    tier = fields.String(allow_none=True, metadata={"description": "Of which tier."})
    bound = fields.Float(allow_none=True, metadata={"description": "The probability that the tier begins with."})
    borne = fields.Boolean(allow_none=True, metadata={"description": "Whether the precision bears the tier's name."})
    quantile = fields.Float(allow_none=True, metadata={"description": "Of times: which share was faster."})


LedgerMoneySchema: Final = Schema.from_dict(
    {name: _text(about) for name, about in _LEDGERS.items()}, name="LedgerMoneySchema"
)


class LedgerRowSchema(LedgerMoneySchema):  # type: ignore[valid-type, misc]
    """The ledgers of one month, pattern, or whatever they are grouped by; of one side and currency."""

    value = _text("What the row is of.", null=True)
    side = _text("under or over; never to be netted.")
    currency = _text("The currency of the amounts.")


class CountedSchema(Schema):
    """What was decided."""

    decisions = _whole("Decisions.")
    findings = _whole("Findings in force.")
    consented = _whole("Of these, those that somebody consented to.")
    shadow = _whole("Findings of policies in shadow.")


class MoneyCountedSchema(CountedSchema):
    """What was decided, with the money at risk."""

    value = _text("A pattern, or a rep.", null=True)
    currency = _text("The currency of the amounts.")
    allowed = _whole("Decisions that allowed.")
    flagged = _whole("Decisions that flagged.")
    blocked = _whole("Decisions that blocked.")
    under = _text("Money that could go unbilled.")
    over = _text("Money that would be billed too much.")


class PatternRowSchema(MoneyCountedSchema):
    """One leakage pattern in one currency."""

    title = _text("What the pattern is called.", null=True)
    ledgers = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(LedgerMoneySchema),
        required=True,
        metadata={"description": "What became of the money, under and over apart."},
    )


class RepRowSchema(MoneyCountedSchema):
    """One rep in one currency."""

    clean_quotes = _part(FigureSchema, "The share of quotes without a finding.")


class PolicyRowSchema(CountedSchema):
    """One policy."""

    policy_id = _text("The policy.")
    override_rate = _part(FigureSchema, "How often somebody consented.")
    false_positive_share = _part(FigureSchema, "How often nothing leaked.")
    override_regret = _part(FigureSchema, "How often what somebody consented to leaked.")


class CauseRowSchema(LedgerMoneySchema):  # type: ignore[valid-type, misc]
    """A cause of what was found."""

    pattern = _text("The pattern.")
    title = _text("What it is called.", null=True)
    policy_id = _text("The policy that found it.", null=True)
    product_id = _text("On which product.", null=True)
    source = _text("From which system.", null=True)
    side = _text("under or over.")
    currency = _text("The currency of the amounts.")
    cases = _whole("How often.")
    found = _text("How much in all.")
    prevented = fields.String(metadata={"description": _LEDGERS["prevented"]})
    corrected = fields.String(metadata={"description": _LEDGERS["corrected"]})


class NotedFixSchema(Schema):
    """A fix that was made at the source."""

    fix_id = _text("Its id.")
    kind = _text("pattern, policy or product.")
    value = _text("Which one.")
    made_on = _text("From which day on it works.", format="date")
    title = _text("What was done.")
    owner = _text("Who did it.", null=True)
    note = _text("What else there is to say.", null=True)
    noted_by = _text("Who noted it.")


class MadeFixSchema(NotedFixSchema):
    """A fix with what it has brought."""

    window_days = _whole("How many days before and after are compared.")
    before = _whole("Cases before.")
    after = _whole("Cases after.")
    currency = _text("The currency of what it saves.", null=True)
    ratio = _part(FigureSchema, "Cases after, of those before.")
    saved_a_day = _part(FigureSchema, "Money a day.")


class SignalSchema(Schema):
    """A sign that a limit is played with."""

    kind = _text("bunching, split_quotes or probing.")
    about = _text("Whom or what it is about.", null=True)
    detail = _text("What was seen.")
    n = _whole("How many quotes.")
    probability = _share("How likely chance alone does this.")
    quote_ids = fields.List(fields.String(), required=True, metadata={"description": "The quotes."})


def _answer(name: str, about: str, row: type[Schema], **more: Any) -> type[Schema]:
    """An answer of insights: the span and its rows."""
    stated = {
        "from": _text("The first day.", format="date"),
        "to": _text("The last day.", format="date"),
        "group_by": _text("What the ledgers are grouped by."),
        "definitions_version": _whole("Which version of the definitions the figures were made by."),
        "rows": _rows(row, "The rows."),
        "definitions": fields.Dict(
            keys=fields.String(), values=fields.String(), metadata={"description": "What each figure means."}
        ),
    }
    made = Schema.from_dict(stated | more, name=name)
    made.__doc__ = about
    return made


class CaseLineSchema(Schema):
    """A line and period of the agreement that a case is about."""

    line_id = _text("The line.")
    product_id = _text("Its product.", null=True)
    period_start = _text("The first day of the period.", null=True)
    period_end = _text("Its last day.", null=True)
    amount = _text("How much of it is to come back.")


class CaseMoveSchema(Schema):
    """A move of a case."""

    number = _whole("1 is its opening.")
    from_state = _text("From where.", null=True)
    to_state = _text("To where.")
    at = _text("When.", format="date-time")
    by = _text("Who did it.")
    reference = _text("The invoice or payment that it rests on.", null=True)
    note = _text("Why.", null=True)
    owner = _text("Who looks after it from then on.", null=True)
    amount = _text("How much moved.", null=True)
    collected = _text("How much was paid.", null=True)


class CaseSummarySchema(Schema):
    """A recovery case: money that was found, on its way back."""

    case_id = _text("Its id.")
    version = _whole("Counts its moves; a move names the version that it was decided on.")
    state = _text("detected, confirmed, contacted, invoiced, recovered or written_off.")
    can_become = fields.List(fields.String(), required=True, metadata={"description": "What it can be moved to."})
    agreement_id = _text("The agreement.")
    account_id = _text("The account.", null=True)
    finding_id = _text("The finding of the audit; null for a case opened by hand.", null=True)
    pattern = _text("The leakage pattern.")
    policy_id = _text("The policy that found it.", null=True)
    direction = _text("under or over.")
    title = _text("What it is about.", null=True)
    situation = _text("Which letter suits it.", null=True)
    owner = _text("Who looks after it.", null=True)
    opened_at = _text("When it was opened.", format="date-time")
    opened_by = _text("Who opened it.")
    updated_at = _text("When it was last moved.", format="date-time")
    currency = _text("The currency of its amounts.")
    recoverable = _text("All that it is about.")
    invoiced = _text("What was invoiced.")
    recovered = _text("What came back.")
    collected = _text("What of it was paid.")
    written_off = _text("What was given up.")
    open = _text("What is neither recovered nor given up.")
    lines = _rows(CaseLineSchema, "The lines and periods that it is about.")
    draft_invoice_lines = fields.List(
        fields.Dict(), required=True, metadata={"description": "What to invoice, as the audit drafts it."}
    )
    audit_digest = _text("Of the stored audit that it rests on.", null=True)
    simulated = fields.Boolean(required=True, metadata={"description": "Whether it is of a simulated company."})
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "self."})


class RecoveryCaseSchema(CaseSummarySchema):
    """A recovery case with its history."""

    history = _rows(CaseMoveSchema, "Every move, the first first.")


class RecoveryCasePageSchema(Schema):
    """Recovery cases, the last moved first."""

    cases = _rows(CaseSummarySchema, "The cases.")
    next_page = _text("The token of the next page; null on the last.", null=True)
    links = fields.Dict(required=True, metadata={"description": "next: the address of the next page, or null."})


class LetterSchema(Schema):
    """A letter to a customer."""

    situation = _text("The situation that it is for.")
    is_own = fields.Boolean(required=True, metadata={"description": "Whether the template is the company's own."})
    text = _text("The letter.")


INSIGHT_SCHEMAS: Final[Mapping[str, type[Schema]]] = {
    "InsightLedgers": _answer(
        "InsightLedgersSchema",
        "The ledgers, and the metrics made of them.",
        LedgerRowSchema,
        metrics=_rows(MetricSchema, "The metrics."),
    ),
    "InsightPatterns": _answer("InsightPatternsSchema", "Leakage patterns.", PatternRowSchema),
    "InsightPolicies": _answer("InsightPoliciesSchema", "Policies.", PolicyRowSchema),
    "InsightReps": _answer("InsightRepsSchema", "Reps.", RepRowSchema),
    "InsightFixes": _answer(
        "InsightFixesSchema",
        "What to fix at the source, and what fixes have brought.",
        CauseRowSchema,
        made=_rows(MadeFixSchema, "The fixes that were noted."),
    ),
    "InsightSignals": _answer(
        "InsightSignalsSchema",
        "Signs that limits are played with.",
        SignalSchema,
        not_tested=_text("What could not be looked for, and why.", null=True),
    ),
    "NotedFix": NotedFixSchema,
    "RecoveryCasePage": RecoveryCasePageSchema,
    "RecoveryCase": RecoveryCaseSchema,
    "RecoveryLetter": LetterSchema,
}
