"""A model on disk: it reads back as it was, and what is broken or another's is refused in words."""

import gzip
import json
import pickle
from dataclasses import replace

import pytest

from scoring.history import History
from scoring.model import ModelRefused, Scorer
from scoring.model.anomaly import Anomalies
from scoring.model.package import read, write
from tests.scoring.model.modelled import a_linear, a_package, a_vector, some_trees
from tests.scoring.sold import built_from, day, many


@pytest.fixture(scope="module")
def package():
    deals, outcomes = many(10, 4)
    return a_package(
        anomalies=Anomalies.fit([a_vector(lines=at).values for at in range(40)], ["a"] * 40),
        history=built_from(*deals, outcomes=outcomes).as_of(day(200)),
    )


@pytest.fixture
def written(package, tmp_path):
    return tmp_path / write(tmp_path, package)


def test_a_model_reads_back_as_it_was_written(package, written):
    found = read(written)
    same = ("linear", "trees", "calibration", "amounts", "patterns", "anomalies", "tiers")
    assert all(getattr(found, name) == getattr(package, name) for name in same)
    assert found.history.digest() == package.history.digest() != History().digest()
    assert found.version == written.name
    scored = Scorer(found).score(a_vector(lines=7))
    assert replace(scored, model_version="") == Scorer(package).score(a_vector(lines=7))


def test_the_same_model_has_the_same_version_and_another_has_another(package, written):
    assert write(written.parent, package) == written.name
    assert write(written.parent, replace(package, linear=a_linear(intercept=-2.0))) != written.name
    assert written.name.startswith("2026-11-01T10-00-00Z-")
    assert not [each for each in written.parent.iterdir() if each.name.startswith(".")]


def test_boosters_of_money_and_kinds_are_kept_in_files_of_their_own(tmp_path):
    amounts = replace(a_package().amounts, trees=some_trees(objective="reg:squarederror", boosted_on=False))
    patterns = type(a_package().patterns)(
        names=("A", "B", "C"), shares=(1, 1, 1), trees=some_trees(objective="multi:softprob", classes=3)
    )
    found = read(tmp_path / write(tmp_path, a_package(amounts=amounts, patterns=patterns)))
    assert (found.amounts, found.patterns) == (amounts, patterns)


def edited(folder, **changes):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": "sha256:other"}, "other features"),
        ({"format": 2}, "format 2"),
        ({"version": "2020-01-01T00-00-00Z-00000000"}, "the folder holds"),
        ({"served": "linear"}, "holds linear"),
        ({"trained_on": -1}, "no count"),
        ({"files": {}}, "names no"),
        ({"files": {"../../secret": "0"}}, "stands in its folder"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(written, changes, words):
    edited(written, **changes)
    with pytest.raises(ModelRefused, match=words):
        read(written)


@pytest.mark.parametrize("name", ["linear.json", "trees.ubj", "history.json.gz", "tiers.json"])
def test_a_file_that_is_missing_or_changed_is_refused(written, name):
    content = (written / name).read_bytes()
    (written / name).write_bytes(content[:-1])
    with pytest.raises(ModelRefused, match="its digest differs"):
        read(written)
    (written / name).unlink()
    with pytest.raises(ModelRefused, match="cannot be read"):
        read(written)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("linear.json", b"[]"),
        ("linear.json", b"{}"),
        ("linear.json", b'{"intercept": "NaN", "columns": [], "levels": {}}'),
        ("calibration.json", b'{"points": [[0, 2]]}'),
        ("calibration.json", b"\xff\xfe"),
        ("calibration.json", b"[" * 100_000),
        ("trees.ubj", b"no booster"),
        ("trees.ubj", pickle.dumps({"a": "pickle"})),
        ("trees.json", b'{"features": ["lines"]}'),
        ("anomaly.json", b'{"features": [], "groups": {}, "totals": []}'),
        ("history.json.gz", b"no archive"),
        ("history.json.gz", gzip.compress(b'{"format": 9}', mtime=0)),
    ],
)
def test_broken_content_is_refused_although_its_digest_is_right(written, name, content):
    from hashlib import sha256

    (written / name).write_bytes(content)
    files = json.loads((written / "manifest.json").read_text())["files"]
    edited(written, files=files | {name: sha256(content).hexdigest()})
    with pytest.raises(ModelRefused) as refused:
        read(written)
    assert written.name in refused.value.reasons[0]


def test_all_reasons_are_said_at_once(written):
    edited(written, features="sha256:other")
    (written / "linear.json").unlink()
    with pytest.raises(ModelRefused) as refused:
        read(written)
    assert len(refused.value.reasons) == 2


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(ModelRefused, match="manifest"):
        read(tmp_path)
