"""Field types of the canonical schemas: texts, choices and flags, and what all fields share.

Each type says the same thing four times, side by side: how a raw value is read or refused in words (`read`),
what is plainly valid (`shortcuts`, for `cpq_hooks.compiled`), how the value is written (`wire`), and its JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final, NoReturn, Self
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import ValidationError, fields, missing

from cpq_hooks.compiled import Shortcut
from cpq_hooks.problem import Flaw, did_you_mean, one_of, shown
from policies.domain.money import CURRENCIES

LONGEST_KEY: Final = 200
LONGEST_TEXT: Final = 10_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def refuse(code: str, message: str) -> NoReturn:
    """Refuse the value at hand: `code` for programs, `message` for people."""
    raise ValidationError([Flaw(code, message)])


class Described(fields.Field[Any]):
    """A field with one sentence of what it means. Unless it is required, null is taken as "not stated"."""

    in_minor_units = False
    compiles = False

    def __init__(
        self, description: str, *, required: bool = False, nullable: bool | None = None, **options: Any
    ) -> None:
        may_be_null = not required if nullable is None else nullable
        self.description = description
        super().__init__(required=required, allow_none=may_be_null, metadata=self._described(may_be_null), **options)

    def never_null(self) -> Self:
        """The field as the entry of a list, where null has no meaning."""
        self.allow_none = False
        self.metadata = self._described(may_be_null=False)
        return self

    def _described(self, may_be_null: bool) -> dict[str, Any]:
        schema = self.json_schema()
        if may_be_null and "enum" in schema:
            schema = {**schema, "enum": [*schema["enum"], None]}
        return {**schema, "description": self.description}

    def json_schema(self) -> dict[str, Any]:
        """What OpenAPI says about the raw value."""
        return {}

    def shortcuts(self) -> Sequence[Shortcut]:
        """Source for values that are plainly valid; none means that `read` reads every value."""
        return ()

    def source_names(self) -> Mapping[str, object]:
        """What the source of `shortcuts` and `placing` refers to."""
        return {}

    def placing(self) -> Sequence[str] | None:
        """Source that puts `x` into the draft `{r}` where that is more than its own slot; the twin of `place`."""
        return None

    def place(self, values: dict[str, Any]) -> None:
        """Turn the field's entry among the values of a record into what the record has."""

    def read(self, value: Any) -> Any:
        """The value that a raw one stands for. Raises ValidationError with what is wrong and what is wanted."""
        return value

    def value_of(self, record: Any) -> Any:
        """The field's value in a record; None where it was not stated."""
        return getattr(record, self.attribute or self.name or "")

    def wire(self, value: Any) -> object:
        """The JSON value that stands for a value."""
        return value

    def wire_in(self, value: Any, currency: str | None) -> object:  # noqa: ARG002 - most fields are the same in any currency
        """The same in a document of a currency."""
        return self.wire(value)

    def written(self, record: Any, currency: str | None) -> object:
        """What a document has for this field of a record; None where it was not stated."""
        value = self.value_of(record)
        return None if value is None else self.wire_in(value, currency)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's
        return None if value is None else self.wire_in(value, getattr(obj, "currency", None))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's
        return self.read(value)

    def _validate_missing(self, value: Any) -> None:
        if value is missing and self.required:
            refuse("required", f"{self.name} is missing: {self.description}")
        if value is None and not self.allow_none:
            refuse("null", f"{self.name} is null, but it is needed: {self.description}")


class Key(Described):
    """An id or other short word that systems compare: no control characters, no blanks around it."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}

    def shortcuts(self) -> Sequence[Shortcut]:
        test = f"v.__class__ is str and 0 < len(v) <= {LONGEST_KEY} and v.isprintable() and v.strip() == v"
        return (Shortcut(test),)

    def read(self, value: Any) -> str:
        text = _text(value, LONGEST_KEY)
        if not text.strip():
            refuse("empty", "the text is empty: send an id, or leave the field out")
        control = _CONTROL.search(text)
        if control is not None:
            refuse(
                "control_character", f"the text holds the control character U+{ord(control[0]):04X}, which no id has"
            )
        if text != text.strip():
            refuse("padded", f"{shown(text)} begins or ends with a blank: send {shown(text.strip())}")
        return text


class Text(Described):
    """A name or clause that people read, at most `longest` characters."""

    def __init__(self, description: str, *, longest: int = LONGEST_TEXT, **options: Any) -> None:
        self.longest = longest
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.longest}

    def shortcuts(self) -> Sequence[Shortcut]:
        return (Shortcut(f"v.__class__ is str and len(v) <= {self.longest} and v.isprintable()"),)

    def read(self, value: Any) -> str:
        text = _text(value, self.longest)
        if "\0" in text:
            refuse("control_character", "the text holds the character U+0000, which no database keeps")
        return text


class Statement(Text):
    """A text that has to say something."""

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "minLength": 1}

    def shortcuts(self) -> Sequence[Shortcut]:
        return ()

    def read(self, value: Any) -> str:
        text = super().read(value)
        if not text.strip():
            refuse("empty", f"the text is empty: {self.description}")
        return text


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        remedy = f': send "{shown(value)}" in quotes' if is_number else ": send it in quotes"
        refuse("not_a_text", f"{shown(value)} is not a text{remedy}")
    if len(value) > longest:
        refuse("too_long", f"the text has {len(value):,} characters, and at most {longest:,} are taken")
    if _SURROGATE.search(value):
        refuse("surrogate", "the text holds half of a surrogate pair, which stands for no character")
    return value


class Flag(Described):
    """True or false."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def shortcuts(self) -> Sequence[Shortcut]:
        return (Shortcut("v is True or v is False"),)

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            refuse("not_a_flag", f"{shown(value)} is neither true nor false: send one of them without quotes")
        return value


class Choice(Described):
    """One word of a fixed list."""

    def __init__(self, choices: type[StrEnum], description: str, **options: Any) -> None:
        self.choices: Mapping[str, StrEnum] = {choice.value: choice for choice in choices}
        self._source_name = f"choices_{choices.__name__}"
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)}

    def shortcuts(self) -> Sequence[Shortcut]:
        return (Shortcut(f"v.__class__ is str and (x := {self._source_name}.get(v))", "x"),)

    def source_names(self) -> Mapping[str, object]:
        return {self._source_name: self.choices}

    def wire(self, value: Any) -> object:
        return value.value

    def read(self, value: Any) -> StrEnum:
        found = self.choices.get(value) if isinstance(value, str) else None
        if found is None:
            guess = did_you_mean(value, self.choices)
            refuse("unknown_value", f"{shown(value)} is not one of {one_of(self.choices)}.{guess}")
        return found


class Currency(Described):
    """A currency of ISO 4217."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]}

    def shortcuts(self) -> Sequence[Shortcut]:
        return (Shortcut("v.__class__ is str and v in currencies"),)

    def source_names(self) -> Mapping[str, object]:
        return {"currencies": CURRENCIES}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in CURRENCIES:
            guess = did_you_mean(value, CURRENCIES) or ' Send three capital letters such as "USD".'
            refuse("unknown_currency", f"{shown(value)} is not a currency code of ISO 4217.{guess}")
        return value


class Country(Described):
    """A country code of two capital letters."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["DE"]}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
            refuse(
                "not_a_country", f'{shown(value)} is not a country code: send the two letters of ISO 3166, such as "DE"'
            )
        return value


class TimeZone(Described):
    """A time zone by its IANA name."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["Europe/Berlin"]}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not is_time_zone(value):
            guess = _zone_guess(value) or ' Send one such as "Europe/Berlin".'
            refuse("unknown_time_zone", f"{shown(value)} is not a time zone of the IANA database.{guess}")
        return value


@lru_cache(maxsize=1024)
def is_time_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{1,50}", name):
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))  # reads some hundred files


def _zone_guess(sent: object) -> str:
    zones = _zones()
    if isinstance(sent, str):
        city = sent.strip().replace(" ", "_").casefold()
        for zone in zones:
            if zone.rpartition("/")[2].casefold() == city:
                return f' Did you mean "{zone}"?'
    return did_you_mean(sent, zones)


class Given(Described):
    """Any JSON value, as it came."""

    def __init__(self, description: str, *, types: Iterable[str] = (), **options: Any) -> None:
        self._types = list(types)
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": self._types} if self._types else {}
