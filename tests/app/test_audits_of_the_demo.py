"""Audits of the simulated company: contracts without a leak are clean, and planted leaks of use, billing runs and renewal are found.

What was planted is read here alone, to hold the audits against it.
"""

import json
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from app.demo import Kind, documents, new_manifest
from cpq_hooks.canonical import load_agreement, load_invoice, load_usage
from policies.auditing.audit import audit

# R04 is a renewal that was sold too small: it shows against the contract before it, not within one.
WITHIN_ONE_CONTRACT = ("U", "I", "R01", "R02", "R03", "P")


@pytest.fixture(scope="module")
def audited():
    """What was planted in each contract, and what its audit found."""
    manifest = new_manifest(11, 700)
    held = defaultdict(list)
    for document in documents(manifest):
        held[document.kind].append(json.loads(document.text))
    used, billed, planted = defaultdict(list), defaultdict(list), defaultdict(set)
    for each in held[Kind.USAGE]:
        used[each.get("agreement_id") or each["account_id"]].append(load_usage(each))
    for each in held[Kind.INVOICE]:
        billed[each["agreement_id"]].append(load_invoice(each))
    for each in held[Kind.TRUTH]:
        planted[each["agreement_id"]] |= {plant["pattern"] for plant in each["planted"]}
    found = {}
    for each in map(load_agreement, held[Kind.AGREEMENT]):
        strays = used[each.terms.account.account_id]
        report = audit(
            each,
            used[each.agreement_id] + strays,
            billed[each.agreement_id],
            as_of=manifest.end - timedelta(days=1),
        )
        found[each.agreement_id] = ({finding.pattern for finding in report.findings}, bool(strays))
    return planted, found


def test_contracts_without_a_leak_are_clean(audited):
    planted, found = audited
    # Use under an unknown id names no contract, so it shows in each of its customer's.
    clean = {name: patterns for name, (patterns, strays) in found.items() if not planted[name] and not strays}
    assert len(clean) > 200
    assert {name: patterns for name, patterns in clean.items() if patterns} == {}


def test_planted_leaks_of_use_billing_runs_and_renewal_are_found(audited):
    planted, found = audited
    named, total = Counter(), Counter()
    for name, (patterns, _) in found.items():
        for pattern in planted[name]:
            if pattern.startswith(WITHIN_ONE_CONTRACT):
                total[pattern] += 1
                named[pattern] += pattern in patterns
    assert total.total() > 30
    # What was planted in a contract that has not begun to bill cannot show yet.
    assert named.total() / total.total() > 0.85, (named, total)
