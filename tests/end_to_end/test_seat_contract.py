"""The seat contract: 500 seats at $40 a month for 2024, $50 for each seat beyond."""

import json

import jsonpatch
import pytest


def judged(ask, document) -> dict:
    return json.loads(ask(document).body)


def findings(decision: dict) -> dict[str, dict]:
    return {finding["policy_id"]: finding for finding in decision["findings"]}


def test_with_its_overage_price_it_is_allowed(ask, example) -> None:
    decision = judged(ask, example("seat-contract"))
    assert decision["verdict"] == "allow"
    assert decision["findings"] == []
    assert (decision["risk"]["status"], decision["risk"]["index"]["value"]) == ("prior", 0)


def test_without_it_it_is_blocked_with_the_money_and_a_remedy_that_clears(ask, example) -> None:
    # Seats are used at 106 % of the allowance (the catalog): 30 seats * $50 = $1,500 a month, $18,000 over twelve months.
    quote = example("seat-contract-without-overage")
    decision = judged(ask, quote)
    assert decision["verdict"] == "block"
    finding = findings(decision)["allowance-without-overage-price"]
    assert finding["pattern"] == "Q11"
    money = finding["amount_at_risk"]
    assert (money["per_period"], money["remaining_term"], money["already_lost"]) == ("1500.00", "18000.00", "0.00")
    assert decision["totals"]["under"] == "18000.00"
    assert finding["remedy"]["clears"] is True
    mended = jsonpatch.apply_patch(quote, finding["remedy"]["patch"])
    assert mended["lines"][0]["overage_unit_price"] == "50"
    assert judged(ask, mended)["verdict"] == "allow"


def test_at_28_dollars_it_is_flagged_for_the_approver_and_says_what_needs_nobody(ask, example) -> None:
    # $28 of $40 is 30 % off. An AE may give 10 %, so the price that needs nobody is $36: 8 * 500 * 12 = $48,000 at risk.
    decision = judged(ask, example("seat-contract-at-28"))
    assert decision["verdict"] == "flag"
    [needed] = decision["approval"]["required"]
    assert needed["role"] == "director"
    assert needed["because"] == ["discount-authority"]
    assert decision["approval"]["clears_without_approval"] == "line 1 discount 10 % or less"
    assert findings(decision)["discount-authority"]["amount_at_risk"]["remaining_term"] == "48000.00"


def test_40_dollars_in_a_year_field_is_caught_as_the_wrong_period(ask, example) -> None:
    # 500 * $40 * 12 = $240,000 are owed, and one year at "$40" comes to $20,000: $220,000 apart.
    quote = example("seat-contract-40-in-a-year-field")
    decision = judged(ask, quote)
    assert decision["verdict"] == "block"
    finding = findings(decision)["price-period-unit"]
    assert finding["pattern"] == "Q08"
    assert finding["amount_at_risk"]["remaining_term"] == "220000.00"
    assert decision["totals"]["under"] == "220000.00"


@pytest.mark.parametrize("name", ["seat-contract", "seat-contract-at-28", "seat-contract-without-overage"])
def test_the_order_of_lines_does_not_matter(ask, example, name: str) -> None:
    quote = example(name)
    quote.pop("stated_totals", None)
    second = {**quote["lines"][0], "line_id": "2"}
    one = judged(ask, {**quote, "lines": [quote["lines"][0], second]})
    other = judged(ask, {**quote, "lines": [second, quote["lines"][0]]})
    assert one["verdict"] == other["verdict"]
    assert one["totals"] == other["totals"]
    assert one["subject"]["content_hash"] == other["subject"]["content_hash"]
    assert {f["finding_id"] for f in one["findings"]} == {f["finding_id"] for f in other["findings"]}
