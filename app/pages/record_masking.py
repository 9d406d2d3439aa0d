"""Fields that not everybody needs to see: hidden where the record is shown or leaves the house, never in the record itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from app.people.person import Person
from app.store import DecisionSummary, Role

if TYPE_CHECKING:
    from app.rules import Rules

HIDDEN: Final = "•••"
SEES_ALL: Final = frozenset({Role.ADMIN})
"""Who sees what is hidden from the others."""
_ALIASES: Final = {"rep_id": ("rep", "rep_id"), "account_id": ("account", "account_id")}
"""What lists call by one word, and where documents have it."""
_SAID_OF: Final = (("field", ("actual", "expected")), ("path", ("value", "message")))
"""Who names a field by its path, and what beside it says the field's value: evidence, patches, problems."""
_PRICED: Final = ("list_unit_price", "net_unit_price", "quantity", "discounts", "product_name")
"""What of a line a table of prices shows, or lets work out."""
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_INDEX: Final = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """Hides fields by their path, "account.name" or "rep.*", wherever in a document that path ends.

    The chain stays whole, because what is recorded is not touched: the hashes beside a masked document are of the unmasked one.
    """

    fields: tuple[str, ...] = ()

    @classmethod
    def by(cls, rules: Rules) -> Masking:
        """What the company has hidden."""
        return cls(fields=() if rules.company is None else rules.company.retention.masked_fields)

    def hides_from(self, reader: Person) -> bool:
        """Whether anything is hidden from the reader."""
        return bool(self.fields) and not reader.may(*SEES_ALL)

    def of(self, document: Any, reader: Person) -> Any:
        """The document as the reader may see it."""
        if not self.hides_from(reader):
            return document
        return _masked(document, (), self._paths())

    def words(self, raw: str, reader: Person) -> str:
        """A document as text, as the reader may see it. What is no JSON has no fields to tell apart, and is hidden as a whole."""
        if not self.hides_from(reader):
            return raw
        try:
            return json.dumps(self.of(json.loads(raw), reader), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return HIDDEN

    def summary(self, told: DecisionSummary, reader: Person) -> DecisionSummary:
        """A decision in a list, as the reader may see it. What it is found by is never hidden: ids of its own and of its document."""
        if not self.hides_from(reader):
            return told
        names = ("headline", "source", "rep_id", "account_id", "key_id")
        return replace(told, **self.of({name: getattr(told, name) for name in names}, reader))

    def hides(self, *path: str) -> bool:
        """Whether a field at this path, or what it is part of, is among those that are hidden from some."""
        return _within_hidden(path, self._paths())

    def _paths(self) -> Sequence[tuple[str, ...]]:
        return [tuple(field.split(".")) for field in self.fields]


def on_paper(shown: Mapping[str, Any], masking: Masking, reader: Person) -> dict[str, Any]:
    """What a scorecard shows, as it may leave the house as a PDF with this reader: customer, sentences, evidence and prices."""
    if not masking.hides_from(reader):
        return dict(shown)
    account = shown["deal"].quote.account
    told = {"name": account.name, "account_id": account.account_id} if account is not None else {}
    customer = masking.of({"account": told}, reader)["account"]
    headline = masking.of({"headline": shown["headline"]}, reader)["headline"]
    causes = [replace(each, finding=masking.of(each.finding, reader)) for each in shown["causes"]]
    prices = None if any(masking.hides("lines", name) for name in _PRICED) else shown.get("prices")
    return {**shown, "customer": _name_of(customer), "headline": headline, "causes": causes, "prices": prices}


def _name_of(customer: Any) -> str:
    return str(customer.get("name") or customer.get("account_id") or "") if isinstance(customer, Mapping) else HIDDEN


def _masked(value: Any, at: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> Any:
    if value is not None and _is_hidden(at, paths):
        return HIDDEN
    if isinstance(value, Mapping):
        hidden = _said_beside(value, paths)
        return {
            name: HIDDEN if name in hidden and each is not None else _masked(each, (*at, str(name)), paths)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(each, at, paths) for each in value]
    return value


def _said_beside(value: Mapping[Any, Any], paths: Sequence[tuple[str, ...]]) -> frozenset[str]:
    """What of a piece of evidence, a patch or a problem says the value of a hidden field, which it names by its path."""
    for name, said in _SAID_OF:
        named = value.get(name)
        if isinstance(named, str) and _within_hidden(tuple(_NAME.findall(_INDEX.sub("", named))), paths):
            return frozenset(said)
    return frozenset()


def _is_hidden(at: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> bool:
    if any(_fits(at, path) for path in paths):
        return True
    if not at or at[-1] not in _ALIASES:
        return False
    whole = (*at[:-1], *_ALIASES[at[-1]])
    return any(_fits(each, path) for each in (whole, whole[:-1]) for path in paths)


def _within_hidden(at: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> bool:
    return any(_is_hidden(at[:length], paths) for length in range(1, len(at) + 1))


def _fits(at: tuple[str, ...], path: tuple[str, ...]) -> bool:
    end = at[-len(path) :]
    return len(end) == len(path) and all(want in ("*", name) for want, name in zip(path, end, strict=True))
