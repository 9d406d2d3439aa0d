"""The page on the ledgers has every definition as the program has it, and the moves as they are."""

from pathlib import Path

from app.bookkeeping.recovery import MOVES
from app.ledgers.definitions import DEFINITIONS, definitions_page
from app.ledgers.letters import SITUATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "ledgers.md").read_text("utf-8")


def test_the_page_has_every_definition():
    assert f"\n{definitions_page()}\n" in PAGE, "run `make docs`"
    assert all(f"`{name}`" in PAGE for name in (*DEFINITIONS, *SITUATIONS))


def test_the_page_has_every_move():
    for state, allowed in MOVES.items():
        [row] = [line for line in PAGE.splitlines() if line.startswith(f"| {state.value} |")]
        said = row.split("|")[2]
        assert {each.value for each in MOVES if each.value in said} == {each.value for each in allowed}
