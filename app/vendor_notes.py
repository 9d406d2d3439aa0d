"""What of a vendor's document was not understood, as the decision says it: under `not_assessed`, so that nothing vanishes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cpq_hooks.adapter import Translation, Unused
from policies.domain.decision import NotAssessed

VENDOR_FIELDS: Final = "vendor-fields"
"""Stands where a policy's id does."""
_SHOWN: Final = 10
_ORDER: Final = ("price", "discount", "term", "billing")


def notes_of(translation: Translation, title: str) -> tuple[NotAssessed, ...]:
    """One note for what bears on price, discount, term and billing each, and those that the adapter wrote itself."""
    return (*_unused(translation.unused, title), *_written(translation.notes))


def _unused(unused: Sequence[Unused], title: str) -> Iterator[NotAssessed]:
    for what in _ORDER:
        found = [each for each in unused if each.bears_on == what]
        if found:
            yield NotAssessed(policy_id=VENDOR_FIELDS, because=_sentence(found, what, title))


def _sentence(found: Sequence[Unused], what: str, title: str) -> str:
    listed = ", ".join(f"{each.path} ({each.value})" for each in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    fields, bear = ("A field", "bears") if len(found) == 1 else (f"{len(found)} fields", "bear")
    was = "was" if len(found) == 1 else "were"
    return f"{fields} of {title} that {bear} on {what} {was} not understood, and not judged by: {listed}{more}."


def _written(notes: Sequence[str]) -> Iterator[NotAssessed]:
    for note in dict.fromkeys(notes):
        yield NotAssessed(policy_id=VENDOR_FIELDS, because=note)
