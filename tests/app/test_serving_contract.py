"""A web process scores with a model of trees, and none of what models are trained with is ever imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import Settings
from app.serving import serve
from scoring.model import Models
from scoring.model.library import library
from tests.scoring.model.modelled import a_package

FOREIGN = ("numpy", "pandas", "scipy", "sklearn", "xgboost", "pyarrow")
PROGRAM = f"""
import json, os, sys
from pathlib import Path
from app.assess import Call, Caller
from app.config import Settings
from app.store.upgrade import upgrade
from app.web_process import application
settings = Settings.from_environment(os.environ)
upgrade(settings.database_url)
shared = Path(sys.argv[1])
app = application(settings, shared)
from app.bootstrap import build
quote = Path(sys.argv[2]).read_bytes()
body = json.loads(build(settings).gate.check_quote(Call(raw=quote, caller=Caller(key_id=None))).body)
print(json.dumps({{"risk": body["risk"], "foreign": [name for name in {FOREIGN!r} if name in sys.modules]}}))
"""
QUOTE = Path(__file__).parents[2] / "examples" / "quotes" / "seat-contract.json"


@pytest.mark.slow
def test_serving_imports_nothing_of_what_training_needs(tmp_path):
    models = Models(folder=tmp_path / "models")
    version = models.add(a_package())
    models.promote(version, "mia", "a test")
    shared = tmp_path / "shared"
    shared.mkdir()
    environ = os.environ | {"QUOTEGUARD_HOME": str(tmp_path), "QUOTEGUARD_LOG_LEVEL": "error"}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(shared), str(QUOTE)],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout)
    assert (found["risk"]["status"], found["risk"]["model_version"]) == ("scored", version)
    assert found["risk"]["reasons"]
    assert found["foreign"] == []


def test_a_process_that_has_used_a_model_does_not_fork_workers():
    library()
    with pytest.raises(RuntimeError, match="process apart"):
        serve(Settings.from_environment({}), lambda *_: None)
