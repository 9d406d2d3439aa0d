"""What is set up in billing for a contract: one charge for each line, as it was sold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo.altered import altered
from app.demo.contracts import Contract, alterations_of, altered_end
from app.demo.randomness import between
from policies.domain.billing import BillingCharge, BillingConfiguration
from policies.domain.charge import BillingTiming, ChargeType, Line, UpliftAt

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIVE: Final = "active"
_NOT_BILLABLE: Final = ("LEGACY-CONNECTOR", "CUSTOM-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charge as it is recorded, and `acts_as`: the terms on which billing really acts where these are others."""

    recorded: BillingCharge
    acts_as: Line | None = None

    @property
    def charge_id(self) -> str:
        return self.recorded.charge_id

    @property
    def line(self) -> Line:
        """The terms on which billing acts."""
        return self.acts_as or self.recorded.terms

    def recorded_as(self, line: Line) -> Charge:
        """The charge with other terms, on which billing acts too."""
        return replace(self, recorded=replace(self.recorded, terms=line), acts_as=None)

    def acting_as(self, line: Line) -> Charge:
        """The charge as it was recorded, billed on other terms."""
        return replace(self, acts_as=line)

    def stated(self, **changes: object) -> Charge:
        """The charge with other fields of its own: state, trial days, invoiceable."""
        return replace(self, recorded=replace(self.recorded, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """The billing configuration of a contract while it is being put together."""

    created_at: datetime
    first_invoice_date: date | None
    charges: tuple[Charge, ...]
    revision: str = "1"
    status: str = ACTIVE
    anchor_day: int | None = None
    auto_renew: bool = True
    notes: Mapping[str, object] = field(default_factory=dict)

    def changed(self, line_id: str, charge: Charge | None) -> SetUp:
        """The set-up with another charge for a line, or with none."""
        kept = [
            charge if each.line.line_id == line_id else each
            for each in self.charges
            if each.line.line_id != line_id or charge is not None
        ]
        return replace(self, charges=tuple(each for each in kept if each is not None))


def set_up(contract: Contract, rng: Random) -> SetUp:
    """The set-up that bills what was sold, amendments included, made within a week of the signature."""
    created = contract.signed_on + timedelta(days=between(rng, 1, 6))
    return SetUp(
        created_at=datetime.combine(created, time(9 + between(rng, 0, 7), between(rng, 0, 59)), UTC),
        first_invoice_date=_first_invoice(contract),
        charges=tuple(charge for line in contract.signed.lines for charge in _charges(line, contract)),
        revision=str(1 + len(contract.alterations)),
        anchor_day=contract.term.start.day,
        notes={"amendment_ids": [each.amendment_id for each in contract.alterations]} if contract.alterations else {},
    )


def configuration(contract: Contract, made: SetUp, suffix: str = "") -> BillingConfiguration:
    """The set-up as the billing system would give it out."""
    account = contract.occasion.customer.account
    return BillingConfiguration(
        billing_configuration_id=f"SIM-BC-{contract.number}{suffix}",
        revision=made.revision,
        source="simulator",
        agreement_id=contract.agreement_id,
        quote_id=contract.quote.quote_id,
        account=account,
        currency=contract.signed.currency,
        time_zone=account.time_zone,
        status=made.status,
        created_at=made.created_at,
        first_invoice_date=made.first_invoice_date,
        billing_anchor_day=made.anchor_day,
        auto_renew=made.auto_renew,
        charges=tuple(each.recorded for each in made.charges),
    )


def charge_of(line: Line, contract: Contract, suffix: str = "") -> Charge:
    """A charge with a line's terms, those that its quote states for all lines included."""
    quote = contract.signed
    return Charge(
        recorded=BillingCharge(
            charge_id=f"SIM-CH-{contract.number}-{line.line_id}{suffix}",
            quote_line_id=line.line_id,
            state=ACTIVE,
            invoiceable=True,
            terms=altered(
                line,
                start_date=line.start_date or quote.start_date,
                end_date=line.end_date or quote.end_date,
                billing_start_date=line.billing_start_date or quote.billing_start_date,
                billing_frequency=line.billing_frequency or quote.billing_frequency,
                billing_timing=line.billing_timing or _timing(line, quote.billing_timing),
                stated_total=None,
                unit_cost=None,
                **_rise(line, contract),
            ),
        )
    )


def _rise(line: Line, contract: Contract) -> dict[str, object]:
    """The rise at renewal, for a charge that goes on into it. One that rises on anniversaries rises on that day by itself."""
    renewal = contract.signed.renewal
    if line.uplift_percent or line.charge_type is ChargeType.ONE_TIME or renewal is None:
        return {}
    percents = [each for each in (renewal.uplift_percent, renewal.cap_percent) if each is not None]
    if renewal.uplift_percent is None or not renewal.auto_renew:
        return {}
    return {"uplift_percent": min(percents), "uplift_at": UpliftAt.RENEWAL}


def _timing(line: Line, of_quote: BillingTiming | None) -> BillingTiming | None:
    return BillingTiming.IN_ARREARS if line.charge_type is ChargeType.USAGE else of_quote


def _charges(line: Line, contract: Contract) -> list[Charge]:
    """The line's charge, and one more for each amendment of it. A product without a template gets none."""
    if line.product_id.startswith(_NOT_BILLABLE):
        return []
    made = [charge_of(line, contract)]
    for number, alteration in enumerate(alterations_of(contract, line), start=1):
        before = made[-1]
        made[-1] = before.recorded_as(altered(before.line, end_date=altered_end(alteration)))
        later = altered(alteration.line, line_id=line.line_id, start_date=alteration.effective)
        made.append(charge_of(later, contract, f"-{number}"))
    return made


def _first_invoice(contract: Contract) -> date | None:
    """Advance charges are invoiced on the first day that is paid; where there is none, the first month's end counts."""
    quote = contract.signed
    return quote.billing_start_date or quote.start_date
