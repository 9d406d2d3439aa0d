"""Whatever can be sent can be verified: no crash, no number that is none, and patches that a program can apply to what it sent."""

import json
from datetime import UTC, datetime

import jsonpatch
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.known import offline
from app.rendering import render_set_up
from app.rules import RuleFiles, library_files, take_up
from app.verify import set_up, verify
from cpq_hooks.canonical import load_verify_request
from cpq_hooks.canonical.line import LineSchema
from cpq_hooks.canonical.loading import load
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import read_json
from tests.cpq_hooks.generated import documents
from tests.lengths import at_length

RULES = take_up(RuleFiles(policies=library_files()), tested=False)
HEADERS = [
    {},
    {"auto_renew": True, "time_zone": "America/New_York"},
    {"auto_renew": False, "created_at": "2026-02-20", "first_invoice_date": "2026-03-01"},
    {"billing_anchor_day": 31, "source": "zuora", "status": "Draft"},
    {"currency": "EUR"},
]
MONTHLY = {"billing_frequency": "monthly", "billing_timing": "in_advance"}
TERMS = [
    {"start_date": "2026-01-01", "end_date": "2026-12-31", **MONTHLY},
    {
        "start_date": "2026-01-31",
        "end_date": "2028-12-31",
        "renewal": {"auto_renew": True, "uplift_percent": "5"},
        **MONTHLY,
    },
    {"start_date": "2026-01-15", "term_months": 12, "billing_frequency": "quarterly", "billing_timing": "in_arrears"},
    {},
]
AS_OF = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PATIENT = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


def decided(sent):
    """The answer as it goes out; None where the document is refused."""
    try:
        request = load_verify_request(sent)
        known = offline(request)
    except Invalid:
        return None
    verified = set_up(request.configuration, request.previews, known, RULES, AS_OF)
    answer = verify(verified, RULES, decision_id="dec_1", compared_with=known.compared_with)
    return json.loads(render_set_up(answer, sent, duration_ms=1))


def is_a_line(line):
    """Whether a drawn line can be read at all: whatever cannot is refused before it is verified."""
    try:
        load(LineSchema, line)
    except Invalid:
        return False
    return True


LINES = documents(LineSchema).filter(is_a_line)


@st.composite
def set_ups(draw):
    """A request whose charges bill the agreement's lines, each with some terms of another line in place of its own."""
    lines = [
        {**each, "line_id": str(number)} for number, each in enumerate(draw(st.lists(LINES, min_size=1, max_size=3)))
    ]
    charges = []
    for number, line in enumerate(lines):
        other = draw(LINES)
        taken = draw(st.lists(st.sampled_from(sorted(other)), max_size=3))
        dropped = draw(st.lists(st.sampled_from(sorted(line)), max_size=1))
        own = {name: value for name, value in line.items() if name not in dropped}
        charges.append({**own, **{name: other[name] for name in taken}, "charge_id": f"C-{number}"})
    charges += draw(st.lists(LINES.map(lambda line: {**line, "charge_id": "C-9"}), max_size=1))
    # Parents and ids that clash are refused; they have tests of their own.
    for each in (*lines, *charges):
        each.pop("parent_line_id", None)
    header = draw(st.sampled_from(HEADERS))
    agreement = {"agreement_id": "AG-1", "currency": "USD", **draw(st.sampled_from(TERMS)), "lines": lines}
    return {"billing_configuration_id": "BC-1", "currency": "USD", **header, "charges": charges, "agreement": agreement}


def holds(sent):
    answer = decided(sent)
    if answer is None:
        return
    for month in answer["first_months"]:
        assert month["agreement"] is None or "." in month["agreement"] or answer["totals"]["currency"] != "USD"
    for finding in answer["findings"]:
        remedy = finding["remedy"]
        if remedy and remedy["patch"]:
            mended = jsonpatch.apply_patch(sent, json.loads(json.dumps(remedy["patch"])))
            after = decided(mended)
            assert after is not None, (finding["policy_id"], remedy)
            if remedy["clears"]:
                assert finding["finding_id"] not in [each["finding_id"] for each in after["findings"]]


@settings(suppress_health_check=PATIENT, max_examples=30, deadline=None)
@given(set_ups())
def test_whatever_can_be_read_is_decided_and_its_patches_fit(sent):
    holds(sent)


@pytest.mark.fuzz
@settings(suppress_health_check=PATIENT, max_examples=at_length(1_000), deadline=None)
@given(set_ups())
def test_whatever_can_be_read_is_decided_and_its_patches_fit_at_length(sent):
    holds(sent)


def test_numbers_as_json_has_them_are_patched_as_well():
    sent = read_json(
        b'{"billing_configuration_id": "B", "currency": "USD", "charges": [{"charge_id": "C", "line_id": "1", "product_id": "P",'
        b' "charge_type": "recurring", "quantity": 5, "price_period": "month", "net_unit_price": 39.5, "start_date": "2026-01-01"}],'
        b' "agreement": {"agreement_id": "A", "currency": "USD", "start_date": "2026-01-01", "end_date": "2026-12-31", "lines": ['
        b'{"line_id": "1", "product_id": "P", "charge_type": "recurring", "quantity": 5, "price_period": "month", '
        b'"net_unit_price": 40, "billing_frequency": "monthly", "billing_timing": "in_advance"}]}}'
    )
    [finding] = [each for each in decided(sent)["findings"] if each["policy_id"] == "price-or-quantity-differs"]
    assert {"op": "replace", "path": "/charges/0/net_unit_price", "value": "40"} in finding["remedy"]["patch"]
