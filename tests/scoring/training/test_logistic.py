"""Sums of effects: signs that are known, and how strongly effects are drawn together."""

import numpy as np
import pytest
from scipy import sparse

from scoring.features import FEATURES
from scoring.training.logistic import Design, Told, evident_strengths, fitted, likeliest, sigmoid
from scoring.training.matrix import basis, table
from tests.scoring.training.population import a_vector


def a_design(dense, names=0, directions=None, kind="rep"):
    indicators = (
        sparse.csr_matrix(np.eye(names)[np.arange(len(dense)) % names]) if names else sparse.csr_matrix((len(dense), 0))
    )
    groups = np.array(["number"] * dense.shape[1] + [kind] * names, dtype=np.str_)
    return Design(
        dense=dense, indicators=indicators, groups=groups, directions=np.array(directions or [0] * len(groups))
    )


def test_an_effect_comes_back():
    draw = np.random.default_rng(1)
    dense = draw.normal(size=(4000, 2))
    leaked = (draw.random(4000) < sigmoid(-1.0 + 0.8 * dense[:, 0])).astype(float)
    effects = fitted(a_design(dense), leaked, np.array([1.0, 1.0]))
    assert effects == pytest.approx([-1.0, 0.8, 0.0], abs=0.12)


def test_an_effect_against_its_direction_has_to_show_itself_four_times_as_clearly():
    draw = np.random.default_rng(2)
    dense = draw.normal(size=(2000, 1))
    leaked = (draw.random(2000) < sigmoid(-dense[:, 0])).astype(float)
    against = fitted(a_design(dense, directions=[1]), leaked, np.array([100.0]))
    assert against == pytest.approx(fitted(a_design(dense), leaked, np.array([400.0])), abs=1e-4)
    assert fitted(a_design(dense, directions=[-1]), leaked, np.array([100.0]))[1] < against[1]


def test_of_pairs_one_that_goes_wrong_stands_out_from_those_that_do_not():
    draw = np.random.default_rng(5)
    true = np.array([1.5] + [0.0] * 19)
    leaked = (draw.random(3000) < sigmoid(-1.5 + np.tile(true, 150))).astype(float)
    told, found = Told(if_leaked=leaked, if_clean=1 - leaked), {}
    for kind in ("pair", "product"):
        made = a_design(np.zeros((3000, 0)), names=20, kind=kind)
        found[kind] = evident_strengths(made, told, np.full(20, 8.0), np.zeros(21))[1][1:]
    assert found["pair"][0] > found["product"][0]
    assert abs(found["pair"][1:]).mean() < abs(found["product"][1:]).mean()


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


def test_what_one_deal_in_a_hundred_has_is_no_likelier_to_matter_to_it_than_what_half_of_them_have():
    vectors = [a_vector(is_renewal=float(at % 100 == 0), is_expansion=float(at % 2)) for at in range(1000)]
    made = basis(table(vectors), vectors)
    assert {term.feature.name: term.scale for term in made.terms} == pytest.approx(
        {"is_renewal": 0.5, "is_expansion": 0.5}
    )
    assert all(term.is_yes_or_no for term in made.terms)
