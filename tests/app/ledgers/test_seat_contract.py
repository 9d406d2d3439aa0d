"""The seat contract through the real gate and library into the ledgers: each cent in one of them, once."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.bootstrap import build
from app.cli import main
from app.config import Settings
from app.factory import create_app
from app.observability.logs import make_logger
from app.store import Scope
from app.store.upgrade import upgrade
from tests.fakes import Clock

ROOT = Path(__file__).parents[3]
QUOTES, AUDIT = ROOT / "examples" / "quotes", ROOT / "examples" / "audits" / "seat-contract"

pytestmark = pytest.mark.slow
FILES = {"agreement": "agreement.json", "usage": "usage.jsonl", "invoices": "invoices.jsonl"}


class Desk:
    """The program over a store of its own, with the starter's tables."""

    def __init__(self, home):
        for name in ("catalog.yaml", "company.yaml"):
            shutil.copy(ROOT / "app" / "demo" / name, home / name)
        self.home, self.clock = home, Clock()
        settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home)})
        upgrade(settings.database_url)
        self.services = build(settings, clock=self.clock)
        key = self.services.store.keys.create("all", tuple(Scope)).secret
        self.headers = {"Authorization": f"Bearer {key}"}
        log = make_logger(StringIO(), level="error", log_format="json")
        self.client = create_app(self.services, log=log).test_client()

    def send(self, path, body):
        answer = self.client.post(path, json=body, headers=self.headers)
        assert answer.status_code == 200, answer.json
        return answer.json

    def ledgers(self):
        rows = self.client.get("/v1/insights/ledgers?from=2024-01-01&to=2026-12-31", headers=self.headers).json["rows"]
        names = ("prevented", "detected", "recovered", "written_off")
        sums = {name: sum(float(each[name]) for each in rows if each["side"] == "under") for name in names}
        return {name: amount for name, amount in sums.items() if amount}

    def move(self, case, to, **more):
        return self.send(f"/v1/recovery-cases/{case['case_id']}/move", {"to": to, "version": case["version"]} | more)

    def queue(self):
        cases = self.client.get("/v1/queue", headers=self.headers).json.get("cases", [])
        return [(each["subject"]["id"], each["state"]) for each in cases]

    def run(self, *arguments):
        return CliRunner().invoke(main, [*map(str, arguments), "--home", str(self.home)])


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.services.gate.close()
    made.services.set_ups.close()
    made.services.store.close()


def sent(name, **terms):
    return json.loads((QUOTES / f"{name}.json").read_text("utf-8")) | terms


def test_what_was_blocked_found_and_recovered_is_booked_once(desk):
    blocked = desk.send("/v1/quotes/check", sent("seat-contract-without-overage"))
    assert (blocked["verdict"], blocked["totals"]["under"]) == ("block", "18000.00")
    mended = {"quote_id": blocked["subject"]["id"], "revision": "2"}
    desk.clock.advance(hours=1)
    assert desk.send("/v1/quotes/check", sent("seat-contract", **mended))["verdict"] == "allow"
    assert desk.ledgers() == {}
    agreement = json.loads((AUDIT / "agreement.json").read_text("utf-8")) | {"quote_id": mended["quote_id"]}
    for _ in range(2):  # signed once, sent twice
        desk.send("/v1/agreements", agreement)
    assert desk.ledgers() == {"prevented": 18000.0}

    files = [f"--{name}={AUDIT / file}" for name, file in FILES.items()]
    for _ in range(2):
        audited = desk.run("audit", *files, "--store", "--json")
        assert audited.exit_code == 1, audited.output
    assert desk.ledgers() == {"prevented": 18000.0, "detected": 9350.0}

    [finding] = json.loads(audited.stdout)["findings"]
    wanted = {"agreement_id": agreement["agreement_id"], "finding_id": finding["finding_id"]}
    case = desk.send("/v1/recovery-cases", wanted)
    for to in ("confirmed", "contacted", "invoiced"):
        case = desk.move(case, to)
    desk.move(case, "recovered", amount="5000.00")
    assert desk.ledgers() == {"prevented": 18000.0, "detected": 4350.0, "recovered": 5000.0}


def test_counted_and_queued_again_from_the_command_line_it_is_the_same(desk):
    desk.send("/v1/quotes/check", sent("seat-contract-at-28", quote_id="Q-28"))
    before, queue = desk.ledgers(), desk.queue()
    assert [name for name, _ in queue] == ["Q-28"]
    counted = desk.run("db", "rebuild-insights")
    assert (counted.exit_code, counted.stdout) == (0, "Counted 3 decisions.\n")
    made = desk.run("db", "rebuild-queue", "--all")
    assert (made.exit_code, "Made 1 case." in made.stdout) == (0, True), made.output
    assert (desk.ledgers(), desk.queue()) == (before, queue)
