"""Sums of effects: signs that are known, and how strongly effects are drawn together."""

import numpy as np
import pytest
from scipy import sparse

from scoring.features import FEATURES
from scoring.training.logistic import Design, Told, evident_strengths, fitted, likeliest, sigmoid
from scoring.training.matrix import basis, table
from tests.scoring.training.population import a_vector


def a_design(dense, names=0, bounds=None):
    indicators = (
        sparse.csr_matrix(np.eye(names)[np.arange(len(dense)) % names]) if names else sparse.csr_matrix((len(dense), 0))
    )
    groups = np.array(["number"] * dense.shape[1] + ["rep"] * names, dtype=np.str_)
    return Design(
        dense=dense, indicators=indicators, groups=groups, bounds=tuple(bounds or [(None, None)] * len(groups))
    )


def test_an_effect_comes_back():
    draw = np.random.default_rng(1)
    dense = draw.normal(size=(4000, 2))
    leaked = (draw.random(4000) < sigmoid(-1.0 + 0.8 * dense[:, 0])).astype(float)
    effects = fitted(a_design(dense), leaked, np.array([1.0, 1.0]))
    assert effects == pytest.approx([-1.0, 0.8, 0.0], abs=0.12)


def test_an_effect_against_its_direction_is_nothing():
    draw = np.random.default_rng(2)
    dense = draw.normal(size=(2000, 1))
    leaked = (draw.random(2000) < sigmoid(-dense[:, 0])).astype(float)
    assert fitted(a_design(dense, bounds=[(0.0, None)]), leaked, np.array([1.0]))[1] == 0.0


def test_effects_come_back_at_once_where_nine_in_ten_deals_are_silent():
    draw = np.random.default_rng(4)
    dense = draw.normal(size=(8000, 1))
    leaked = (draw.random(8000) < sigmoid(-1.0 + 0.8 * dense[:, 0])).astype(float)
    silent = draw.random(8000) < 0.9
    told = Told(if_leaked=np.where(silent, 0.9, leaked), if_clean=np.where(silent, 0.9, 1 - leaked))
    known = fitted(a_design(dense[~silent]), leaked[~silent], np.array([1.0]))
    assert likeliest(a_design(dense), told, np.array([1.0])) == pytest.approx(known, abs=0.02)
    assert known == pytest.approx([-1.0, 0.8], abs=0.25)


def test_names_that_do_not_differ_are_drawn_together_and_those_that_do_are_not():
    draw = np.random.default_rng(3)
    apart = np.tile(np.linspace(-1.5, 1.5, 20), 75)
    strengths = {}
    for name, effect in (("alike", 0.0), ("apart", 1.0)):
        made = a_design(np.zeros((1500, 0)), names=20)
        leaked = (draw.random(1500) < sigmoid(-1.5 + effect * apart)).astype(float)
        start = fitted(made, leaked, np.full(20, 8.0))
        strengths[name] = evident_strengths(made, Told(if_leaked=leaked, if_clean=1 - leaked), np.full(20, 8.0), start)[
            0
        ][0]
    assert strengths["apart"] == pytest.approx(1 / np.var(np.linspace(-1.5, 1.5, 20)), rel=0.6)
    assert strengths["alike"] > 10 * strengths["apart"]


def test_a_feature_that_never_differs_has_no_column_and_one_never_known_neither():
    vectors = [a_vector(lines=3.0, discount_depth=float(at)) for at in range(30)]
    made = basis(table(vectors), vectors)
    assert {FEATURES[term.at].name for term in made.terms} == {"discount_depth"}


def test_a_name_of_fewer_than_five_deals_has_no_effect_of_its_own():
    vectors = [a_vector({"rep": ("often" if at % 2 else f"R{at}",)}, lines=float(at)) for at in range(20)]
    assert basis(table(vectors), vectors).names["rep"] == ("often",)


def test_what_is_missing_in_part_has_an_effect_of_its_own():
    vectors = [a_vector(lines=float(at) if at % 3 else float("nan"), ramp_lines=float(at % 2)) for at in range(60)]
    made = basis(table(vectors), vectors)
    missing = [term for term in made.terms if term.is_missing]
    assert [term.feature.name for term in missing] == ["lines"]
    assert missing[0].of(table(vectors)).sum() == 20
