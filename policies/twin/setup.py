"""A set-up: the agreement and the billing configuration that is to bill it, with what else a verification was given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

# The policy language reads these types at run time.
from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.catalog import Catalog
from policies.domain.company import Company
from policies.domain.invoice import Invoice
from policies.domain.material import Material
from policies.twin.model import Twin


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What is verified. `previews` are the invoices that the billing system says it will make.

    `previous` is the configuration as it was verified before this change, and `others` are those that bill the same agreement
    beside it. `approved` is the content that the quote was last approved or sent with, where the record has it, and `approved_in` the
    decision that says so.
    """

    agreement: Agreement
    configuration: BillingConfiguration
    as_of: datetime
    today: date
    previews: tuple[Invoice, ...] = ()
    company: Company | None = None
    catalog: Catalog | None = None
    approved: Material | None = None
    approved_in: str | None = None
    previous: BillingConfiguration | None = None
    others: tuple[BillingConfiguration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpFacts:
    """A set-up and what follows from it: everything that a policy on billing configurations may look at."""

    setup: SetUp
    twin: Twin

    @property
    def currency(self) -> str:
        return self.setup.agreement.terms.currency
