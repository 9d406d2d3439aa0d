"""The schemas of the watch: what is about to leak from an agreement, by when to act, and what nobody can tell."""

from __future__ import annotations

from cpq_hooks.canonical.decision import FindingSchema, NotAssessedSchema
from cpq_hooks.canonical.fields import Currency, Key
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.record import Record
from cpq_hooks.canonical.times import Day
from policies.watching.alert import Alert, Watched


class AlertSchema(Record):
    """Something that will leak unless somebody acts."""

    record = Alert
    writes_all = True

    alert_id = Key("The alert's id; the same from run to run.", required=True)
    agreement_id = Key("The agreement.", required=True)
    account_id = Key("The customer.", required=True, nullable=True)
    billing_configuration_id = Key("What bills it, where that is known.", required=True, nullable=True)
    due_on = Day("The last day to act on.", required=True)
    happens_on = Day("The first day on which it leaks.", required=True)
    finding = Part(FindingSchema, "What it is, with its money and what to do.", required=True)


class WatchedSchema(Record):
    """What the watch says of one agreement on a day."""

    record = Watched
    writes_all = True

    agreement_id = Key("The agreement.", required=True)
    as_of = Day("The day.", required=True)
    currency = Currency("The currency of every amount, ISO 4217.", required=True)
    alerts = Items(
        Part(AlertSchema, "One alert."), "What is about to leak, what is due first before the rest.", required=True
    )
    not_assessed = Items(Part(NotAssessedSchema, "One reason."), "What could not be told, and why.", required=True)
