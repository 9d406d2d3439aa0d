"""A model from a history, and what it cannot be made from."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from scoring.features import FEATURES
from scoring.history import History
from scoring.model.package import read, write
from scoring.model.scorer import Scorer
from scoring.training import CannotLearn, train
from scoring.training.boosting import FEATURE_NAMES, Growth, margins, risk
from scoring.training.matrix import table
from tests.scoring.training.population import NOW, an_example, known, population


def trained(examples, **more):
    return train(examples, History(), NOW, data_digest="made up", **({"minimum_outcomes": 50} | more))


@pytest.fixture(scope="module")
def examples():
    return population(1)[0]


@pytest.fixture(scope="module")
def told():
    """What is told of progress while the model is trained."""
    return []


@pytest.fixture(scope="module")
def model(examples, told):
    return trained(examples, progress=lambda what, share: told.append((what, share)))


def test_progress_rises_and_ends_at_one(model, told):
    assert model is not None
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert (told[0][1], told[-1]) == (0.0, ("done", 1.0))


def test_a_written_model_is_read_again_and_scores_the_same(model, examples, tmp_path):
    again = read(tmp_path / write(tmp_path, model.package))
    vectors = [each.vector for each in examples[:50]]
    before, after = (Scorer(each).score_many(vectors) for each in (model.package, again))
    assert [each.score for each in before] == [each.score for each in after]
    assert [each.expected_leakage for each in before] == [each.expected_leakage for each in after]


def test_the_same_examples_and_seed_give_the_same_model(model, examples, tmp_path):
    assert write(tmp_path, trained(examples).package) == write(tmp_path, model.package)


def test_the_card_is_json_and_says_what_is_served_and_how_labels_were_read(model):
    card = json.loads(json.dumps(model.card, allow_nan=False))
    assert card["served"] in card["because"]
    assert card["labels"]["sources"]["reconciliation"]["role"] == "reports leaks only"
    assert card["labels"]["rate_expected"] < card["labels"]["rate_of_known"]
    assert card["held_out_by"].startswith("newer deals")


def test_the_newest_deals_held_out_are_told_for_comparing_models(model, examples):
    newest = model.newest
    made = [examples[at].made_at for at in newest.places]
    assert min(made) >= sorted(each.made_at for each in examples)[len(examples) // 2]
    assert len(newest.shares) == len(newest.leaked) == len(newest.weights) == len(made)
    assert all(examples[at].outcomes for at, weight in zip(newest.places, newest.weights, strict=True) if weight)


def test_a_deal_of_a_careless_rep_with_a_deep_discount_is_scored_higher(model):
    scorer = Scorer(model.package)
    risky, safe = (
        scorer.score(an_example(categories={"rep": (rep,)}, discount_depth=depth, ramp_lines=ramp, lines=3.0, quarter_end_days=9.0).vector)
        for rep, depth, ramp in (("R0", 38.0, 1.0), ("R1", 2.0, 0.0))
    )  # fmt: skip
    assert float(risky.score) > 0.4
    assert float(safe.score) < 0.2


def test_trees_keep_to_the_directions_of_features():
    draw = np.random.default_rng(1)
    vectors = [an_example(discount_depth=float(each)).vector for each in draw.uniform(0, 40, 400)]
    values = table(vectors)
    at = [each.name for each in FEATURES].index("discount_depth")
    booster = risk(values, (values[:, at] < 20).astype(float), Growth(seed=1, rounds=10))
    rising = np.repeat(values[:1], 41, axis=0)
    rising[:, at] = np.arange(41)
    assert "discount_depth" in FEATURE_NAMES
    assert (np.diff(margins(booster, rising)) >= 0.0).all()


@pytest.mark.parametrize("way", ["average", "linear+trees", "linear", "trees", "plain logistic"])
def test_a_way_that_is_asked_for_is_served_and_the_card_says_so(examples, way):
    model = trained(examples, serve=way)
    assert model.package.manifest.served == {"plain logistic": "linear", "average": "linear+trees"}.get(way, way)
    assert f"{way} was asked for" in model.card["because"]


def test_the_average_is_the_weighed_mean_of_effects_and_trees(examples):
    vectors = [each.vector for each in examples[:40]]
    linear, average = (Scorer(trained(examples, serve=way).package).margins(vectors) for way in ("linear", "average"))
    trees = Scorer(trained(examples, serve="trees").package).margins(vectors)
    assert average == pytest.approx([0.7 * a + 0.3 * b for a, b in zip(linear, trees, strict=True)], abs=1e-4)


def test_a_plain_logistic_is_served_without_names(examples):
    linear = trained(examples, serve="plain logistic").package.linear
    assert not linear.levels
    assert {"discount_depth", "ramp_lines"} <= {each.feature for each in linear.columns}


def test_a_history_without_days_is_held_out_by_rep_and_product():
    examples, _ = population(2, dated=False)
    card = trained(examples).card
    assert card["held_out_by"].startswith("deals of other pairs of rep and product")
    assert card["held_out"]["average_precision"] > card["held_out"]["rate"]


def test_ten_rows_are_refused_with_every_reason(examples):
    with pytest.raises(CannotLearn) as refused:
        trained(examples[:10], minimum_outcomes=200)
    assert len(refused.value.reasons) >= 2
    assert "200 are needed" in str(refused.value)


@pytest.mark.parametrize("leaked", [True, False])
def test_one_kind_of_outcome_alone_is_refused(leaked):
    deals = [an_example(f"Q{at}", None, [known(leaked, None)], discount_depth=float(at)) for at in range(300)]
    with pytest.raises(CannotLearn):
        trained(deals)


def test_leaks_alone_are_learned_from_where_silence_has_lasted():
    examples, _ = population(3)
    only = [replace(each, outcomes=tuple(one for one in each.outcomes if one.leaked)) for each in examples]
    card = trained(only, minimum_outcomes=20).card
    assert card["labels"]["note"].startswith("No source looks")
    assert 0.0 < card["labels"]["rate_expected"] < 0.5


def test_outcomes_of_tomorrow_change_nothing_but_their_count(examples, model):
    tomorrow = known(True, ago=-1)
    changed = [replace(each, outcomes=(*each.outcomes, tomorrow)) for each in examples[:5]] + examples[5:]
    card = trained(changed).card
    assert card["labels"]["discovered_later"] == model.card["labels"]["discovered_later"] + 5
    assert card["labels"]["leaks"] == model.card["labels"]["leaks"]


def test_no_feature_at_all_still_gives_the_base_rate(examples):
    empty = [replace(each, vector=an_example().vector) for each in examples]
    package = trained(empty).package
    score = float(Scorer(package).score(an_example().vector).score)
    assert 0.05 < score < 0.6


def test_what_was_discovered_by_an_earlier_moment_is_learned_as_of_it(examples):
    earlier = NOW - timedelta(days=120)
    card = train(examples, History(), earlier, data_digest="x", minimum_outcomes=20).card
    assert card["labels"]["made_later"] > 50
    assert card["as_of"] == earlier.isoformat()
