"""Identifiers are new each time and say what they name."""

from app.identifiers import new_id


def test_identifiers_are_new_and_say_what_they_are_of():
    made = {new_id("ref") for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(name) == 30 and name.startswith("ref_") for name in made)
