"""Whether the quote is still valid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policies.check import SATISFIED, Check, CheckResult, NoParameters, Scope, Undetermined, Violated
from policies.domain.finding import Evidence
from policies.domain.quote import Stage
from policies.pricebooks import current_book, moved_prices

if TYPE_CHECKING:
    from policies.facts import QuoteFacts


def run(quote: QuoteFacts, _: NoParameters) -> CheckResult:
    valid_until = quote.quote.valid_until
    if valid_until is None:
        return Undetermined("the quote does not say until when it is valid")
    if _comparable(quote.as_of) <= _comparable(valid_until):
        return SATISFIED
    if quote.quote.stage is Stage.ACCEPTED:
        return Undetermined("the quote does not say when it was accepted")
    return _violated(quote, valid_until)


def _comparable(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _violated(quote: QuoteFacts, valid_until: datetime) -> Violated:
    book = current_book(quote.catalog, quote.currency, quote.today) if quote.catalog is not None else None
    return Violated(
        evidence=(
            Evidence(
                field="valid_until",
                actual=valid_until.isoformat(),
                expected=f"{quote.as_of.isoformat()} or later",
                expected_from="the moment of the check",
            ),
        ),
        loss=moved_prices(quote, book),
        reports={"valid_until": valid_until.date(), "today": quote.today},
        remedy_text="Price the quote again and give it a new validity",
    )


CHECK: Final = Check(
    name="stale-quote",
    scope=Scope.QUOTE,
    run=run,
    summary="The quote is used within its validity.",
    reports=("valid_until", "today"),
)
