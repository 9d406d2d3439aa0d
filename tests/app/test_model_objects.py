"""Models in an object store: the same as in a folder, no promotion lost, and served on while the store is away."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.server import ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep

import pytest
from click.testing import CliRunner
from localbucket import S3Handler, etag_matches, object_etag
from obstore.store import MemoryStore

from app.cli import main
from app.config import Settings, SettingsError
from app.learning.taking_over import taken_up
from app.model_places import ObjectPlace
from app.models import LiveModels, models_at, models_in_force
from app.objects import StoredObjects
from scoring.model import ModelRefused, NoSuchVersion
from scoring.model.errors import StoreAway
from scoring.model.package import version_of
from scoring.model.remote import RemoteModels
from scoring.training.train import Newest, Trained
from tests.app.scoring_models import MADE_AT, a_linear_model

QUOTE = str(Path(__file__).parents[2] / "examples" / "quotes" / "seat-contract.json")


class Bucket:
    """Objects in memory, with the same answers as a store's; it can go away, and each machine has copies of its own."""

    def __init__(self, folder):
        self.folder, self.store, self.away = folder, MemoryStore(), False

    def client(self, _):
        if self.away:
            raise StoreAway(["the store cannot be asked"])
        return self.store

    def models(self, machine="here"):
        return RemoteModels(self.folder / machine, StoredObjects("memory", self.client))

    def write(self, name, content):
        self.store.put(name, content)

    def names(self):
        return self.models().objects.names()


@pytest.fixture
def bucket(tmp_path):
    return Bucket(tmp_path)


def test_a_model_that_one_machine_adds_and_promotes_is_read_on_another(bucket):
    version = bucket.models().add(a_linear_model(1.0))
    bucket.models().promote(version, "mia", "the first")
    other = bucket.models("there")
    assert (other.versions(), other.champion()) == ((version,), version)
    assert other.load(version).linear.intercept == 1.0
    assert [(each["by"], each["why"], each["champion"]) for each in other.log()] == [("mia", "the first", version)]


def test_the_objects_are_laid_out_as_a_folder_of_models_is(bucket):
    version = bucket.models().add(a_linear_model(1.0))
    bucket.models().promote(version, "mia", "the first")
    here = bucket.folder / "here" / version
    assert {f"{version}/{each.name}" for each in here.iterdir()} | {"in-force.json", "log.jsonl"} == set(bucket.names())


def test_a_version_is_never_written_over(bucket):
    version = bucket.models().add(a_linear_model(1.0))
    bucket.write(f"{version}/linear.json", b"changed by hand")
    assert bucket.models("there").add(a_linear_model(1.0)) == version
    assert bucket.models().objects.get(f"{version}/linear.json").content == b"changed by hand"


def test_an_object_that_is_not_what_was_written_is_refused_and_not_promoted(bucket):
    good, bad = (bucket.models().add(a_linear_model(at, hours=at)) for at in (0, 1))
    bucket.models().promote(good, "mia", "the first")
    bucket.write(f"{bad}/linear.json", b"{}")
    with pytest.raises(ModelRefused, match=r"linear\.json is not what was written: its digest differs"):
        bucket.models("there").promote(bad, "mia", "newer")
    assert bucket.models().champion() == good


def test_a_copy_that_was_spoilt_here_is_made_again(bucket):
    version = bucket.models().add(a_linear_model(1.0))
    (bucket.folder / "here" / version / "linear.json").write_text("{}")
    assert bucket.models().load(version).linear.intercept == 1.0


def test_a_model_of_which_only_a_part_was_written_is_none(bucket):
    version = bucket.models().add(a_linear_model(1.0))
    bucket.store.delete(f"{version}/manifest.json")
    assert bucket.models("there").versions() == ()
    with pytest.raises(NoSuchVersion):
        bucket.models("there").load(version)


def test_a_manifest_that_names_a_file_elsewhere_is_refused(bucket):
    with pytest.raises(ModelRefused, match="stands in its folder"):
        bucket.models("there").load(_forged(bucket))


def _forged(bucket):
    manifest = replace(a_linear_model().manifest, files={"../../escaped": "0" * 64})
    version = version_of(manifest)
    bucket.write(f"{version}/manifest.json", json.dumps(replace(manifest, version=version).as_json()).encode())
    return version


def test_machines_that_promote_at_once_lose_no_promotion(bucket):
    versions = [bucket.models().add(a_linear_model(at, hours=at)) for at in range(3)]

    def promote(at):
        bucket.models(f"m{at % 4}").promote(versions[at % 3], f"p{at}", "race")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(promote, range(16)))
    log = bucket.models().log()
    assert sorted(each["by"] for each in log) == sorted(f"p{at}" for at in range(16))
    assert all(after["was"] == before["champion"] for before, after in pairwise(log))
    assert bucket.models().champion() == log[-1]["champion"]


def test_what_was_done_before_a_process_ended_stands_in_the_log(bucket):
    first, second = (bucket.models().add(a_linear_model(at, hours=at)) for at in (0, 1))
    bucket.models().promote(first, "mia", "the first")
    bucket.store.delete("log.jsonl")  # as if it had ended between the two writes
    assert [each["by"] for each in bucket.models().log()] == ["mia"]
    bucket.models().promote(second, "tom", "newer")
    assert [each["by"] for each in bucket.models().log()] == ["mia", "tom"]


def test_a_model_that_was_trained_while_the_store_was_away_is_not_lost(bucket):
    bucket.away = True
    with pytest.raises(StoreAway, match="is kept in"):
        bucket.models().add(a_linear_model(1.0))
    bucket.away = False
    [version] = [each.name for each in (bucket.folder / "here").iterdir()]
    bucket.models().promote(version, "mia", "the first")
    assert bucket.models("there").load(version).linear.intercept == 1.0


def test_a_training_that_ends_while_the_store_is_away_keeps_its_model(bucket):
    bucket.away = True
    made = Trained(package=a_linear_model(1.0), card={}, newest=Newest())
    with pytest.raises(StoreAway, match="is kept in"):
        taken_up(made, None, bucket.models(), by="mia")
    assert len(list((bucket.folder / "here").iterdir())) == 1


def test_rolling_back_and_challenging_work_as_in_a_folder(bucket):
    models = bucket.models()
    first, second = (models.add(a_linear_model(at, hours=at)) for at in (0, 1))
    for each in (first, second):
        models.promote(each, "mia", "a")
    assert models.rollback("mia", "it cried wolf").champion == first
    assert bucket.models("there").challenge(second, "tom", "look").challenger == second
    assert [each["did"] for each in models.log()] == ["promote", "promote", "rollback", "challenge"]


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("s3://bucket/acme/", "s3://bucket/acme"),
        ("gs://bucket", "gs://bucket"),
        ("file:///srv/models", "/srv/models"),
        ("/srv/models", "/srv/models"),
    ],
)
def test_models_lie_where_the_setting_says(stated, meant):
    environ = {"QUOTEGUARD_HOME": "/srv/home", "QUOTEGUARD_MODELS": stated}
    place = Settings.from_environment(environ).models
    assert str(place) == meant
    if isinstance(place, ObjectPlace):
        assert place.copies.parent == Path("/srv/home/model-copies")


@pytest.mark.parametrize(
    "stated", ["http://bucket/x", "s3://", "s3://user:word@bucket/x", "file://elsewhere/x", "s3://b?x=1"]
)
def test_an_address_that_is_none_is_refused(stated):
    with pytest.raises(SettingsError, match="QUOTEGUARD_MODELS must name a folder, or read like s3://bucket/prefix"):
        Settings.from_environment({"QUOTEGUARD_MODELS": stated})


def test_an_address_without_a_client_for_it_is_said(tmp_path):
    place = ObjectPlace("az://container/models", tmp_path)
    assert models_in_force(place).because.startswith(
        "It cannot be read which model is in force (az://container/models "
    )


# ------------------------------------------------------------------------------------------- by the S3 protocol


class S3(S3Handler):
    """An S3 server on loopback; what it lacks, writing only where a known object stands, is added here."""

    protocol_version = "HTTP/1.0"  # a connection ends with its answer: a server that is stopped answers nobody
    alone = Lock()

    def _write_object(self, bucket, key, write):
        wanted, target = self.headers.get("If-Match"), self._object_path(bucket, key)
        with self.alone:
            if wanted and not (target.is_file() and etag_matches(wanted, object_etag(target))):
                raise self._precondition_failed_error()
            return super()._write_object(bucket, key, write)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch, tmp_path):
    (tmp_path / "s3" / "models").mkdir(parents=True)
    handler = type("Handler", (S3,), {"data_root": tmp_path / "s3"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    stated = {"ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "REGION": "us-east-1"}
    for name, value in {**stated, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    yield server
    server.shutdown()
    server.server_close()


class Live:
    """Models that are looked at anew with each question, and what was told of them."""

    def __init__(self, place):
        self.refused = []
        self.models = LiveModels(
            folder=place, every=timedelta(microseconds=1), on_failure=lambda away: self.refused.append(str(away))
        )

    def version(self):
        champion = self.models.current().champion
        return champion and champion.version

    def wait_for(self, fits):
        until = monotonic() + 20
        while not fits():
            assert monotonic() < until
            sleep(0.01)


def test_serving_takes_up_what_is_promoted_in_s3_and_goes_on_with_it_while_s3_is_away(site, tmp_path):
    place = ObjectPlace("s3://models/acme", tmp_path / "copies")
    elsewhere = models_at(replace(place, copies=tmp_path / "elsewhere"))
    first, second = (elsewhere.add(a_linear_model(at, hours=at)) for at in (0, 1))
    live = Live(place)
    assert live.version() is None
    elsewhere.promote(first, "mia", "the first")
    live.wait_for(lambda: live.version() == first)
    elsewhere.promote(second, "mia", "newer", MADE_AT)
    live.wait_for(lambda: live.version() == second)
    site.shutdown()
    site.server_close()
    live.wait_for(lambda: live.version() and live.refused)
    assert live.version() == second
    assert "s3://models/acme cannot be asked" in live.refused[0]
    assert Live(place).version() == second  # started anew while the store is away


def test_s3_lets_no_promotion_be_lost(site, tmp_path):
    machines = [models_at(ObjectPlace("s3://models/race", tmp_path / f"m{at}")) for at in range(3)]
    version = machines[0].add(a_linear_model(1.0))

    def challenge(at):
        machines[at % 3].challenge(version if at % 2 else None, f"p{at}", "race")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(challenge, range(9)))
    assert sorted(each["by"] for each in machines[0].log()) == [f"p{at}" for at in range(9)]
    assert machines[2].versions() == (version,)


@pytest.mark.slow
def test_the_commands_work_with_models_in_s3(site, tmp_path, monkeypatch):
    monkeypatch.setenv("QUOTEGUARD_MODELS", "s3://models/commands")
    monkeypatch.setenv("QUOTEGUARD_HOME", str(tmp_path / "home"))
    versions = [
        models_at(Settings.from_environment(os.environ).models).add(a_linear_model(at, hours=at)) for at in (0, 1)
    ]
    for version in versions:
        assert run("models", "promote", version, "--why", "a test").exit_code == 0
    assert run("models", "rollback", "--why", "too many alarms").stdout == f"In force: {versions[0]}\n"
    assert f"{versions[1]}\n" in run("models", "list").stdout
    shutil.rmtree(tmp_path / "home" / "model-copies")
    scored = run("score", QUOTE, "--out", str(tmp_path / "scores.jsonl"))
    assert scored.exit_code == 0, scored.stderr
    assert json.loads((tmp_path / "scores.jsonl").read_text())["score"] == "0.5"
    site.shutdown()
    site.server_close()
    told = run("models", "list")
    assert (told.exit_code, told.stderr.splitlines()[0]) == (3, "The models cannot be listed.")
    assert "s3://models/commands cannot be asked" in told.stderr


def run(*arguments):
    return CliRunner().invoke(main, arguments)
