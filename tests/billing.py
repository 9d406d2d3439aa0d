"""Short forms for tests of what a line bills and of what an audit says."""

from decimal import Decimal

from policies.domain.schedule import charges, resolve
from tests.builders import a_quote


def used(quantity):
    """Usage that is the same in every period."""
    return lambda _: None if quantity is None else Decimal(quantity)


def bills(line, usage=None, **header):
    """(invoice date, amount) of everything that a line bills in 2026, unless the header says otherwise."""
    return [(str(each.invoice_date), each.amount) for each in charges(resolve(line, a_quote(**header)), usage)]


def amounts(line, usage=None, **header):
    return [amount for _, amount in bills(line, usage, **header)]


def dates(line, usage=None, **header):
    return [day for day, _ in bills(line, usage, **header)]


def found(report):
    """Each finding's pattern and direction, and its money."""
    return {(each.pattern, each.direction.value): each.amount_at_risk.already_lost for each in report.findings}


def expected(report):
    """What the audit expects, by (first day, last day)."""
    return {(str(each.period_start), str(each.period_end)): each.expected_amount for each in report.periods}
