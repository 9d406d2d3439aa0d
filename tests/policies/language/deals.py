"""The documents that these tests speak of: real quotes, with a few derived facts of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from policies.domain.catalog import Product
from policies.domain.charge import ChargeType, Line
from policies.domain.company import Company
from policies.domain.quote import Quote
from policies.language import Absence, FieldNote, Reader, Rule, Source, Subject, Vocabulary


@dataclass(slots=True, kw_only=True)
class LineView:
    line: Line
    product: Product | None = None
    quantity: Decimal | None = None
    periods: Decimal | None = None
    floor_price: Decimal | None = None
    discount_percent: Decimal | None = None


@dataclass(slots=True, kw_only=True)
class DealView:
    quote: Quote
    lines: tuple[LineView, ...]
    as_of: datetime
    company: Company | None = None
    tcv: Decimal | None = None
    discount_percent: Decimal | None = field(default=None, metadata={"expected": True, "because": "no list prices"})

    @property
    def today(self) -> date:
        return self.as_of.date()

    @property
    def currency(self) -> str:
        return self.quote.currency


DEALS = Vocabulary(
    document=DealView,
    overlays={DealView: "quote", LineView: "line"},
    names={
        "quote": "",
        "account": "account",
        "rep": "rep",
        "renewal": "renewal",
        "company": "company",
        "as_of": "as_of",
        "today": "today",
    },
    subjects={"line": Subject("lines", {"line": "", "product": "product"})},
    notes={
        "line.floor_price": FieldNote(absence=Absence.UNKNOWN, because="no floor for {line.product_id} in the catalog"),
        "line.net_unit_price": FieldNote(expected=True, because="{line.line_id} has no price"),
        "line.quantity": FieldNote(expected=True),
        "line.periods": FieldNote(expected=True, absence=Absence.UNKNOWN, because="the quote has no dates"),
        "product": FieldNote(absence=Absence.UNKNOWN, because="{line.product_id} is not in the catalog"),
        "quote.tcv": FieldNote(expected=True),
        "line.tiers": FieldNote(max_items=100),
        "line.discounts": FieldNote(max_items=100),
        "quote.lines": FieldNote(max_items=10_000),
    },
)

NOW = datetime(2026, 11, 2, 9, 30)  # noqa: DTZ001  the language compares moments without a zone too


def a_line(line_id: str = "1", **terms) -> LineView:
    """A recurring line; numbers may be written as text, facts of LineView are told from terms of Line."""
    told = {
        name: Decimal(value) if isinstance(value, str) and _is_number(value) else value for name, value in terms.items()
    }
    own = {name: told.pop(name) for name in ("product", "periods", "floor_price", "discount_percent") if name in told}
    told = {"product_id": "SEAT", "charge_type": ChargeType.RECURRING, **told}
    return LineView(line=Line(line_id=line_id, **told), quantity=told.get("quantity"), **own)


def a_deal(*lines: LineView, tcv=None, company=None, as_of=NOW, discount_percent=None, **terms) -> DealView:
    quote = Quote(**{"quote_id": "Q-1", "currency": "USD", "lines": tuple(view.line for view in lines), **terms})
    return DealView(quote=quote, lines=lines, as_of=as_of, company=company, tcv=tcv, discount_percent=discount_percent)


def condition(text: str, subject: str | None = "line"):
    """A condition that must be accepted."""
    reader = Reader(DEALS, subject)
    expression = reader.condition(Source(text))
    assert not reader.problems, "\n".join(problem.render() for problem in reader.problems)
    return expression


def number(text: str, subject: str | None = "line"):
    """A number that must be accepted."""
    reader = Reader(DEALS, subject)
    expression = reader.number(Source(text))
    assert not reader.problems, "\n".join(problem.render() for problem in reader.problems)
    return expression


def rule(require: str, when: str | None = None, subject: str | None = "line") -> Rule:
    """A rule whose texts must be accepted."""
    reader = Reader(DEALS, subject)
    first = reader.condition(Source(when)) if when is not None else None
    second = reader.condition(Source(require), first.holds) if first is not None else reader.condition(Source(require))
    assert not reader.problems, "\n".join(problem.render() for problem in reader.problems)
    return Rule(scope=reader.scope, when=first, require=second)


def refusals(text: str, subject: str | None = "line", given: str | None = None) -> list[str]:
    """What is said against a condition, without place and suggestion."""
    return [problem.message for problem in problems(text, subject, given)]


def problems(text: str, subject: str | None = "line", given: str | None = None):
    reader = Reader(DEALS, subject)
    proven = [reader.condition(Source(given)).holds] if given is not None else []
    reader.condition(Source(text), *proven)
    return reader.problems


def _is_number(text: str) -> bool:
    return text.replace("-", "", 1).replace(".", "", 1).isdigit()
