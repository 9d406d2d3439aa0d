"""What each billing platform calls a charge that will, or will not, be invoiced, and what its people do about it.

States are compared without capitals, spaces, hyphens and underscores, so `PendingActivation` and "Pending Activation" are
one. A state that is in neither list of its platform is not known, and that is said: it never counts as fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why nothing is invoiced, as part of a sentence, and what to do about it on this platform."""

    because: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One billing system. `silent` are its states without invoices, `flags` fields of its own with the values that stop them.

    `blank` are fields of the canonical form that the platform needs; sent as null, they stop the invoices. A flag's value
    None stands for a field sent as null, "*" for any value but null, false or empty. `takes_past_as_paid`: of a start in the
    past, the period that is running when it is set up counts as billed already.
    """

    name: str
    invoicing: frozenset[str]
    silent: Mapping[str, Silence]
    flags: Mapping[tuple[str, str | None], Silence] = field(default_factory=dict)
    blank: Mapping[str, Silence] = field(default_factory=dict)
    takes_past_as_paid: bool = False


def spelt(word: str) -> str:
    """A platform's word without capitals and separators; a Salesforce package's prefix and suffix do not count."""
    plain = word.casefold().removeprefix("blng__").removeprefix("sbqq__").removesuffix("__c")
    return "".join(letter for letter in plain if letter.isalnum())


def platform_of(source: str | None) -> Platform:
    """The platform that a source names; the general one where it names none that is known."""
    return _BY_NAME.get(spelt(source or ""), GENERAL)


def _all(because: str, remedy: str, *states: str) -> dict[str, Silence]:
    return dict.fromkeys(map(spelt, states), Silence(because=because, remedy=remedy))


def _words(text: str) -> frozenset[str]:
    return frozenset(map(spelt, text.split()))


_OVER: Final = "it has ended"
_START_AGAIN: Final = "Set up a new subscription for the agreement; one that has ended cannot be started again"
_NO_DATE: Final = {
    "first_invoice_date": Silence(
        because="its first invoice date is empty", remedy="Enter the date of the first invoice"
    )
}

GENERAL: Final = Platform(
    name="the billing system",
    invoicing=_words("active activated live trialing in_trial past_due scheduled future approved enabled running"),
    silent=MappingProxyType(
        _all("it is a draft", "Activate it", "draft", "new", "created", "quote")
        | _all(
            "it waits to be activated",
            "Activate it",
            "pending",
            "pending activation",
            "pending acceptance",
            "pending approval",
            "awaiting activation",
            "incomplete",
            "inactive",
            "not started",
        )
        | _all("it is paused", "Resume it", "paused", "suspended", "on hold", "hold", "held", "blocked", "disabled")
        | _all("an error stopped it", "Clear the error and let it be invoiced again", "error", "failed", "in error")
        | _all(_OVER, _START_AGAIN, "canceled", "cancelled", "expired", "terminated", "closed", "completed", "ended")
    ),
    blank=MappingProxyType(_NO_DATE),
)

_SALESFORCE_ORDER: Final = (
    _all("its order is a draft", "Activate the order and its order products", "draft", "inactive", "not activated")
    | _all("it is cancelled", "Create a new order for the agreement", "cancelled", "canceled", "deactivated")
    | _all("its order or subscription has ended", "Create a new order for the agreement", "expired", "superseded")
)

_PLATFORMS: Final = (
    Platform(
        name="Salesforce",
        invoicing=_words("activated active"),
        silent=_SALESFORCE_ORDER,
        blank=_NO_DATE,
    ),
    Platform(
        name="Salesforce Billing",
        invoicing=_words("activated active pending_billing"),
        silent=_SALESFORCE_ORDER
        | _all(
            "its billing rule generates no invoices",
            "Set Generate Invoice on the billing rule, and the Invoice Run Processing Status of the order product to Pending Billing",
            "will not invoice",
        )
        | _all(
            "the last invoice run met an error",
            "Read the invoice scheduler's error log, correct the order product, and set its status to Pending Billing",
            "error",
        )
        | _all(
            "an invoice line of it is made and not posted",
            "Post the draft invoice, or cancel it and set the order product to Pending Billing",
            "in progress",
        )
        | _all(
            "its last invoice line is made",
            "Set the Invoice Run Processing Status of the order product to Pending Billing if more is to be invoiced",
            "completed",
        )
        | _all("Hold Billing is Yes", "Set Hold Billing of the order product to No", "hold", "on hold", "hold billing"),
        flags={
            ("holdbilling", "yes"): Silence(
                because="Hold Billing is Yes", remedy="Set Hold Billing of the order product to No"
            ),
            ("nextbillingdate", None): Silence(
                because="its Next Billing Date is empty", remedy="Enter a Next Billing Date on the order product"
            ),
            ("billableunitprice", None): Silence(
                because="its Billable Unit Price is empty", remedy="Enter the Billable Unit Price of the order product"
            ),
            ("billingrule", None): Silence(
                because="it has no billing rule", remedy="Give the order product a billing rule"
            ),
            ("taxrule", None): Silence(because="it has no tax rule", remedy="Give the order product a tax rule"),
            ("revenuerecognitionrule", None): Silence(
                because="it has no revenue recognition rule",
                remedy="Give the order product a revenue recognition rule",
            ),
            ("activated", "false"): Silence(
                because="the order product is not activated", remedy="Activate the order product"
            ),
        },
        blank=_NO_DATE,
    ),
    Platform(
        name="Zuora",
        invoicing=_words("active completed"),
        silent=_all("it is a draft order", "Activate the draft order", "draft")
        | _all(
            "it waits for service activation",
            "Enter the service activation date of the subscription",
            "pending activation",
        )
        | _all(
            "it waits for the customer's acceptance",
            "Enter the customer acceptance date of the subscription",
            "pending acceptance",
        )
        | _all(
            "a date that triggers billing is empty",
            "Enter the activation, acceptance or specific trigger date that is missing",
            "pending",
        )
        | _all("its order has not been executed", "Execute the scheduled order, or wait for its day", "scheduled")
        | _all("its order failed", "Correct the order and run it again", "failed", "reverted")
        | _all("it is suspended", "Resume the subscription", "suspended")
        | _all(_OVER, _START_AGAIN, "cancelled", "canceled", "expired"),
        flags={
            ("triggerdate", None): Silence(
                because="its specific trigger date is empty", remedy="Enter the specific trigger date of the charge"
            ),
            ("serviceactivationdate", None): Silence(
                because="its service activation date is empty",
                remedy="Enter the service activation date of the subscription",
            ),
            ("customeracceptancedate", None): Silence(
                because="its customer acceptance date is empty",
                remedy="Enter the customer acceptance date of the subscription",
            ),
        },
        blank={
            **_NO_DATE,
            "start_date": Silence(
                because="the date that triggers it is empty", remedy="Enter the trigger date of the charge"
            ),
        },
    ),
    Platform(
        name="Stripe",
        invoicing=_words("active trialing past_due not_started"),
        silent=_all(
            "its first payment is not made",
            "Have the first invoice paid, or collect by invoice (`collection_method=send_invoice`)",
            "incomplete",
        )
        | _all(
            "its first payment was never made, and it is over",
            "Create a new subscription",
            "incomplete_expired",
        )
        | _all("it is paused", "Resume the subscription once the customer has a payment method", "paused")
        | _all(
            "its invoices stay drafts while earlier ones are unpaid",
            "Have the open invoices paid, and finalize the drafts",
            "unpaid",
        )
        | _all(
            "its invoice is a draft that nobody finalizes",
            "Finalize the invoice, or set `auto_advance` to true",
            "draft",
        )
        | _all(_OVER, "Create a new subscription", "canceled", "cancelled", "completed", "released", "ended"),
        flags={
            ("pausecollection", "*"): Silence(
                because="its collection is paused", remedy="Clear `pause_collection` of the subscription"
            ),
            ("autoadvance", "false"): Silence(
                because="its invoices stay drafts (`auto_advance` is false)", remedy="Set `auto_advance` to true"
            ),
        },
        blank=_NO_DATE,
    ),
    Platform(
        name="Chargebee",
        invoicing=_words("active in_trial future non_renewing"),
        silent=_all("it is paused", "Resume the subscription", "paused")
        | _all(_OVER, "Reactivate the subscription", "cancelled", "canceled")
        | _all("it was transferred to another site", "Set it up where it was transferred to", "transferred"),
        flags={
            ("autocloseinvoices", "false"): Silence(
                because="its invoices stay pending until somebody closes them (`auto_close_invoices` is false)",
                remedy="Set `auto_close_invoices` to true, or close each invoice",
            )
        },
        blank=_NO_DATE,
    ),
    Platform(
        name="Lago",
        invoicing=_words("active pending"),
        silent=_all(
            "its activation rules are not met: no invoice is issued and no use is billed",
            "Satisfy or remove the activation rules of the subscription",
            "incomplete",
        )
        | _all(_OVER, "Create a new subscription", "canceled", "cancelled", "terminated"),
        flags={
            ("invoiceable", "false"): Silence(
                because="its charge is not invoiceable", remedy="Set `invoiceable` of the charge to true"
            )
        },
        blank=_NO_DATE,
        takes_past_as_paid=True,
    ),
    Platform(
        name="Kill Bill",
        invoicing=_words("active pending"),
        silent=_all(
            "billing of it is blocked", "Resume the bundle, or clear the blocking state that stops billing", "blocked"
        )
        | _all(_OVER, "Create a new subscription", "cancelled", "canceled", "expired"),
        flags={
            ("tags", "autoinvoicingoff"): Silence(
                because="the account has the tag AUTO_INVOICING_OFF", remedy="Remove the tag AUTO_INVOICING_OFF"
            ),
            ("tags", "autoinvoicingdraft"): Silence(
                because="the account has the tag AUTO_INVOICING_DRAFT",
                remedy="Commit the draft invoices, or remove the tag AUTO_INVOICING_DRAFT",
            ),
        },
        blank=_NO_DATE,
    ),
    Platform(
        name="Recurly",
        invoicing=_words("active future in_trial live past_due"),
        silent=_all("it is paused", "Resume the subscription", "paused")
        | _all("it ends with its current period", "Reactivate the subscription", "canceled", "cancelled")
        | _all("it could not be created", "Correct the purchase and create it again", "failed")
        | _all(_OVER, "Create a new subscription", "expired"),
        blank=_NO_DATE,
    ),
    Platform(
        name="Maxio",
        invoicing=_words("active trialing assessing past_due soft_failure"),
        silent=_all("its sign-up is not finished", "Activate the subscription", "awaiting_signup", "pending")
        | _all("it is on hold", "Resume the subscription", "on_hold", "paused", "suspended")
        | _all("its trial ended without a payment method", "Enter a payment method and reactivate it", "trial_ended")
        | _all("its invoices went unpaid, and it is over", "Have them paid and reactivate it", "unpaid")
        | _all("it could not be created", "Correct the sign-up and create it again", "failed_to_create")
        | _all(_OVER, "Reactivate the subscription", "canceled", "cancelled", "expired"),
        blank=_NO_DATE,
    ),
    Platform(
        name="NetSuite",
        invoicing=_words("active pending_renewal"),
        silent=_all("it is a draft", "Set its lines to Pending Activation, and activate them", "draft")
        | _all("it waits to be activated", "Submit the activation change order", "pending activation")
        | _all("it is not included", "Include the line, and activate it", "not included")
        | _all("it is suspended", "Submit a reactivation change order", "suspended")
        | _all(_OVER, _START_AGAIN, "terminated", "closed", "cancelled", "canceled"),
        blank=_NO_DATE,
    ),
)

_ALIASES: Final = {
    "salesforcecpq": "salesforce",
    "cpq": "salesforce",
    "revenuecloud": "salesforce",
    "salesforcerevenuecloud": "salesforce",
    "zuorabilling": "zuora",
    "stripebilling": "stripe",
    "chargify": "maxio",
    "advancedbilling": "maxio",
    "suitebilling": "netsuite",
}
_NAMED: Final = {spelt(each.name): each for each in _PLATFORMS}
_BY_NAME: Final[Mapping[str, Platform]] = MappingProxyType(
    _NAMED | {alias: _NAMED[name] for alias, name in _ALIASES.items()}
)
