"""The examples of answers in the API's document, as the program gives them: `python -m tests.app.api.examples` writes them anew.

The quote and the records to send are written by hand; the answers come from the real gate over the starter's tables. What
differs from run to run (ids, digests, times) is replaced by what stands here.
"""

import json
import re
import shutil
import tempfile
from dataclasses import replace
from io import StringIO
from pathlib import Path

from app.api.examples import read_examples
from app.bootstrap import build
from app.config import Settings
from app.factory import create_app
from app.observability.logs import make_logger
from app.store import Scope
from app.store.upgrade import upgrade
from scoring.model import Models
from tests.app.scoring_models import a_linear_model
from tests.fakes import Clock

FOLDER = Path(__file__).parents[3] / "app" / "web" / "examples"
STARTER = Path(__file__).parents[3] / "app" / "starter"
DIFFERING = (
    (r"\b(dec|ref|rev|rec|fix)_[0-9A-Z]{26}", r"\1_01KJQ2V8Y4M6T0WXA3C5E7G9HB"),
    (r'"key:[0-9a-f]{12}"', '"key:0bc27cac85fd"'),
    (
        r'"policy_version": "sha256:[0-9a-f]{64}"',
        '"policy_version": "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"',
    ),
    (r'"request_id": "[0-9a-f]{16}"', '"request_id": "9f86d081884c7d65"'),
    (r'"(noted_by|opened_by|by)": "[0-9a-f]{12}"', r'"\1": "0bc27cac85fd"'),
    (r'"key_id": "[0-9a-f]{12}"', '"key_id": "0bc27cac85fd"'),
    (r'"duration_ms": [0-9.]+', '"duration_ms": 4.1'),
    (r'"(20[0-9T-]{17}Z)-[0-9a-f]{8}"', r'"\1-5a74da2f"'),
    (r'\.(json|gz)": "[0-9a-f]{64}"', r'.\1": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"'),
)


def answers():
    """Each answer's example as text, by the name of its schema."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(STARTER, folder, dirs_exist_ok=True)
        found = _ask(Settings.from_environment({"QUOTEGUARD_HOME": folder}))
    return {name: _settled(json.dumps(answer, indent=2, ensure_ascii=False)) + "\n" for name, answer in found.items()}


def _ask(settings):
    upgrade(settings.database_url)
    services = build(settings, clock=Clock())
    key = services.store.keys.create("example", tuple(Scope)).secret
    services = replace(services, settings=replace(settings, rate_limit=None))
    client = create_app(services, log=make_logger(StringIO(), level="error", log_format="json")).test_client()
    headers = {"Authorization": f"Bearer {key}"}
    quote = read_examples()["Quote"]
    undiscounted = {**quote, "revision": "2", "lines": [{**quote["lines"][0], "net_unit_price": "25"}]}
    client.post("/v1/quotes/check", json=undiscounted, headers=headers)
    decision = client.post("/v1/quotes/check", json=quote, headers=headers).json
    refused = client.post(
        "/v1/quotes/check",
        data='{"quote_id": "Q-1", "currency": "USD", "lines": []}',
        headers=headers,
        content_type="application/json",
    ).json
    policies = client.get("/v1/policies", headers=headers).json
    found = {
        "Decision": decision,
        "AuditReport": client.post("/v1/audits", json=read_examples()["AuditRequest"], headers=headers).json,
        "SetUpDecision": client.post(
            "/v1/billing-configurations/verify?dry_run=true", json=read_examples()["VerifyRequest"], headers=headers
        ).json,
        "DecisionPage": client.get("/v1/decisions?limit=1", headers=headers).json,
        "QuoteScorecard": client.get(f"/v1/scorecards/quotes/{quote['quote_id']}", headers=headers).json,
        "RefusedRequest": client.get(refused["instance"], headers=headers).json,
        "PolicyList": policies
        | {"policies": [each for each in policies["policies"] if each["pattern"] in ("Q02", "Q11")]},
    }
    found |= _watched(client, headers) | _models(client, headers, services.settings.models)
    found |= _reviewed(client, services.store, headers, decision)
    found |= _insights(client, headers)
    found["FeedbackCounts"] = client.get("/v1/feedback?from=2026-03-01&to=2026-03-31", headers=headers).json
    services.store.close()
    return found


def _watched(client, headers):
    """What is held and watched of the set-up whose charge has no overage price, once its seats are in use."""
    set_up = read_examples()["VerifyRequest"]
    used = {"usage_id": "U-4410-04", "agreement_id": "AG-4410", "line_id": "1", "quantity": "512"}
    client.post("/v1/agreements", json=set_up["agreement"], headers=headers)
    days = {"period_start": "2026-04-01", "period_end": "2026-04-19"}
    client.post("/v1/usage", json=used | days, headers=headers)
    client.post("/v1/billing-configurations/verify", json=set_up, headers=headers)
    return {
        "WatchPage": client.get("/v1/watch?as_of=2026-04-20", headers=headers).json,
        "HoldPage": client.get("/v1/holds", headers=headers).json,
        "HoldWithHistory": client.get("/v1/holds/BC-4410", headers=headers).json,
    }


def _reviewed(client, store, headers, decision):
    """The quote's case, with somebody to look after it, and sent back by another key than the one that sent it."""
    reviewer = {"Authorization": f"Bearer {store.keys.create('deal-desk', tuple(Scope), roles=['*']).secret}"}
    sent = read_examples()
    queue = client.get("/v1/queue?subject_type=quote", headers=headers).json
    assigned = client.post("/v1/queue/assign", json=sent["Assign"], headers=reviewer).json
    address = f"/v1/decisions/{decision['decision_id']}"
    reviewed = client.post(f"{address}/review", json=sent["Review"], headers=reviewer).json
    return {
        "Queue": queue,
        "Assigned": assigned,
        "Reviewed": reviewed,
        "ReviewList": client.get(f"{address}/reviews", headers=headers).json,
    }


def _insights(client, headers):
    """What an audit of the seat contract found, on its way back, and how the ledgers and the rest tell of it."""
    request = read_examples()["AuditRequest"] | {"store": True}
    report = client.post("/v1/audits", json=request, headers=headers).json
    asked = {"agreement_id": report["agreement_id"], "finding_id": report["findings"][0]["finding_id"], "owner": "ann"}
    case = client.post("/v1/recovery-cases", json=asked, headers=headers).json
    fix = {
        "kind": "policy",
        "value": report["findings"][0]["policy_id"],
        "made_on": "2026-03-01",
        "title": "Usage is rated by the billing system",
    }
    found = {"NotedFix": client.post("/v1/insights/fixes", json=fix, headers=headers).json}
    for name in ("ledgers", "patterns", "policies", "reps", "fixes", "signals"):
        address = f"/v1/insights/{name}?from=2026-01-01&to=2026-12-31"
        found[f"Insight{name.title()}"] = client.get(address, headers=headers).json
    address = f"/v1/recovery-cases/{case['case_id']}"
    return found | {
        "RecoveryCase": case,
        "RecoveryCasePage": client.get("/v1/recovery-cases", headers=headers).json,
        "RecoveryLetter": client.get(f"{address}/letter", headers=headers).json,
    }


def _models(client, headers, folder):
    """A model of one effect, in force."""
    models = Models(folder=folder)
    models.promote(models.add(a_linear_model(-2.0, depth=0.4)), "mia", "the first model", Clock()())
    listed = client.get("/v1/models", headers=headers).json
    return {"ModelList": listed, "Model": client.get(f"/v1/models/{listed['champion']}", headers=headers).json}


def _settled(text):
    for differing, settled in DIFFERING:
        text = re.sub(differing, settled, text)
    return text


if __name__ == "__main__":
    for schema, answer in answers().items():
        (FOLDER / f"{schema}.json").write_text(answer, "utf-8")
