"""What a set-up is made of, as a digest: the same for the same agreement and configuration, however they are spelt."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from policies.domain.material import content_hash
from policies.domain.quote import Quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.domain.agreement import Agreement, Amendment
    from policies.domain.billing import BillingCharge, BillingConfiguration

_CONFIGURATION: Final = (
    "time_zone",
    "status",
    "created_at",
    "first_invoice_date",
    "billing_anchor_day",
    "auto_renew",
)
_CHARGE: Final = ("charge_id", "quote_line_id", "state", "trial_days", "invoiceable")


def set_up_hash(agreement: Agreement, configuration: BillingConfiguration) -> str:
    """`sha256:` and the digest of everything in both documents that their bills depend on."""
    parts = ["set-up", *_agreed(agreement), *_configured(configuration)]
    return "sha256:" + sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def configuration_hash(configuration: BillingConfiguration) -> str:
    """The same of a configuration alone, to tell whether it was changed."""
    return "sha256:" + sha256("\n".join(_configured(configuration)).encode("utf-8", "surrogatepass")).hexdigest()


def _agreed(agreement: Agreement) -> Iterator[str]:
    yield f"agreement {agreement.agreement_id!r}"
    yield content_hash(agreement.terms)
    for amendment in sorted(agreement.amendments, key=lambda each: each.amendment_id):
        yield from _amended(amendment, agreement.terms.currency)


def _amended(amendment: Amendment, currency: str) -> Iterator[str]:
    days = (amendment.effective_date, amendment.signed_on, amendment.end_date)
    yield f"amendment {amendment.amendment_id!r} {' '.join(map(str, days))} {sorted(amendment.removed_line_ids)!r}"
    # What lines are made of is spelt as it is in a quote.
    yield content_hash(Quote(quote_id=amendment.amendment_id, currency=currency, lines=amendment.lines))


def _configured(configuration: BillingConfiguration) -> Iterator[str]:
    yield f"configuration {configuration.billing_configuration_id!r}"
    yield from _stated(configuration, _CONFIGURATION)
    for charge in sorted(configuration.charges, key=lambda each: each.charge_id):
        yield from _charged(charge)
    terms = tuple(replace(charge.terms, line_id=charge.charge_id) for charge in configuration.charges)
    yield content_hash(
        Quote(quote_id=configuration.billing_configuration_id, currency=configuration.currency, lines=terms)
    )


def _charged(charge: BillingCharge) -> Iterator[str]:
    yield f"charge of {charge.terms.line_id!r}"
    yield from _stated(charge, _CHARGE)


def _stated(record: object, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield f"{name}={value!r}"
