"""Documents drawn from the schemas themselves: mostly valid, with odd spellings and bad values of every kind mixed in."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cpq_hooks.canonical import fields, nesting, numbers, quote, times
from cpq_hooks.canonical.line import Allowance
from cpq_hooks.canonical.record import Record, schema_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

NUMBERS = ["1", "0", "12.50", "3", 5, 0, Decimal("2.5"), "100", "0.012", "7.000", 42]
ODD_NUMBERS = [
    "-3", -1, "1e3", Decimal("1E+3"), "1E+400", Decimal("1e400"), "0.1234567890123", "0.123456789012", "1.10000000000000",
    "123456789012345", "1234567890123456", "999999999999999.999999999999", 10**14, 10**15, -(10**14), "101", "99.99", "99.999",
    "0.00", "-0", Decimal("-0.0"), Decimal("NaN"), "NaN", "Infinity", "-Infinity", "sNaN", "banana", "\uff11\uff12", "1_000", " 1", "1 ",
    ".5", "5.", ".", "", "1.2.3", "1-2", "--1", "+1", True, False, 1.5, [], {}, None, "x" * 50, Decimal("1e-13"), Decimal("0.1000"),
    "100.0000000000001", "00000000000000000000001", "0.0000000000000",
]  # fmt: skip
WORDS = ["A-1", "1", "2", "3", "SEAT", "ü-1"]
ODD_WORDS = [
    "",
    " ",
    " a",
    "a ",
    "a\x00",
    "a\nb",
    "\u00a0a",
    "a\u00a0b",
    "a\u200bb",
    "\u2028",
    "\ud800",
    "x" * 200,
    "x" * 201,
    3,
    None,
    True,
    [],
    {},
]
DAYS = ["2026-01-01", "2026-06-30", "2026-12-31"]
ODD_DAYS = [
    "2026-02-30", "2024-02-29", "2025-02-29", "1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01", "9999-12-31", "2026-W01-1",
    "20260101", "2026-1-1", "2026-01-01T00:00:00Z", "19\uff126-01-01", "2026-00-01", "2026-01-0a", "", " 2026-01-01", 20260101, None, [],
]  # fmt: skip
MOMENTS = ["2026-01-01T00:00:00Z", "2026-01-01T09:30:00.5+02:00"]
ODD_MOMENTS = [
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01T25:00:00Z",
    "now",
    "2026-02-30",
    5,
    None,
    "2026-01-01T00:00:00+99:99",
]


def documents(schema: type[Record]) -> st.SearchStrategy[Any]:
    """Documents of a schema: required fields nearly always there, others now and then, unknown ones sometimes."""
    found = {each.data_key or name: each for name, each in schema_of(schema).load_fields.items()}
    required = {
        name: _values(each) for name, each in found.items() if each.required or name in ("net_unit_price", "quantity")
    }
    optional = {name: _values(each) for name, each in found.items() if name not in required}
    plain = st.fixed_dictionaries(required, optional={})
    some = (
        st.lists(st.sampled_from(sorted(optional)), max_size=6, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: optional[name] for name in names})
        )
        if optional
        else st.just({})
    )
    unknown = st.just({}) | st.dictionaries(
        st.sampled_from(["colour", "extra", "nulls", "terms", "included_unlimited", "_schema"]), JSON
    )
    whole = st.builds(
        lambda *parts: {name: value for part in parts for name, value in part.items()}, plain, some, unknown
    )
    missing = st.builds(_without, whole, st.sampled_from(sorted(found)))
    return _mostly(whole, missing | JSON)


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def _mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 24).flatmap(lambda draw: odd if draw == 24 else usual)


def _values(each: Any) -> st.SearchStrategy[Any]:
    for kind, strategy in _STRATEGIES:
        if isinstance(each, kind):
            return _mostly(*strategy(each))
    raise AssertionError(f"no values for {type(each).__name__}")


def _sampled(
    usual: list[Any], odd: list[Any]
) -> Callable[[Any], tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]]:
    return lambda _: (st.sampled_from(usual), st.sampled_from(odd) | JSON)


def _choices(each: Any) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    return st.sampled_from(sorted(each.choices)), st.sampled_from(["", "Monthly", 1, None, [], {}]) | JSON


def _whole(each: Any) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    odd = [each.least - 1, each.most, each.most + 1, True, "12", Decimal("12.0"), Decimal("12.5"), "x", None, 10**30]
    return st.integers(each.least, min(each.most, each.least + 40)), st.sampled_from(odd)


def _part(each: Any) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    return documents(type(each.schema)), JSON


def _clause(each: Any) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    return st.sampled_from(["Free in May.", "Logo use."]) | documents(type(each.schema)), st.sampled_from(
        ["", " "]
    ) | JSON


def _items(each: Any) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    return st.lists(_values(each.inner), min_size=each.least, max_size=3), JSON


_STRATEGIES: list[tuple[type, Callable[[Any], Any]]] = [
    (Allowance, _sampled(["unlimited", "10", 0], ["Unlimited", *ODD_NUMBERS])),
    (numbers.Number, _sampled(NUMBERS, ODD_NUMBERS)),
    (numbers.Whole, _whole),
    (times.Day, _sampled(DAYS, ODD_DAYS)),
    (times.Moment, _sampled(MOMENTS, ODD_MOMENTS)),
    (fields.Choice, _choices),
    (fields.Currency, _sampled(["USD", "JPY", "KWD"], ["usd", "XXX", "", 840, None, []])),
    (fields.Country, _sampled(["DE"], ["de", "DEU", 3, None])),
    (fields.TimeZone, _sampled(["Europe/Berlin", "UTC"], ["Berlin", "", "../x", None, 5])),
    (fields.Flag, _sampled([True, False], [0, 1, "true", None, []])),
    (fields.Key, _sampled(WORDS, ODD_WORDS)),
    (fields.Text, _sampled(["Seat licence", "Ünlü 🏠"], [*ODD_WORDS, "x" * 10_001])),
    (quote.Clause, _clause),
    (nesting.Items, _items),
    (nesting.Part, _part),
]
