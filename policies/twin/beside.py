"""Everything that is wrong with a set-up beside the bills of what was matched, in one place for the twin to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from policies.twin.amendments import amendments_not_set_up
from policies.twin.approved import signed_differs
from policies.twin.previews import preview_differs
from policies.twin.readiness import never_invoices
from policies.twin.ties import auto_renewal_differs, currency_differs, elapsed_periods_skipped

if TYPE_CHECKING:
    from policies.twin.found import Found
    from policies.twin.model import Matching, Stream
    from policies.twin.setup import SetUp


def found_beside(
    setup: SetUp, matching: Matching, agreement: Sequence[Stream], billing: Sequence[Stream]
) -> Iterator[Found]:
    """Differences that no comparison of two bills shows, and what could not be told of them.

    `agreement` and `billing` are the streams of all lines and of all charges. Where the two are in different currencies,
    only what needs no amounts of both is looked at.
    """
    yield from currency_differs(setup)
    yield from never_invoices(setup, matching, agreement, billing)
    yield from signed_differs(setup)
    yield from auto_renewal_differs(setup, agreement)
    yield from elapsed_periods_skipped(setup, matching, agreement)
    if setup.agreement.terms.currency == setup.configuration.currency:
        yield from amendments_not_set_up(setup, matching, agreement, billing)
        yield from preview_differs(setup, agreement, billing)
