"""Remedies as JSON Patches (RFC 6902) of the very document that was sent.

A change of the domain points into the canonical form. What was sent may say the same in other words (one plain
`discount_percent`, a tier's bound as `to`, a clause as its text alone, an allowance that is "unlimited") or may lack the
object that a field belongs to. The patch is one that a program can apply to what it sent, and send again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.canonical.billing import ChargeSchema
from cpq_hooks.canonical.line import (
    UNLIMITED,
    DiscountSchema,
    DrawdownSchema,
    LineSchema,
    MinimumCommitmentSchema,
    PackageSchema,
    PercentageSchema,
    RampSegmentSchema,
    TierSchema,
)
from cpq_hooks.canonical.quote import RenewalSchema, SpecialTermSchema
from cpq_hooks.canonical.record import Record, document, json_value, schema_of
from policies.domain.finding import Change
from policies.domain.money import plain

Operation = dict[str, object]
Steps = tuple[str, ...]

_SCHEMAS: Final[Mapping[type, type[Record]]] = {
    schema.record: schema
    for schema in (
        ChargeSchema,
        DiscountSchema,
        DrawdownSchema,
        LineSchema,
        MinimumCommitmentSchema,
        PackageSchema,
        PercentageSchema,
        RampSegmentSchema,
        RenewalSchema,
        SpecialTermSchema,
        TierSchema,
    )
}


def plain_value(value: object) -> object:
    """A value of the domain as a document has it: decimals and days as text, records as objects."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple | list):
        return [plain_value(item) for item in value]
    schema = _SCHEMAS.get(type(value))
    return json_value(value) if schema is None else document(schema_of(schema), value)


def patch(changes: Iterable[Change], sent: Mapping[str, Any]) -> list[Operation]:
    """The operations that make the changes in the document as it was sent, one after the other."""
    draft = _Draft(sent)
    return [operation for change in changes for operation in draft.operations(change)]


def _steps(pointer: str) -> Steps:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _pointer(steps: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


@dataclass(slots=True)
class _Draft:
    """The document while it is patched; what a change touches is copied, and the sender's own stays as it is."""

    document: Any

    def operations(self, change: Change) -> Iterator[Operation]:
        steps, value = _steps(change.path), plain_value(change.value)
        if steps[2:3] == ("discounts",) and self._at((*steps[:2], "discount_percent")) is not None:
            if steps[3:] == ("0", "percent"):
                steps = (*steps[:2], "discount_percent")
            else:
                yield from self._spelt_out(steps[:2])
        elif steps[-1] == "up_to" and self._holds((*steps[:-1], "to")):
            steps = (*steps[:-1], "to")
        elif steps[-1] == "included_unlimited":
            steps, value = (*steps[:-1], "included_quantity"), UNLIMITED if value else None
        elif steps[:1] == ("special_terms",) and isinstance(self._at(steps[:2]), str):
            steps, value = steps[:2], {"text": self._at(steps[:2]), steps[-1]: value}
        yield self._set(steps, value)

    def _spelt_out(self, line: Steps) -> Iterator[Operation]:
        """One plain discount in percent as a list of discounts, which can say more."""
        percent = self._at((*line, "discount_percent"))
        self.document = _changed(self.document, (*line, "discount_percent"), remove=True)
        yield {"op": "remove", "path": _pointer((*line, "discount_percent"))}
        yield self._set((*line, "discounts"), [{"percent": json_value(percent)}])

    def _set(self, steps: Steps, value: object) -> Operation:
        """Put the value where it belongs; an object that is missing or null on the way is added with it."""
        stands = 0
        while stands < len(steps) and self._holds(steps[: stands + 1]):
            stands += 1
        if stands == len(steps):
            op = "replace"
        elif stands and self._at(steps[:stands]) is None:
            op, steps, value = "replace", steps[:stands], _around(steps[stands:], value)
        else:
            op, steps, value = "add", steps[: stands + 1], _around(steps[stands + 1 :], value)
        self.document = _changed(self.document, steps, value)
        return {"op": op, "path": _pointer(steps), "value": value}

    def _holds(self, steps: Steps) -> bool:
        holder = self._at(steps[:-1])
        if isinstance(holder, list):
            return steps[-1].isdigit() and int(steps[-1]) < len(holder)
        return isinstance(holder, Mapping) and steps[-1] in holder

    def _at(self, steps: Steps) -> Any:
        """What stands there; None where nothing does."""
        found: Any = self.document
        for step in steps:
            if isinstance(found, list):
                found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
            else:
                found = found.get(step) if isinstance(found, Mapping) else None
        return found


def _around(steps: Sequence[str], value: object) -> object:
    """The value within the objects and lists that the steps lead through."""
    for step in reversed(steps):
        value = [value] if step.isdigit() or step == "-" else {step: value}
    return value


def _changed(holder: Any, steps: Sequence[str], value: object = None, *, remove: bool = False) -> Any:
    """A copy of the holder in which the place has the value, or is gone."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(holder, list):
        at = int(step) if step.isdigit() else len(holder)
        inside = _changed(holder[at] if at < len(holder) else None, rest, value, remove=remove)
        return [*holder[:at], inside, *holder[at + 1 :]]
    fields = dict(holder or {})
    if remove and not rest:
        fields.pop(step)
        return fields
    return {**fields, step: _changed(fields.get(step), rest, value, remove=remove)}
