"""HubSpot's deliveries: whose signature is believed where, what a batch tells, and what a workflow is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpq_hooks.adapter import Genuine, Need, NotUnderstood, Refusal, Shape
from cpq_hooks.adapters.hubspot import ADAPTER, signatures
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.hubspot_objects import (
    NOW,
    SECRET,
    STAMP,
    a_connection,
    a_delivery,
    a_quote,
    an_action,
    an_event,
    signed,
    signed_v2,
)

VECTORS = Path(__file__).parents[4] / "shared" / "fixtures" / "hubspot" / "signature_vectors.json"
RESPONSES = VECTORS.parent / "custom_workflow_action.responses.json"


# Ours, made with `openssl dgst`: from nothing that this program computes.
@pytest.mark.parametrize(
    ("url", "body", "signature"),
    [
        (
            "https://hooks.example.com/v1/hooks/crm?to=a%3Ab%2Fc%40d%20e",
            b'[{"subscriptionType":"object.propertyChange"}]',
            "yIIknoU+XtLgfIotxBUN3DHuZmrcTMTYnz0yx57QCRI=",
        ),
        (
            "https://hooks.example.com/%253A%2F%21%24%27%28%29%2A%2C%3B%3F%20%26",
            '{"ä":1}'.encode(),
            "IZ1aqHe0vFqkUhasi5vyQ0QNO5lmBO3xb5MjjogHgSI=",
        ),
    ],
)
def test_version_3_signs_the_address_with_twelve_escapes_decoded_once(url, body, signature):
    assert signatures.signature_v3(SECRET, "POST", url, body, STAMP) == signature


def test_versions_2_and_1_are_plain_digests():
    body = b'{"callbackId":"ap-1"}'
    found = signatures.signature_v2(SECRET, "POST", "https://hooks.example.com/v1/hooks/crm", body)
    assert found == "24cd72049be0316c90eb3fd08c5bbb83a6f93b48f932fe1aa8a94c1afa588e92"
    found = signatures.signature_v1(SECRET, '{"a":"ü"}'.encode())
    assert found == "8a9afbf57d84cdf25d3958c63ce4aaebaa055e0fc743625a24299d0a72fccf03"


def test_all_six_of_hubspots_own_vectors_are_right():
    if not VECTORS.exists():
        pytest.skip("HubSpot's own vectors are not here")
    vectors = json.loads(VECTORS.read_text())["vectors"]
    made = {
        "v1": lambda each, body: signatures.signature_v1(each["client_secret"], body),
        "v2": lambda each, body: signatures.signature_v2(each["client_secret"], each["method"], each["url"], body),
        "v3": lambda each, body: signatures.signature_v3(
            each["client_secret"], each["method"], each["url"], body, each["timestamp"]
        ),
    }
    assert len(vectors) == 6
    for each in vectors:
        assert made[each["version"]](each, each["body"].encode()) == each["signature"]


@pytest.mark.parametrize("secret", [SECRET, "an-older-secret"])
def test_a_batch_is_genuine_under_any_secret_in_force(secret):
    assert ADAPTER.verify(signed([an_event()], secret=secret), a_connection()) == Genuine()


@pytest.mark.parametrize(
    ("stamp", "genuine"),
    [
        ("1767225600000", True), ("1767225300000", True), ("1767225900000", True), ("1767225299999", False),
        ("1767225900001", False), ("1767222000000", False), ("1767229200000", False), ("", False), ("now", False),
        ("-1767225600000", False), ("99999999999999999999", False),
    ],
)  # fmt: skip
def test_a_signature_may_be_five_minutes_off_in_either_direction(stamp, genuine):
    assert isinstance(ADAPTER.verify(signed([an_event()], stamp=stamp), a_connection()), Genuine) is genuine


@pytest.mark.parametrize("given", [None, "", "x", "ä", "yIIknoU", "\udcff", "A" * 10_000])
def test_a_wrong_missing_or_odd_signature_is_refused_with_401(given):
    headers = {} if given is None else {signatures.SIGNATURE_V3: given, signatures.MOMENT: STAMP}
    found = ADAPTER.verify(a_delivery([an_event()], headers=headers), a_connection())
    assert isinstance(found, Refusal)
    assert found.status == 401


def test_a_body_that_was_parsed_and_written_again_is_refused():
    right = signed(b'[ {"subscriptionType": "quote.creation"} ]')
    again = a_delivery(b'[{"subscriptionType":"quote.creation"}]', headers=right.headers)
    assert isinstance(ADAPTER.verify(again, a_connection()), Refusal)


def test_another_address_or_method_is_refused():
    right = signed([an_event()])
    for changed in (
        a_delivery(right.body, headers=right.headers, url="https://hooks.example.com/v1/hooks/other"),
        a_delivery(right.body, headers=right.headers, method="PUT"),
    ):
        assert isinstance(ADAPTER.verify(changed, a_connection()), Refusal)


def test_without_a_secret_or_a_public_address_nothing_is_believed():
    connection = a_connection(public_url=None)
    assert ADAPTER.verify(signed([an_event()]), connection).status == 503
    empty = type(connection)(name="crm", connector="hubspot", public_url="https://x", secrets={"webhook": ("",)})
    assert ADAPTER.verify(signed([an_event()], secret=""), empty).status == 503


def test_version_2_is_taken_of_a_workflow_action_where_the_connection_says_so():
    delivery = signed_v2(an_action())
    assert ADAPTER.verify(delivery, a_connection(workflow_action="accept")) == Genuine()
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Refusal)


def test_version_2_is_never_taken_of_a_batch():
    found = ADAPTER.verify(signed_v2([an_event()]), a_connection(workflow_action="accept"))
    assert isinstance(found, Refusal)


def test_a_wrong_version_3_is_not_made_up_for_by_a_right_version_2():
    delivery = signed_v2(an_action())
    both = a_delivery(
        delivery.body, headers={**delivery.headers, signatures.SIGNATURE_V3: "wrong", signatures.MOMENT: STAMP}
    )
    assert isinstance(ADAPTER.verify(both, a_connection(workflow_action="accept")), Refusal)


def test_version_1_is_refused_with_a_word_on_what_is_wanted():
    body = json.dumps([an_event()]).encode()
    headers = {signatures.SIGNATURE: signatures.signature_v1(SECRET, body), signatures.VERSION: "v1"}
    found = ADAPTER.verify(a_delivery(body, headers=headers), a_connection())
    assert "version 3" in found.because


def test_the_custom_code_signs_with_a_secret_of_its_own():
    body = json.dumps(a_quote()).encode()
    url = "https://hooks.example.com/v1/hooks/crm"
    for secret, kind in (("code-secret", Genuine), (SECRET, Refusal)):
        signature = signatures.signature_v3(secret, "POST", url, body, STAMP)
        headers = {signatures.OWN_SIGNATURE: signature, signatures.OWN_MOMENT: STAMP}
        assert isinstance(ADAPTER.verify(a_delivery(body, headers=headers), a_connection()), kind)


# ---------------------------------------------------------------------------------------------------- batches


def test_an_event_is_known_by_what_changed_where_and_when_and_not_by_its_id():
    twice = [an_event(attemptNumber=0), an_event(attemptNumber=1, eventId=2)]
    other = an_event(propertyName="hs_currency", eventId=1)
    found = ADAPTER.events(a_delivery([*twice, other]), a_connection())
    assert [each.key for each in found] == [
        "62515:7:101:hs_status:1767225600000",
        "62515:7:101:hs_currency:1767225600000",
    ]


def test_a_thin_event_asks_for_the_whole_object():
    (event,) = ADAPTER.events(a_delivery([an_event()]), a_connection())
    assert (event.object_type, event.object_id, event.shape) == ("quote", "101", Shape.QUOTE)
    assert event.needs == (Need(resource="quote", id="101"),)
    assert event.occurred_at == NOW
    later = ADAPTER.events(a_delivery([an_event(occurredAt=1767225600001)]), a_connection())[0]
    assert later.version > event.version


@pytest.mark.parametrize(
    ("event", "kind", "resource"),
    [
        (an_event("quote.creation", objectTypeId=None), "quote", "quote"),
        (an_event(objectTypeId="0-8"), "line_item", "quote_of_line_item"),
        (an_event("line_item.propertyChange", objectTypeId=None), "line_item", "quote_of_line_item"),
        (an_event(objectTypeId="0-69"), "subscription", "subscription"),
        (an_event(objectTypeId="0-53"), "invoice", "invoice"),
        (
            an_event(
                "object.associationChange", objectId=None, objectTypeId=None, fromObjectId=501, toObjectId=101,
                fromObjectTypeId="0-8", toObjectTypeId="0-14", associationTypeId=68,
            ),
            "quote", "quote",
        ),
    ],
)  # fmt: skip
def test_both_forms_of_events_lead_to_their_object(event, kind, resource):
    (found,) = ADAPTER.events(a_delivery([event]), a_connection())
    assert (found.object_type, found.ignored) == (kind, None)
    assert found.needs[0].resource == resource


@pytest.mark.parametrize(
    "event",
    [
        an_event(objectTypeId="0-1"),
        an_event("contact.creation"),
        an_event(propertyName="quoteguard_verdict"),
        an_event("quote.somethingNew"),
        an_event(objectTypeId="0-3"),
        an_event("line_item.deletion"),
        an_event(objectId=None),
    ],
)
def test_what_bears_on_nothing_is_acknowledged_with_200_and_a_reason(event):
    delivery = a_delivery([event])
    (found,) = ADAPTER.events(delivery, a_connection())
    assert found.ignored
    assert ADAPTER.acknowledge(delivery, a_connection()).status == 200


def test_a_deal_is_checked_where_the_connection_says_so():
    (found,) = ADAPTER.events(a_delivery([an_event(objectTypeId="0-3")]), a_connection(deals="check"))
    assert found.needs == (Need(resource="deal", id="101"),)


@pytest.mark.parametrize(
    ("name", "value", "shape"),
    [
        ("hs_status", "ACCEPTED", Shape.AGREEMENT),
        ("hs_payment_status", "PAID", Shape.AGREEMENT),
        ("hs_status", "APPROVED", Shape.QUOTE),
        ("hs_payment_status", "PENDING", Shape.QUOTE),
    ],
)
def test_what_a_customer_accepts_is_kept_as_the_agreement(name, value, shape):
    (found,) = ADAPTER.events(a_delivery([an_event(propertyName=name, propertyValue=value)]), a_connection())
    assert found.shape == shape


def test_another_portals_event_is_left():
    (found,) = ADAPTER.events(a_delivery([an_event()]), a_connection(tenant="1"))
    assert "portal" in found.ignored


def test_a_deleted_quote_is_not_fetched():
    (found,) = ADAPTER.events(a_delivery([an_event("object.deletion")]), a_connection())
    assert (found.deleted, found.needs) == (True, ())


@pytest.mark.parametrize("body", [b"", b"\xff[", b"[", b"NaN"])
def test_a_body_that_is_not_json_is_malformed(body):
    with pytest.raises(Malformed):
        ADAPTER.events(a_delivery(body), a_connection())


@pytest.mark.parametrize("body", [{}, 1, "x", [1], [{}], {"callbackId": 1}])
def test_json_that_is_nothing_of_hubspots_is_not_understood(body):
    with pytest.raises(NotUnderstood):
        ADAPTER.events(a_delivery(body), a_connection())


# ---------------------------------------------------------------------------------------------------- actions


def test_a_workflow_action_waits_and_names_its_callback():
    delivery = a_delivery(an_action())
    (event,) = ADAPTER.events(delivery, a_connection())
    assert (event.key, event.callback, event.version) == ("action:ap-1-2-3", "ap-1-2-3", None)
    assert event.needs == (Need(resource="quote", id="101"),)
    answer = json.loads(ADAPTER.acknowledge(delivery, a_connection()).body)
    assert answer == {"outputFields": {"hs_execution_state": "BLOCK", "hs_expiration_duration": "P1D"}}


def test_the_answers_have_the_shape_of_hubspots_own_examples():
    if not RESPONSES.exists():
        pytest.skip("HubSpot's own examples are not here")
    examples = json.loads(RESPONSES.read_text())
    delivery = a_delivery(an_action())
    assert json.loads(ADAPTER.acknowledge(delivery, a_connection(block_expiry="P1WT1H")).body) == examples["block"]
    for decision, name in (({"verdict": "allow"}, "success"), ({"checked": False}, "fail_continue")):
        fields = json.loads(ADAPTER.answer(decision, delivery, a_connection()).body)["outputFields"]
        assert fields["hs_execution_state"] == examples[name]["outputFields"]["hs_execution_state"]


def test_an_action_on_what_cannot_be_judged_lets_the_workflow_go_on_and_says_why():
    delivery = a_delivery(an_action(object={"objectId": 1, "objectType": "CONTACT"}))
    fields = json.loads(ADAPTER.acknowledge(delivery, a_connection()).body)["outputFields"]
    assert (fields["hs_execution_state"], fields["quoteguard_verdict"]) == ("FAIL_CONTINUE", "unchecked")
    assert "enroll quotes" in fields["quoteguard_message"]


def test_the_custom_codes_quote_is_judged_while_it_waits():
    delivery = a_delivery(a_quote())
    found = ADAPTER.inline(delivery, a_connection(custom_code_seconds="12"))
    assert (found.deadline, found.translation.document["quote_id"]) == (12.0, "101")
    assert ADAPTER.inline(a_delivery([an_event()]), a_connection()) is None
    assert ADAPTER.inline(a_delivery(an_action()), a_connection()) is None
