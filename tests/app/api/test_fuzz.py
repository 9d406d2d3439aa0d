"""The API, thrown at from its own document: valid and invalid requests of every route, over the real gate and store."""

from contextlib import nullcontext, suppress
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.answering import Limits
from app.gate import QuoteGate
from app.set_up_gate import SetUpGate
from tests.lengths import at_length

# Rules among fields (an end before its start, an orphan line) are beyond JSON Schema, so valid by schema is not valid yet.
BEYOND_THE_DOCUMENT = [positive_data_acceptance]
PATIENT = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]

schemathesis.openapi.media_type("application/x-ndjson", st.text().map(lambda text: text.encode("utf-8", "replace")))


@pytest.fixture
def fuzzed(open_api):
    """The API with a gate that really reads, judges (by no policy) and records."""
    api = open_api(rate_limit="off")
    limits = Limits(max_bytes=api.settings.max_body_bytes, max_lines=1000, idempotency=timedelta(hours=1))
    api.gate = QuoteGate(api.store, api.rules.current, api.clock, limits)
    api.set_ups = SetUpGate(api.store, api.rules.current, api.clock, limits)
    api.client = api.open()
    return api


def throw_at(api, operation, mode, examples):
    """Send generated requests to one route, and hold each answer against the document."""

    @settings(max_examples=examples, suppress_health_check=PATIENT)
    @given(case=operation.as_strategy(generation_mode=mode))
    def throw(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {api.key}"}, excluded_checks=BEYOND_THE_DOCUMENT)
        assert '"event":"fault"' not in api.log.getvalue()

    # A route without parameters or body can be asked in no wrong way.
    with suppress(Unsatisfiable) if mode.is_negative else nullcontext():
        throw()


def every_operation(api):
    schema = schemathesis.openapi.from_wsgi("/openapi.json", api.app)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.fuzz
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_route_answers_as_described(fuzzed, mode):
    for operation in every_operation(fuzzed):
        throw_at(fuzzed, operation, mode, examples=at_length(60))
