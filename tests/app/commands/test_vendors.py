"""Files in a vendor's own language: check, normalize, verify and audit read them by the vendor's adapter."""

import json
from pathlib import Path

import pytest

from tests.cpq_hooks.adapters.stripe_objects import a_price, a_subscription, an_item, at

EXAMPLES = Path(__file__).parents[3] / "examples" / "connectors"
MAPPING = EXAMPLES / "acme-mapping.yaml"
QUOTE = EXAMPLES / "acme-quote.json"


@pytest.fixture
def subscription(tmp_path):
    """Ten seats at $20 a month from January 2026 at Stripe, for agreement AG-1; the test may change it."""

    def written(**changes):
        path = tmp_path / "subscription.json"
        item = an_item(a_price(amount=2000), changes.pop("quantity", 10), metadata={"quote_line_id": "1"})
        stated = {"metadata": {"agreement_id": "AG-1"}, "start_date": at("2026-01-01"), **changes}
        path.write_text(json.dumps(a_subscription(item, billing_cycle_anchor=at("2026-01-01"), **stated)))
        return path

    return written


@pytest.fixture
def agreement(tmp_path):
    line = {
        "line_id": "1",
        "product_id": "prod_price_seat",
        "charge_type": "recurring",
        "quantity": "10",
        "price_period": "month",
        "net_unit_price": "20",
    }
    document = {
        "agreement_id": "AG-1",
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "monthly",
        "billing_timing": "in_advance",
        "lines": [line],
    }
    path = tmp_path / "agreement.json"
    path.write_text(json.dumps(document))
    return path


def test_a_quote_by_a_mapping_file_is_checked(run, home):
    told = run("check", QUOTE, "--connector", "generic", "--mapping", MAPPING, "--home", home, "--json")
    assert json.loads(told.stdout)["subject"]["id"] == "AC-7781"


def test_what_was_not_understood_and_bears_on_a_bill_is_in_the_decision(run, home, tmp_path):
    quote = json.loads(QUOTE.read_text()) | {"loyalty_discount": "5"}
    changed = tmp_path / "quote.json"
    changed.write_text(json.dumps(quote))
    told = run("check", changed, "--connector", "generic", "--mapping", MAPPING, "--home", home, "--json")
    notes = [each for each in json.loads(told.stdout)["not_assessed"] if each["policy_id"] == "vendor-fields"]
    told = "A field of the mapped system that bears on discount was not understood, and not judged by"
    assert [each["because"] for each in notes] == [f"{told}: $.loyalty_discount (5)."]


def test_normalize_prints_the_canonical_form_and_what_was_not_used(run):
    told = run("normalize", "--connector", "generic", "--mapping", MAPPING, "--as", "quote", QUOTE)
    assert json.loads(told.stdout)["lines"][0]["net_unit_price"] == "36"
    assert told.stderr == "not used: $.skonto_percent (2)\n"


def test_a_set_up_at_stripe_is_held_against_an_agreement_of_ones_own(run, home, subscription, agreement):
    same = run("verify", "--agreement", agreement, "--billing", subscription(), "--connector", "stripe",
               "--as-of", "2026-01-02", "--home", home, "--json")  # fmt: skip
    assert json.loads(same.stdout)["findings"] == []
    fewer = run("verify", "--agreement", agreement, "--billing", subscription(quantity=8), "--connector", "stripe",
                "--as-of", "2026-01-02", "--home", home, "--json")  # fmt: skip
    [finding] = json.loads(fewer.stdout)["findings"]
    # Two seats too few at $20 for twelve months are $480, of which January's $40 was due on the first.
    assert (fewer.exit_code, finding["pattern"], finding["direction"]) == (2, "B02", "under")
    assert finding["amount_at_risk"]["already_lost"] == "40.00"
    assert finding["amount_at_risk"]["remaining_term"] == "440.00"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--connector", "strpe"), "did you mean stripe?"),
        (("--connector", "stripe"), "cannot be read as Stripe writes it"),
        (("--connector", "generic"), "reads by a mapping file"),
        (("--connector", "stripe", "--mapping", MAPPING), "reads no mapping file"),
        (("--connector", "stripe", "--set", "tme_zone=UTC"), 'Did you mean "time_zone"?'),
        (("--mapping", MAPPING), "go with --connector"),
    ],
)
def test_what_cannot_be_read_is_bad_input(run, home, arguments, told):
    answer = run("check", QUOTE, "--home", home, *arguments)
    assert answer.exit_code == 3
    assert told in " ".join(answer.stderr.split())
