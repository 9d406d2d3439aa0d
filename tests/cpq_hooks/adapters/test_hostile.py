"""Whatever is sent in a vendor's name, every adapter refuses it in words or reads it: no other failure, and no hang.

Each value in each vendor's examples is put out of shape, one at a time; bodies are garbage, half, too deep or bombs; and
signatures are missing, cut, not ASCII or somebody else's.
"""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from time import perf_counter

import pytest

from cpq_hooks.adapter import Genuine, NotUnderstood, Refusal, Shape, Target, Translation
from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice, load_quote, load_usage
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, TooLarge
from cpq_hooks.registry import installed
from tests.cpq_hooks.adapters.vendors_examples import JSON, vendors

VENDORS = vendors()
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
REFUSED = (Invalid, Malformed, NotUnderstood, TooLarge)
LOADS = {
    Shape.QUOTE: load_quote, Shape.AGREEMENT: load_agreement, Shape.BILLING_CONFIGURATION: load_billing_configuration, Shape.INVOICE: load_invoice,
    Shape.USAGE: load_usage,
}  # fmt: skip
LONGEST = 5.0
ODD = (
    None, "", "x", -1, 0, True, False, [], {}, [None], [{}], [[]], {"x": 1}, ["x"], 10**30, 2**63, -(10**12), 253_402_300_800, "NaN", "1e999999999",
    Decimal("1e999999999"), Decimal("1e-999999999"), Decimal("-0"), "9999-12-31", "0001-01-01", "2026-13-45", "9999-12-31T23:59:59-12:00", "P9999999M", "\x00",
    "ü" * 300, "9" * 5_000, "٣", "id=1;<b>&",
)  # fmt: skip
BOMB = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]><l>&j;</l>"  # fmt: skip
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><l>&x;</l>'
DECISION = {"decision_id": "dec_1", "verdict": "block", "headline": "no", "evaluated_at": "2026-11-01T12:00:00Z"}
NOT_READ = {"decision_id": None, "checked": False, "verdict": "flag", "fail_mode": "hold", "headline": "Not checked.", "links": {},
            "errors": [{"path": "$", "message": "no", "code": "x"}]}  # fmt: skip


def garbage(seed=7):
    chance = random.Random(seed)
    return [chance.randbytes(length) for length in (1, 3, 17, 64, 400, 4_000)]


BODIES = [
    b"", b" ", b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"{", b"}", b"null", b"5", b'"x"', b"true", b"[]", b"{}", b"[[]]", b"[null]",
    b"[{}]", b"[5]", b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":' + b"9" * 5_000 + b"}", b'{"a":1e999999999}', b"[" * 100_000, b'{"a":' * 50_000,
    b"<" * 1_000, b"<a>" * 50_000, b"&=" * 1_000, b"a=" + b"%" * 1_000, b"\xe9=\xe9", BOMB, OUTSIDE, *garbage(),
]  # fmt: skip
HEADERS = (
    "", " ", ",", "=", "é", "\udcff", "☃" * 50, "Basic", "Basic ", "Basic é", "Basic !!!", "Basic " + "QQ" * 5_000, "Bearer", "Bearer \x00", "t=,v1=", "t=x,v1=é",
    "t=" + "9" * 400 + ",v1=00", "t=-1,v1=00", "v1=", "0" * 63, "g" * 64, "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "9" * 5_000, "NaN", "-1", "1e9", "٣٣٣", "jwt", "hmac", "v2",
)  # fmt: skip


def attempt(work, *arguments):
    """What comes of it; None where it is refused in words."""
    began = perf_counter()
    try:
        found = work(*arguments)
    except REFUSED:
        found = None
    assert perf_counter() - began < LONGEST, f"{work} all but hung"
    return found


def places(value, path=()):
    yield path
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*path, step))


def put(payload, path, value):
    if not path:
        return value
    changed = copy.deepcopy(payload)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def read_all(vendor, payload, shape):
    """Everything that is done with an object: read it, load what it became, and work out its calls."""
    found = attempt(vendor.adapter.translate, payload, shape, vendor.connection) or ()
    for translation in found:
        assert isinstance(translation, Translation)
        attempt(LOADS[translation.shape], json.loads(json.dumps(translation.document)))
    for kind in ("quote", "subscription", "invoice"):
        target = Target(object_type=kind, object_id="x", payload=payload)
        for calls in (vendor.adapter.hold, vendor.adapter.release, vendor.adapter.write_back):
            made = attempt(calls, target, DECISION, vendor.connection) or ()
            json.dumps([[each.path, each.json, each.form] for each in made])


def take(vendor, delivery):
    """Everything that is done with a delivery before and while it is answered."""
    adapter, connection = vendor.adapter, vendor.connection
    assert isinstance(adapter.verify(delivery, connection), (Genuine, Refusal))
    for event in attempt(adapter.events, delivery, connection) or ():
        assert event.key
    inline = attempt(adapter.inline, delivery, connection)
    if inline is not None:
        json.dumps(inline.translation.document)
    adapter.acknowledge(delivery, connection)


def answer_unread(vendor, delivery):
    """What is answered where a document cannot be read, or is read and not judged."""
    try:
        readable = vendor.adapter.inline(delivery, vendor.connection) is not None
    except (Invalid, NotUnderstood):
        readable = True
    except (Malformed, TooLarge):
        readable = False
    if readable:
        assert vendor.adapter.answer(NOT_READ, delivery, vendor.connection).status < 500


def test_every_connector_that_is_installed_is_here():
    assert {each.name for each in VENDORS} == set(installed().names())


@each_vendor
def test_the_examples_themselves_are_read(vendor):
    """But for a quote that is no agreement as long as nobody has accepted it."""
    for payload, shape in vendor.objects:
        found = attempt(vendor.adapter.translate, payload, shape, vendor.connection)
        assert found or shape is Shape.AGREEMENT
        for each in found or ():
            LOADS[each.shape](json.loads(json.dumps(each.document)))


@each_vendor
def test_one_value_out_of_shape_is_read_or_refused(vendor):
    """Two odd values in each place, others in the next: all of them come to each kind of field."""
    number = 0
    for payload, shape in vendor.objects:
        for path in places(payload):
            for _ in range(2):
                read_all(vendor, put(payload, path, ODD[number % len(ODD)]), shape)
                number += 1


@pytest.mark.fuzz
@each_vendor
def test_every_odd_value_in_every_place_is_read_or_refused(vendor):
    for payload, shape in vendor.objects:
        for path in places(payload):
            for odd in ODD:
                read_all(vendor, put(payload, path, odd), shape)


@each_vendor
def test_bodies_that_are_nothing_of_the_vendors_are_refused_in_words(vendor):
    for body in BODIES:
        for content_type in (JSON, "text/xml", "application/x-www-form-urlencoded", ""):
            delivery = vendor.delivery(body, content_type)
            take(vendor, delivery)
            answer_unread(vendor, delivery)
        attempt(vendor.adapter.parse, body)


@each_vendor
def test_half_of_a_body_is_refused_and_one_out_of_shape_is_taken_or_refused(vendor):
    for body in vendor.bodies:
        raw = vendor.delivery(body).body
        for cut in {1, len(raw) // 3, len(raw) // 2, len(raw) - 1}:
            for content_type in vendor.content_types:
                take(vendor, vendor.delivery(raw[:cut], content_type))
        if isinstance(body, bytes):
            continue
        for number, path in enumerate(places(body)):
            delivery = vendor.delivery(put(body, path, ODD[number % len(ODD)]))
            take(vendor, delivery)
            answer_unread(vendor, delivery)


@each_vendor
def test_a_signature_that_is_missing_cut_or_not_ascii_is_refused(vendor):
    for body in (vendor.delivery(vendor.bodies[0]).body, b"", b"\xff"):
        for header in vendor.headers:
            for value in HEADERS:
                others = {name: value for name in vendor.headers if name != header}
                for headers in ({header: value}, {**others, header: value}, {}):
                    delivery = vendor.delivery(
                        body, headers=headers, query=(("key", value), ("secret", value), ("token", value))
                    )
                    assert isinstance(vendor.adapter.verify(delivery, vendor.connection), Refusal)


@each_vendor
def test_without_any_secret_nothing_is_let_in(vendor):
    bare = type(vendor.connection)(name="x", connector=vendor.name, options=vendor.connection.options)
    delivery = vendor.delivery(vendor.bodies[0], headers=dict.fromkeys(vendor.headers, ""))
    assert isinstance(vendor.adapter.verify(delivery, bare), Refusal)
