"""Models are taken up while the program runs, whole or not at all; what cannot be served leaves the last good one in force."""

from datetime import timedelta
from time import monotonic, sleep

import pytest

from app.models import LiveModels, models_in_force
from app.scored import Away, ByIndex, ByModel
from policies.domain.decision import RiskStatus
from scoring.model import Models
from tests.app.scoring_models import a_linear_model, promoted


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


class Live:
    """Models that are looked at anew with each question, and what was told of them."""

    def __init__(self, folder):
        self.told = []
        self.models = LiveModels(
            folder=folder,
            every=timedelta(microseconds=1),
            on_change=lambda now: self.told.append(now.champion and now.champion.version),
            on_failure=lambda refused: self.told.append(refused.reasons),
        )

    def version(self):
        champion = self.models.current().champion
        return champion and champion.version

    def wait_for(self, fits):
        until = monotonic() + 10
        while not fits():
            assert monotonic() < until
            sleep(0.005)


def test_without_a_model_the_index_scores(folder):
    assert isinstance(models_in_force(folder).scoring(), ByIndex)


def test_a_promoted_model_is_taken_up_without_a_restart(folder):
    live = Live(folder)
    assert live.version() is None
    first = promoted(folder, a_linear_model(1.0))
    live.wait_for(lambda: live.version() == first)
    second = promoted(folder, a_linear_model(2.0, hours=1))
    live.wait_for(lambda: live.version() == second)
    assert isinstance(live.models.scoring(), ByModel)
    assert live.told == [None, first, second]


def test_a_model_that_was_rolled_back_scores_again(folder):
    first, _ = promoted(folder, a_linear_model(1.0)), promoted(folder, a_linear_model(2.0, hours=1))
    live = Live(folder)
    live.version()
    Models(folder=folder).rollback("mia", "worse than thought")
    live.wait_for(lambda: live.version() == first)


def test_a_broken_model_leaves_the_last_good_one_in_force_and_is_told(folder):
    good = promoted(folder, a_linear_model(1.0))
    live = Live(folder)
    live.version()
    broken = promoted(folder, a_linear_model(2.0, hours=1))
    (folder / broken / "linear.json").write_text("{}")
    live.wait_for(lambda: live.version() and len(live.told) > 1)
    assert live.version() == good
    [reason] = live.told[-1]
    assert reason == f"{broken}: linear.json is not what was written: its digest differs"


def test_an_unreadable_word_on_what_is_in_force_leaves_the_last_good_one(folder):
    good = promoted(folder, a_linear_model(1.0))
    live = Live(folder)
    live.version()
    (folder / "in-force.json").write_text("not JSON")
    live.wait_for(lambda: live.version() and len(live.told) > 1)
    assert live.version() == good


def test_a_broken_model_from_the_start_leaves_the_policies_alone_and_says_so(folder):
    broken = promoted(folder, a_linear_model(1.0))
    (folder / broken / "linear.json").unlink()
    scoring = models_in_force(folder).scoring()
    assert isinstance(scoring, Away)
    assert scoring.risk.status is RiskStatus.UNAVAILABLE
    assert scoring.risk.because.startswith(f"The model {broken} cannot be served ({broken}: linear.json cannot be read")
    assert scoring.risk.because.endswith("): the verdict rests on the policies alone.")


def test_a_challenger_stands_beside_the_champion_and_one_that_is_broken_does_not_matter(folder):
    promoted(folder, a_linear_model(1.0))
    models = Models(folder=folder)
    rival = models.add(a_linear_model(2.0, hours=1))
    models.challenge(rival, "mia", "looks better")
    assert models_in_force(folder).challenger.version == rival
    (folder / rival / "linear.json").unlink()
    assert models_in_force(folder).challenger is None
    assert models_in_force(folder).champion is not None
