"""The page on the simulated company names everything that a data set holds."""

from pathlib import Path

import pytest

from app.demo import Kind
from policies.patterns import PATTERNS

PAGE = (Path(__file__).parents[3] / "docs" / "simulated-company.md").read_text("utf-8")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_says_how_it_shows(pattern):
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and pattern in line.split("|")[1]]
    assert len(rows) == 1


@pytest.mark.parametrize("kind", Kind)
def test_every_file_is_described(kind):
    assert f"`{kind.value}.jsonl`" in PAGE
