"""The fields over which candidate policies are sought, and the conditions that a history suggests on them.

Nobody's name or number is among them: neither rep nor account, since people are coached and not blocked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.suggesting.condition import Condition, Example
from policies.domain.money import plain

if TYPE_CHECKING:
    from policies.facts import LineFacts, QuoteFacts

_SELDOM: Final = 0.005
_USUAL: Final = 0.75
_QUANTILES: Final = (0.5, 0.75, 0.9)
_MOST_CHOICES: Final = 25
_LINE: Final = {"net_unit_price": "100", "quantity": "1", "price_period": "month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field that holds one of several words; `required` where it is never absent."""

    path: str
    words: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number; thresholds are multiples of `step`. `example` gives a test's document of such a value."""

    path: str
    words: str
    step: int
    example: Callable[[int], Example]
    required: bool = False


CHOICES: Final = (
    Choice(path="quote.deal_type", words="deal type"),
    Choice(path="quote.segment", words="segment"),
    Choice(path="quote.currency", words="currency", required=True),
    Choice(path="quote.billing_frequency", words="billing frequency"),
    Choice(path="quote.billing_timing", words="billing timing"),
)
LINE_CHOICES: Final = (
    Choice(path="product_family", words="product family"),
    Choice(path="charge_model", words="charge model"),
    Choice(path="charge_type", words="charge type", required=True),
    Choice(path="quantity_basis", words="quantity basis"),
)
NUMBERS: Final = (
    Number(
        path="quote.term_months",
        words="term in months",
        step=12,
        required=True,
        example=lambda value: Example(quote={"term_months": value}),
    ),
    Number(
        path="quote.payment_terms_days",
        words="payment terms in days",
        step=15,
        example=lambda value: Example(quote={"payment_terms_days": value}),
    ),
    Number(
        path="count(quote.lines)",
        words="number of lines",
        step=1,
        required=True,
        example=lambda value: Example(more=tuple({"product_id": f"P-{each}"} for each in range(2, value + 1))),
    ),
)
LINE_NUMBERS: Final = (
    Number(
        path="line.discount_percent",
        words="discount on a line in percent",
        step=5,
        example=lambda value: Example(line={"list_unit_price": "100", "net_unit_price": str(100 - value)}),
    ),
)
PRESENT: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "included_quantity": ("an included quantity", {"included_quantity": "5"}),
    "overage_unit_price": ("an overage price", {"overage_unit_price": "2"}),
    "minimum_commitment": ("a minimum commitment", {"minimum_commitment": {"amount": "10", "period": "month"}}),
    "drawdown": ("prepaid credit", {"drawdown": {"credit_amount": "10"}}),
    "uplift_percent": ("an uplift within the term", {"uplift_percent": "3"}),
    "free_months": ("free months", {"free_months": "1"}),
    "parent_line_id": ("a parent line", {}),
    "billing_frequency": ("a billing frequency of its own", {"billing_frequency": "monthly"}),
    "hard_cap": ("a hard cap stated", {"hard_cap": True}),
    "minimum_amount": ("a minimum amount", {"minimum_amount": "1"}),
    "start_date": ("a start date of its own", {"start_date": "2026-07-01"}),
}
LISTS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "ramp": ("a ramp", {"ramp": [{"start_date": "2026-07-01", "quantity": "1"}]}),
    "tiers": ("tiers", {"tiers": [{"up_to": None, "unit_price": "1"}]}),
    "discounts": ("a discount", {"discounts": [{"percent": "10"}]}),
}


def conditions_in(deals: Sequence[QuoteFacts]) -> tuple[Condition, ...]:
    """Every condition that splits these deals, by name, each once."""
    found = {each.name: each for each in _all(deals)}
    return tuple(found[name] for name in sorted(found))


def _all(deals: Sequence[QuoteFacts]) -> Iterator[Condition]:
    for choice in CHOICES:
        values = Counter(filter(None, (_word(_at(facts, choice.path)) for facts in deals)))
        yield from _equal(choice, values, len(deals))
        yield from _unusual(choice, values, len(deals))
    for choice in LINE_CHOICES:
        yield from _some_line(choice, Counter(_words_of_lines(deals, choice.path)), len(deals))
    for number in NUMBERS:
        yield from _above(number, [_number(facts, number.path) for facts in deals], on_line=False)
    for number in LINE_NUMBERS:
        most = [
            max(filter(None, (_at_line(line, number.path) for line in facts.lines)), default=None) for facts in deals
        ]
        yield from _above(number, most, on_line=True)
    yield from _present(deals)


def _equal(choice: Choice, values: Counter[str], deals: int) -> Iterator[Condition]:
    for value in _frequent(values, deals):
        guard = "" if choice.required else f"{choice.path} != null and "
        unless = "" if choice.required else f"{choice.path} == null or "
        field = choice.path.removeprefix("quote.")
        other = next((each for each in sorted(values) if each != value), None)
        met, unmet = _stated(field, value), _stated(field, other)
        yield Condition(
            name=f"{_slug(choice.words)}-{_slug(value)}",
            topic=choice.path,
            words=f"{choice.words} {value}",
            holds=f'{guard}{choice.path} == "{value}"',
            fails=f'{unless}{choice.path} != "{value}"',
            met=met,
            unmet=unmet,
        )


def _unusual(choice: Choice, values: Counter[str], deals: int) -> Iterator[Condition]:
    """None of the few words that most deals have."""
    usual: list[str] = []
    ranked = sorted(values, key=lambda word: (-values[word], word))
    while ranked and sum(values[word] for word in usual) < _USUAL * deals:
        usual.append(ranked.pop(0))
    if len(ranked) < 2 or len(usual) > 3 or not all(map(_writable, usual)):
        return
    listed = ", ".join(f'"{word}"' for word in usual)
    guard = "" if choice.required else f"{choice.path} != null and "
    unless = "" if choice.required else f"{choice.path} == null or "
    field = choice.path.removeprefix("quote.")
    yield Condition(
        name=f"{_slug(choice.words)}-unusual",
        topic=choice.path,
        words=f"{choice.words} other than {' or '.join(usual)}",
        holds=f"{guard}{choice.path} not in [{listed}]",
        fails=f"{unless}{choice.path} in [{listed}]",
        met=_stated(field, ranked[0]),
        unmet=_stated(field, usual[0]),
    )


def _some_line(choice: Choice, values: Counter[str], deals: int) -> Iterator[Condition]:
    guard = "" if choice.required else f"l.{choice.path} != null and "
    for value in _frequent(values, deals):
        holds = f'any({guard}l.{choice.path} == "{value}" for l in quote.lines)'
        yield Condition(
            name=f"{_slug(choice.words)}-{_slug(value)}",
            topic=f"{choice.path} {value}",
            words=f"a line of {choice.words} {value}",
            holds=holds,
            fails=f"not {holds}",
            met=Example(more=({choice.path: value, **_needs(choice.path, value)},)),
            unmet=Example(),
        )


def _above(number: Number, values: Sequence[Any], *, on_line: bool) -> Iterator[Condition]:
    known = sorted(each for each in values if each is not None)
    if not known:
        return
    limits = {int(known[int(at * (len(known) - 1))] // number.step * number.step) for at in _QUANTILES}
    for limit in sorted(limits):
        if limit <= 0 or not known[0] <= limit < known[-1]:
            continue
        guard = "" if number.required else f"{number.path} != null and "
        unless = "" if number.required else f"{number.path} == null or "
        yield Condition(
            name=f"{_slug(number.words)}-over-{limit}",
            topic=number.path,
            words=f"{number.words} over {limit}",
            holds=f"{guard}{number.path} > {limit}",
            fails=f"{unless}{number.path} <= {limit}",
            met=number.example(limit + number.step),
            unmet=number.example(limit),
            on_line=on_line,
        )


def _present(deals: Sequence[QuoteFacts]) -> Iterator[Condition]:
    for name, (words, example) in PRESENT.items():
        if example and any(getattr(line.line, name) is not None for facts in deals for line in facts.lines):
            yield _has(name, words, example, f"line.{name} != null", f"line.{name} == null")
    for name, (words, example) in LISTS.items():
        if any(getattr(line.line, name) for facts in deals for line in facts.lines):
            yield _has(name, words, example, f"count(line.{name}) > 0", f"count(line.{name}) == 0")
    ends = "any(not d.is_open_ended for d in line.discounts)"
    if any(not each.is_open_ended for facts in deals for line in facts.lines for each in line.line.discounts):
        example = {"discounts": [{"percent": "10", "periods": 3}]}
        yield _has("discount_that_ends", "a discount that ends", example, ends, f"not {ends}")


def _has(name: str, words: str, example: Mapping[str, Any], holds: str, fails: str) -> Condition:
    return Condition(
        name=_slug(words),
        topic=f"line.{name}",
        words=f"a line with {words}",
        holds=holds,
        fails=fails,
        met=Example(line=example),
        unmet=Example(),
        on_line=True,
    )


def _frequent(values: Counter[str], deals: int) -> list[str]:
    ranked = sorted(values, key=lambda word: (-values[word], word))[:_MOST_CHOICES]
    return [word for word in ranked if _writable(word) and _SELDOM * deals <= values[word] < deals]


def _writable(word: str) -> bool:
    return len(word) <= 60 and word.isprintable() and '"' not in word and "\\" not in word


def _words_of_lines(deals: Iterable[QuoteFacts], name: str) -> Iterator[str]:
    for facts in deals:
        yield from {word for line in facts.lines if (word := _word(_at_line(line, f"line.{name}"))) is not None}


def _stated(field: str, value: str | None) -> Example:
    """A quote that states a field; the segment is the account's."""
    if value is None:
        return Example()
    if field == "segment":
        return Example(quote={"account": {"account_id": "A-TEST", "segment": value}})
    return Example(quote={field: value})


def _needs(name: str, value: str) -> Mapping[str, Any]:
    """What else a line of a charge model has to state to be a valid one."""
    if name != "charge_model":
        return {}
    if value in ("graduated", "volume"):
        return {"tiers": [{"up_to": None, "unit_price": "1"}]}
    if value == "stairstep":
        return {"tiers": [{"up_to": None, "flat_fee": "1"}]}
    if value == "package":
        return {"package": {"size": "10"}}
    return {"percentage": {"rate_percent": "2"}} if value == "percentage" else {}


def _at(facts: QuoteFacts, path: str) -> Any:
    name = path.removeprefix("quote.")
    return getattr(facts, name) if name in ("segment", "term_months") else getattr(facts.quote, name)


def _at_line(line: LineFacts, path: str) -> Any:
    name = path.removeprefix("line.")
    return getattr(line, name) if name in ("product_family", "discount_percent") else getattr(line.line, name)


def _number(facts: QuoteFacts, path: str) -> Decimal | int | None:
    if path == "count(quote.lines)":
        return len(facts.lines)
    found: Decimal | int | None = _at(facts, path)
    return found


def _word(value: object) -> str | None:
    return None if value is None else plain(value) if isinstance(value, Decimal) else str(value)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "other"


def line_of(fragment: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a test: what the example states over a small valid one."""
    return {**_LINE, **fragment}
