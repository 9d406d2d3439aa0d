"""Reading one policy file: every key typed, every fault named with its place, before anything is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args, get_origin, get_type_hints

from policies.language.problem import Problem, Source, did_you_mean

if TYPE_CHECKING:
    from policies.yaml_file import YamlFile

Place = tuple[str | int, ...]
Choice = TypeVar("Choice", bound=StrEnum)

KEYS: Final = (
    "id",
    "pattern",
    "title",
    "description",
    "applies_to",
    "for_each",
    "when",
    "require",
    "check",
    "parameters",
    "tables",
    "effect",
    "when_undetermined",
    "amount_at_risk",
    "message",
    "remedy",
    "approver",
    "owner",
    "direction",
    "confidence",
    "effective",
    "tests",
)


@dataclass(slots=True)
class PolicyFile:
    """One file under reading. Faults gather in `problems`; a getter that refuses answers None."""

    file: YamlFile
    problems: list[Problem]

    def mapping(self, place: Place, known: Iterable[str] | None = None) -> Mapping[str, Any]:
        """The mapping at a place, empty where there is none; keys that are not known are refused."""
        value = self._at(place)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(place, f"{_name(place)} has keys and values below it, not {_kind(value)}")
            return {}
        choices = tuple(known) if known is not None else ()
        for key in value:
            if known is not None and key not in choices:
                self.problems.append(
                    self.file.key_problem((*place, key), f"there is no key {key} here", did_you_mean(key, choices))
                )
        return value

    def text(self, place: Place, *, required: bool = False) -> str | None:
        """The text at a place."""
        value = self._at(place)
        if value is None:
            if required:
                self.refuse(place, f"{_name(place)} is missing")
            return None
        if isinstance(value, bool | dict | list):
            self.refuse(place, f"{_name(place)} is text, not {_kind(value)}")
            return None
        return str(value)

    def source(self, place: Place) -> Source | None:
        """The text at a place as an expression's source."""
        text = self.text(place)
        return self.file.source(place, text) if text is not None else None

    def choice(self, place: Place, choices: type[Choice], default: Choice | None = None) -> Choice | None:
        """One of the values of an enumeration; without a default one has to be given."""
        text = self.text(place, required=default is None)
        if text is None:
            return default
        try:
            return choices(text)
        except ValueError:
            words = ", ".join(choice.value for choice in choices)
            self.refuse(place, f"{_name(place)} is one of {words}, not {text}", did_you_mean(text, list(choices)))
            return default

    def number(self, place: Place) -> Decimal | None:
        """The number at a place, written as a number or as text."""
        value = self._at(place)
        if value is None:
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = None
        if number is None or isinstance(value, bool) or not number.is_finite():
            self.refuse(place, f"{_name(place)} is a number, not {value}")
            return None
        return number

    def day(self, place: Place) -> date | None:
        """The date at a place."""
        value = self._at(place)
        if value is None or isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.refuse(place, f"{_name(place)} is a date such as 2026-01-31, not {value}")
            return None

    def flag(self, place: Place) -> bool | None:
        """The yes or no at a place, written true or false."""
        value = self._at(place)
        if value is not None and not isinstance(value, bool):
            self.refuse(place, f"{_name(place)} is true or false, not {value}")
            return None
        return value

    def items(self, place: Place) -> list[Any]:
        """The list at a place, empty where there is none."""
        value = self._at(place)
        if value is not None and not isinstance(value, list):
            self.refuse(place, f"{_name(place)} is a list")
            return []
        return value or []

    def parameters(self, place: Place, record: type[Any]) -> Any:
        """A check's parameters from the mapping at a place, each typed as its dataclass says."""
        hints = get_type_hints(record)
        given = self.mapping(place, hints)
        values: dict[str, Any] = {}
        for each in fields(record):
            if each.name in given:
                values[each.name] = self._typed((*place, each.name), hints[each.name])
            elif each.default is MISSING and each.default_factory is MISSING:
                self.refuse(place, f"the parameter {each.name} is missing")
                return None
        return record(**values)

    def refuse(self, place: Place, message: str, suggestion: str | None = None) -> None:
        """Note a fault at a place, or where the place should be."""
        self.problems.append(self.file.problem(place, message, suggestion))

    def _typed(self, place: Place, hint: Any) -> Any:
        inner = [each for each in get_args(hint) if each is not type(None)] if isinstance(hint, UnionType) else [hint]
        wanted = inner[0]
        if get_origin(wanted) is tuple:
            return tuple(self._typed((*place, index), get_args(wanted)[0]) for index in range(len(self.items(place))))
        if wanted is bool:
            return self.flag(place)
        if wanted in (Decimal, int):
            number = self.number(place)
            return int(number) if wanted is int and number is not None else number
        if isinstance(wanted, type) and issubclass(wanted, StrEnum):
            return self.choice(place, wanted)
        return self.day(place) if wanted is date else self.text(place)

    def _at(self, place: Place) -> Any:
        value: Any = self.file.value
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def _name(place: Place) -> str:
    return ".".join(str(step) for step in place) or "the file"


def _kind(value: object) -> str:
    return {dict: "keys and values", list: "a list", bool: "true or false"}.get(type(value), "a single value")
