"""The schema of a billing configuration: what was set up in the billing system.

It is read as it is, wrong or not, for the difference from the contract is what is looked for: a quantity of zero or a
minimum above the maximum is no reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from cpq_hooks.canonical.fields import Choice, Currency, Flag, Key, TimeZone
from cpq_hooks.canonical.line import TERMS_RULES, LineSchema
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Whole
from cpq_hooks.canonical.quote import AccountSchema, twice
from cpq_hooks.canonical.record import Placed, Record, Rule
from cpq_hooks.canonical.times import Day, Moment
from policies.domain.billing import BillingCharge, BillingConfiguration
from policies.domain.money import RoundingPolicy


class ChargeSchema(LineSchema):
    """One charge as billing holds it: the terms of a line, and whether and when billing will act on them."""

    record = BillingCharge
    inner = ("terms", LineSchema)
    stand_ins = {"line_id": "charge_id"}  # noqa: RUF012 - marshmallow's metaclass reads it, nobody writes it

    charge_id = Key("The charge's id in the billing system.", required=True)
    line_id = Key("The contract line that the charge bills; its own id where it is not given.")
    quote_line_id = Key("The line of the quote that the charge came from.")
    state = Key("The platform's own word for whether the charge is live.")
    trial_days = Whole("How many days at the start are not billed.", most=3_650)
    invoiceable = Flag("Whether the charge ever reaches an invoice.")

    conditions: ClassVar[tuple[Rule, ...]] = TERMS_RULES


def _charges_are_unique(configuration: Any) -> Iterator[Placed]:
    yield from twice(configuration.charges, "charges", "charge_id")


class BillingConfigurationSchema(Record):
    """The charges set up for one agreement or quote."""

    record: ClassVar[type] = BillingConfiguration
    states_currency = True

    billing_configuration_id = Key("The configuration's id in the billing system.", required=True)
    revision = Key("Which version of the configuration this is.")
    source = Key("The system that sent it, such as zuora.")
    agreement_id = Key("The agreement that it is to bill.")
    quote_id = Key("The quote that it is to bill.")
    account = Part(AccountSchema, "The customer.")
    currency = Currency("The currency of every price and amount in the document, ISO 4217.", required=True)
    time_zone = TimeZone("The time zone in which billing periods begin and end, by its IANA name.")
    status = Key("The platform's own word for the state of the whole set-up.")
    created_at = Moment("When it was set up; a date is the start of that day.", whole_days="start")
    first_invoice_date = Day("The day of the first invoice.")
    billing_anchor_day = Whole("The day of the month on which billing periods begin.", least=1, most=31)
    rounding = Choice(
        RoundingPolicy,
        "Whether each invoice is rounded by itself (round_then_sum) or what rounding leaves is carried on "
        "(sum_then_round); the agreement's where it is not given.",
    )
    auto_renew = Flag("Whether billing goes on after the term without being told.")
    charges = Items(
        Part(ChargeSchema, "One charge."), "What billing will invoice, charge by charge.", required=True, noun="charges"
    )

    conditions = (Rule(("charges",), _charges_are_unique),)
