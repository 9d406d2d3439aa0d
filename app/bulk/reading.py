"""Rows of a file as quotes, each with what its row says turned out: canonical documents as they are, others as an import reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from app.importing.making import Making, Refused
from app.importing.reading import Form, Row
from cpq_hooks.adapter import NotUnderstood
from cpq_hooks.canonical import load_outcome, load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json

if TYPE_CHECKING:
    from policies.domain.quote import Quote


class Labelled(NamedTuple):
    """What a row says turned out, as it was sent; `leaked` is None where it says nothing. The rest says how that came to be known."""

    leaked: Any
    amount: Any
    source: str | None = None
    discovered_at: datetime | None = None


class Given(NamedTuple):
    """A quote and its label."""

    quote: Quote
    label: Labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows are read. `making` reads columns and other systems' fields; without it each row is a canonical document."""

    form: Form
    making: Making | None = None

    def given(self, rows: Sequence[Row], header: tuple[str, ...], refused: list[Refused]) -> list[Given]:
        """The quotes of rows; those that are none are added to what is refused."""
        found: list[Given] = []
        for row in rows:
            try:
                found += self._quotes(row, header)
            except Malformed as error:
                refused.append(_refused(row, header, (f"column {error.column}: {error.message}",)))
            except NotUnderstood as error:
                refused.append(_refused(row, header, (str(error),)))
            except Invalid as invalid:
                reasons = tuple(f"{each.path}: {each.message}" for each in invalid.problems)
                refused.append(_refused(row, header, reasons))
        return found

    def _quotes(self, row: Row, header: tuple[str, ...]) -> list[Given]:
        if self.making is None:
            quote = load_quote(read_json(row.raw) if self.form is Form.LINES else row.raw)
            return [Given(quote, _label(quote.extra))]
        return list(_joined(self.making.documents(row, header)))


def _joined(documents: Iterator[tuple[str, Any]]) -> Iterator[Given]:
    """Each quote with its outcome, where the row has one as well."""
    made = list(documents)
    outcomes = {each.subject.id: each for each in (load_outcome(one) for shape, one in made if shape == "outcome")}
    for quote in (load_quote(one) for shape, one in made if shape == "quote"):
        outcome = outcomes.get(quote.quote_id)
        if outcome is None:
            yield Given(quote, _label(quote.extra))
            continue
        source = None if outcome.source is None else outcome.source.value
        yield Given(quote, Labelled(outcome.leaked, outcome.amount, source, outcome.discovered_at))


def _label(extra: Mapping[str, Any]) -> Labelled:
    """What a labelled quote says of itself: `leaked` beside its fields, or an outcome embedded as `outcome`."""
    if "leaked" in extra:
        return Labelled(extra["leaked"], extra.get("leaked_amount"))
    outcome = extra.get("outcome")
    if isinstance(outcome, Mapping):
        return Labelled(outcome.get("leaked"), outcome.get("amount"))
    return Labelled(None, None)


def _refused(row: Row, header: tuple[str, ...], reasons: tuple[str, ...]) -> Refused:
    raw = row.raw
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "backslashreplace")
    elif header:
        raw = [dict(zip(header, cells, strict=True)) for cells in raw]
    return Refused(row.place, reasons, raw)
