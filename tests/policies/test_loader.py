"""A policy file is taken up whole or refused with every fault, each with its place and what was probably meant."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policies.check import SATISFIED, Check, Scope, Violated
from policies.derivation import derive
from policies.domain.company import PolicyOverride
from policies.domain.finding import Effect
from policies.evaluation import evaluate
from policies.loader import PoliciesRefused, load
from tests.builders import a_line, a_quote

FLOOR = """\
id: line-price-floor
pattern: Q02
title: Net price under the floor
applies_to: quote
for_each: line
when: line.floor_price != null
require: line.net_unit_price >= line.floor_price
effect: block                     # block | flag | shadow
when_undetermined: flag           # what a missing fact means, decided here and nowhere else
amount_at_risk: (line.floor_price - line.net_unit_price) * line.quantity * line.periods
message: "{line.product_name}: {line.net_unit_price} is under the floor of {line.floor_price}"
remedy: {set: line.net_unit_price, to: line.floor_price}
approver: pricing
owner: pricing
effective: {from: 2026-01-01}
tests:
  - {name: under the floor, line: {net_unit_price: "9", floor_price: "10", quantity: "3"}, expect: violated}
  - {name: at the floor,    line: {net_unit_price: "10", floor_price: "10", quantity: "3"}, expect: satisfied}
"""
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def always(**terms: object) -> Check:
    return Check(name="always", scope=Scope.LINE, run=lambda *_: SATISFIED, summary="", **terms)  # type: ignore[arg-type]


def faults(text: str) -> list[tuple[int, str, str | None]]:
    with pytest.raises(PoliciesRefused) as refused:
        load({"floor.yaml": text}, {"always": always()})
    return [(each.line, each.message, each.suggestion) for each in refused.value.problems]


def judged(text: str, day: datetime = AS_OF, **line: object):
    quote = a_quote(lines=[a_line(quantity="3", **line)])
    return evaluate(derive(quote, as_of=day), load({"floor.yaml": text}, {}))


def test_the_published_example_finds_the_line_its_money_and_its_remedy() -> None:
    # (10 - 9) * 3 * 12 months = 36, and 3 of it each month.
    [finding] = judged(FLOOR, net_unit_price="9", floor_price="10").findings
    assert finding.message == "SEATS: 9 is under the floor of 10"
    assert finding.amount_at_risk is not None
    assert (finding.amount_at_risk.remaining_term, finding.amount_at_risk.per_period) == (Decimal(36), Decimal(3))
    assert finding.remedy is not None
    assert finding.remedy.clears is True


def test_at_the_floor_nothing_is_found() -> None:
    assert judged(FLOOR, net_unit_price="10", floor_price="10").findings == ()


def test_a_line_without_a_floor_is_not_assessed_and_not_flagged() -> None:
    evaluation = judged(FLOOR, net_unit_price="9")
    assert evaluation.findings == ()
    assert [each.because for each in evaluation.not_assessed] == ["no floor for SEATS in the catalog"]


def test_a_missing_price_means_what_the_policy_says_it_means() -> None:
    tiers = [{"up_to": None, "unit_price": "1"}]
    [finding] = judged(FLOOR, net_unit_price=None, tiers=tiers, floor_price="10").findings
    assert finding.effect is Effect.FLAG
    listed = judged(FLOOR.replace("when_undetermined: flag", ""), net_unit_price=None, tiers=tiers, floor_price="10")
    assert listed.findings == ()
    assert len(listed.not_assessed) == 1


def test_before_its_first_day_a_policy_says_nothing() -> None:
    evaluation = judged(FLOOR, datetime(2025, 12, 31, tzinfo=UTC), net_unit_price="9", floor_price="10")
    assert evaluation.findings == ()


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ("line.floor_price != null", "line.flor_price != null", 6, "flor_price"),
        ("when: line.floor_price != null\n", "", 6, "may be absent"),
        ("line.net_unit_price >=", "line.charge_type == 'recuring' and line.net_unit_price >=", 7, "recuring"),
        ("line.net_unit_price >=", "line.product_id >=", 7, ""),
        ("effect: block ", "effect: blok ", 8, "effect is one of"),
        ("pattern: Q02", "pattern: Q92", 2, "no pattern Q92"),
        ("owner: pricing", "ower: pricing", 14, "no key ower"),
        ("{line.product_name}", "{line.prodct_name}", 11, "prodct_name"),
        ("set: line.net_unit_price", "set: line.periods", 12, "cannot be set"),
        ("from: 2026-01-01", "from: 2026-02-30", 15, "is a date"),
        ("expect: satisfied", "expect: violated", 17, "at least one violated and one satisfied"),
        ("require: line.net_unit_price >= line.floor_price", "check: alwas", 7, "no check alwas"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_its_line(before: str, after: str, line: int, words: str) -> None:
    found = faults(FLOOR.replace(before, after))
    assert any(at == line and words in message for at, message, _ in found), found


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        ("line.floor_price != null", "line.flor_price != null", "floor_price"),
        ("effect: block ", "effect: blok ", "block"),
        ("owner: pricing", "ower: pricing", "owner"),
    ],
)
def test_what_was_probably_meant_is_suggested(before: str, after: str, meant: str) -> None:
    assert any(hint is not None and meant in hint for _, _, hint in faults(FLOOR.replace(before, after)))


def test_all_faults_of_all_files_are_named_at_once() -> None:
    with pytest.raises(PoliciesRefused) as refused:
        load({"a.yaml": FLOOR.replace("block ", "blok "), "b.yaml": "id: [", "c.yaml": "just text"}, {})
    assert {problem.file for problem in refused.value.problems} == {"a.yaml", "b.yaml", "c.yaml"}


def test_a_gap_in_a_policys_own_table_is_refused() -> None:
    table = "tables:\n  limit: {by: line.charge_type, recurring: 5, usage: 3}\n"
    require = "require: line.net_unit_price >= table(limit, line.charge_type)"
    text = FLOOR.replace("require: line.net_unit_price >= line.floor_price", table + require)
    assert any("one_time" in message for _, message, _ in faults(text))
    total = text.replace("usage: 3}", "usage: 3, one_time: 0}")
    assert len(judged(total, net_unit_price="4", floor_price="1").findings) == 1


def test_a_check_gets_its_parameters_and_a_message_its_reports() -> None:
    text = FLOOR.replace("require: line.net_unit_price >= line.floor_price", "check: always").replace(
        "amount_at_risk: (line.floor_price - line.net_unit_price) * line.quantity * line.periods\n", ""
    )
    text = text.replace("remedy: {set: line.net_unit_price, to: line.floor_price}\n", "")
    text = text.replace(
        '"{line.product_name}: {line.net_unit_price} is under the floor of {line.floor_price}"', '"{found.word}"'
    )
    check = Check(
        name="always",
        scope=Scope.LINE,
        run=lambda line, quote, parameters: Violated(evidence=(), reports={"word": line.line.line_id}),
        summary="",
        reports=("word",),
    )
    policies = load({"floor.yaml": text}, {"always": check})
    [finding] = evaluate(derive(a_quote(lines=[a_line(floor_price="1")]), as_of=AS_OF), policies).findings
    assert finding.message == "1"


def test_the_company_may_soften_a_policy_or_leave_it_out() -> None:
    shadow = load({"f.yaml": FLOOR}, {}, {"line-price-floor": PolicyOverride(effect=Effect.SHADOW)})
    assert shadow.policies["line-price-floor"].effect is Effect.SHADOW
    assert load({"f.yaml": FLOOR}, {}, {"line-price-floor": PolicyOverride(enabled=False)}).policies == {}


def test_a_later_file_replaces_the_policy_of_the_same_id() -> None:
    policies = load({"library/f.yaml": FLOOR, "policies/f.yaml": FLOOR.replace("effect: block", "effect: flag")}, {})
    assert policies.policies["line-price-floor"].effect is Effect.FLAG
