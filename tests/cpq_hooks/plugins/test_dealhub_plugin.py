"""What DealHub's guide tells an administrator to send is read whole, and what it tells to map is answered."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

from cpq_hooks import plugins
from cpq_hooks.adapter import Delivery, Shape
from cpq_hooks.adapters.dealhub import ADAPTER
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.domain.schedule import line_total, resolve
from tests.cpq_hooks.adapters.dealhub_objects import a_connection, a_delivery

FOLDER = Path(plugins.__path__[0]) / "dealhub"


def _delivery() -> Delivery:
    return a_delivery((FOLDER / "external-query.example.json").read_bytes())


def test_the_example_is_read_with_nothing_left_over():
    (found,) = ADAPTER.translate(read_json(_delivery().body), Shape.QUOTE, a_connection())
    quote = load_quote(found.document)
    assert (found.unused, found.notes) == ((), ())
    assert (quote.stage, quote.billing_frequency, quote.payment_terms_days) == ("submitted", "annual", 30)
    assert [line_total(resolve(each, quote)) for each in quote.lines] == [Decimal(18 * 50 * 24), Decimal(5000)]


def test_every_field_that_the_guide_maps_is_in_the_answer():
    mapped = set(re.findall(r"`(quoteguard_\w+)`", (FOLDER / "set-up.md").read_text()))
    answer = ADAPTER.answer({"verdict": "allow", "headline": "Allowed."}, _delivery(), a_connection())
    assert mapped == set(json.loads(answer.body)["playbook_data"][0])
