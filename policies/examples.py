"""The tests of a policy file: small documents of its kind, filled up to valid ones, and what must come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from policies.policy import AppliesTo, Expected, PolicyTest

if TYPE_CHECKING:
    from policies.policy_file import PolicyFile

_COMMON: Final = ("name", "line", "lines", "catalog", "company", "as_of", "expect", "amount", "clears")
_KEYS: Final[Mapping[AppliesTo, tuple[str, ...]]] = {
    AppliesTo.QUOTE: (*_COMMON, "quote"),
    AppliesTo.BILLING_CONFIGURATION: (
        *_COMMON,
        "agreement",
        "billing",
        "charge",
        "charges",
        "previews",
        "previous",
        "approved",
    ),
}
_LINE: Final = {"product_id": "P-1", "charge_type": "recurring"}
_TERM: Final = {"start_date": "2026-07-01", "end_date": "2027-06-30"}
_RHYTHM: Final = {"billing_frequency": "monthly", "billing_timing": "in_advance"}


def read_tests(at: PolicyFile, kind: AppliesTo) -> tuple[PolicyTest, ...]:
    """The tests of the file; a policy without one on either side of its line is refused."""
    tests = [_test(at, kind, index) for index in range(len(at.items(("tests",))))]
    expected = {test.expect for test in tests if test is not None}
    if not {Expected.VIOLATED, Expected.SATISFIED} <= expected and not at.problems:
        at.refuse(("tests",), "a policy proves itself with at least one violated and one satisfied test")
    return tuple(test for test in tests if test is not None)


def _test(at: PolicyFile, kind: AppliesTo, index: int) -> PolicyTest | None:
    place = ("tests", index)
    given = at.mapping(place, _KEYS.get(kind, _COMMON))
    expect = at.choice((*place, "expect"), Expected)
    name = at.text((*place, "name"), required=True)
    if expect is None or name is None:
        return None
    documents = {"quote": _quote(given)} if kind is AppliesTo.QUOTE else _set_up(given)
    return PolicyTest(
        name=name,
        expect=expect,
        catalog=given.get("catalog"),
        company=given.get("company"),
        as_of=at.day((*place, "as_of")),
        amount=at.number((*place, "amount")),
        clears=at.flag((*place, "clears")),
        **documents,
    )


def _quote(given: Mapping[str, Any]) -> dict[str, object]:
    """A test's quote in canonical form: what the test states over a small valid one."""
    return {
        "quote_id": "Q-TEST",
        "currency": "USD",
        **(given.get("quote") or {}),
        "lines": _numbered(given, "line", _LINE),
    }


def _set_up(given: Mapping[str, Any]) -> dict[str, Any]:
    """A test's agreement and billing configuration: one year from 1 July 2026, a month after a test's day, billed monthly.

    A charge bills the line of its own number, for the agreement's time, unless the test says otherwise.
    """
    signed = _agreement(given.get("agreement") or {}, _numbered(given, "line", _LINE | {"price_period": "month"}))
    dates = {name: signed[name] for name in _TERM if signed[name] is not None}
    charges = _charges(_numbered(given, "charge", _LINE | {"price_period": "month", "state": "active"} | dates))
    approved, previous = given.get("approved"), given.get("previous")
    return {
        "agreement": signed,
        "billing": _billing(given.get("billing") or {}, charges),
        "previews": tuple(_preview(each, number) for number, each in enumerate(given.get("previews") or (), 1)),
        "previous": None if previous is None else _billing(previous, _changed(charges, previous)),
        "approved": None if approved is None else _approved(signed, approved),
    }


def _agreement(given: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    fixed = {"agreement_id": "AG-TEST", "quote_id": "Q-TEST", "currency": "USD"}
    return {**fixed, **_TERM, **_RHYTHM, **given, "lines": list(lines)}


def _approved(signed: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The quote that was approved: as signed, but for what the test says, on its only line where it says `line`."""
    own = {"agreement_id", "signed_on", "amendments", "lines"}
    header = {name: value for name, value in signed.items() if name not in own}
    lines = [{**line, **(given.get("line") or {})} for line in signed["lines"]]
    return {**header, "lines": lines, **{name: value for name, value in given.items() if name != "line"}}


def _charges(numbered: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: value
            for name, value in ({"charge_id": f"C-{number}"} | _RHYTHM | dict(each)).items()
            if value is not None
        }
        for number, each in enumerate(numbered, 1)
    ]


def _billing(given: Mapping[str, Any], charges: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    own = {name: value for name, value in given.items() if name != "charge"}
    fixed = {"billing_configuration_id": "B-TEST", "agreement_id": "AG-TEST", "currency": "USD"}
    return {**fixed, "status": "active", "charges": list(charges), **own}


def _changed(charges: Sequence[Mapping[str, Any]], previous: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The charges as they were: `charge` of the previous configuration says what was different on each of them."""
    return [{**each, **(previous.get("charge") or {})} for each in charges]


def _preview(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    fixed = {"invoice_id": f"PREVIEW-{number}", "currency": "USD", "agreement_id": "AG-TEST"}
    return {**fixed, "billing_configuration_id": "B-TEST", **given}


def _numbered(given: Mapping[str, Any], word: str, default: Mapping[str, object]) -> list[dict[str, Any]]:
    """The lines or charges of a test over small valid ones, numbered from 1; one where the test states none."""
    stated = given.get(f"{word}s")
    items: Sequence[Any] = [given.get(word) or {}] if stated is None else stated
    return [{"line_id": str(number), **default, **item} for number, item in enumerate(items, 1)]
