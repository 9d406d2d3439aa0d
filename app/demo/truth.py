"""What only the simulator knows of a deal: the true odds, what was planted, and what it really costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.wire import json_text
from policies.domain.money import amount_string

if TYPE_CHECKING:
    from app.demo.deal import Deal
    from app.demo.defects.bench import Plant
    from app.demo.outcomes import Discovery


def truth(deal: Deal, is_known: bool, found: Discovery | None) -> str:
    """One deal's truth as JSON text. Probabilities are numbers, money is decimal strings in the quote's currency."""
    currency = deal.quote.currency
    leak, over = deal.leak, deal.over
    record: dict[str, object] = {
        "quote_id": deal.quote.quote_id,
        "account_id": deal.occasion.customer.account.account_id,
        "rep_id": deal.occasion.seller.rep.rep_id,
        "created_at": f"{deal.occasion.created_at.isoformat()[:19]}Z",
        "accepted": deal.is_accepted,
        "agreement_id": deal.contract.agreement_id if deal.contract is not None else deal.alters,
        "true_probability": round(deal.odds.probability, 6),
        "log_odds": {name: round(amount, 4) for name, amount in deal.odds.terms.items()},
        "leaked": deal.leak is not None if deal.is_accepted else None,
        "true_loss": amount_string(leak.loss, currency) if leak is not None else "0",
        "over_billed": amount_string(-over.loss, currency) if over is not None and over.loss is not None else "0",
        "currency": currency,
        "leak_pattern": leak.pattern if leak is not None else None,
        "planted": [_planted(plant, currency) for plant in plants(deal)],
        "forced": deal.forced,
        "outcome_known": is_known,
        "simulated": True,
    }
    if found is not None:
        record["discovery"] = {
            "on": found.day,
            "source": found.source.value,
            "selected_by": found.selection.value,
            "audit_probability": round(found.audit_probability, 6),
        }
    return json_text(record)


def plants(deal: Deal) -> list[Plant]:
    """Every pattern that the deal's documents hold: its quote's defect, and the leak or over-billing after it."""
    found = [each for each in (deal.plant, deal.leak, deal.over) if each is not None]
    # A leak through the quote's own defect is the same plant, with its money told.
    return found[1:] if len(found) > 1 and found[0].pattern == found[1].pattern else found


def _planted(plant: Plant, currency: str) -> dict[str, object]:
    loss = amount_string(plant.loss, currency) if plant.loss is not None else None
    return {"pattern": plant.pattern, "lines": list(plant.lines), "note": plant.note, "loss": loss}
