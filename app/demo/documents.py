"""The documents of a settled deal, as JSON text: what the company's systems would hold of it at the end of history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from app.demo.altered import altered
from app.demo.bills import Billed
from app.demo.books import Books, Oddity, by_invoice
from app.demo.outcomes import Discovery, discovery, outcome
from app.demo.randomness import stream
from app.demo.setup import SetUp, configuration
from app.demo.truth import truth
from app.demo.wire import day_text, joined, json_text, last_day_text, members, number_text, text_of
from policies.domain.agreement import Amendment
from policies.domain.charge import Line
from policies.domain.money import plain

if TYPE_CHECKING:
    from app.demo.accounts import Customer
    from app.demo.contracts import Alteration, Contract
    from app.demo.deal import Deal
    from app.demo.people import Person

_DISCOVERY: Final = 5
_ONE_DAY: Final = timedelta(days=1)
_NORMAL: Final = Oddity()
_SIMULATED: Final = "true"


class Kind(StrEnum):
    """What a document is; also the name of the file that holds all of them.

    Reps and accounts are for reference, and the truth is for whoever wants to know how good a guess was; the others are
    the records that a company's systems send.
    """

    REP = "reps"
    ACCOUNT = "accounts"
    QUOTE = "quotes"
    AGREEMENT = "agreements"
    BILLING_CONFIGURATION = "billing-configurations"
    USAGE = "usage"
    INVOICE = "invoices"
    OUTCOME = "outcomes"
    TRUTH = "truth"


class Document(NamedTuple):
    """One record: its kind, and its JSON text on one line."""

    kind: Kind
    text: str


def rep_document(person: Person, today: date) -> Document:
    """A rep as the company's directory has them."""
    left = person.left_on if person.left_on is not None and person.left_on < today else None
    more = {"left_on": json_text(left)} if left is not None else {}
    return Document(Kind.REP, text_of(person.rep, hired_on=json_text(person.hired_on), **more, simulated=_SIMULATED))


def account_document(customer: Customer) -> Document:
    """A customer as the company's systems know them."""
    return Document(
        Kind.ACCOUNT, text_of(customer.account, currency=json_text(customer.currency), simulated=_SIMULATED)
    )


def documents_of(deal: Deal, seed: int, today: date) -> Iterator[Document]:
    """Everything that exists of a deal on the day after the last of history."""
    quote = members(deal.quote)
    yield Document(Kind.QUOTE, _quote(deal, quote))
    if deal.contract is not None and deal.books is not None:
        signed = deal.contract.signed
        yield Document(Kind.AGREEMENT, _agreement(deal.contract, quote if signed is deal.quote else members(signed)))
        yield from _billing(deal.books, today)
        yield from _usage(deal.books)
        yield from _invoices(deal.books, today)
    rng = stream(seed, _DISCOVERY, deal.occasion.customer.number * 16 + deal.occasion.number)
    found = discovery(deal, rng)
    if found is not None and found.day < today:
        yield Document(Kind.OUTCOME, text_of(outcome(deal, found, rng)))
    yield Document(Kind.TRUTH, truth(deal, _known(found, today), found))


def _known(found: Discovery | None, today: date) -> bool:
    return found is not None and found.day < today


def _quote(deal: Deal, quote: list[str]) -> str:
    standing = deal.occasion.standing
    more = {"standing_agreement_id": json_text(standing.agreement_id)} if standing is not None else {}
    return joined(quote, simulated=_SIMULATED, **more)


# ------------------------------------------------------------------------------------------ agreement and set-up


def _agreement(contract: Contract, signed: list[str]) -> str:
    """The agreement: what was signed, as a quote has it, with its own id and its amendments."""
    amendments = [_amendment(each) for each in contract.alterations]
    more = {"amendments": "[" + ", ".join(amendments) + "]"} if amendments else {}
    return joined(
        [f'"agreement_id": "{contract.agreement_id}"', f'"signed_on": "{contract.signed_on}"', *signed],
        **more,
        simulated=_SIMULATED,
    )


def _amendment(alteration: Alteration) -> str:
    return text_of(
        Amendment(
            amendment_id=alteration.amendment_id,
            effective_date=alteration.effective,
            signed_on=alteration.signed_on,
            lines=(altered(alteration.line, start_date=alteration.effective, stated_total=None),),
        )
    )


def _billing(books: Books, today: date) -> Iterator[Document]:
    made = books.set_up
    if made.created_at.date() >= today:
        return
    yield Document(Kind.BILLING_CONFIGURATION, _configuration(books.contract, made, ""))
    if books.twice:
        again = replace(made, created_at=made.created_at + 9 * _ONE_DAY)
        yield Document(Kind.BILLING_CONFIGURATION, _configuration(books.contract, again, "-B"))


def _configuration(contract: Contract, made: SetUp, suffix: str) -> str:
    notes: Mapping[str, object] = made.notes
    return text_of(
        configuration(contract, made, suffix),
        simulated=_SIMULATED,
        **{name: json_text(value) for name, value in notes.items()},
    )


# ------------------------------------------------------------------------------------------ usage and invoices


class _Ids(NamedTuple):
    """The ids that the documents of one contract share."""

    number: str
    agreement_id: str
    account_id: str
    currency: str

    @staticmethod
    def of(contract: Contract) -> _Ids:
        account_id = contract.occasion.customer.account.account_id
        return _Ids(contract.number, contract.agreement_id, account_id, contract.signed.currency)


class _Reading(NamedTuple):
    """The use of one line in one month."""

    line_id: str
    product_id: str
    start: date
    end: date
    quantity: Decimal


def _usage(books: Books) -> Iterator[Document]:
    """One record for each month that has ended and each line that is metered, and what departs from that."""
    ids, starts = _Ids.of(books.contract), books.months.starts
    names = {line.line_id: line.product_id for line in books.lines()}
    for line_id, series in books.use.items():
        for month in range(books.elapsed_in_term):
            oddity = books.oddities.get((line_id, month), _NORMAL)
            if not oddity.missing:
                reading = _Reading(line_id, names[line_id], starts[month], starts[month + 1], series[month])
                yield from _readings(ids, reading, oddity)
    for line, month, quantity in books.extra_use:
        if line.line_id not in books.use or month >= books.months_in_term:
            reading = _Reading(line.line_id, line.product_id, starts[month], starts[month + 1], quantity)
            yield from _readings(ids, reading, _NORMAL)
    for line, day in books.delivered:
        yield Document(Kind.USAGE, _delivery(ids, line, day))


def _readings(ids: _Ids, reading: _Reading, oddity: Oddity) -> Iterator[Document]:
    first, line_id = day_text(reading.start), reading.line_id
    received = (reading.end + _ONE_DAY * 19).isoformat() if oddity.received_late else day_text(reading.end)
    agreement = "" if oddity.orphaned else f'"agreement_id": "{ids.agreement_id}", "line_id": "{line_id}", '
    usage_id = f"SIM-U-{ids.number}-{line_id}-{first}"
    rest = (
        f'"account_id": "{ids.account_id}", {agreement}"product_id": "{oddity.product_id or reading.product_id}", '
        f'"period_start": "{first}", "period_end": "{last_day_text(reading.end)}", '
        f'"quantity": "{plain(reading.quantity)}", "received_on": "{received}", "simulated": true}}'
    )
    yield Document(Kind.USAGE, f'{{"usage_id": "{usage_id}", {rest}')
    if oddity.doubled:
        yield Document(Kind.USAGE, f'{{"usage_id": "{usage_id}-R", {rest}')


def _delivery(ids: _Ids, line: Line, day: date) -> str:
    quantity = plain(line.quantity) if line.quantity is not None else "1"
    return (
        f'{{"usage_id": "SIM-U-{ids.number}-{line.line_id}-D", "account_id": "{ids.account_id}", '
        f'"agreement_id": "{ids.agreement_id}", "line_id": "{line.line_id}", "product_id": "{line.product_id}", '
        f'"at": "{day}T15:00:00Z", "quantity": "{quantity}", "delivered": true, "simulated": true}}'
    )


def _invoices(books: Books, today: date) -> Iterator[Document]:
    ids, invoices = _Ids.of(books.contract), by_invoice(books.billed(today))
    for suffix in ("", "-B") if books.twice else ("",):
        for number, (issued, amounts) in enumerate(invoices.items(), start=1):
            yield Document(Kind.INVOICE, _invoice(ids, f"{number:03d}{suffix}", issued, amounts, suffix))


def _invoice(ids: _Ids, number: str, issued: date, amounts: list[Billed], suffix: str) -> str:
    total = amounts[0].amount
    for each in amounts[1:]:
        total += each.amount
    lines = ", ".join([_invoice_line(each, suffix) for each in amounts])
    return (
        f'{{"invoice_id": "SIM-INV-{ids.number}-{number}", "account_id": "{ids.account_id}", '
        f'"agreement_id": "{ids.agreement_id}", "billing_configuration_id": "SIM-BC-{ids.number}{suffix}", '
        f'"issued_on": "{day_text(issued)}", "currency": "{ids.currency}", "lines": [{lines}], '
        f'"total": "{total:f}", "simulated": true}}'
    )


def _invoice_line(billed: Billed, suffix: str) -> str:
    """One amount. It is in whole minor units already, so its own digits are those that are written."""
    quantity = f'"quantity": {number_text(billed.quantity)}, ' if billed.quantity is not None else ""
    price = f'"unit_price": {number_text(billed.unit_price)}, ' if billed.unit_price is not None else ""
    return (
        f'{{"line_id": "{billed.line_id}", "charge_id": "{billed.charge_id}{suffix}", '
        f'"product_id": "{billed.product_id}", "kind": "{billed.kind}", "period_start": "{day_text(billed.start)}", '
        f'"period_end": "{last_day_text(billed.end)}", {quantity}{price}"amount": "{billed.amount:f}"}}'
    )
