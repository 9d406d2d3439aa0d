"""From margins to probabilities."""

import numpy as np
import pytest

from scoring.training.calibrate import HeldOut, calibrated, line_of, of_many
from scoring.training.logistic import sigmoid
from scoring.training.silence import Silence, Sources


def held(margins, leaked, looked=1.0):
    one = np.ones(len(margins))
    quiet = Silence(
        looked=looked * one, looks_leaked=one, looks_clean=one, finds=one, clears=one, found=0.0, cleared=0.0,
        sources=Sources(looking=frozenset({"audit"}), finding=frozenset(), clearing=frozenset()), assumed=False,
    )  # fmt: skip
    return HeldOut(margins=margins, leaked=leaked, silence=quiet, newest=np.arange(len(margins)) >= len(margins) * 0.7)


def drawn(deals, shift=-0.5, slope=0.6, seed=1):
    draw = np.random.default_rng(seed)
    margins = draw.normal(0, 2, deals)
    return margins, (draw.random(deals) < sigmoid(shift + slope * margins)).astype(float)


def test_margins_that_promise_too_much_are_drawn_back():
    shift, slope = line_of(held(*drawn(20_000)))
    assert (shift, slope) == (pytest.approx(-0.5, abs=0.1), pytest.approx(0.6, abs=0.06))


def test_deals_of_which_nothing_is_known_do_not_pull_a_calibration():
    margins, leaked = drawn(20_000)
    part = leaked.copy()
    part[::2] = np.nan
    assert line_of(held(margins, part, looked=0.5)) == pytest.approx(line_of(held(margins, leaked)), abs=0.12)


@pytest.mark.parametrize(("deals", "within"), [(300, 0.08), (6000, 0.02)])
def test_a_calibration_never_falls_and_matches_the_rate(deals, within):
    made = held(*drawn(deals))
    found, told = calibrated(made)
    shares = [share for _, share in found.points]
    assert shares == sorted(shares)
    assert of_many(found, made.margins).mean() == pytest.approx(made.leaked.mean(), abs=within)
    assert told["method"] in {"line in log-odds", "isotonic"}


def test_a_few_deals_hardly_move_what_was_fitted_by_likelihood():
    shift, slope = line_of(held(*drawn(40)))
    assert abs(shift) < 0.1
    assert slope == pytest.approx(1.0, abs=0.35)


def test_steps_are_taken_where_no_line_fits():
    draw = np.random.default_rng(4)
    margins = draw.uniform(-3, 3, 12_000)
    leaked = (draw.random(12_000) < np.where(margins > 0, 0.5, 0.1)).astype(float)
    found, told = calibrated(held(margins, leaked))
    assert told["method"] == "isotonic"
    assert found.of(2.5) == pytest.approx(0.5, abs=0.05)
