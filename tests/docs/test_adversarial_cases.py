"""The table of adversarial cases names every test there is, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adversarial-cases.md").read_text("utf-8")
ROWS = re.findall(r"^\| (X\d\d) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)


def written_tests():
    """Every adversarial test, by name."""
    files = (ROOT / "tests" / "policies" / "adversarial").glob("test_*.py")
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def named_tests(cell):
    return re.findall(r"`(test_\w+)`", cell)


def test_every_case_names_tests_that_exist_and_are_its_own():
    written = written_tests()
    for case, cell in ROWS:
        assert named_tests(cell), case
        for name in named_tests(cell):
            assert name in written, f"{case} names {name}, which does not exist"
            assert case.lower() in name.split("_"), f"{name} is not of {case}"


def test_every_test_is_named_by_each_of_its_cases():
    cells = dict(ROWS)
    for name in sorted(each for each in written_tests() if each.startswith("test_x")):
        for case in re.findall(r"(x\d\d)(?=_)", name):
            assert name in named_tests(cells.get(case.upper(), "")), f"{name} is not in the row of {case}"


def test_every_case_is_listed_once_in_order():
    cases = [case for case, _ in ROWS]
    assert cases == sorted(set(cases))
    assert len(cases) == 63


def test_what_holds_in_part_is_a_case_of_the_table():
    partly = PAGE.split("## What holds in part")[1]
    named = re.findall(r"X\d\d", partly)
    assert named
    assert set(named) <= {case for case, _ in ROWS}
