"""Field types of the canonical schemas that hold others: a record, a list of them, a table by name or by id."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError
from marshmallow import fields as marshmallow_fields

from cpq_hooks.canonical.fields import Described, refuse
from cpq_hooks.canonical.record import Partial, Read, Record, document, flaws
from cpq_hooks.problem import MOST_PROBLEMS, Flaw, shown

ANY_NUMBER: Final = 1_000_000


class Part(Described, marshmallow_fields.Nested):  # type: ignore[misc]
    """A record in a record."""

    compiles = True

    def __init__(self, schema: type[Record], description: str, **options: Any) -> None:
        super().__init__(description, nested=schema, **options)

    def wire_in(self, value: Any, currency: str | None) -> object:
        return document(self.schema, value, currency)  # type: ignore[arg-type]

    def read(self, value: Any) -> Any:
        try:
            return self.schema.load(value)
        except ValidationError as error:
            read = error.valid_data if isinstance(error.valid_data, dict) else {}
            raise ValidationError(error.messages, valid_data=Partial(read, value)) from error  # type: ignore[arg-type]


class Items(Described, marshmallow_fields.List[Any]):
    """A list of `least` to `most` values or records; null and absence are no value at all."""

    compiles = True

    def __init__(
        self,
        inner: Described,
        description: str,
        *,
        least: int = 0,
        most: int = ANY_NUMBER,
        noun: str = "",
        **options: Any,
    ) -> None:
        self.least = least
        self.most = most
        self._noun = noun or "entries"
        super().__init__(description, cls_or_instance=inner.never_null(), **options)

    def json_schema(self) -> dict[str, Any]:
        bounds = {"minItems": self.least} if self.least else {}
        return {"type": "array", **bounds, **({"maxItems": self.most} if self.most < ANY_NUMBER else {})}

    def wire_in(self, value: Any, currency: str | None) -> object:
        return [self.inner.wire_in(item, currency) for item in value]  # type: ignore[attr-defined]

    def written(self, record: Any, currency: str | None) -> object:
        value = self.value_of(record)
        return self.wire_in(value, currency) if value or self.required else None

    def read(self, value: Any) -> Any:
        self._check_length(value)
        read: list[Any] = []
        errors: dict[int, Any] = {}
        count = 0
        for position, item in enumerate(value):
            try:
                read.append(self._entry(item))
            except ValidationError as error:
                legible: Any = error.valid_data
                read.append(legible if isinstance(legible, Partial) else Partial({}, item))
                errors[position] = error.messages
                count += sum(1 for _ in flaws(error.messages))
                if count > MOST_PROBLEMS:
                    break
        if errors:
            raise ValidationError(errors, valid_data=read)
        return self.gathered(read)

    def _entry(self, item: Any) -> Any:
        if isinstance(item, Read):
            return item.record
        if item is None:
            refuse("null", "null is no entry of a list: leave it out")
        return self.inner.deserialize(item)

    def gathered(self, read: list[Any]) -> Any:
        """The values as the record keeps them."""
        return tuple(read)

    def _check_length(self, value: Any) -> None:
        if not isinstance(value, list):
            refuse("not_a_list", f"{shown(value)} is not a list: send […], also for one entry")
        if len(value) > self.most:
            refuse("too_many", f"there are {len(value):,} {self._noun}, and at most {self.most:,} are taken")
        if len(value) < self.least:
            refuse("empty", f"the list is empty: send at least {self.least} of its {self._noun}")


class Keyed(Items):
    """A list of records in a file, kept as a mapping by the field that names each; a name that stands twice is refused."""

    compiles = False

    def __init__(self, inner: Part, key: str, description: str, **options: Any) -> None:
        self.key = key
        super().__init__(inner, description, **options)

    def gathered(self, read: list[Any]) -> Any:
        found: dict[str, Any] = {}
        twice: dict[int, Any] = {}
        for position, item in enumerate(read):
            name = getattr(item, self.key)
            if name in found:
                message = f"{self.key} {shown(name)} stands twice in the list: keep one"
                twice[position] = {self.key: [Flaw("duplicate", message)]}
            found[name] = item
        if twice:
            raise ValidationError(twice)
        return found

    def wire_in(self, value: Any, currency: str | None) -> object:
        return super().wire_in(tuple(value.values()), currency)


class Table(Described, marshmallow_fields.Dict):
    """A mapping in a file whose keys and values are fields of their own."""

    def __init__(self, names: Described, values: Described, description: str, **options: Any) -> None:
        super().__init__(description, keys=names, values=values, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def wire_in(self, value: Any, currency: str | None) -> object:
        names: Any = self.key_field
        values: Any = self.value_field
        return {str(names.wire(name)): values.wire_in(item, currency) for name, item in value.items()}

    def written(self, record: Any, currency: str | None) -> object:
        value = self.value_of(record)
        return self.wire_in(value, currency) if value else None

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            refuse("not_an_object", f"{shown(value)} is not a table: write each name with its value")
        names: Any = self.key_field
        values: Any = self.value_field
        read: dict[Any, Any] = {}
        errors: dict[str, Any] = {}
        for name, item in value.items():
            try:
                read[names.deserialize(name)] = values.deserialize(item)
            except ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return read
