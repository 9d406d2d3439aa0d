"""What an author reads: every problem of a file, as it is printed, held against files that a person has read."""

from pathlib import Path

import pytest
import yaml

from policies.language import Reader, Source, in_order
from tests.policies.language.deals import DEALS

GOLDEN = Path(__file__).parent / "golden"


def rendered(path: Path) -> str:
    text = path.read_text()
    reader = Reader(DEALS, "line")
    for key, value in yaml.compose(text).value:
        if key.value in {"when", "require"}:
            mark = value.start_mark
            place = {"line": mark.line, "column": mark.column}
            reader.condition(Source.located(value.value, file=path.name, lines=tuple(text.splitlines()), **place))
    return "\n".join(problem.render() for problem in in_order(reader.problems)) + "\n"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.policy")), ids=lambda path: path.stem)
def test_every_problem_is_told_with_place_caret_and_suggestion(path):
    assert rendered(path) == path.with_suffix(".txt").read_text()
