"""DealHub's documents as quotes, its callers by token and password, and its answers in a playbook's words."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.adapter import Genuine, Need, NotUnderstood, Refusal, Shape, Target
from cpq_hooks.adapters.dealhub import ADAPTER
from cpq_hooks.canonical import load_agreement, load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.domain.schedule import line_total, resolve
from tests.cpq_hooks.adapters.dealhub_objects import (
    a_callout,
    a_connection,
    a_delivery,
    a_query,
    a_quote,
    a_webhook,
    an_item,
    basic,
)

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "dealhub"
FINDING = {
    "effect": "block", "line_ids": ["1"], "message": "The price is under its floor; the floor is 19.",
    "remedy": {"text": "set it to 19."},
}  # fmt: skip
BLOCKED = {"decision_id": "dec_1", "verdict": "block", "headline": "Blocked: 1 finding.", "findings": [FINDING]}


def _read(payload, shape=Shape.QUOTE, **options):
    (found,) = ADAPTER.translate(read_json(json.dumps(payload).encode()), shape, a_connection(**options))
    load = load_agreement if shape is Shape.AGREEMENT else load_quote
    return found, load(json.loads(json.dumps(found.document)))


def _answer(decision, payload, **options):
    found = ADAPTER.answer(decision, a_delivery(payload), a_connection(**options))
    return found.status, json.loads(found.body)


def _fixture(name):
    path = FIXTURES / name
    if not path.exists():
        pytest.skip("DealHub's own examples are not here")
    return json.loads(path.read_text())


# ---------------------------------------------------------------------------------------------- who sends it


@pytest.mark.parametrize("authorization", ["Bearer tok-new", "Bearer tok-old", "bearer tok-new"])
def test_each_token_in_force_is_taken(authorization):
    assert ADAPTER.verify(a_delivery({}, authorization=authorization), a_connection()) == Genuine()


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Bearer tök", "Basic tok-new", "tok-new", "\udcff"]
)
def test_any_other_token_is_refused_with_401(authorization):
    found = ADAPTER.verify(a_delivery({}, authorization=authorization), a_connection())
    assert isinstance(found, Refusal)
    assert found.status == 401


def test_a_name_and_password_do_as_well_and_are_asked_for():
    connection = a_connection(secrets={"user": ("dealhub",), "password": ("new", "old")})
    assert ADAPTER.verify(a_delivery({}, authorization=basic("dealhub", "old")), connection) == Genuine()
    found = ADAPTER.verify(a_delivery({}, authorization=basic("dealhub", "tok-new")), connection)
    assert found.headers[0][0] == "WWW-Authenticate"


def test_a_token_in_the_address_is_taken_only_where_the_connection_says_so():
    delivery = a_delivery({}, authorization=None, query=(("token", "tok-new"),))
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Refusal)
    assert ADAPTER.verify(delivery, a_connection(token_in_address="accept")) == Genuine()


def test_without_any_secret_nothing_is_believed():
    assert ADAPTER.verify(a_delivery({}), a_connection(secrets={"token": ("",)})).status == 503


# ----------------------------------------------------------------------------------------------- the playbook


def test_a_playbooks_products_are_lines_for_their_duration():
    found, quote = _read(a_query())
    line = quote.lines[0]
    assert (quote.quote_id, quote.currency, quote.stage, quote.term_months) == ("Q-1", "USD", "draft", 12)
    assert (quote.start_date, line.product_id, line.product_name) == (date(2026, 1, 1), "SEAT", "Seats")
    assert (line.net_unit_price, line.list_unit_price, line.price_period) == (Decimal(18), Decimal(20), "month")
    assert line_total(resolve(line, quote)) == Decimal(18 * 10 * 12)
    assert (found.unused, found.notes) == ((), ())


def test_a_duration_may_be_in_years():
    _, quote = _read(a_query({"SKU": "S", "quantity": 1, "duration": 3, "net_per_unit": 1200}), duration_unit="year")
    assert (quote.term_months, quote.lines[0].price_period) == (36, "year")


def test_what_has_no_duration_is_sold_once():
    _, quote = _read(a_query({"SKU": "S", "quantity": 2, "net_per_unit": "99.90"}))
    assert (quote.lines[0].charge_type, line_total(resolve(quote.lines[0], quote))) == ("one_time", Decimal("199.80"))


def test_what_recurs_without_a_duration_is_priced_by_the_month_and_that_is_said():
    found, quote = _read(a_query({"SKU": "S", "quantity": 1, "net_per_unit": 5, "charge_type": "Recurring"}))
    assert quote.lines[0].price_period == "month"
    assert "taken for a month" in found.notes[0]


def test_a_discount_explains_the_net_price_or_is_said():
    product = {"SKU": "S", "quantity": 1, "duration": 12, "list_price": 20}
    line = _read(a_query({**product, "discount": 10}))[1].lines[0]
    assert (line.net_unit_price, line.discounts[0].percent) == (Decimal(18), Decimal(10))
    found, quote = _read(a_query({**product, "discount": 10, "net_per_unit": 15}))
    assert quote.lines[0].net_unit_price == Decimal(15)
    assert [each.bears_on for each in found.unused] == ["discount"]


def test_the_parts_of_a_bundle_are_lines_under_it_or_of_their_own():
    part = {"SKU": "P", "quantity": 1, "duration": 12, "net_per_unit": 5}
    priced = {"SKU": "B", "quantity": 1, "duration": 12, "net_per_unit": 9, "bundle_line_items": [part]}
    lines = _read(a_query(priced))[1].lines
    assert [(each.line_id, each.parent_line_id) for each in lines] == [("1", None), ("1.1", "1")]


def test_a_bundle_without_a_price_is_its_parts():
    part = {"SKU": "P", "quantity": 1, "duration": 12, "net_per_unit": 5}
    lines = _read(a_query({"SKU": "B", "bundle_line_items": [part]}))[1].lines
    assert [(each.line_id, each.parent_line_id) for each in lines] == [("1.1", None)]


def test_lines_of_another_duration_end_on_days_of_their_own():
    products = [{"SKU": each, "quantity": 1, "duration": each, "net_per_unit": 5} for each in (12, 24)]
    _, quote = _read(a_query(*products))
    assert (quote.term_months, quote.lines[0].end_date) == (24, date(2026, 12, 31))


def test_the_connection_says_what_questions_and_attributes_are_called():
    payload = a_query({"Part No": "S", "Our Price": "7", "Seats": 3}, deal__curr="EUR")
    options = {
        "answer_currency": "deal.curr",
        "attribute_sku": "part-no",
        "attribute_net": "our_price",
        "attribute_quantity": "seats",
    }
    _, quote = _read(payload, **options)
    assert (quote.currency, quote.lines[0].product_id, quote.lines[0].net_unit_price) == ("EUR", "S", Decimal(7))


@pytest.mark.parametrize(
    ("attribute", "bears_on"),
    [({"ramp_uplift": 5}, "discount"), ({"min_fee": 10}, "price"), ({"free_period": 3}, "term"), ({"duration": 1.5}, "term"),
     ({"charge_type": "by moon"}, "billing"), ({"billing_frequency": "weekly"}, "billing")],
)  # fmt: skip
def test_what_bears_on_the_bill_and_is_not_understood_is_said(attribute, bears_on):
    product = {"SKU": "S", "quantity": 1, "duration": 12, "net_per_unit": 5, **attribute}
    found, _ = _read(a_query(product))
    assert bears_on in [each.bears_on for each in found.unused]


def test_products_without_prices_are_refused_with_what_to_send():
    with pytest.raises(Invalid) as caught:
        _read(_fixture("external_query.request.json"))
    assert {each.code for each in caught.value.problems} == {"no_price"}
    assert "net_per_unit or list_price" in caught.value.problems[0].message


def test_dealhubs_own_query_is_read_once_its_products_have_prices():
    payload = _fixture("external_query.request.json")
    for product in payload["product_data"]:
        for each in (product, *product.get("bundle_line_items", [])):
            each["net_per_unit"] = 5
    found, quote = _read(payload)
    assert [each.product_id for each in quote.lines] == ["B-12345-W", "B-56-TRIPLE", "sku-1", "sku-2", "sku-3", "sku-3"]
    assert quote.currency == "USD"
    assert "names no quote" in found.notes[0]


def test_dealhubs_own_callout_is_read_once_its_items_have_prices():
    payload = _fixture("pricing_callout.request.json")
    for each in (*payload["items"], *payload["items"][1]["bundle_items"]):
        each["list_price"] = 100
    found, quote = _read(payload)
    assert [(each.line_id, each.parent_line_id, each.quantity) for each in quote.lines] == [
        ("1", None, Decimal(15)), ("2", None, Decimal(2)), ("3", "2", Decimal(15)),
    ]  # fmt: skip
    assert not any("DASFE" in each.value for each in found.unused)


def test_a_query_that_names_no_quote_has_the_same_name_as_long_as_it_says_the_same():
    first, again = a_callout(), {**a_callout(), "request_id": "another"}
    assert _read(first)[1].quote_id == _read(again)[1].quote_id
    assert _read(a_callout({**first["items"][0], "quantity": 1}))[1].quote_id != _read(first)[1].quote_id


# --------------------------------------------------------------------------------------------------- answers


def test_a_query_is_answered_by_one_row_without_semicolons():
    status, told = _answer(BLOCKED, a_query())
    assert (status, len(told["playbook_data"])) == (200, 1)
    row = told["playbook_data"][0]
    assert (row["quoteguard_verdict"], row["quoteguard_needs_approval"], row["quoteguard_decision"]) == (
        "block",
        "Yes",
        "dec_1",
    )
    assert ";" not in json.dumps(told)


def test_with_rows_for_findings_each_names_its_product():
    _, told = _answer(BLOCKED, a_query(), rows="findings")
    assert told["playbook_data"][0]["quoteguard_item"] == "Seats"
    assert (
        told["playbook_data"][0]["quoteguard_reason"]
        == "The price is under its floor, the floor is 19. To clear it: set it to 19."
    )


def test_the_answers_have_the_shape_of_dealhubs_own():
    example = _fixture("external_query.response.json")
    _, told = _answer(BLOCKED, a_query())
    assert set(told) == set(example)
    example = _fixture("pricing_callout.response.json")
    _, told = _answer(BLOCKED, a_callout())
    assert set(told) == set(example)
    assert {"id", "sku", "list_price"} <= set(told["items"][0]) & set(example["items"][0])


def test_a_callout_gets_its_prices_back_with_words_on_the_item():
    _, told = _answer(BLOCKED, a_callout())
    item = told["items"][0]
    assert (item["id"], item["list_price"], item["quoteguard_verdict"]) == (1, 100, "block")
    assert "under its floor" in item["quoteguard_message"]


def test_a_blocked_callout_may_be_an_error():
    status, told = _answer(BLOCKED, a_callout(), callout_on_block="error")
    assert (status, told) == (400, {"message": "Blocked: 1 finding."})


def test_what_cannot_be_read_is_an_error_in_words():
    told = {
        "checked": False,
        "verdict": "flag",
        "headline": "Not checked, it cannot be read: $: no price.",
        "errors": [{}],
    }
    assert _answer(told, a_query()) == (400, {"message": told["headline"]})


@pytest.mark.parametrize(("verdict", "needs"), [("allow", "No"), ("flag", "Yes"), ("block", "Yes")])
def test_an_unchecked_quote_is_marked_and_goes_by_its_fail_mode(verdict, needs):
    _, told = _answer({"checked": False, "verdict": verdict, "headline": "Not checked."}, a_query())
    row = told["playbook_data"][0]
    assert (row["quoteguard_verdict"], row["quoteguard_needs_approval"]) == ("unchecked", needs)


# ----------------------------------------------------------------------------------- webhooks and the quote API


def test_a_webhook_names_the_quote_to_fetch_and_counts_by_its_event_id():
    (event,) = ADAPTER.events(a_delivery(a_webhook()), a_connection())
    assert (event.key, event.kind, event.shape) == ("evt-1", "quoteReady", Shape.QUOTE)
    assert event.needs == (Need(resource="quote", id="dh-1"),)
    later = ADAPTER.events(a_delivery(a_webhook(execution_date="2026-01-01 09:30:01")), a_connection())[0]
    assert later.version > event.version


def test_a_won_quote_is_an_agreement():
    info = {"webhook_id": "quoteWon", "event_id": "e"}
    (event,) = ADAPTER.events(a_delivery(a_webhook(event_info=info)), a_connection())
    assert event.shape == Shape.AGREEMENT


@pytest.mark.parametrize(
    "body",
    [
        a_webhook(event_info={"webhook_id": "primaryQuote", "event_id": "e"}),
        {
            "event": "DEALROOM_EVENT",
            "dealhub_quote_id": "dh-1",
            "execution_date": "2024-02-06 16:41:29",
            "action_summary": {},
        },
        a_webhook(dealhub_quote_id=None),
    ],
)
def test_what_changes_no_quote_is_left_with_a_reason(body):
    (event,) = ADAPTER.events(a_delivery(body), a_connection())
    assert event.ignored
    assert ADAPTER.acknowledge(a_delivery(body), a_connection()).status == 200


def test_without_an_event_id_the_content_is_the_key():
    body = a_webhook(event_info={})
    first, again = (ADAPTER.events(a_delivery(body), a_connection())[0].key for _ in range(2))
    assert first == again
    assert first.startswith("content:")


@pytest.mark.parametrize(("body", "error"), [(b"\xff", Malformed), (b"[]", NotUnderstood), (b"{}", NotUnderstood)])
def test_what_is_no_webhook_is_told_apart(body, error):
    with pytest.raises(error):
        ADAPTER.events(a_delivery(body), a_connection())


def test_a_quote_of_the_quote_api():
    answers = [
        ("general", "payment_terms_days", "45"),
        ("general", "start_date", "2026-01-01 00:00:00"),
        ("general", "deal_type", "New business"),
    ]
    found, quote = _read(a_quote(answers=answers))
    assert (quote.quote_id, quote.stage, quote.opportunity_id, quote.account.account_id) == (
        "dh-1",
        "submitted",
        "006X",
        "001X",
    )
    assert (quote.payment_terms_days, quote.deal_type, quote.rep.rep_id) == (45, "new", "ada@example.com")
    assert (quote.lines[0].line_id, quote.lines[0].stated_total) == ("li-1", Decimal(2160))
    assert line_total(resolve(quote.lines[0], quote)) == Decimal(2160)
    assert found.unused == ()


@pytest.mark.parametrize(
    ("status", "stage"),
    [("Draft", "draft"), ("Pending Approval", "submitted"), ("ReadyToBeSent", "submitted"), ("Published", "sent"), ("Won", "accepted"),
     ("Lost", None)],
)  # fmt: skip
def test_where_a_quote_stands(status, stage):
    assert _read(a_quote(status=status))[1].stage == stage


def test_only_a_won_quote_is_an_agreement():
    _, agreement = _read(a_quote(status="Won", won_date="2026-02-01 10:00:00"), Shape.AGREEMENT)
    assert (agreement.agreement_id, agreement.signed_on) == ("dh-1", date(2026, 2, 1))
    with pytest.raises(NotUnderstood):
        _read(a_quote(), Shape.AGREEMENT)


def test_prices_for_partners_are_said():
    item = an_item(partner_discounts=[{"name": "Gold", "discount": 10, "price": 16}], user_price=19, msrp=25)
    found, _ = _read(a_quote(item))
    assert {"discount", "price"} <= {each.bears_on for each in found.unused}


def test_a_quote_that_dealhub_withholds_or_that_is_thin_is_not_judged():
    for payload in (
        {**a_quote(), "quote_upgrade_required": True},
        {"dealhub_quote_id": "x", "status": "Draft"},
        {},
        [],
    ):
        with pytest.raises(NotUnderstood):
            ADAPTER.translate(payload, Shape.QUOTE, a_connection())


def test_nothing_is_called_at_dealhub():
    target = Target(object_type="quote", object_id="dh-1", payload=a_quote())
    for make in (ADAPTER.hold, ADAPTER.release, ADAPTER.write_back):
        assert make(target, BLOCKED, a_connection()) == ()


# --------------------------------------------------------------------------------------------------- hostile

ODD = [None, "", "x", "1e999", "NaN", -1, 0, 10**30, True, False, [], {}, [1], ["x"], {"x": 1}, [{}], [None]]


def _places(value, path=()):
    yield path
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(each, (*path, step))


def _with(payload, path, value):
    changed = copy.deepcopy(payload)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "payload",
    [a_query({"SKU": "S", "net_per_unit": 1, "list_price": 2, "discount": 5, "bundle_line_items": [{"SKU": "P", "net_per_unit": 1}]}),
     a_callout(), a_quote(answers=[("general", "start_date", "2026-01-01")]), a_webhook()],
)  # fmt: skip
def test_no_odd_value_makes_anything_but_a_clear_refusal(payload):
    for path in [each for each in _places(payload) if each]:
        for odd in ODD:
            body = _with(payload, path, odd)
            delivery = a_delivery(body)
            for ask in (
                lambda body=body: ADAPTER.translate(body, Shape.QUOTE, a_connection()),
                lambda delivery=delivery: ADAPTER.inline(delivery, a_connection()),
                lambda delivery=delivery: ADAPTER.events(delivery, a_connection()),
            ):
                with suppress(Invalid, NotUnderstood):
                    ask()
            assert ADAPTER.answer(BLOCKED, delivery, a_connection(rows="findings")).status == 200


@given(st.binary(max_size=100), st.text(max_size=50))
def test_no_header_makes_verification_raise(body, authorization):
    ADAPTER.verify(a_delivery(body, authorization=authorization), a_connection())
