"""Whether the special terms contain a clause of a certain kind, recognised by its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, Scope, Violated
from policies.domain.finding import Evidence
from policies.facts import QuoteFacts

SHOWN: Final = 200
_LEADING: Final = r"a|an|any|all|the|such|other|and|or|kind|type|of|to|be|entitled|includ\w+|contain\w*|grant\w*|receiv\w+|have|has|get\w*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`phrases` are what gives the clause away: whole words in this order, in any case; `*` stands for any ending.

    A phrase does not count where one of `negations` stands before it, with at most articles and words such as "include"
    between them: "does not include any most favoured...", but not "never exceed the lowest price".
    `cost` says why the money is not known.
    """

    phrases: tuple[str, ...] = ()
    negations: tuple[str, ...] = ("no", "not", "without", "never", "waive*", "exclud*", "neither")
    cost: str = "what the clause costs cannot be told from its words"


def run(quote: QuoteFacts, parameters: Parameters) -> CheckResult:
    terms = quote.quote.special_terms
    if not terms:
        return NOT_APPLICABLE
    pattern = _pattern(parameters.phrases, parameters.negations)
    found = []
    for position, term in enumerate(terms):
        phrase = _said(pattern, term.text)
        if phrase is not None:
            found.append((position, term.text, phrase))
    if not found:
        return SATISFIED
    return Violated(
        evidence=tuple(
            Evidence(field=f"special_terms[{position}].text", actual=_shortened(text)) for position, text, _ in found
        ),
        loss=Loss(already_lost=None, assumptions=(parameters.cost,)),
        reports={"clause": found[0][2], "text": _shortened(found[0][1])},
    )


def _said(pattern: re.Pattern[str], text: str) -> str | None:
    """The first phrase that the text says and does not deny."""
    return next((match["phrase"] for match in pattern.finditer(_flat(text)) if match["phrase"]), None)


def _flat(text: str) -> str:
    """The text in one line of small letters, hyphens and typographic quotes made plain."""
    return " ".join(text.casefold().replace("\u2019", "'").replace("-", " ").replace("\u2011", " ").split())


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1].rstrip() + "\u2026"


@lru_cache(maxsize=64)
def _pattern(phrases: tuple[str, ...], negations: tuple[str, ...]) -> re.Pattern[str]:
    """One search for all phrases. A negation and what leads from it to a phrase are taken with it, and so passed over."""
    said = "|".join(_words(phrase) for phrase in sorted(phrases, key=len, reverse=True)) or "(?!)"
    denied = "|".join(_words(word) for word in negations) or "(?!)"
    return re.compile(rf"\b(?:{denied})\b(?: (?:{_LEADING})){{0,6}} (?:{said})\b|\b(?P<phrase>{said})\b")


def _words(phrase: str) -> str:
    return r"\w*".join(re.escape(part) for part in _flat(phrase).split("*"))


CHECK: Final = Check(
    name="special-terms",
    scope=Scope.QUOTE,
    run=run,
    summary="Looks for a clause in the special terms, by its words.",
    parameters=Parameters,
    reports=("clause", "text"),
    reads=("special_terms",),
)
