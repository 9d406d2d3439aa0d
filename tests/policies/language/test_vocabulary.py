"""What can be spoken of follows from the dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from policies.domain.charge import Line
from policies.language import FieldNote, Unit, Vocabulary
from policies.language.explanation import Explainer
from policies.language.introspection import VocabularyError
from policies.language.kinds import Kind
from tests.policies.language.deals import DEALS, LineView


def field_of(path: str, subject: str | None = "line"):
    scope = DEALS.scope(subject)
    name, *words = path.split(".")
    kind, found = scope.names[name].type, None
    for word in words:
        found = scope.fields_of(kind)[word]
        kind = found.type
    return found


def test_every_term_of_a_line_can_be_spoken_of_except_what_is_hidden():
    known = DEALS.fields_of(LineView)
    assert {name for name in Line.__dataclass_fields__ if name not in known} == {"extra", "nulls"}


def test_a_derived_fact_goes_before_the_term_of_the_same_name_and_can_still_be_set():
    quantity, periods = field_of("line.quantity"), field_of("line.periods")
    assert (quantity.hops, quantity.stated, quantity.null_flag) == (("quantity",), True, ("line", "nulls"))
    assert (periods.hops, periods.stated) == (("periods",), False)
    assert field_of("line.net_unit_price").hops == ("line", "net_unit_price")


def test_properties_with_a_type_are_fields_that_cannot_be_set():
    model, today = field_of("line.model"), field_of("quote.today")
    assert (model.nullable, model.stated, today.type.kind) == (True, False, Kind.DATE)


def test_units_follow_from_names_and_notes():
    assert field_of("line.uplift_percent").unit is Unit.PERCENT
    assert field_of("line.minimum_commitment.amount").unit is Unit.MONEY
    assert field_of("quote.payment_terms_days").unit is Unit.DAYS
    assert field_of("quote.term_months").unit is Unit.MONTHS
    assert field_of("line.quantity").unit is None


def test_metadata_and_notes_say_the_same():
    assert field_of("quote.discount_percent").note == FieldNote(expected=True, because="no list prices")
    assert field_of("line.floor_price").note.because == "no floor for {line.product_id} in the catalog"


def test_a_note_on_nothing_is_a_mistake_found_at_once():
    with pytest.raises(VocabularyError, match="did you mean floor_price"):
        Vocabulary(document=LineView, names={"line": ""}, notes={"line.floor_prices": FieldNote()})
    with pytest.raises(VocabularyError, match="is no name"):
        Vocabulary(document=LineView, names={"line": ""}, notes={"lines.floor_price": FieldNote()})


def test_a_note_that_speaks_of_unknown_fields_is_a_mistake_found_at_once():
    notes = {"line.floor_price": FieldNote(because="no floor for {line.nope}")}
    words = Vocabulary(document=LineView, names={"line": ""}, overlays={LineView: "line"}, notes=notes)
    with pytest.raises(VocabularyError, match="line has no field nope"):
        Explainer(words)


@dataclass(slots=True, kw_only=True)
class Odd:
    kept: Decimal
    listed: tuple[Odd, ...] = ()
    mapped: Mapping[str, Decimal] = field(default_factory=dict)
    either: Decimal | str | None = None
    pair: tuple[int, int] = (1, 2)
    secret: str = field(default="", metadata={"hidden": True})
    _own: str = ""


def test_what_has_no_place_in_the_language_is_left_out():
    words = Vocabulary(document=Odd, names={"odd": ""})
    assert set(words.fields_of(Odd)) == {"kept", "listed"}
