"""The leakage patterns by number: what a policy or finding says it is about.

The numbering is fixed: Q quote, K contract, P provisioning, B billing set-up, I billing run, U usage, R renewal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from policies.domain.finding import Direction


class PatternClass(StrEnum):
    """What kind of knowledge decides: exact fields, the company's own limits, words, or a baseline."""

    DETERMINISTIC = "deterministic"
    POLICY = "policy"
    TEXT = "text"
    STATISTICAL = "statistical"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way in which earned revenue gets lost. `direction` None means that the sign decides, under or over."""

    number: str
    title: str
    kind: PatternClass
    direction: Direction | None

    @property
    def default_confidence(self) -> Decimal:
        """How sure a finding is unless its policy says otherwise: exact fields 0.97, limits 0.95, words 0.75, baselines 0.60."""
        return _CONFIDENCE[self.kind]


_CONFIDENCE = {
    PatternClass.DETERMINISTIC: Decimal("0.97"),
    PatternClass.POLICY: Decimal("0.95"),
    PatternClass.TEXT: Decimal("0.75"),
    PatternClass.STATISTICAL: Decimal("0.60"),
}

_EXACT, _LIMIT, _WORDS, _BASELINE = PatternClass
_UNDER, _OVER, _TIMING, _COMPLIANCE = Direction

PATTERNS: dict[str, Pattern] = {
    number: Pattern(number, title, kind, direction)
    for number, title, kind, direction in (
        ("Q01", "Discount beyond the seller's authority", _LIMIT, _UNDER),
        ("Q02", "Price or margin under its floor", _LIMIT, _UNDER),
        ("Q03", "Concessions add up to more than the discount shown", _EXACT, _UNDER),
        ("Q04", "Promotional discount without an end", _EXACT, _UNDER),
        ("Q05", "Renewal uplift missing or under policy", _EXACT, _UNDER),
        ("Q06", "Price lock, renewal cap or most-favoured clause below policy", _WORDS, _UNDER),
        ("Q07", "Free period, or billing that starts after the service", _EXACT, _UNDER),
        ("Q08", "Price entered for the wrong period", _EXACT, None),
        ("Q09", "Line or total that does not add up", _EXACT, None),
        ("Q10", "Defect in a tier table", _EXACT, None),
        ("Q11", "Included allowance without an overage price", _EXACT, _UNDER),
        ("Q12", "Commitment without a working true-up", _EXACT, _UNDER),
        ("Q13", "Defect in a ramp", _EXACT, _UNDER),
        ("Q14", "Co-term or proration error", _EXACT, None),
        ("Q15", "Payment terms or billing rhythm beyond policy", _LIMIT, _TIMING),
        ("Q16", "Currency mismatch or impossible amount", _EXACT, None),
        ("Q17", "Product that billing does not know, or a missing companion", _EXACT, _UNDER),
        ("Q18", "Stale quote or price book, or an edit behind an approval", _EXACT, _UNDER),
        ("Q19", "Way out of the contract", _WORDS, _UNDER),
        ("Q20", "Price outside the stand-alone selling range", _LIMIT, _COMPLIANCE),
        ("K01", "Contract differs from the approved quote", _EXACT, None),
        ("K02", "Amendment that billing does not know", _EXACT, None),
        ("K03", "Money or date promised in free text only", _WORDS, _UNDER),
        ("P01", "More seats deployed than billed", _EXACT, _UNDER),
        ("P02", "Access without a charge", _EXACT, _UNDER),
        ("P03", "Delivered, never billed", _EXACT, _UNDER),
        ("B01", "Contract line without a billing charge", _EXACT, _UNDER),
        ("B02", "Price or quantity in billing differs from the contract", _EXACT, None),
        ("B03", "Another charge model or tier reading in billing", _EXACT, None),
        ("B04", "Another unit or way of counting in billing", _EXACT, None),
        ("B05", "Another billing rhythm, anchor or time zone", _EXACT, None),
        ("B06", "Trial or free time that was not sold", _EXACT, _UNDER),
        ("B07", "Discount scoped wrongly in billing", _EXACT, _UNDER),
        ("B08", "Charge in a state that never invoices", _EXACT, _UNDER),
        ("B09", "Minimum or commitment that never bills", _EXACT, _UNDER),
        ("B10", "Negotiated price lost on a change", _EXACT, None),
        ("B11", "Ramp step missing or misplaced in billing", _EXACT, _UNDER),
        ("B12", "Minor-unit or tax set-up error", _EXACT, None),
        ("B13", "Elapsed periods skipped at a back-dated start", _EXACT, _UNDER),
        ("B14", "Duplicate, orphan or split subscription", _EXACT, None),
        ("I01", "Gap or overlap between billed periods", _EXACT, None),
        ("I02", "Change inside a period billed wrongly", _EXACT, None),
        ("I03", "Rounding drift, or credits beyond what was billed", _EXACT, None),
        ("U01", "Usage that never reached billing", _BASELINE, _UNDER),
        ("U02", "Usage that matches no contract", _EXACT, _UNDER),
        ("U03", "Usage counted twice", _EXACT, _OVER),
        ("U04", "Usage that came after the cut-off", _EXACT, _UNDER),
        ("U05", "Overage owed, not invoiced", _EXACT, _UNDER),
        ("U06", "Prepaid balance that does not reconcile", _EXACT, None),
        ("R01", "Uplift not applied, or beyond its cap", _EXACT, None),
        ("R02", "Discount that outlives its end", _EXACT, _UNDER),
        ("R03", "Service after the term at old terms or unbilled", _EXACT, _UNDER),
        ("R04", "Renewal below what is deployed", _EXACT, _UNDER),
    )
}
