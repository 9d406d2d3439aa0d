"""A backtest as JSON, and the amounts of it as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.backtests.tallies import in_company
from policies.domain.money import exponent, format_amount, round_to_currency

if TYPE_CHECKING:
    from app.backtests.backtest import Backtest
    from app.backtests.change import Difference
    from app.backtests.judging import Touched
    from app.backtests.tallies import Caught, Part
    from policies.domain.company import Company


def as_json(found: Backtest) -> dict[str, Any]:
    """The whole backtest; every deal that is touched is in it."""
    company = found.change.after.company
    return {
        "as_of": found.as_of.isoformat(),
        "policy_version_before": found.change.before.version,
        "policies": [_difference(each) for each in found.change.differences],
        "tables_changed": not found.change.same_tables,
        "quotes": found.quotes,
        "repeated": found.repeated,
        "unreadable": found.unreadable,
        "ends_without_quote": found.unmatched,
        "history": _part(found.past, company),
        "open": _part(found.open, company),
    }


def caught_json(caught: Caught, company: Company | None) -> dict[str, Any]:
    """Some deals: how many, how many of them leaks and false alarms, and the money, in each currency apart."""
    interval = caught.interval
    return {
        "deals": caught.deals,
        "leaks": caught.leaked,
        "false_alarms": caught.clean,
        "unknown": caught.unknown,
        "precision": _rounded(caught.precision),
        "precision_interval": None if interval is None else [_rounded(interval.low), _rounded(interval.high)],
        "leaked_money": money_json(caught.money),
        "leaked_money_in_company_currency": _in_company(caught.money, company),
        "leaks_without_amount": caught.unpriced,
        "at_risk": money_json(caught.at_risk),
        "at_risk_in_company_currency": _in_company(caught.at_risk, company),
    }


def money_json(money: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """Amounts of several currencies, each by itself."""
    return [{"currency": code, "amount": _text(amount, code)} for code, amount in sorted(money.items())]


def money_words(money: Mapping[str, Decimal], company: Company | None = None) -> str:
    """Amounts of several currencies in a row; with the sum in the company's currency, where there are rates for all."""
    if not money:
        return "none"
    told = " + ".join(format_amount(round_to_currency(amount, code), code) for code, amount in sorted(money.items()))
    total = _in_company(money, company) if company is not None and set(money) != {company.currency} else None
    return told if total is None else f"{told} (about {format_amount(Decimal(total['amount']), total['currency'])})"


def share_words(caught: Caught) -> str:
    """The precision with its interval; in words where nothing is known."""
    precision, interval = caught.precision, caught.interval
    if precision is None or interval is None:
        return "not known: of none of them is it known how they ended"
    return f"{precision:.0%} of those whose end is known (between {interval.low:.0%} and {interval.high:.0%})"


def _part(part: Part, company: Company | None) -> dict[str, Any]:
    return {
        "deals": part.deals,
        "leaks": part.leaked,
        "clean": part.clean,
        "touched": len(part.touched),
        "flips": [
            {"before": before, "after": after, "deals": count} for (before, after), count in sorted(part.flips.items())
        ],
        "newly_found": caught_json(part.gained, company),
        "no_longer_found": caught_json(part.lost, company),
        "newly_stopped": caught_json(part.stopped, company),
        "newly_released": caught_json(part.released, company),
        "by_policy": {name: caught_json(each, company) for name, each in sorted(part.policies.items())},
        "by_rep": [
            {"rep_id": rep or None, "touched": each.touched, "stricter": each.stricter, "milder": each.milder}
            for rep, each in sorted(part.reps.items())
        ],
        "touched_deals": [_touched(each) for each in part.touched],
    }


def _touched(touched: Touched) -> dict[str, Any]:
    return {
        "quote_id": touched.quote_id,
        "before": touched.before.value,
        "after": touched.after.value,
        "newly_found_by": list(touched.gained),
        "no_longer_found_by": list(touched.lost),
        "consented_to": list(touched.consented),
        "rep_id": touched.rep_id,
        "account_id": touched.account_id,
        "account": touched.account,
        "currency": touched.currency,
        "amount": None if touched.amount is None else _text(touched.amount, touched.currency),
        "at_risk": None if touched.at_risk is None else _text(touched.at_risk, touched.currency),
        "created_at": None if touched.created_at is None else touched.created_at.isoformat(),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    before, after = difference.before, difference.after
    return {
        "policy_id": difference.policy_id,
        "change": difference.kind.value,
        "title": difference.title,
        "effect_before": None if before is None else before.effect.value,
        "effect_after": None if after is None else after.effect.value,
    }


def _in_company(money: Mapping[str, Decimal], company: Company | None) -> dict[str, str] | None:
    if company is None:
        return None
    total = in_company(money, company.currency, company.exchange_rates)
    return None if total is None else {"currency": company.currency, "amount": _text(total, company.currency)}


def _text(amount: Decimal, currency: str) -> str:
    return f"{round_to_currency(amount, currency):.{exponent(currency)}f}"


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
