"""Trees: the same numbers as the library's own package gives, contributions that add up, many threads, broken boosters."""

import json
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from pathlib import Path

import pytest

from scoring.features import NAMES
from scoring.model import LibraryUnavailable, ModelRefused, ubjson
from scoring.model.library import loaded
from scoring.model.trees import Trees
from tests.scoring.model.modelled import SEEN, booster, rows, some_trees


def matrix(some, base=None):
    import xgboost

    found = xgboost.DMatrix([list(each) for each in some], missing=nan)
    if base is not None:
        found.set_base_margin(base)
    return found


def test_margins_are_those_of_the_library_with_and_without_a_base():
    some, base = rows(50, seed=2), [each / 10 for each in range(50)]
    assert some_trees().margins(some, base) == pytest.approx(
        booster().predict(matrix(some, base), output_margin=True).tolist()
    )
    assert some_trees().margins(some) == pytest.approx(booster().predict(matrix(some), output_margin=True).tolist())


def test_contributions_are_those_of_the_library_and_add_up_to_the_margin():
    some, base = rows(20, seed=3), [0.3] * 20
    found = some_trees().contributions_of(some, base)
    theirs = booster().predict(matrix(some, base), pred_contribs=True).tolist()
    for ours, same, margin in zip(found, theirs, some_trees().margins(some, base), strict=True):
        assert ours == pytest.approx(same, abs=1e-5)
        assert sum(ours) == pytest.approx(margin, abs=1e-4)


def test_classes_are_given_before_any_transformation():
    trees = some_trees(objective="multi:softprob", classes=3)
    some = rows(5, seed=4)
    theirs = booster(objective="multi:softprob", classes=3).predict(matrix(some), output_margin=True).tolist()
    assert trees.outputs == 3
    assert [value for row in trees.outputs_of(some) for value in row] == pytest.approx(
        [value for row in theirs for value in row]
    )
    with pytest.raises(ValueError, match="3 values"):
        trees.margins(some)


def test_what_is_infinite_or_beyond_32_bits_is_not_known():
    trees = some_trees()
    assert trees.margins([[inf, 1, -inf, 1e300, 2]]) == trees.margins([[nan, 1, nan, nan, 2]])


def test_a_row_is_picked_by_the_names_of_its_columns():
    values = tuple(float(at) for at in range(len(NAMES)))
    assert some_trees().row(values) == tuple(float(NAMES.index(name)) for name in SEEN)


def test_threads_do_not_disturb_each_other():
    trees, some = some_trees(), rows(40, seed=5)
    alone = [trees.margins([each]) for each in some]
    explained = [trees.contributions(each) for each in some]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(lambda each: trees.margins([each]), some)) == alone
            assert list(pool.map(trees.contributions, some)) == explained


def test_rows_of_another_width_are_refused():
    with pytest.raises(ValueError, match="5 numbers"):
        some_trees().margins([[1.0, 2.0]])


def test_another_number_of_columns_is_refused():
    with pytest.raises(ModelRefused, match="5 columns, and 4 features"):
        Trees.of_bytes(some_trees().ubj, SEEN[:4])


def test_columns_that_are_no_features_are_refused():
    with pytest.raises(ModelRefused, match="shoe_size"):
        Trees.of_bytes(some_trees().ubj, (*SEEN[:4], "shoe_size"))


@pytest.mark.parametrize(
    "foreign", [b"", b"{", b"not a model", b"\x80\x04\x95pickle", b"{}", json.dumps({"a": 1}).encode()]
)
def test_what_is_no_ubjson_is_refused(foreign):
    with pytest.raises(ModelRefused):
        Trees.of_bytes(foreign, SEEN)


def test_a_booster_cut_short_anywhere_is_refused():
    whole = some_trees().ubj
    for length in range(0, len(whole), 97):
        with pytest.raises(ModelRefused):
            ubjson.shape_of(whole[:length])


@pytest.mark.parametrize("wild", [99, -7, 0])
def test_a_tree_that_points_beyond_itself_or_in_a_circle_is_refused(wild):
    tree = ubjson.read(some_trees().ubj)["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["left_children"][0] = wild
    with pytest.raises(ModelRefused, match="tree 0"):
        ubjson._check(tree, 0, len(SEEN))


def test_boosters_of_another_kind_are_refused():
    import xgboost

    ranked = xgboost.train({"objective": "binary:hinge", "booster": "dart", "nthread": 1}, matrix_with_labels(), 1)
    with pytest.raises(ModelRefused):
        Trees.of_bytes(bytes(ranked.save_raw("ubj")), SEEN)


def matrix_with_labels():
    import xgboost

    return xgboost.DMatrix([list(each) for each in rows(20)], label=[0, 1] * 10, missing=nan)


def test_a_library_that_is_missing_or_another_one_is_said_to_be(tmp_path):
    wrong = tmp_path / "libxgboost.so"
    wrong.write_bytes(b"nothing")
    for path in (wrong, Path(tmp_path / "none.so")):
        with pytest.raises(LibraryUnavailable, match="cannot be used"):
            loaded(path)
