"""A database that is away, locked, full or read-only is said to be so, and comes back without a restart."""

import multiprocessing
import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, make_url

from app.store import DecisionFilter, Store, StoreUnavailable
from app.store.database import Database
from tests.app.store.builders import a_decision, a_store, force

SHORT = timedelta(seconds=1)


def listed(store):
    return [decision.decision_id for decision in store.decisions.page(DecisionFilter()).decisions]


@pytest.mark.parametrize("url", ["sqlite:////nowhere/quoteguard.db", "postgresql://u@127.0.0.1:1/quoteguard"])
def test_a_database_that_is_away_is_unavailable(url):
    with Store.open(url, timeout=SHORT) as store:
        with pytest.raises(StoreUnavailable):
            store.ping()
        with pytest.raises(StoreUnavailable):
            store.decisions.get("dec_1")


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "letter.db").write_text("Dear customer, " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Store.open(f"sqlite:///{tmp_path / 'letter.db'}").ping()


def test_a_locked_database_is_unavailable_and_then_works(database_url):
    lock = "BEGIN IMMEDIATE" if database_url.startswith("sqlite") else "BEGIN; LOCK TABLE decisions"
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with a_store(database_url, timeout=SHORT) as store, engine.connect() as other:
        other.exec_driver_sql(lock)
        with pytest.raises(StoreUnavailable, match="lock"):
            store.record(a_decision())
        other.exec_driver_sql("ROLLBACK")
        assert store.record(a_decision()).seq == 1
    engine.dispose()


@pytest.mark.postgres
def test_a_read_only_database_is_not_ready(postgres_url):
    a_store(postgres_url).close()
    force(postgres_url, f"ALTER DATABASE {make_url(postgres_url).database} SET default_transaction_read_only = on")
    with Store.open(postgres_url) as store:
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.ping()
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.keys.create("a key", ["read"])


def test_a_full_disk_loses_the_decision_that_did_not_fit_and_no_other(sqlite_url):
    with a_store(sqlite_url) as store:
        first = a_decision()
        store.record(first)
        pages = store._database.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
        store._database.read(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StoreUnavailable, match="full"):
            store.record(a_decision(request=random.Random(1).randbytes(100_000)))
        assert listed(store) == [first.summary.decision_id]
        store.close()
        assert store.record(a_decision()).seq == 2
        assert store.verify_chain().is_whole


@pytest.mark.postgres
@pytest.mark.parametrize("call", [Store.ping, listed, lambda store: store.record(a_decision())])
def test_a_connection_that_the_server_ended_is_opened_again(postgres_url, call):
    with a_store(postgres_url) as store:
        engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as other:
            other.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        call(store)
        engine.dispose()


@pytest.mark.postgres
def test_a_commit_whose_answer_was_lost_is_not_repeated_but_said_to_be_uncertain(postgres_url):
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    tries = []

    def work(connection):
        tries.append(connection)
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({own}, 5000)")

    with a_store(postgres_url) as store:
        with pytest.raises(StoreUnavailable) as lost:
            store._database.write(work)
        assert lost.value.uncertain
        assert len(tries) == 1
        assert store.record(a_decision()).seq == 1
    engine.dispose()


@pytest.mark.postgres
def test_a_deadlock_is_tried_again(postgres_url):
    with a_store(postgres_url) as store:
        meeting = threading.Barrier(2, timeout=10)
        tries = []

        def locking(first, second):
            def work(connection):
                tries.append(first)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({first})")
                if len(tries) <= 2:
                    meeting.wait()
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({second})")

            return threading.Thread(target=store._database.write, args=[work])

        threads = [locking(1, 2), locking(2, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(tries) == 3


def test_work_that_fails_leaves_nothing_behind(store):
    def work(connection):
        connection.exec_driver_sql("INSERT INTO artefacts VALUES ('sha256:x', 'policies', 'now', '')")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store._database.write(work)
    assert store.artefacts.get("sha256:x") is None
    assert store.record(a_decision()).seq == 1


def test_each_thread_has_a_connection_and_keeps_it(store):
    def own(_=None):
        return store._database.read(id)

    assert own() == own()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(own()))
    thread.start()
    thread.join()
    assert seen != [own()]


def test_a_forked_process_leaves_the_parents_connection_alone(store):
    store.record(a_decision())
    child = multiprocessing.get_context("fork").Process(target=lambda: (store.record(a_decision()), store.close()))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert store.record(a_decision()).seq == 3


def test_what_goes_wrong_does_not_show_what_was_being_written(sqlite_url):
    with a_store(sqlite_url) as store:
        store._database.read(lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
        with pytest.raises(StoreUnavailable, match="readonly") as refused:
            store.record(a_decision(quote_id="Acme's secret"))
        assert "Acme" not in str(refused.value) + str(refused.value.__cause__)


def test_every_sqlite_connection_is_durable(sqlite_url):
    def settings(connection):
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    a_store(sqlite_url).close()
    database = Database(sqlite_url, timeout=SHORT, schema=None)
    assert database.read(settings) == ["wal", 2, 1, 1000]
    database.close()


def test_closing_waits_for_the_work_of_other_threads(database_url):
    database = Database(database_url, timeout=timedelta(seconds=5), schema=None)
    began, go_on, told = threading.Event(), threading.Event(), []

    def work(connection):
        began.set()
        go_on.wait(5)
        return connection.exec_driver_sql("SELECT 1").scalar_one()

    worker = threading.Thread(target=lambda: told.append(database.write(work)))
    worker.start()
    began.wait(5)
    closer = threading.Thread(target=database.close)
    closer.start()
    closer.join(0.1)
    assert closer.is_alive()
    go_on.set()
    closer.join(5)
    worker.join(5)
    assert told == [1]
    assert database.read(lambda connection: connection.exec_driver_sql("SELECT 2").scalar_one()) == 2
    database.close()
