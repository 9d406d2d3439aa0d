"""Reviews are counted as they come in, and the same when they are counted again or were there before the table was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import create_engine, select

from app.bookkeeping.counting import counted_seconds
from app.ledgers import insights
from app.ledgers.insights import Asked
from app.store.ledger_tables import INSIGHT_REVIEWS
from tests.app.desk.builders import a_site, flagged, somebody
from tests.app.store.builders import NOON

ANN, BOB = somebody("manager", name="Ann"), somebody("manager", name="Bob")
YEAR = Asked(first=NOON.date().replace(month=1, day=1), last=NOON.date().replace(month=12, day=31))


@pytest.fixture
def site(database_url):
    with a_site(database_url) as opened:
        yield opened


def reviewed(site):
    """Ann approves two after an hour and one the next day, and Bob rejects one then."""
    made = [site.record(flagged(quote_id=f"Q-{number}")) for number in range(4)]
    for decision_id in made[:2]:
        site.do(decision_id, ANN)
    site.clock.advance(days=1)
    site.do(made[2], ANN)
    site.do(made[3], BOB, "reject")
    return made


def rows(store):
    return [tuple(row) for row in store.ledgers.rows(select(INSIGHT_REVIEWS).order_by(*INSIGHT_REVIEWS.c))]


def test_a_review_counts_with_who_made_it_and_how_long_the_decision_waited(site):
    reviewed(site)
    first, next_day = NOON.date().isoformat(), (NOON + timedelta(days=1)).date().isoformat()
    assert rows(site.store) == [
        (first, "usr_Ann", 3_600, 2, 2),
        (next_day, "usr_Ann", 90_000, 1, 1),
        (next_day, "usr_Bob", 90_000, 1, 0),
    ]


def test_the_figures_follow_from_the_counts(site):
    reviewed(site)
    ann, bob = insights.reviewers(site.store, YEAR)
    assert (ann["seconds"]["value"], ann["a_day"]["value"], ann["approvals"]["value"]) == (3600.0, 1.5, 1.0)
    assert (bob["reviewer"], bob["approvals"]["value"]) == ("usr_Bob", 0.0)
    told = {each["definition"]: each for each in insights.all_metrics(site.store, YEAR)}
    assert (told["rubber_stamping"]["value"], told["rubber_stamping"]["n"]) == (0.75, 4)
    assert told["flags_per_analyst_day"]["value"] == pytest.approx(4 / 3)


def test_counted_again_is_what_was_counted(site):
    reviewed(site)
    before = rows(site.store)
    site.store.rebuild_insights()
    assert rows(site.store) == before


def test_a_review_said_twice_counts_once_and_those_at_once_all_count(site):
    made = [site.record(flagged(quote_id=f"Q-{number}")) for number in range(8)]
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda decision_id: site.do(decision_id, ANN), [*made, *made]))
    assert [row[3:] for row in rows(site.store)] == [(8, 8)]


def test_reviews_that_come_while_all_is_counted_again_are_counted_once(site):
    made = [site.record(flagged(quote_id=f"Q-{number}")) for number in range(8)]
    with ThreadPoolExecutor(3) as several:
        rebuilt = [several.submit(site.store.rebuild_insights) for _ in range(2)]
        reviewed = [several.submit(site.do, decision_id, ANN) for decision_id in made]
        assert [each.result() for each in rebuilt] == [8, 8]
        assert all(each.result().is_new for each in reviewed)
    assert [row[3:] for row in rows(site.store)] == [(8, 8)]


def test_an_upgrade_counts_the_reviews_that_are_there(site, database_url):
    reviewed(site)
    migration = import_module("app.store.migrations.versions.0012_reviews_counted")
    engine = create_engine(database_url)
    with engine.connect() as connection:
        reviews, approved = migration.counted(connection)
    engine.dispose()
    assert [(*key, reviews[key], approved[key]) for key in sorted(reviews)] == rows(site.store)


@pytest.mark.parametrize(
    ("seconds", "counted"), [(-5, 0), (0, 0), (999, 999), (1_009, 1_000), (86_499, 86_400), (1_234_567, 1_230_000)]
)
def test_long_waits_are_counted_to_three_digits(seconds, counted):
    assert counted_seconds(seconds) == counted
