"""What a loader has against a document, as (path, code, message), for tests to compare with."""

from collections.abc import Callable
from typing import Any

import pytest

from cpq_hooks.problem import Invalid, Problem


def problems_of(load: Callable[[Any], Any], document: Any) -> tuple[Problem, ...]:
    """All problems; the test fails where the document is taken."""
    with pytest.raises(Invalid) as refused:
        load(document)
    return refused.value.problems


def places_of(load: Callable[[Any], Any], document: Any) -> list[tuple[str, str]]:
    """Path and code of each problem."""
    return [(problem.path, problem.code) for problem in problems_of(load, document)]


def only_problem(load: Callable[[Any], Any], document: Any) -> tuple[str, str]:
    """Path and message of the one problem there is."""
    problems = problems_of(load, document)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0].path, problems[0].message
