"""Learning from a company's own history what leaks: labels, weights, fitting, calibration, the choice of what is served."""

from scoring.training.errors import CannotLearn
from scoring.training.evaluate import evaluate
from scoring.training.examples import Example, Known
from scoring.training.train import Trained, train

__all__ = ["CannotLearn", "Example", "Known", "Trained", "evaluate", "train"]
