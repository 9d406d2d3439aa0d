"""The documents of a settled deal, as JSON text: what the company's systems would hold of it at the end of history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from app.demo.altered import altered
from app.demo.bills import Billed
from app.demo.books import Books, Oddity, by_invoice
from app.demo.outcomes import Discovery, discovery, outcome
from app.demo.randomness import stream
from app.demo.setup import SetUp, configuration
from app.demo.truth import truth
from app.demo.wire import joined, json_text, members, text_of
from policies.domain.agreement import Amendment
from policies.domain.charge import Line
from policies.domain.money import amount_string, plain

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


# ------------------------------------------------------------------------------------------------------- usage


def _usage(books: Books) -> Iterator[Document]:
    """One record for each month that has ended and each line that is metered, and what departs from that."""
    contract, months = books.contract, books.months
    names = {line.line_id: line.product_id for line in contract.signed.lines}
    for line_id, series in books.use.items():
        for month in range(books.elapsed_in_term):
            oddity = books.oddities.get((line_id, month), _NORMAL)
            if not oddity.missing:
                record = _Reading(contract, line_id, names[line_id], months.starts[month], months.starts[month + 1])
                yield from _readings(record, plain(series[month]), oddity)
    for line, month, quantity in books.extra_use:
        if line.line_id not in books.use or month >= books.months_in_term:
            start, end = months.starts[month], months.starts[month + 1]
            record = _Reading(contract, line.line_id, line.product_id, start, end)
            yield from _readings(record, plain(quantity), _NORMAL, "-S")
    for line, day in books.delivered:
        yield Document(Kind.USAGE, _delivery(contract, line, day))


class _Reading(NamedTuple):
    """Which use a record is of."""

    contract: Contract
    line_id: str
    product_id: str
    start: date
    end: date


def _readings(reading: _Reading, quantity: str, oddity: Oddity, suffix: str = "") -> Iterator[Document]:
    contract, line_id, product_id, start, end = reading
    last = end - _ONE_DAY
    usage_id = f"SIM-U-{contract.number}-{line_id}-{start}{suffix}"
    received = end + _ONE_DAY * 19 if oddity.received_late else end
    agreement = "" if oddity.orphaned else f'"agreement_id": "{contract.agreement_id}", "line_id": "{line_id}", '
    tail = (
        f'{agreement}"product_id": "{oddity.product_id or product_id}", "period_start": "{start}", '
        f'"period_end": "{last}", "quantity": "{quantity}", "received_on": "{received}", "simulated": true}}'
    )
    account = contract.occasion.customer.account.account_id
    yield Document(Kind.USAGE, f'{{"usage_id": "{usage_id}", "account_id": "{account}", {tail}')
    if oddity.doubled:
        yield Document(Kind.USAGE, f'{{"usage_id": "{usage_id}-R", "account_id": "{account}", {tail}')


def _delivery(contract: Contract, line: Line, day: date) -> str:
    account = contract.occasion.customer.account.account_id
    return (
        f'{{"usage_id": "SIM-U-{contract.number}-{line.line_id}-D", "account_id": "{account}", '
        f'"agreement_id": "{contract.agreement_id}", "line_id": "{line.line_id}", "product_id": "{line.product_id}", '
        f'"at": "{day}T15:00:00Z", "quantity": "{plain(line.quantity) if line.quantity is not None else "1"}", '
        f'"delivered": true, "simulated": true}}'
    )


# ----------------------------------------------------------------------------------------------------- invoices


def _invoices(books: Books, today: date) -> Iterator[Document]:
    billed = books.billed(today)
    for suffix in ("", "-B") if books.twice else ("",):
        for number, (issued, amounts) in enumerate(by_invoice(billed).items(), start=1):
            yield Document(Kind.INVOICE, _invoice(books.contract, number, issued, amounts, suffix))


def _invoice(contract: Contract, number: int, issued: date, amounts: list[Billed], suffix: str) -> str:
    currency = contract.signed.currency
    lines = ", ".join([_invoice_line(each, currency, suffix) for each in amounts])
    total = amount_string(sum(each.amount for each in amounts[1:]) + amounts[0].amount, currency)
    return (
        f'{{"invoice_id": "SIM-INV-{contract.number}-{number:03d}{suffix}", '
        f'"account_id": "{contract.occasion.customer.account.account_id}", "agreement_id": "{contract.agreement_id}", '
        f'"billing_configuration_id": "SIM-BC-{contract.number}{suffix}", "issued_on": "{issued}", '
        f'"currency": "{currency}", "lines": [{lines}], "total": "{total}", "simulated": true}}'
    )


def _invoice_line(billed: Billed, currency: str, suffix: str) -> str:
    quantity = f'"quantity": "{plain(billed.quantity)}", ' if billed.quantity is not None else ""
    price = f'"unit_price": "{plain(billed.unit_price)}", ' if billed.unit_price is not None else ""
    return (
        f'{{"line_id": "{billed.line_id}", "charge_id": "{billed.charge_id}{suffix}", '
        f'"product_id": "{billed.product_id}", "kind": "{billed.kind}", "period_start": "{billed.start}", '
        f'"period_end": "{billed.end - _ONE_DAY}", {quantity}{price}"amount": "{amount_string(billed.amount, currency)}"}}'
    )
