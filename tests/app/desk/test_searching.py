"""A part of an id or of a name finds its case, however it is written, and also where the case is older than the search."""

import random
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, insert

from app.store import Case, CaseFilter
from app.store.desk_rows import case_columns
from app.store.desk_tables import CASES
from app.store.upgrade import alembic_config, upgrade
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from tests.app.desk.builders import a_site, flagged
from tests.app.store.builders import NOON


def named(name, quote_id="Q-1", **terms):
    return flagged(quote_id=quote_id, request={"account": {"name": name}}, **terms)


def found(site, text, **terms):
    return [case.subject_id for case in site.store.desk.page(CaseFilter(text=text, **terms)).cases]


def before_search(url, *cases):
    """Tables of revision 0010, with these cases in them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0010")
        for case in cases:
            row = {"subject_type": "quote", "subject_id": case.subject_id} | case_columns(case)
            connection.execute(insert(CASES).values({name: row[name] for name in row if name != "search"}))
    engine.dispose()


def an_old_case(number):
    return Case(
        subject_type=SubjectType.QUOTE, subject_id=f"Q-{number}", state=CaseState.OPEN, decision_id=f"dec_{number}",
        content_hash="sha256:c", verdict=Verdict.FLAG, headline="", currency="USD", opened_at=NOON, changed_at=NOON,
        account_name=f"Ünder {number}",
    )  # fmt: skip


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


def test_a_case_from_before_the_search_is_found(empty_database_url):
    if empty_database_url.startswith("sqlite"):
        Path(empty_database_url.removeprefix("sqlite:///")).touch()
    before_search(empty_database_url, *[an_old_case(number) for number in range(3)])
    assert upgrade(empty_database_url) is True
    with a_site(empty_database_url) as site:
        assert found(site, "ünder 2") == ["Q-2"]
        assert sorted(found(site, "Q-")) == ["Q-0", "Q-1", "Q-2"]
