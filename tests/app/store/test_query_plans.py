"""Whatever the record and the queue are filtered by is found in an index, with no figures of the database about its tables."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import sqlite

from app.store import CaseFilter, DecisionFilter
from app.store.decisions import listed
from app.store.desk_rows import conditions_of
from app.store.desk_tables import CASES
from app.store.upgrade import upgrade
from policies.domain.decision import Verdict
from tests.app.store.builders import NOON

DAY = {"created_from": NOON, "created_before": NOON + timedelta(days=1)}
RARE = {
    "source": "crm",
    "policy_version": "sha256:p",
    "model_version": "m-1",
    "verdict": Verdict.FLAG,
    "simulated": False,
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'quoteguard.db'}"
    upgrade(url)
    return url


def plan(url, query):
    """What SQLite says that it will do."""
    words = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    engine = create_engine(url)
    with engine.connect() as connection:
        said = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]
    engine.dispose()
    return "; ".join(said)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"source": "none"}, "source"), ({"policy_version": "none"}, "policies"), ({"model_version": "none"}, "model"),
        ({"simulated": True}, "simulated"), ({"verdict": Verdict.FLAG}, "verdict"), ({"rep_id": "rep-1"} | RARE, "rep"),
        ({"account_id": "A-1"} | RARE, "account"), ({"content_hash": "sha256:c"} | RARE, "content"),
        ({"subject_id": "Q-1"} | RARE, "subject"), (DAY | RARE, "time"), (RARE, "verdict"),
        (RARE | {"verdict": Verdict.ALLOW}, "model"),
    ],
)  # fmt: skip
def test_a_filter_of_the_record_is_found_in_its_index(tables, wanted, index):
    said = plan(tables, listed(DecisionFilter(**wanted)).limit(51))
    assert f"SEARCH decisions USING INDEX decisions_by_{index} (" in said
    assert "SCAN" not in said


@pytest.mark.parametrize("terms", [{"is_open": True}, {}])
def test_a_part_of_a_word_is_looked_for_in_the_index_alone(tables, terms):
    order = (CASES.c.urgency, CASES.c.subject_type, CASES.c.subject_id)
    query = select(*order).where(*conditions_of(CaseFilter(text="Brightwater", **terms))).order_by(*order)
    assert "USING COVERING INDEX cases_by_search" in plan(tables, query.limit(51))
