"""The QuoteModel in its wrappings, and its line items with what belongs to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood
from cpq_hooks.reading import Malformed, read_json
from cpq_hooks.vendor_fields import Fields

QUOTE: Final = "SBQQ__Quote__c"
LINE: Final = "SBQQ__QuoteLine__c"
_WRAPPINGS: Final = ("quote", "context", "model")
_DEEPEST: Final = 5
_NOISY: Final = 13  # so short a number has no more than ten decimals worth a thought
_PLACES: Final = 10
_LARGE: Final = 10**15
_ENOUGH: Final = Context(prec=40)  # fifteen digits before the point and ten behind it


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A QuoteModel and the stage that its wrapping states, where it does."""

    model: Mapping[str, Any]
    stage: str | None = None


def unwrapped(payload: Any) -> Wrapped:
    """The QuoteModel inside of whatever it came in: bare, `quote`, and `context` or `model` as text within the text.

    Raises `NotUnderstood` where there is none.
    """
    stage: str | None = None
    for _ in range(_DEEPEST):
        if isinstance(payload, str):
            payload = _read_again(payload)
        if not isinstance(payload, Mapping):
            break
        said = payload.get("stage")
        stage = said if isinstance(said, str) else stage
        if isinstance(payload.get("record"), Mapping):
            return Wrapped(payload, stage)
        inside = [payload[name] for name in _WRAPPINGS if payload.get(name) is not None]
        if len(inside) != 1:
            break
        payload = inside[0]
    raise NotUnderstood(
        "this is no QuoteModel: wanted is an object with record and lineItems, bare or in quote, context or model"
    )


def _read_again(text: str) -> Any:
    try:
        return read_json(text.encode("utf-8", "surrogatepass"))
    except Malformed as fault:
        raise NotUnderstood(f"the text that holds the QuoteModel is no JSON: {fault}") from None


def identity_of(model: Mapping[str, Any]) -> str | None:
    """The quote's record id."""
    found = model["record"].get("Id")
    return found if isinstance(found, str) and found else None


def _without_noise(number: Decimal) -> Decimal:
    """A number that JavaScript computed in binary, such as 89.99999999999999, to ten decimals."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -_PLACES:
        return number
    return number.quantize(Decimal(1).scaleb(-_PLACES), context=_ENOUGH).normalize(_ENOUGH)


@dataclass(slots=True, eq=False)
class Quick(Fields):
    """A line's record. Most of the fields that a line is read for are empty, so that asking for such a one costs one look."""

    def number(self, name: str) -> Decimal | None:
        value = self.value.get(name)
        if value is None:
            return None
        if value.__class__ is Decimal and len(spelt := str(value)) < _NOISY and "E" not in spelt and value.is_finite():
            self.taken.add(name)
            return value
        if value.__class__ is int and -_LARGE < value < _LARGE:
            self.taken.add(name)
            return Decimal(value)
        found = Fields.number(self, name)
        return found if found is None else _without_noise(found)

    def text(self, name: str) -> str | None:
        value = self.value.get(name)
        if value is None:
            return None
        if value.__class__ is str:
            self.taken.add(name)
            return str(value).strip() or None
        return Fields.text(self, name)

    def flag(self, name: str) -> bool | None:
        return None if self.value.get(name) is None else Fields.flag(self, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line item. `line_id` is its record's id, or the key that it has while it is not saved.

    `record`, `item` and `product` are under reading. `group` is the line group that it is in.
    """

    line_id: str
    item: Fields
    record: Fields
    product: Fields | None
    group: Fields | None

    def number(self, name: str) -> Decimal | None:
        """A number of the line, or of its product where the line does not state it."""
        found = self.record.number(name)
        return found if found is not None or self.product is None else self.product.number(name)

    def text(self, name: str) -> str | None:
        found = self.record.text(name)
        return found if found is not None or self.product is None else self.product.text(name)


def rows_of(model: Fields) -> list[Row]:
    """The line items that have a record, in their order. What has none is noted as a problem."""
    groups = {_key(each): each for each in model.objects("lineItemGroups")}
    found: list[Row] = []
    for item in model.objects("lineItems"):
        record = item.object("record", Quick)
        if record is None:
            item.ledger.refuse((*item.path, "record"), "required", "a line item holds its record")
            continue
        found.append(
            Row(
                line_id=line_id_of(item.value) or f"line-{len(found) + 1}",
                item=item,
                record=record,
                product=record.object("SBQQ__Product__r"),
                group=_group_of(item, record, groups),
            )
        )
    return found


def line_id_of(item: Mapping[str, Any]) -> str | None:
    """What a line item is called in findings: its record's id, or else its key within the model."""
    record = item.get("record")
    identity = record.get("Id") if isinstance(record, Mapping) else None
    if isinstance(identity, str) and identity.strip():
        return identity.strip()
    key = item.get("key")
    return str(key).strip() or None if isinstance(key, (int, str, Decimal)) and not isinstance(key, bool) else None


def _group_of(item: Fields, record: Fields, groups: Mapping[str, Fields]) -> Fields | None:
    key = item.value.get("parentGroupKey")
    group = groups.get(str(key)) if key is not None else groups.get(str(record.value.get("SBQQ__Group__c")))
    return None if group is None else group.object("record")


def _key(group: Fields) -> str:
    record = group.value.get("record")
    identity = record.get("Id") if isinstance(record, Mapping) else None
    return str(group.value.get("key") if group.value.get("key") is not None else identity)
