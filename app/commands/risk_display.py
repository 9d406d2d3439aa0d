"""The learned half of a decision, for a person at a terminal: a few lines, most important first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from policies.domain.money import format_amount
from scoring.numbers import percentage

MOST: Final = 3
"""So many reasons or parts are shown; the JSON has all."""

Row = tuple[str, str]


def risk_rows(risk: Mapping[str, Any]) -> Iterator[Row]:
    """What is said of the risk, label and text."""
    match risk["status"]:
        case "scored":
            yield from _scored(risk)
        case "prior":
            yield from _index(risk["index"])
        case _:
            yield "risk", f"not scored: {risk['because']}"


def _scored(risk: Mapping[str, Any]) -> Iterator[Row]:
    expected = risk["expected_leakage"]
    money = "" if expected is None else f", {format_amount(Decimal(expected['amount']), expected['currency'])} expected"
    yield "risk", f"{percentage(float(risk['score']))} likely to leak ({risk['tier']}){money}"
    for name, label in (("effect_because", "so"), ("approved_by", "approved by"), ("waived_by", "waived by")):
        if risk[name]:
            yield label, risk[name]
    if risk["released"]:
        yield "so", "let go at random all the same, to learn what such a flag is worth"
    for each in risk["reasons"][:MOST]:
        yield "because", each["label"]
    if risk["counterfactual"] is not None:
        lowered = risk["counterfactual"]
        yield "lower it", f"{lowered['text']}: {percentage(float(lowered['score']))} then"


def _index(index: Mapping[str, Any]) -> Iterator[Row]:
    yield "risk", f"index {index['value']} of 100, set by hand and not learned"
    if index["parts"]:
        yield "made of", "; ".join(f"{each['label']} ({each['points']})" for each in index["parts"][:MOST])
