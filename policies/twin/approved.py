"""Whether what was signed is what was approved: the first knot between quote, agreement and billing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from policies.domain.charge import Line
from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction, Evidence, Exposure
from policies.domain.material import (
    LINE_FIELDS,
    QUOTE_FIELDS,
    RENEWAL_FIELDS,
    Material,
    content_hash,
    material,
    worsened,
)
from policies.domain.quote import Quote, Renewal
from policies.domain.wording import listed, spelt
from policies.twin.found import Found, difference
from policies.twin.streams import agreement_streams
from policies.twin.worth import worth_of

if TYPE_CHECKING:
    from policies.domain.agreement import Agreement
    from policies.twin.model import Difference
    from policies.twin.setup import SetUp

CAUSE: Final = "signed-differs-from-approved"
BY_HASH_ALONE: Final = Decimal("0.80")
ZERO: Final = Decimal(0)

_PRICES: Final = frozenset({"list_unit_price", "price_book", "parent_line_id"})
"""Where a price came from is approved with it, and is no part of what is signed."""


def signed_differs(setup: SetUp) -> Iterator[Found]:
    """The signed terms, before any amendment, held against the content that was approved.

    Where that content is on record, each material field that differs is named and what it costs is the difference of the
    two bills, line by line, under and over apart. Where only hashes of it are, all that can be said is that none of them
    is the signed content's.
    """
    if setup.approved is not None:
        edits = list(_edits(setup.approved, material(setup.agreement.terms)))
        if edits:
            yield _difference(setup, setup.approved, edits)
        return
    hashes = {each.content_hash for each in setup.agreement.terms.approvals if each.content_hash is not None}
    if not hashes:
        if setup.agreement.terms.approvals:
            yield NotAssessed(policy_id=CAUSE, because="the approvals do not say which content they were given to")
        return
    if setup.agreement.quote_id is None:
        yield NotAssessed(policy_id=CAUSE, because="the agreement does not name the quote that was approved")
    elif content_hash(setup.agreement.terms) not in hashes:
        yield _by_hash(setup, sorted(hashes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """One material field that is not as it was approved; `line_id` None is the agreement itself."""

    line_id: str | None
    field: str
    approved: object
    signed: object

    @property
    def place(self) -> str:
        if self.line_id is None:
            return self.field
        return f"lines[{self.line_id}]" if self.field == "line" else f"lines[{self.line_id}].{self.field}"

    @property
    def told(self) -> str:
        name = "" if self.field == "line" else f" {self.field.replace('_', ' ').replace('.', ' ')}"
        return name.strip() if self.line_id is None else f"line {self.line_id}{name}"


def _edits(approved: Material, signed: Material) -> Iterator[_Edit]:
    yield from _changed(None, approved.header, signed.header)
    for line_id in dict.fromkeys((*approved.lines, *signed.lines)):
        before, now = approved.lines.get(line_id), signed.lines.get(line_id)
        if before is None or now is None:
            yield _Edit(line_id=line_id, field="line", approved=before, signed=now)
        else:
            yield from _changed(line_id, before, now)


def _changed(line_id: str | None, before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[_Edit]:
    for name in dict.fromkeys((*before, *now)):
        if name not in _PRICES and before.get(name) != now.get(name):
            yield _Edit(line_id=line_id, field=name, approved=before.get(name), signed=now.get(name))


def _difference(setup: SetUp, approved: Material, edits: list[_Edit]) -> Difference:
    signed = replace(setup.agreement, amendments=())
    intended = replace(signed, terms=_as_approved(approved, signed.terms))
    money = _Money.between(_by_line(intended, setup), _by_line(signed, setup))
    is_worse = bool(worsened(approved, material(signed.terms)))
    if money.under or (is_worse and not money.over):
        direction = Direction.UNDER
    else:
        direction = Direction.OVER if money.over else Direction.COMPLIANCE
    of = f", decision {setup.approved_in}" if setup.approved_in is not None else ""
    return difference(
        CAUSE,
        direction,
        line_ids=tuple(dict.fromkeys(each.line_id for each in edits if each.line_id is not None)),
        under=money.under,
        over=money.over,
        evidence=tuple(
            Evidence(
                field=each.place,
                actual=_words(each.signed),
                expected=_words(each.approved),
                expected_from=f"the content that was approved{of}",
            )
            for each in edits
        ),
        exposures=money.exposures,
        assumptions=money.assumptions,
        remedy_text="Amend the agreement to what was approved, or have the signed terms approved as an exception",
        reports={"edits": listed([each.told for each in edits])},
    )


def _by_hash(setup: SetUp, hashes: list[str]) -> Difference:
    return difference(
        CAUSE,
        Direction.COMPLIANCE,
        confidence=BY_HASH_ALONE,
        evidence=tuple(
            Evidence(
                field="approvals.content_hash",
                actual=each,
                expected=content_hash(setup.agreement.terms),
                expected_from="the content that was signed",
            )
            for each in hashes
        ),
        assumptions=("the content that was approved is not known here, so what changed cannot be priced",),
        remedy_text="Have the signed terms approved, or show the content that was",
        reports={"edits": "the content as a whole"},
    )


# ---------------------------------------------------------------------------------------------------- money


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """What the signed lines bill less, and more, than the approved ones, never netted; None where it is not known."""

    under: Decimal | None
    over: Decimal | None
    exposures: tuple[Exposure, ...]
    assumptions: tuple[str, ...]

    @classmethod
    def between(cls, approved: Mapping[str, _Total], signed: Mapping[str, _Total]) -> _Money:
        under = over = ZERO
        exposures: list[Exposure] = []
        assumptions: list[str] = []
        for line_id in dict.fromkeys((*approved, *signed)):
            before, now = approved.get(line_id, _Total(ZERO, ())), signed.get(line_id, _Total(ZERO, ()))
            if before.amount is None or now.amount is None:
                return cls(under=None, over=None, exposures=(), assumptions=before.assumptions + now.assumptions)
            less = before.amount - now.amount
            under, over = under + max(less, ZERO), over + max(-less, ZERO)
            if less > ZERO:
                exposures.append(Exposure(line_id=line_id, amount=less))
            if less:
                assumptions += before.assumptions
        found = exposures if under else []
        return cls(under=under, over=over, exposures=tuple(found), assumptions=tuple(dict.fromkeys(assumptions)))


@dataclass(frozen=True, slots=True)
class _Total:
    """What one line bills over its term, and what was assumed for it."""

    amount: Decimal | None
    assumptions: tuple[str, ...]


def _by_line(agreement: Agreement, setup: SetUp) -> dict[str, _Total]:
    found = {}
    for stream in agreement_streams(agreement).streams:
        worth = worth_of([stream], setup)
        found[stream.id] = _Total(worth.total, worth.assumptions)
    return found


def _as_approved(approved: Material, signed: Quote) -> Quote:
    """The quote that was approved: its material content, and of the signed terms what is not material."""
    header: dict[str, Any] = {name: approved.header.get(name, _default(Quote, name)) for name in QUOTE_FIELDS}
    renewal: dict[str, Any] = {name: approved.header.get(f"renewal.{name}") for name in RENEWAL_FIELDS}
    known = {line.line_id: line for line in signed.lines}
    lines = tuple(_line(line_id, held, known.get(line_id)) for line_id, held in approved.lines.items())
    header["currency"] = header["currency"] or signed.currency
    return replace(signed, **header, lines=lines, renewal=replace(signed.renewal or Renewal(), **renewal))


def _line(line_id: str, held: Mapping[str, object], signed: Line | None) -> Line:
    values: dict[str, Any] = {name: held.get(name, _default(Line, name)) for name in LINE_FIELDS}
    return Line(line_id=line_id, **values) if signed is None else replace(signed, **values)


def _default(record: type[Any], name: str) -> object:
    default = next(each.default for each in fields(record) if each.name == name)
    return None if default is MISSING else default


def _words(value: object) -> str | None:
    """A value as evidence has it; of a table, a list or a line only that there is one."""
    if isinstance(value, tuple):
        return f"{len(value)} entries"
    return "a line" if isinstance(value, Mapping) else spelt(value)
