"""What a policy can judge: a quote or a billing configuration, with the words, items and places of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from policies.check import Scope
from policies.policy import AppliesTo
from policies.vocabulary import QUOTE, SET_UP

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge
    from policies.facts import LineFacts
    from policies.language import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document, as the language and the engine see it.

    `item` is the word of `for_each`, `document` the word for the whole; a remedy sets fields of these two. `behind` are
    the attributes that lead to such a field and are not part of its place in the document. `scopes` tells which checks
    judge an item and which the whole. `place` finds an item among its facts: its position, its id, and the record that
    holds its fields.
    """

    vocabulary: Vocabulary
    document: str
    item: str
    items: str
    behind: frozenset[str]
    scopes: Mapping[Scope, str | None]
    record: Callable[[Any], Any]
    all_items: Callable[[Any], Sequence[Any]]
    place: Callable[[Any, Any], tuple[int, str, Any]]

    def subjects(self, facts: Any, subject: str | None) -> Sequence[Any]:
        """What a policy with this `for_each` is asked about, one by one; None is the whole document."""
        return (None,) if subject is None else self.all_items(facts)

    def field(self, path: str, facts: Any, item: Any) -> str:
        """A path of the language as evidence has it: an item's field by the item's id, else a field of the document."""
        if item is not None and path.startswith(f"{self.item}."):
            return f"{self.items}[{self.place(facts, item)[1]}].{path.removeprefix(f'{self.item}.')}"
        return path.removeprefix(f"{self.document}.")

    def holder(self, facts: Any, item: Any) -> tuple[str, Any]:
        """Where the fields of the subject stand, as the start of a JSON pointer, and the record that has them."""
        if item is None:
            return "", self.record(facts)
        index, _, record = self.place(facts, item)
        return f"/{self.items}/{index}", record


def held(record: Any, name: str) -> Any:
    """A field of a record; a charge's terms count as its own, as they do in the document."""
    if hasattr(record, name) or not hasattr(record, "terms"):
        return getattr(record, name, None)
    return getattr(record.terms, name, None)


def is_null(record: Any, name: str) -> bool:
    """Whether the sender wrote an explicit null there."""
    owner = record if hasattr(record, name) or not hasattr(record, "terms") else record.terms
    return name in getattr(owner, "nulls", ())


def _line_place(_: Any, item: LineFacts) -> tuple[int, str, Any]:
    return item.index, item.line.line_id, item.line


def _charge_place(facts: Any, item: BillingCharge) -> tuple[int, str, Any]:
    index = next(at for at, each in enumerate(facts.setup.configuration.charges) if each is item)
    return index, item.charge_id, item


KINDS: Final[Mapping[AppliesTo, Kind]] = {
    AppliesTo.QUOTE: Kind(
        vocabulary=QUOTE,
        document="quote",
        item="line",
        items="lines",
        behind=frozenset({"quote", "line"}),
        scopes={Scope.LINE: "line", Scope.QUOTE: None},
        record=lambda facts: facts.quote,
        all_items=lambda facts: facts.lines,
        place=_line_place,
    ),
    AppliesTo.BILLING_CONFIGURATION: Kind(
        vocabulary=SET_UP,
        document="configuration",
        item="charge",
        items="charges",
        behind=frozenset({"setup", "configuration", "terms"}),
        scopes={Scope.SETUP: None},
        record=lambda facts: facts.setup.configuration,
        all_items=lambda facts: facts.setup.configuration.charges,
        place=_charge_place,
    ),
}
"""The kinds that policies judge. Agreements have none of their own: they are judged as what a set-up is held against."""
