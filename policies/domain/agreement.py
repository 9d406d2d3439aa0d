"""An agreement: a signed contract or accepted quote, with the amendments that changed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from policies.domain.charge import NOTHING_EXTRA, Line
from policies.domain.quote import Quote

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A dated change: `lines` replace those with the same id or are added, `removed_line_ids` end, a date moves the end."""

    amendment_id: str
    effective_date: date
    signed_on: date | None = None
    lines: tuple[Line, ...] = ()
    removed_line_ids: tuple[str, ...] = ()
    end_date: date | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both sides signed. `terms` are the quote's fields as signed, before any amendment.

    Where the sender gave no `quote_id`, `terms.quote_id` is the agreement's own id and `quote_id` is None.
    """

    agreement_id: str
    terms: Quote
    quote_id: str | None = None
    signed_on: date | None = None
    amendments: tuple[Amendment, ...] = ()
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
