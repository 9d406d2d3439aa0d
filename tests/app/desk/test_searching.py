"""A part of an id or of a name finds its case, however it is written, and also where the case is older than the search."""

import random

from alembic import command
from sqlalchemy import create_engine

from app.store import CaseFilter
from app.store.upgrade import alembic_config, upgrade
from tests.app.desk.builders import a_site, flagged


def named(name, quote_id="Q-1", **terms):
    return flagged(quote_id=quote_id, request={"account": {"name": name}}, **terms)


def found(site, text, **terms):
    return [case.subject_id for case in site.store.desk.page(CaseFilter(text=text, **terms)).cases]


def without_search(url):
    """The tables of revision 0010 again, with what is in them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for index in (
            "cases_by_search",
            *[f"decisions_by_{name}" for name in ("source", "policies", "model", "simulated")],
        ):
            connection.exec_driver_sql(f"DROP INDEX {index}")
        connection.exec_driver_sql("ALTER TABLE cases DROP COLUMN search")
        command.stamp(alembic_config(connection), "0010", purge=True)
    engine.dispose()


def test_upper_and_lower_case_are_one_in_every_alphabet(site):
    site.record(named("ZÜRICH Straße AG", "Q-Ä1", account_id="ACC-7"))
    for text in ("zürich", "Zürich STRASSE", "q-ä", "Acc-7", "h s"):
        assert found(site, text) == ["Q-Ä1"]
    for text in ("zurich", "%", "_", "Q-Ä1 ACC"):
        assert found(site, text) == []


def test_the_words_follow_the_case(site):
    site.record(named("Brightwater"))
    site.record(named("Darkwater", content="sha256:d"))
    assert (found(site, "bright"), found(site, "dark", is_open=True)) == ([], ["Q-1"])


def test_ids_and_names_of_the_greatest_length_are_recorded_and_found(site):
    draw = random.Random(3)
    long = ["".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(200)) for _ in range(4)]
    site.record(named(long[0], long[1], account_id=long[2], source=long[3], rep_id=long[3]))
    assert found(site, long[1][-9:]) == [long[1]]


def test_a_case_from_before_the_search_is_found(database_url):
    with a_site(database_url) as site:
        for number in range(3):
            site.record(named(f"Ünder {number}", f"Q-{number}"))
    without_search(database_url)
    assert upgrade(database_url) is True
    with a_site(database_url) as site:
        assert found(site, "ünder 2") == ["Q-2"]
        assert sorted(found(site, "Q-")) == ["Q-0", "Q-1", "Q-2"]
