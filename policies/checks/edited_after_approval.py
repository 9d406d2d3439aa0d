"""Whether a quote that is sent is what was approved: nothing in it got worse since.

While a quote is a draft or submitted, its approvals are asked for again where it got worse; here only what leaves the
house counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.finding import Change, Evidence, Exposure
from policies.domain.material import LINE_FIELDS, QUOTE_FIELDS, Material, Worsening, material, worsened
from policies.domain.quote import Approval, Stage
from policies.domain.wording import listed, spelt

if TYPE_CHECKING:
    from policies.facts import QuoteFacts

ZERO: Final = Decimal(0)
_BEFORE_SENDING: Final = frozenset({Stage.DRAFT, Stage.SUBMITTED})


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    approvals = quote.quote.approvals
    if not approvals or quote.quote.stage in _BEFORE_SENDING:
        return NOT_APPLICABLE
    latest = _latest(approvals)
    current = quote.content()
    stale = [each for each in latest if each.content_hash is not None and each.content_hash != current]
    unknown = [each for each in stale if each.content_hash not in quote.approved]
    worse = _worse(quote, [quote.approved[each.content_hash or ""] for each in stale if each not in unknown])
    if worse:
        return _violated(quote, worse, unknown)
    if unknown:
        return _unknown(unknown, current)
    unbound = [each for each in latest if each.content_hash is None]
    if unbound:
        return Undetermined(f"the approval by {unbound[0].approver_id} does not say which content it was given to")
    return SATISFIED


def _latest(approvals: Sequence[Approval]) -> list[Approval]:
    """The last approval of each role: who approved again has seen what changed."""
    by_role: dict[str, Approval] = {}
    for approval in approvals:
        role = approval.role or approval.approver_id
        before = by_role.get(role)
        if before is None or not _is_earlier(approval, before):
            by_role[role] = approval
    return list(by_role.values())


def _is_earlier(one: Approval, other: Approval) -> bool:
    if one.approved_at is None or other.approved_at is None:
        return False
    if (one.approved_at.tzinfo is None) is not (other.approved_at.tzinfo is None):
        return False
    return one.approved_at < other.approved_at


def _worse(quote: QuoteFacts, contents: Sequence[Material]) -> list[Worsening]:
    """What got worse since any of the approved contents, each field once."""
    now = material(quote.quote) if contents else None
    found: dict[tuple[str | None, str], Worsening] = {}
    for content in contents:
        for each in worsened(content, now) if now is not None else ():
            found.setdefault((each.line_id, each.field), each)
    return list(found.values())


def _violated(quote: QuoteFacts, worse: Sequence[Worsening], unknown: Sequence[Approval]) -> Violated:
    changes = tuple(change for each in worse if (change := _restored(quote, each)) is not None)
    complete = len(changes) == len(worse) and not unknown
    fields = [f"line {each.line_id} {each.field}" if each.line_id is not None else each.field for each in worse]
    return Violated(
        evidence=tuple(
            Evidence(
                field=_path(each),
                actual=_told(each.now),
                expected=_told(each.before),
                expected_from="the content that was approved",
            )
            for each in worse
        ),
        loss=_loss(quote, worse),
        reports={"edits": f"{listed(fields)} got worse after the approval"},
        line_ids=tuple(dict.fromkeys(each.line_id for each in worse if each.line_id is not None)),
        changes=changes if complete else (),
        remedy_text="Go back to what was approved, or have this content approved",
    )


def _unknown(approvals: Sequence[Approval], current: str) -> Violated:
    return Violated(
        evidence=tuple(
            Evidence(
                field="approvals.content_hash",
                actual=each.content_hash,
                expected=current,
                expected_from="the content of the quote now",
            )
            for each in approvals
        ),
        loss=Loss(assumptions=("the content that was approved is not known here, so what changed cannot be priced",)),
        reports={"edits": "the approval was given to another content"},
        remedy_text="Have this content approved",
    )


def _path(worse: Worsening) -> str:
    if worse.line_id is None:
        return worse.field
    return f"lines[{worse.line_id}]" if worse.field == "line" else f"lines[{worse.line_id}].{worse.field}"


def _told(value: object) -> str | None:
    """A value as evidence has it; of a table, a list or a line only that there is one."""
    if isinstance(value, tuple):
        return f"{len(value)} entries"
    return "a line" if isinstance(value, Mapping) else spelt(value)


def _restored(quote: QuoteFacts, worse: Worsening) -> Change | None:
    """The edit that brings the approved value back; None for a line that came or went, and for another quote's content."""
    if worse.line_id is not None:
        facts = quote.line(worse.line_id)
        path = f"/lines/{facts.index}/{worse.field}" if facts is not None and worse.field in LINE_FIELDS else None
    elif worse.field.startswith("renewal."):
        path = "/" + worse.field.replace(".", "/") if quote.quote.renewal is not None else None
    else:
        path = f"/{worse.field}" if worse.field in QUOTE_FIELDS else None
    if path is None:
        return None
    return Change(
        path=path, value=_unstated(worse.now) if worse.before is None else worse.before, absent=worse.now is None
    )


def _unstated(now: object) -> object:
    """What stands where a value such as this one is not stated."""
    return False if isinstance(now, bool) else () if isinstance(now, tuple) else None


def _loss(quote: QuoteFacts, worse: Sequence[Worsening]) -> Loss:
    """Sum of |net now - net approved| * quantity * periods, for lower prices and lower quantities."""
    exposures = []
    for each in worse:
        amount = _priced(quote, each)
        if amount is None:
            return Loss(assumptions=(f"what the change of {each.field} costs is not known",))
        if amount:
            exposures.append(Exposure(line_id=each.line_id, amount=amount))
    total = sum((exposure.amount for exposure in exposures), ZERO)
    return Loss(remaining_term=total, exposures=tuple(exposures))


def _priced(quote: QuoteFacts, worse: Worsening) -> Decimal | None:
    facts = quote.line(worse.line_id) if worse.line_id is not None else None
    before, now = worse.before, worse.now
    if worse.field == "discounts" and facts is not None:
        # A discount is what makes the price lower: the price has the money.
        return ZERO
    if facts is None or facts.periods is None or not isinstance(before, Decimal) or not isinstance(now, Decimal):
        return None
    if worse.field == "net_unit_price" and facts.units is not None:
        return abs(before - now) * facts.units * facts.periods
    if worse.field == "quantity" and facts.line.net_unit_price is not None:
        return abs(before - now) * facts.line.net_unit_price * facts.periods
    return None


CHECK: Final = Check(
    name="edited-after-approval",
    scope=Scope.QUOTE,
    run=run,
    summary="Nothing in a quote that is sent got worse since it was approved.",
    reports=("edits",),
)
