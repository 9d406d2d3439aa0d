"""Whatever is sent: a clear problem document, never a 500, and what was sent can be found again."""

import gzip
import json
from io import BytesIO

import pytest

from tests.app.api.conftest import QUOTE

LINE = QUOTE["lines"][0]


def a_quote(*lines, **fields):
    return {**QUOTE, "lines": list(lines) or [LINE], **fields}


def a_line(**fields):
    return {**LINE, **fields}


def raw(document, old, new):
    return json.dumps(document).replace(old, new).encode()


def deep(levels):
    return b'{"x":' * levels + b"1" + b"}" * levels


MALFORMED = {
    "nothing": b"",
    "blanks": b" \n ",
    "half an object": b'{"quote_id": "Q-1"',
    "no JSON": b"quote_id=Q-1",
    "NaN": raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "NaN"),
    "Infinity": raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "-Infinity"),
    "an exponent beyond any range": raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "1e99999999999999999999"),
    "a number of 5,000 digits": raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "9" * 5000),
    "a lone surrogate": raw(a_quote(quote_id="HERE"), "HERE", "\\ud800"),
    "a lone surrogate in a key": raw(a_quote(extra="HERE"), '"extra"', '"\\udfff"'),
    "not UTF-8": b'{"quote_id": "\xff\xfe"}',
    "UTF-16": json.dumps(QUOTE).encode("utf-16"),
    "a key twice": b'{"quote_id": "Q-1", "quote_id": "Q-2"}',
    "nested too deep": deep(65),
    "nested absurdly deep": deep(100_000),
    "lists nested absurdly deep": b"[" * 200_000,
    "two documents": b"{} {}",
    "a comma too many": b'{"quote_id": "Q-1",}',
    "a line break in a text": b'{"quote_id": "Q\n1"}',
}

INVALID = {
    "a list": ([QUOTE], "$"),
    "a text": (b'"Q-1"', "$"),
    "null": (b"null", "$"),
    "no id": ({name: value for name, value in QUOTE.items() if name != "quote_id"}, "$.quote_id"),
    "no lines": (a_quote() | {"lines": []}, "$.lines"),
    "lines that are no list": (a_quote(lines={}) | {"lines": {}}, "$.lines"),
    "a wrong type": (a_quote(a_line(quantity=[1])), "$.lines[0].quantity"),
    "a flag as text": (a_quote(a_line(hard_cap="yes")), "$.lines[0].hard_cap"),
    "NaN in quotes": (a_quote(a_line(net_unit_price="NaN")), "$.lines[0].net_unit_price"),
    "1e400": (raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "1e400"), "$.lines[0].net_unit_price"),
    "1e-400": (raw(a_quote(a_line(net_unit_price="HERE")), '"HERE"', "1e-400"), "$.lines[0].net_unit_price"),
    "a negative quantity": (a_quote(a_line(quantity="-5")), "$.lines[0].quantity"),
    "a package of nothing": (a_quote(a_line(package={"size": "0"})), "$.lines[0].package.size"),
    "a date that does not exist": (a_quote(start_date="2026-02-30"), "$.start_date"),
    "end before start": (a_quote(start_date="2026-02-01", end_date="2026-01-31"), "$.end_date"),
    "a line id twice": (a_quote(LINE, LINE), "$.lines[1].line_id"),
    "an orphan": (a_quote(a_line(parent_line_id="99")), "$.lines[0].parent_line_id"),
    "its own parent": (a_quote(a_line(parent_line_id="1")), "$.lines[0].parent_line_id"),
    "an unknown currency": (a_quote(currency="BTC"), "$.currency"),
    "a minimum the currency cannot pay": (a_quote(a_line(minimum_amount="1.001")), "$.lines[0].minimum_amount"),
    "an unknown word": (a_quote(a_line(charge_type="recuring")), "$.lines[0].charge_type"),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json_is_refused_with_its_place(api, body):
    answer = api.check(body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.json["type"] == "/docs#problem-malformed-json"
    assert "Line " in answer.json["detail"]
    assert api.refused_body(answer) == body


@pytest.mark.parametrize(("body", "path"), INVALID.values(), ids=INVALID)
def test_what_is_not_valid_is_refused_with_its_path(api, body, path):
    answer = api.check(body)
    assert (answer.status_code, answer.json["type"]) == (422, "/docs#problem-invalid")
    assert path in [error["path"] for error in answer.json["errors"]]
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert json.loads(api.refused_body(answer), parse_int=str, parse_float=str) == json.loads(
        sent, parse_int=str, parse_float=str
    )


def test_all_that_is_wrong_is_told_at_once(api):
    answer = api.check(a_quote(a_line(quantity="-1"), a_line(charge_type="x"), currency="XXQ"))
    paths = {error["path"] for error in answer.json["errors"]}
    assert {"$.currency", "$.lines[0].quantity", "$.lines[1].charge_type"} <= paths
    assert all(error["message"] and error["code"] for error in answer.json["errors"])


def test_10_001_lines_are_refused(api):
    lines = [{**LINE, "line_id": str(number)} for number in range(10_001)]
    answer = api.check(a_quote(*lines))
    assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "$.lines")
    assert len(json.loads(api.refused_body(answer))["lines"]) == 10_001


def test_a_body_of_20_megabytes_is_refused_and_its_beginning_kept(api):
    body = b'{"quote_id": "' + b"x" * (20 << 20) + b'"}'
    answer = api.check(body)
    assert (answer.status_code, answer.json["type"]) == (413, "/docs#problem-too-large")
    assert answer.json["length"] == len(body)
    kept = api.get(f"/v1/refused/{answer.json['refused_id']}").json
    assert (kept["length"], kept["is_cut"], kept["body"]) == (len(body), True, body[: 64 * 1024].decode())


def test_a_chunked_body_is_counted_while_it_is_read(open_api):
    api = open_api(max_body_bytes="2000")
    answer = api.client.post(
        "/v1/quotes/check",
        input_stream=BytesIO(b"x" * 3000),
        headers={
            "Authorization": f"Bearer {api.key}",
            "Content-Type": "application/json",
            "Transfer-Encoding": "chunked",
        },
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "stated", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "json", "/", "\x00"]
)
def test_another_type_of_body_is_refused(api, stated):
    answer = api.check(json.dumps(QUOTE).encode(), Content_Type=stated)
    assert (answer.status_code, answer.json["type"]) == (415, "/docs#problem-wrong-type")
    assert answer.headers["Accept-Post"] == "application/json"
    assert json.loads(api.refused_body(answer)) == QUOTE


@pytest.mark.parametrize("stated", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.crm+json"])
def test_every_way_to_say_json_is_taken(api, stated):
    assert api.check(json.dumps(QUOTE).encode(), Content_Type=stated).status_code == 200


def test_a_compressed_body_is_refused(api):
    answer = api.check(gzip.compress(json.dumps(QUOTE).encode()), Content_Encoding="gzip")
    assert (answer.status_code, answer.json["type"]) == (415, "/docs#problem-wrong-type")


def test_a_missing_or_wrong_key_is_refused_and_a_little_is_kept(api):
    for headers in ({}, {"X-API-Key": "qg_a_b"}):
        answer = api.client.post("/v1/quotes/check", json=QUOTE, headers=headers)
        assert answer.status_code == 401
        assert json.loads(api.refused_body(answer)) == QUOTE


def test_a_revoked_key_is_refused_and_what_it_sent_is_kept(api):
    created = api.store.keys.create("old", ["check"])
    api.store.keys.revoke(created.key.id)
    answer = api.client.post("/v1/quotes/check", json=QUOTE, headers={"X-API-Key": created.secret})
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#problem-key-not-valid")
    assert json.loads(api.refused_body(answer)) == QUOTE


def test_strangers_cannot_fill_the_disk(api):
    body = b"x" * 100_000
    answers = [api.client.post("/v1/quotes/check", data=body) for _ in range(70)]
    kept = [answer for answer in answers if "refused_id" in answer.json]
    assert len(kept) == 60
    assert len(api.refused_body(kept[0])) == 32 * 1024


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/v1/decisions/dec_1", 405),
        ("DELETE", "/v1/quotes/check", 405),
        ("OPTIONS", "/v1/quotes/check", 405),
        ("GET", "//v1/decisions", 404),
        ("GET", "/v1/decisions/", 404),
        ("GET", "/v1/../etc/passwd", 404),
        ("GET", "/v1/decisions/%00", 404),
        ("GET", "/v1/decisions/%ED%A0%80", 404),
        ("GET", "/v1/decisions/%FF" + "a" * 3000, 404),
        ("GET", "/v1/refused/%00%FF", 404),
        ("GET", "/v1/scorecards/quotes/%00", 404),
    ],
)
def test_no_address_is_too_strange(api, method, path, status):
    answer = api.client.open(path, method=method, headers={"Authorization": f"Bearer {api.key}"})
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    if status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=٣",
        "limit=1&limit=2",
        "verdict=maybe",
        "simulated=1",
        "subject_id=",
        "created_from=yesterday",
        "created_from=2026-02-30T00:00:00Z",
        "created_from=2026-03-01T00:00:00",
        "created_before=0001-01-01T00:00:00%2B14:00",
        "page=%00",
        "page=bm9wZQ",
        "page=" + "x" * 300,
        "verdit=block",
    ],
)
def test_a_parameter_that_cannot_be_taken_is_named(api, query):
    answer = api.get(f"/v1/decisions?{query}")
    assert (answer.status_code, answer.json["type"]) == (400, "/docs#problem-bad-parameter")
    assert query.partition("=")[0] in answer.json["errors"][0]["path"]


def test_a_misspelt_parameter_is_not_taken_for_a_check_that_counts(api):
    answer = api.check(path="/v1/quotes/check?dryrun=true")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["message"] == "there is no such parameter here; did you mean dry_run?"
    assert api.gate.calls == []


def test_too_many_requests_are_refused_with_the_time_to_come_back(open_api):
    api = open_api(rate_limit="2/day")
    assert [api.check().status_code for _ in range(3)] == [200, 200, 429]
    answer = api.check()
    assert answer.json["type"] == "/docs#problem-too-many-requests"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["RateLimit"].startswith('"key";r=0;t=')


def test_the_answer_stands_when_the_copy_cannot_be_kept(api):
    def full(_):
        raise OSError("disk full")

    api.store.refused.keep = full
    answer = api.check(b"{")
    assert (answer.status_code, "refused_id" in answer.json) == (400, False)
    assert "refused_body_lost" in api.log.getvalue()


@pytest.mark.parametrize(
    "host", ["", "a b", "<script>", "x" * 300, "[::1", "a:99999", "ü.example", "a\x00b", "evil.example"]
)
def test_no_host_name_breaks_anything_or_shows_in_an_answer(api, host):
    answer = api.client.get("/v1/decisions/", headers={"Host": host.encode().decode("latin-1")})
    assert answer.status_code in (400, 404)
    assert answer.content_type == "application/problem+json"
    assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "header",
    [
        "Accept",
        "Accept-Encoding",
        "Cookie",
        "If-None-Match",
        "Range",
        "X-Forwarded-For",
        "X-HTTP-Method-Override",
        "Date",
    ],
)
@pytest.mark.parametrize("value", ["", ";;;=,", "\x7f", "DELETE", "bytes=0-0", "é" * 100])
def test_no_other_header_matters(api, header, value):
    assert api.check(**{header.replace("-", "_"): value}).status_code == 200


def test_a_head_request_is_answered_without_a_body(api):
    answer = api.client.head("/v1/decisions", headers={"Authorization": f"Bearer {api.key}"})
    assert (answer.status_code, answer.data) == (200, b"")
