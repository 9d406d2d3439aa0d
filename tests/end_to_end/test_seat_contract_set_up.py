"""The seat contract before January's invoice: 500 seats at $40 were set up, and the $50 for each seat beyond were forgotten.

The verification blocks it with the fix as a patch; with the patch applied it goes through. What half a year later an audit
would have to find, $9,350 in six months, never comes about.
"""

import json
import subprocess
import sys
from pathlib import Path

import jsonpatch

from app.store import Scope, Store
from app.store.upgrade import upgrade
from tests.end_to_end.process import Client, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "audits" / "seat-contract"
VERIFY = "/v1/billing-configurations/verify"


def read(name):
    return json.loads((EXAMPLE / name).read_text("utf-8"))


def verified(folder, configuration, *more):
    """The program, as a process of its own: exit code and output."""
    billing = folder / "billing.json"
    billing.write_text(json.dumps(configuration), "utf-8")
    files = ["--agreement", EXAMPLE / "agreement.json", "--billing", billing, "--as-of", "2023-12-20"]
    ran = subprocess.run(
        [sys.executable, "-m", "app", "verify", *files, *more], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


def fix_of(decision):
    """The one finding that blocks, and its patch."""
    [finding] = [each for each in decision["findings"] if each["effect"] == "block"]
    assert finding["policy_id"] == "overage-not-set-up"
    assert finding["remedy"]["clears"] is True
    return finding["remedy"]["patch"]


def test_on_files_the_missing_overage_is_blocked_and_the_patch_mends_it(tmp_path):
    code, printed, errors = verified(tmp_path, read("billing-configuration.json"), "--json")
    assert code == 2, errors
    decision = json.loads(printed)
    patch = fix_of(decision)
    assert {"op": "add", "path": "/charges/0/overage_unit_price", "value": "50"} in patch
    code, printed, errors = verified(
        tmp_path, jsonpatch.apply_patch(read("billing-configuration.json"), patch), "--json"
    )
    assert code == 0, errors
    mended = json.loads(printed)
    assert [each for each in mended["findings"] if each["effect"] != "shadow"] == []
    assert all(month["difference"] == "0.00" for month in mended["first_months"])
    assert len(mended["first_months"]) == 13


def test_a_person_sees_both_sides_beside_each_other(tmp_path):
    code, printed, _ = verified(tmp_path, read("billing-configuration.json"))
    assert code == 2
    assert "BLOCK  billing configuration BC-SEATS, revision 1" in printed
    assert "overage_unit_price" in printed
    assert "2024-01   20,000.00   20,000.00" in printed


def test_over_http_it_is_blocked_and_held_then_mended_and_released(home, database_url):
    upgrade(database_url)
    with Store.open(database_url) as store:
        key = store.keys.create("billing", (Scope.VERIFY, Scope.READ, Scope.INGEST)).secret
    with serving(home, database_url) as process:
        client = Client(process.port, key)
        assert client.json("POST", "/v1/agreements", json.dumps(read("agreement.json")))[0] == 200
        status, blocked = client.json("POST", VERIFY, json.dumps(read("billing-configuration.json")))
        assert (status, blocked["verdict"]) == (200, "block")
        assert blocked["compared_with"]["source"] == "stored"
        assert client.json("GET", "/v1/holds/BC-SEATS")[1]["state"] in ("held", "escalated")
        mended = jsonpatch.apply_patch(read("billing-configuration.json"), fix_of(blocked)) | {"revision": "2"}
        status, clean = client.json("POST", VERIFY, json.dumps(mended))
        assert (status, clean["verdict"]) == (200, "allow")
        assert client.json("GET", "/v1/holds/BC-SEATS")[1]["state"] == "released"
        listed = client.json("GET", "/v1/decisions?subject_type=billing_configuration&subject_id=BC-SEATS")[1]
        assert [each["verdict"] for each in listed["decisions"]] == ["allow", "block"]
        assert client.json("GET", clean["links"]["self"])[1] == clean
