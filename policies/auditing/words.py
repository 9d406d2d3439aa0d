"""What the findings of an audit say, and what they recommend, cause by cause."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policies.auditing.causes import Cause
from policies.domain.finding import Direction

_UNDER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "usage-not-recorded": (
            "{line}: no usage record for {count} between {first} and {last}. What was used is not known, which is not zero.",
            "Get the count from the product itself, store it, and audit again; let a silent meter raise an alarm.",
        ),
        "overage-not-invoiced": (
            (
                "{line}: {amount} of use beyond the {included} included was not invoiced, in {count} from {first} to {last}: "
                "the overage charge is missing in billing."
            ),
            (
                "Add an overage charge of {price} for each unit beyond {included} to the billing configuration, and invoice "
                "{amount} with the draft lines."
            ),
        ),
        "usage-not-invoiced": (
            "{line}: {amount} of recorded use was not invoiced, in {count} from {first} to {last}.",
            "Let billing rate the recorded use of this line, and invoice {amount} with the draft lines.",
        ),
        "usage-rated-wrongly": (
            "{line}: use was invoiced {amount} below the agreement's rates, in {count} from {first} to {last}.",
            "Set the tiers and prices in billing as the agreement has them, and invoice {amount} with the draft lines.",
        ),
        "usage-not-received-by-billing": (
            "{line}: billing invoiced fewer units than were recorded, {amount} too little in {count} from {first} to {last}.",
            "Compare the meter's totals with billing's each day, send what is missing, and invoice {amount} with the draft lines.",
        ),
        "late-usage-not-billed": (
            "{line}: use that came after the invoice was made was never billed: {amount} in {count} from {first} to {last}.",
            "Carry use that comes late forward to the next invoice; invoice {amount} with the draft lines.",
        ),
        "usage-counted-twice": (
            "{line}: repeated usage records changed what was billed by {amount} in {count}.",
            "Count each record once, and invoice {amount} with the draft lines.",
        ),
        "prepaid-credit-misapplied": (
            "{line}: prepaid credit paid {amount} more than was bought, or after it had expired.",
            "Set the credit in billing to what was bought, with its end, and invoice {amount} with the draft lines.",
        ),
        "commitment-not-trued-up": (
            "{line}: the shortfall of the minimum commitment, {amount}, was not invoiced.",
            "Switch the true-up on in billing, and invoice {amount} with the draft lines.",
        ),
        "line-never-billed": (
            "{line} was never invoiced: {amount} in {count} from {first} to {last}.",
            "Add a charge for the line to the billing configuration, and invoice {amount} with the draft lines.",
        ),
        "delivered-never-billed": (
            "{line} was delivered and never invoiced: {amount}.",
            "Let the delivery trigger the invoice, and invoice {amount} with the draft line.",
        ),
        "elapsed-periods-skipped": (
            "{line}: billing began late; {amount} in {count} from {first} to {last} were never invoiced.",
            "Invoice the elapsed periods, {amount}, with the draft lines.",
        ),
        "free-time-not-sold": (
            "{line}: billing left the start free, which the agreement does not: {amount} in {count} from {first}.",
            "Take the trial out of the billing configuration, and invoice {amount} with the draft lines.",
        ),
        "in-use-no-longer-billed": (
            "{line}: billing stopped on {first}, and the line is still in use: {amount} in {count} up to {last}.",
            "End the access or start billing again, and invoice {amount} with the draft lines.",
        ),
        "billing-period-gap": (
            "{line}: {count} between {first} and {last} are on no invoice: {amount}.",
            "Find out why billing passed over these days, and invoice {amount} with the draft lines.",
        ),
        "mid-term-change-billed-wrongly": (
            "{line}: the change on {first} was not billed from its day on: {amount} too little.",
            "Let the change in billing begin on {first}, and invoice {amount} with the draft lines.",
        ),
        "credit-beyond-bill": (
            "{line}: credits are {amount} more than was billed for what they give back.",
            "Find out who granted the credit; agree with the customer on {amount}; cap credits at what was billed.",
        ),
        "uplift-not-applied": (
            "{line}: the agreed uplift was not applied: {amount} in {count} from {first} to {last}.",
            "Put the price step into billing, from {first} at {price}, and invoice {amount} with the draft lines.",
        ),
        "discount-outlives-its-end": (
            "{line}: a discount that has ended is still taken off: {amount} in {count} from {first} to {last}.",
            "End the discount in billing, from {first} at {price}, and invoice {amount} with the draft lines.",
        ),
        "ramp-step-not-billed": (
            "{line}: a step of the ramp did not reach billing: {amount} in {count} from {first} to {last}.",
            "Put the ramp's steps into billing, and invoice {amount} with the draft lines.",
        ),
        "amendment-not-billed": (
            "{line}: billing goes on as before {amendment}: {amount} in {count} from {first} to {last}.",
            "Put {amendment} into billing from {first}, and invoice {amount} with the draft lines.",
        ),
        "price-override-lost": (
            "{line}: from {first} on, billing left the agreed price of {price}: {amount} in {count}.",
            "Set the price in billing back to {price}, and invoice {amount} with the draft lines.",
        ),
        "minor-unit-error": (
            "{line}: the price in billing lost its decimals: {amount} in {count} from {first} to {last}.",
            "Set the price in billing to {price}, and invoice {amount} with the draft lines.",
        ),
        "unit-of-measure-mismatch": (
            "{line}: billing counts in another unit than the agreement: {amount} in {count} from {first} to {last}.",
            "Let billing count in the agreement's unit, and invoice {amount} with the draft lines.",
        ),
        "charge-model-differs": (
            "{line}: billing rates by another charge model than the agreement: {amount} in {count} from {first} to {last}.",
            "Set the charge model in billing as the agreement has it, and invoice {amount} with the draft lines.",
        ),
        "price-or-quantity-differs": (
            "{line}: invoiced {amount} below the agreement's price and quantity, in {count} from {first} to {last}.",
            "Set price and quantity in billing as the agreement has them ({price}), and invoice {amount} with the draft lines.",
        ),
    }
)
_OVER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "usage-counted-twice": (
            "{line}: usage that was recorded twice was billed twice: {amount} too much in {count} from {first} to {last}.",
            "Credit {amount}, and let billing count a record once.",
        ),
        "billed-twice": (
            "Two billing configurations invoice the same: {amount} too much on {line}, from {first} to {last}.",
            "End one of the two configurations, and credit {amount}.",
        ),
        "billing-period-overlap": (
            "{line}: the same days were invoiced more than once: {amount} too much from {first} to {last}.",
            "Credit {amount}, and mend the periods in billing.",
        ),
        "billed-without-agreement-line": (
            "{count} are for nothing in {line}, or for days outside its term: {amount}.",
            "Credit {amount}, or find the agreement that they belong to.",
        ),
        "minor-unit-error": (
            "{line}: the price in billing is a hundredfold or more: {amount} too much in {count} from {first} to {last}.",
            "Set the price in billing to {price}, and credit {amount}.",
        ),
        "uplift-beyond-contract": (
            "{line}: the uplift that was billed is higher than the agreed one: {amount} in {count} from {first} to {last}.",
            "Set the price in billing to {price}, and credit {amount}.",
        ),
    }
)
_TOO_MUCH = (
    "{line}: invoiced {amount} more than the agreement says, in {count} from {first} to {last}.",
    "Credit {amount}, and set billing as the agreement has it.",
)


def message_of(cause: Cause, direction: Direction) -> str:
    """The sentence that says what is wrong, with names to fill in."""
    return _words(cause, direction)[0]


def remedy_of(cause: Cause, direction: Direction) -> str:
    """The sentence that says what to do, with names to fill in."""
    return _words(cause, direction)[1]


def _words(cause: Cause, direction: Direction) -> tuple[str, str]:
    if direction is Direction.OVER:
        return _OVER.get(cause.policy, _TOO_MUCH)
    return _UNDER[cause.policy]
