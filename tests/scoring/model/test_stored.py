"""Features as JSON: they read back exactly, and those of another list are refused."""

import json
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import NAMES, FeatureVector, vector
from scoring.model.stored import OtherFeatures, as_json, of_json
from tests.scoring.model.modelled import a_vector
from tests.scoring.sold import built_from, day, facts, many


def again(found):
    return of_json(json.loads(json.dumps(as_json(found), allow_nan=False)))


def test_the_features_of_a_deal_read_back_exactly():
    deals, outcomes = many(20, 8)
    found = vector(facts(), (), built_from(*deals, outcomes=outcomes).as_of(day(200)), day(200))
    assert repr(again(found)) == repr(found)


@settings(max_examples=25)
@given(st.lists(st.floats(), min_size=len(NAMES), max_size=len(NAMES)), st.none() | st.floats(allow_nan=False))
def test_every_number_reads_back_exactly(values, value):
    found = FeatureVector(values=tuple(values), details={}, value=value)
    assert repr(again(found)) == repr(found)


def test_details_keep_their_kind():
    found = a_vector(details={"rep_load": {"days": 30.0, "n": 3, "name": "4", "average": nan}}, rest=inf)
    assert repr(again(found)) == repr(found)


def test_what_is_not_known_is_null():
    assert as_json(a_vector(rest=nan, value=None))["values"][0] is None


@pytest.mark.parametrize("change", [{"features": "sha256:other"}, {"values": [1.0]}])
def test_other_features_are_refused(change):
    with pytest.raises(OtherFeatures):
        of_json(as_json(a_vector()) | change)


@pytest.mark.parametrize(
    "change",
    [{"values": "x"}, {"values": [True] * len(NAMES)}, {"categories": []}, {"currency": 5}, {"details": {"lines": 1}}],
)
def test_what_is_no_vector_is_refused(change):
    with pytest.raises(ValueError, match=r".+"):
        of_json(as_json(a_vector()) | change)
    with pytest.raises(ValueError, match="no vector"):
        of_json({})


def test_vectors_of_one_deal_are_equal_after_reading():
    found = replace(a_vector({"rep": ("R1",)}), currency=None)
    assert again(found) == found
