"""The models of a company: promoted and taken back, one at a time, with who, why and when."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from scoring.model import InForce, ModelRefused, Models, NoSuchVersion
from tests.scoring.model.modelled import a_linear, a_package


@pytest.fixture
def models(tmp_path):
    return Models(tmp_path / "models")


def added(models, number):
    """So many versions, that differ in their intercept."""
    return [models.add(replace(a_package(trees=False), linear=a_linear(intercept=-1.0 - at))) for at in range(number)]


def test_in_an_empty_folder_nothing_is_in_force(models):
    assert (models.versions(), models.champion(), models.challenger(), models.log()) == ((), None, None, ())


def test_a_version_that_is_promoted_answers_and_the_log_says_who_and_why(models):
    first, second = added(models, 2)
    models.promote(first, "ann", "first model")
    assert models.promote(second, "bob", "better") == InForce(champion=second, before=(first,))
    assert [(each["by"], each["why"], each["champion"], each["was"]) for each in models.log()] == [
        ("ann", "first model", first, None), ("bob", "better", second, first)
    ]  # fmt: skip
    assert sorted([first, second]) == list(models.versions())
    assert models.load(second).linear.intercept == -2.0


def test_rolling_back_goes_to_the_one_before_and_no_further(models):
    first, second = added(models, 2)
    models.promote(first, "ann", "a")
    models.promote(second, "ann", "b")
    assert models.rollback("ann", "it cried wolf").champion == first
    with pytest.raises(NoSuchVersion, match="no model answered before"):
        models.rollback("ann", "again")


def test_a_challenger_that_is_promoted_challenges_no_more(models):
    first, second = added(models, 2)
    models.promote(first, "ann", "a")
    assert models.challenge(second, "ann", "look").challenger == second
    assert models.promote(second, "ann", "won").challenger is None
    models.challenge(first, "ann", "compare")
    assert models.challenge(None, "ann", "enough").challenger is None


@pytest.mark.parametrize("name", ["2026-11-01T10-00-00Z-ffffffff", "../elsewhere", ""])
def test_what_does_not_stand_in_the_folder_is_not_promoted(models, name):
    with pytest.raises(NoSuchVersion):
        models.promote(name, "ann", "why not")
    assert models.champion() is None


def test_a_broken_model_is_not_promoted_and_the_last_good_one_stays(models):
    first, second = added(models, 2)
    models.promote(first, "ann", "a")
    (models.folder / second / "linear.json").write_text("{}")
    with pytest.raises(ModelRefused, match="digest"):
        models.promote(second, "ann", "b")
    assert models.champion() == first


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1, "champion": "../x", "challenger": null, "before": []}'])
def test_a_broken_file_of_what_is_in_force_is_said_to_be(models, text):
    models.folder.mkdir()
    (models.folder / "in-force.json").write_text(text)
    with pytest.raises(ModelRefused, match=r"in-force\.json"):
        models.champion()


def test_many_threads_promote_one_at_a_time(models):
    versions = added(models, 3)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda at: models.promote(versions[at % 3], f"p{at}", "race"), range(18)))
    _chain(models)


def _promote(folder, versions, name):
    for each in versions:
        Models(folder).promote(each, name, "race")


def test_two_processes_that_promote_at_once_spoil_nothing(models):
    versions = added(models, 2)
    context = multiprocessing.get_context("fork")
    racing = [context.Process(target=_promote, args=(models.folder, versions * 5, f"p{at}")) for at in range(2)]
    for each in racing:
        each.start()
    for each in racing:
        each.join(30)
    assert [each.exitcode for each in racing] == [0, 0]
    assert len(models.log()) == 20
    _chain(models)


def _chain(models):
    """Each change began from what the one before it left."""
    log = models.log()
    assert all(after["was"] == before["champion"] for before, after in pairwise(log))
    assert models.champion() == log[-1]["champion"]
