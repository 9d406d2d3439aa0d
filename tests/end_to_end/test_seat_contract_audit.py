"""The seat contract's first half year: billed $20,000 a month for 500 seats, used 502, 518, 547, 523, 556 and 541.

Each seat beyond 500 is $50, so 2, 18, 47, 23, 56 and 41 of them are $100, $900, $2,350, $1,150, $2,800 and $2,050: $9,350.
"""

import json
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "audits" / "seat-contract"


def audited(*more):
    """The program, as a process of its own, on the example's files."""
    files = [
        "--agreement", EXAMPLE / "agreement.json",
        "--usage", EXAMPLE / "usage.jsonl",
        "--invoices", EXAMPLE / "invoices.jsonl",
    ]  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "app", "audit", *files, *more], capture_output=True, text=True, check=False
    )


def test_the_audit_finds_9350_dollars_names_the_one_cause_and_drafts_the_six_lines():
    result = audited("--json")
    assert result.returncode == 1, result.stderr
    report = json.loads(result.stdout)
    amounts = ["100.00", "900.00", "2350.00", "1150.00", "2800.00", "2050.00"]
    assert [period["difference"] for period in report["periods"]] == amounts
    [finding] = report["findings"]
    assert finding["pattern"] == "U05"
    assert finding["amount_at_risk"]["already_lost"] == "9350.00"
    assert "missing" in finding["message"]
    assert finding["remedy"]["text"].startswith("Add an overage charge of $50 for each unit beyond 500")
    assert [line["amount"] for line in report["draft_invoice_lines"]] == amounts
    assert all(period["recoverable"] for period in report["periods"])


def test_a_person_reads_the_same_in_a_table():
    result = audited()
    assert result.returncode == 1, result.stderr
    assert "$129,350 expected, $120,000 billed, $9,350 under, $0 over" in result.stdout
