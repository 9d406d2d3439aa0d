"""The reference is made from the code, and the page that carries it is kept true."""

import pytest

from policies.language import Reader, Source, TableText, reference
from policies.language.functions import FUNCTIONS
from tests.policies.language.deals import DEALS


def test_every_function_has_a_row_with_an_example():
    rows = reference.functions()
    assert len(rows) == len(FUNCTIONS) + 2
    assert all(row.count("|") == 4 for row in rows)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_every_example_of_a_function_can_be_read(function):
    reader = Reader(DEALS, "line")
    keys = ("new", "expansion", "renewal", "amendment")
    rows = tuple((Source(key), Source("36")) for key in keys)
    reader.add_tables([TableText(name=Source("longest_term"), by=Source("quote.deal_type"), rows=rows)])
    reader.message(Source(f"{{{function.example}}}"))  # where facts may be absent
    assert [problem.message for problem in reader.problems] == []


def test_every_record_is_described_once():
    rows = reference.vocabulary(DEALS)
    heads = [row for row in rows if row.startswith("### ")]
    assert len(heads) == len(set(heads))
    assert {"### `quote`", "### `line`", "### `line.tiers[]`", "### `company.payment_terms`", "### `today`"} <= set(
        heads
    )
    assert "### `quote.lines[]`" not in heads


def test_a_row_says_type_unit_and_what_absence_means():
    rows = reference.vocabulary(DEALS)
    assert "| `line.charge_type` | one of `recurring`, `one_time`, `usage` | never |" in rows
    assert "| `line.tiers` | a list of records | never, but may be empty |" in rows
    expected = "expected: no guard needed; where it is absent, the policy is undetermined"
    assert f"| `line.net_unit_price` | an amount of money | {expected} |" in rows
    assert "| `line.floor_price` | an amount of money | may be, and is then not known: guard it |" in rows
