"""Salesforce CPQ's deliveries: only the relay's own bytes are taken, messages name what to fetch, verdicts come in CPQ's forms."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.adapter import Delivery, Genuine, Need, NotUnderstood, Refusal, Target
from cpq_hooks.adapters.salesforce_cpq import ADAPTER
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed
from tests.cpq_hooks.adapters.salesforce_objects import (
    NOON,
    ORGANISATION,
    a_connection,
    a_delivery,
    a_line,
    a_model,
    a_soap_delivery,
    an_outbound_message,
    as_read,
)

_NOW = int(NOON.timestamp())
_BLOCKED = {
    "decision_id": "dec_1",
    "verdict": "block",
    "headline": "Platform is under its floor: $1,200 at risk.",
    "evaluated_at": "2026-11-01T12:00:00Z",
    "findings": [
        {
            "effect": "block", "line_ids": ["a0l000000000001AAA"], "message": "Platform: 9 is under the floor of 10",
            "remedy": {"text": "Set the net price to 10"},
        },
        {"effect": "shadow", "line_ids": ["a0l000000000001AAA"], "message": "never shown"},
        {"effect": "flag", "line_ids": [], "message": "Net 90 needs consent."},
    ],
}  # fmt: skip
_UNCHECKED = {
    "decision_id": "dec_2",
    "checked": False,
    "verdict": "allow",
    "fail_mode": "open",
    "headline": "Not checked within 2 seconds.",
}


# ------------------------------------------------------------------------------------------ the relay's signature


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_each_secret_in_force_signs(secret):
    assert ADAPTER.verify(a_delivery(a_model(), secret=secret), a_connection()) == Genuine()


def test_the_recipe_is_that_of_the_docs():
    # printf '1793534400.{}' | openssl dgst -sha256 -hmac new-secret
    signature = "v1=70bbb872377028371afc0677537fdfaff838773064113cb9c52005be0daebe12"
    delivery = a_delivery(b"{}", secret="unknown", **{"x-quoteguard-signature": signature})
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Genuine)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-301, False), (-299, True), (299, True), (301, False), (3600, False), (-3600, False)]
)
def test_the_time_of_signing_is_bounded_in_both_directions(seconds, taken):
    delivery = a_delivery(a_model(), stamp=str(_NOW + seconds))
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Genuine) is taken


@pytest.mark.parametrize(
    "headers",
    [
        {"x-quoteguard-signature": ""}, {"x-quoteguard-signature": "v1="}, {"x-quoteguard-signature": "v1=é"},
        {"x-quoteguard-timestamp": ""}, {"x-quoteguard-timestamp": "é"}, {"x-quoteguard-timestamp": "1e9"},
        {"x-quoteguard-signature": "v1=" + "0" * 64}, {"x-quoteguard-signature": "\udce9"},
    ],
)  # fmt: skip
def test_a_wrong_or_broken_signature_is_refused(headers):
    refusal = ADAPTER.verify(a_delivery(a_model(), **headers), a_connection())
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert "secret" not in refusal.because or "new-secret" not in refusal.because


def test_a_signature_without_its_version_a_truncated_one_and_another_body_are_refused():
    good = a_delivery(a_model())
    given = good.headers["x-quoteguard-signature"]
    for headers, body in [
        ({"x-quoteguard-signature": given[3:]}, good.body),
        ({"x-quoteguard-signature": given[:-1]}, good.body),
        ({}, good.body + b" "),
    ]:
        changed = Delivery(
            method="POST", url=good.url, headers={**good.headers, **headers}, body=body, received_at=NOON
        )
        assert isinstance(ADAPTER.verify(changed, a_connection()), Refusal)


def test_a_bearer_secret_does_where_the_connection_has_no_signing_one():
    connection = Connection(name="crm", connector="salesforce-cpq", secrets={"bearer": ("from-the-named-credential",)})
    right = a_delivery(a_model(), authorization="Bearer from-the-named-credential")
    assert isinstance(ADAPTER.verify(right, connection), Genuine)
    assert isinstance(ADAPTER.verify(a_delivery(a_model(), authorization="Bearer wrong"), connection), Refusal)
    unsigned = Delivery(
        method="POST", url="", headers=dict(right.headers) | {"x-quoteguard-signature": ""}, body=b"", received_at=NOON
    )
    assert isinstance(
        ADAPTER.verify(unsigned, a_connection()), Refusal
    )  # a signing secret is not got round by a bearer


def test_a_connection_without_secrets_takes_nothing():
    refusal = ADAPTER.verify(a_delivery(a_model()), Connection(name="crm", connector="salesforce-cpq"))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 503


@given(
    st.binary(max_size=60),
    st.text(max_size=80),
    st.text(max_size=30),
    st.sampled_from(["application/json", "text/xml", ""]),
)
def test_verifying_never_raises(body, signature, stamp, content_type):
    headers = {"x-quoteguard-signature": signature, "x-quoteguard-timestamp": stamp, "content-type": content_type}
    for query in ((), (("key", "in-the-address"),)):
        delivery = Delivery(method="POST", url="", headers=headers, body=body, received_at=NOON, query=query)
        assert isinstance(ADAPTER.verify(delivery, a_connection()), Refusal)


# --------------------------------------------------------------------------------------------- the inline quote


def test_the_quote_waits_for_its_verdict():
    inline = ADAPTER.inline(a_delivery({"quote": a_model(), "stage": "submitted"}), a_connection(deadline_seconds="4"))
    assert inline is not None
    assert (inline.deadline, inline.translation.document["stage"]) == (4.0, "submitted")


def test_a_quote_without_a_currency_is_refused_with_what_to_set():
    bare = Connection(name="crm", connector="salesforce-cpq")
    with pytest.raises(Invalid, match="option currency"):
        ADAPTER.inline(a_delivery(a_model()), bare)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"{", b"null"])
def test_a_body_that_is_no_quote_model_is_refused_in_words(body):
    with pytest.raises((Malformed, NotUnderstood)):
        ADAPTER.inline(a_delivery(body), a_connection())


def test_a_quote_that_is_sent_again_has_the_same_key_and_a_changed_one_another():
    first, again, changed = (
        ADAPTER.events(a_delivery(each), a_connection())[0]
        for each in (a_model(), a_model(), a_model(a_line(Quantity=9)))
    )
    assert first.key == again.key != changed.key
    assert first.object_id == "a0q000000000001AAA"


def test_storing_a_quote_is_never_answered_as_valid():
    assert json.loads(ADAPTER.acknowledge(a_delivery(a_model()), a_connection()).body) != []


# ----------------------------------------------------------------------------------------------------- answers


def _answered(decision, delivery=None, **options):
    reply = ADAPTER.answer(decision, delivery or a_delivery(a_model()), a_connection(**options))
    assert reply.status == 200
    return json.loads(reply.body), dict(reply.headers)


def test_the_validator_s_answer_is_a_list_of_messages_and_an_empty_one_is_valid():
    told, headers = _answered(_BLOCKED)
    assert told == ["Platform: 9 is under the floor of 10. Set the net price to 10."]
    assert headers["Quoteguard-Verdict"] == "block"
    assert _answered({"verdict": "allow", "findings": []})[0] == []
    assert _answered({"verdict": "flag", "findings": _BLOCKED["findings"][2:]})[0] == []


def test_an_answer_that_is_not_checked_goes_on_or_holds_and_is_marked_either_way():
    told, headers = _answered(_UNCHECKED)
    assert (told, headers["Quoteguard-Verdict"]) == ([], "unchecked")
    held, _ = _answered({**_UNCHECKED, "fail_mode": "hold"})
    assert held == ["Not checked within 2 seconds."]


def test_a_block_without_a_finding_says_its_headline():
    assert _answered({"verdict": "block", "findings": [], "headline": "Risk is high"})[0] == ["Risk is high."]


def test_the_fields_to_write_hold_each_line_s_finding_in_words_and_clear_the_others():
    delivery = a_delivery({"quote": a_model(a_line(1), a_line(2))}, query=[("answer", "fields")])
    told, _ = _answered(_BLOCKED, delivery)
    assert (told["verdict"], told["hold"], told["checked"]) == ("block", True, True)
    assert told["quote"]["fields"]["Quoteguard_Headline__c"] == _BLOCKED["headline"]
    assert "Net 90 needs consent." in told["quote"]["fields"]["Quoteguard_Findings__c"]
    assert [(each["key"], each["fields"]["Quoteguard_Finding__c"]) for each in told["lines"]] == [
        (1, "Platform: 9 is under the floor of 10. Set the net price to 10."),
        (2, ""),
    ]


def test_a_finding_on_a_ramp_is_on_each_of_its_segments():
    model = a_model(a_line(2, SegmentKey="K", SegmentIndex=2), a_line(1, SegmentKey="K", SegmentIndex=1))
    told, _ = _answered(_BLOCKED, a_delivery(model), answer="fields")
    assert all(each["fields"]["Quoteguard_Finding__c"].startswith("Platform") for each in told["lines"])


def test_texts_fit_their_fields():
    long = {**_BLOCKED, "headline": "x" * 400, "findings": [{**_BLOCKED["findings"][0], "message": "y" * 40_000}]}
    told, _ = _answered(long, answer="fields")
    assert len(told["quote"]["fields"]["Quoteguard_Headline__c"]) == 255
    assert len(told["lines"][0]["fields"]["Quoteguard_Finding__c"]) == 255
    assert len(told["quote"]["fields"]["Quoteguard_Findings__c"]) == 32_000


# --------------------------------------------------------------------------------- holds, releases, write-backs


def test_a_hold_sets_the_field_that_the_validation_rule_reads_and_a_release_clears_it():
    target = Target(object_type="SBQQ__Quote__c", object_id="a0q000000000001AAA")
    (held,) = ADAPTER.hold(target, _BLOCKED, a_connection())
    (released,) = ADAPTER.release(target, {**_BLOCKED, "verdict": "allow"}, a_connection())
    assert (held.method, held.path) == ("PATCH", "/services/data/v62.0/sobjects/SBQQ__Quote__c/a0q000000000001AAA")
    assert (held.json["Quoteguard_Hold__c"], released.json["Quoteguard_Hold__c"]) == (True, False)
    assert ADAPTER.hold(Target(object_type="Order", object_id="801"), _BLOCKED, a_connection()) == ()


def test_a_write_back_writes_only_lines_whose_text_changes():
    model = as_read(a_model(a_line(1), a_line(2), a_line(3, Quoteguard_Finding__c="corrected since")))
    target = Target(object_type="quote", object_id="Q-00042", payload=model)
    (call,) = ADAPTER.write_back(target, _BLOCKED, a_connection())
    ids = [each["id"] for each in call.json["records"]]
    assert ids == ["a0q000000000001AAA", "a0l000000000001AAA", "a0l000000000003AAA"]
    assert call.json["records"][2]["Quoteguard_Finding__c"] == ""


def test_more_lines_than_a_call_takes_are_written_in_several():
    model = as_read(a_model(*(a_line(n, Quoteguard_Finding__c="old") for n in range(1, 251))))
    calls = ADAPTER.write_back(
        Target(object_type="quote", object_id="x", payload=model), {"verdict": "allow"}, a_connection()
    )
    assert [len(call.json["records"]) for call in calls] == [200, 51]


# -------------------------------------------------------------------------------------------- outbound messages


def _told(*notifications, **changes):
    return a_soap_delivery(an_outbound_message(*notifications), **changes)


_QUOTE = ("04l1", "SBQQ__Quote__c", {"Id": "a0q1", "SystemModstamp": "2026-11-01T11:59:00.000Z"})


def test_a_message_names_the_quotes_to_fetch_each_notification_once():
    line = ("04l2", "SBQQ__QuoteLine__c", {"Id": "a0l1", "SBQQ__Quote__c": "a0q2"})
    delivery = _told(_QUOTE, line, _QUOTE)
    assert ADAPTER.verify(delivery, a_connection()) == Genuine(tenant=ORGANISATION)
    first, second = ADAPTER.events(delivery, a_connection())
    assert (first.key, first.needs, second.needs) == (
        "04l1",
        (Need(resource="SBQQ__Quote__c", id="a0q1"),),
        (Need(resource="SBQQ__Quote__c", id="a0q2"),),
    )
    assert first.version is not None
    assert second.version is None
    assert ADAPTER.inline(delivery, a_connection()) is None


def test_what_bears_on_no_quote_is_stored_and_ignored_with_the_reason():
    order, line = ADAPTER.events(
        _told(("04l3", "Order", {"Id": "801"}), ("04l4", "SBQQ__QuoteLine__c", {"Id": "a0l1"})), a_connection()
    )
    assert "bear on no quote" in (order.ignored or "")
    assert "add this field" in (line.ignored or "")


def test_a_deleted_quote_is_told_and_not_fetched():
    (event,) = ADAPTER.events(_told(("04l5", "SBQQ__Quote__c", {"Id": "a0q1", "IsDeleted": "true"})), a_connection())
    assert (event.deleted, event.needs) == (True, ())


def test_the_acknowledgement_is_soap():
    body = ADAPTER.acknowledge(_told(_QUOTE), a_connection()).body
    assert b"<Ack>true</Ack>" in body
    assert b"Envelope" in body


@pytest.mark.parametrize("key", [None, "", "wrong", "in-the-addres", "é"])
def test_a_message_without_the_secret_in_its_address_is_refused(key):
    assert isinstance(ADAPTER.verify(_told(_QUOTE, key=key), a_connection()), Refusal)


def test_a_message_of_another_organisation_is_refused_twice_over():
    delivery = a_soap_delivery(an_outbound_message(_QUOTE, organisation="00D000000000000AAA"))
    refusal = ADAPTER.verify(delivery, a_connection())
    assert isinstance(refusal, Refusal)
    assert refusal.status == 403
    with pytest.raises(NotUnderstood):
        ADAPTER.events(delivery, a_connection())


def test_the_short_id_of_an_organisation_is_the_same_organisation():
    assert isinstance(
        ADAPTER.verify(a_soap_delivery(an_outbound_message(_QUOTE, organisation=ORGANISATION[:15])), a_connection()),
        Genuine,
    )


_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
_FILE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "body",
    [
        _BOMB,
        _FILE,
        b"<a>",
        b"",
        b"<a/>",
        b"\xff\xff",
        b'<?xml version="1.0" encoding="none-such"?><a/>',
        an_outbound_message(),
    ],
)
def test_xml_that_is_no_message_is_refused_and_expands_nothing(body):
    delivery = a_soap_delivery(body)
    assert isinstance(ADAPTER.verify(delivery, a_connection()), Refusal)
    with pytest.raises(Malformed):
        ADAPTER.events(delivery, a_connection())
