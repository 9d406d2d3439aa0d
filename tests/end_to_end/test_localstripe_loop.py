"""From Stripe's webhook to the hold at Stripe and back, with a real server and worker and a Stripe server by others on loopback.

A subscription that bills ten seats where twelve are agreed is held, set right, and let go. localstripe itself knows no pause of
collection: alone, its refusal is what is shown; with a front that adds the pause, the hold is carried out and undone. Nor does
it tell of a subscription that was changed: that event is sent here, signed as Stripe signs.
"""

import hmac
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import stripe

from app.store import MessageFilter, MessageKind, MessageState, Scope, Store
from app.store.upgrade import upgrade
from benchmarks.acme_site import Program
from policies.holding import HoldState
from tests.end_to_end.process import Client
from tests.end_to_end.stripe_in_front import InFront
from tests.receivers import SECRET as LISTENER_SECRET
from tests.receivers import listening

SECRET, KEY = "whsec_of_this_test", "sk_test_of_this_test"
CONNECTIONS = """\
connections:
  - name: billing
    connector: stripe
    base_url: {stripe}
    allow_private: true
    secrets: {{webhook: [{{env: STRIPE_WEBHOOK}}], api: [{{env: STRIPE_KEY}}]}}
webhooks:
  - name: erp
    url: {erp}
    allow_private: true
    secrets: [{{env: ERP_SECRET}}]
"""
TIERS = [
    {"up_to": 10, "unit_amount": 1000, "flat_amount": 0},
    {"up_to": "inf", "unit_amount": 800, "flat_amount": 500},
]
pytestmark = pytest.mark.slow


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=60):
    """What a condition gives, as soon as it gives anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} seconds: {condition.__doc__ or condition}")


def is_up(url):
    try:
        urllib.request.urlopen(url, timeout=1)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def localstripe(port):
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_up(f"http://127.0.0.1:{port}/v1/balance"))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def in_front(address):
    server = InFront(address)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def programs(folder, stripe_url, erp_url):
    """A server and a worker with Stripe connected: the port, and a key that may store agreements."""
    home, port = folder / "home", free_port()
    home.mkdir()
    (home / "connections.yaml").write_text(CONNECTIONS.format(stripe=stripe_url, erp=erp_url))
    url = f"sqlite:///{home / 'quoteguard.db'}"
    upgrade(url)
    settings = {"HOME": home, "DATABASE_URL": url, "PORT": port, "WORKERS": 1, "RATE_LIMIT": "off"}
    environ = {f"QUOTEGUARD_{name}": str(value) for name, value in settings.items()}
    environ |= {"PATH": os.environ["PATH"], "STRIPE_WEBHOOK": SECRET, "STRIPE_KEY": KEY, "ERP_SECRET": LISTENER_SECRET}
    running = [Program((name,), environ, folder / f"{name}.log") for name in ("serve", "worker")]
    try:
        for each in running:
            each.start()
        until(lambda: is_up(f"http://127.0.0.1:{port}/healthz"))
        with Store.open(url) as store:
            secret = store.keys.create("test", list(Scope)).secret
            yield SimpleNamespace(store=store, client=Client(port, secret), port=port, programs=running)
    finally:
        for each in running:
            each.kill()


class Deal:
    """Twelve seats are agreed for a year, the customer pays by card, and a subscription bills them through Stripe's own client."""

    def __init__(self, address, site):
        self.api = stripe.StripeClient(KEY, base_addresses={"api": address})
        self.site = site
        v1 = self.api.v1
        self.customer = v1.customers.create({"email": "buyer@example.com"})
        card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = v1.payment_methods.create({"type": "card", "card": card})
        v1.payment_methods.attach(method.id, {"customer": self.customer.id})
        v1.customers.update(self.customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        self.product = v1.products.create({"name": "Seats", "type": "service"})
        tiered = {"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS}
        self.plan = v1.plans.create({"product": self.product.id, "currency": "usd", "interval": "month", **tiered})

    def agree(self, seats):
        today = datetime.now(UTC).date()
        line = {
            "line_id": "1", "product_id": self.product.id, "product_name": "Seats", "charge_type": "recurring",
            "charge_model": "volume", "quantity": str(seats), "price_period": "month",
            "tiers": [{"up_to": "10", "unit_price": "10", "flat_fee": "0"}, {"unit_price": "8", "flat_fee": "5"}],
        }  # fmt: skip
        agreement = {
            "agreement_id": "A-1", "account": {"account_id": self.customer.id}, "currency": "USD", "time_zone": "UTC",
            "start_date": today.isoformat(), "end_date": (today.replace(year=today.year + 1) - timedelta(days=1)).isoformat(),
            "billing_frequency": "monthly", "billing_timing": "in_advance", "renewal": {"auto_renew": True}, "lines": [line],
        }  # fmt: skip
        status, answer = self.site.client.json("POST", "/v1/agreements", json.dumps(agreement))
        assert status in {200, 201}, answer

    def subscribe(self, seats):
        item = {"plan": self.plan.id, "quantity": seats, "metadata": {"line_id": "1"}}
        given = {"customer": self.customer.id, "metadata": {"agreement_id": "A-1"}, "items": [item]}
        self.subscription = self.api.v1.subscriptions.create(given)
        return self.subscription.id

    def correct(self, seats):
        [item] = self.api.v1.subscriptions.retrieve(self.subscription.id)["items"]["data"]
        changed = {"id": item["id"], "plan": self.plan.id, "quantity": seats, "metadata": {"line_id": "1"}}
        found = self.api.v1.subscriptions.update(self.subscription.id, {"items": [changed]})
        self.tell_of(json.loads(str(found)))

    def tell_of(self, found):
        """Send the event that Stripe sends of a change, and localstripe does not."""
        now = int(time.time())
        event = {"id": "evt_update", "object": "event", "type": "customer.subscription.updated", "created": now}
        body = json.dumps(event | {"data": {"object": found}})
        signature = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), "sha256").hexdigest()
        headers = {"Stripe_Signature": f"t={now},v1={signature}"}
        assert self.site.client.ask("POST", "/v1/hooks/billing", body, **headers)[0] == 200


def register(address, port):
    """Have localstripe send its webhooks to our server, signed with our secret."""
    form = urlencode({"url": f"http://127.0.0.1:{port}/v1/hooks/billing", "secret": SECRET}).encode()
    urllib.request.urlopen(f"{address}/_config/webhooks/ours", data=form, timeout=5)


def message(store, kind):
    """The newest message of a kind, once there is one."""
    found = store.outbox.page(MessageFilter(kind=kind))
    return found[0] if found else None


def events(erp):
    return [json.loads(body)["type"] for _, body in erp.taken]


@contextmanager
def connected(folder, stripe_url):
    """The company's programs, with this Stripe and a listener."""
    with listening() as erp, programs(folder, stripe_url, erp.endpoint().url) as site:
        site.erp = erp
        yield site


def held(address, site):
    """Ten seats are billed where twelve are agreed; given once the first invoice is held in the record."""
    register(address, site.port)
    deal = Deal(address, site)
    deal.agree(12)
    identity = deal.subscribe(10)
    until(lambda: (hold := site.store.holds.get(identity)) and hold.state.holds)
    return deal, identity


def became(site, kind, state):
    """Whether the newest message of a kind ended so."""
    found = message(site.store, kind)
    return found is not None and found.state is state


def test_a_mismatch_is_held_at_stripe_set_right_and_let_go(tmp_path):
    with localstripe(free_port()) as address, in_front(address) as front, connected(tmp_path, front.url) as site:
        deal, identity = held(address, site)
        until(lambda: became(site, MessageKind.HOLD, MessageState.DELIVERED))
        hold, kept = site.store.holds.get(identity), front.kept[identity]
        assert kept["pause_collection"] == {"behavior": "keep_as_draft", "resumes_at": None}
        assert kept["metadata"]["quoteguard_hold"] == hold.decision_id
        assert hold.reasons[0].policy_id == "price-or-quantity-differs"
        deal.correct(12)
        until(lambda: became(site, MessageKind.RELEASE, MessageState.DELIVERED))
        assert site.store.holds.get(identity).state is HoldState.RELEASED
        assert kept["pause_collection"] is None
        assert "quoteguard_hold" not in kept["metadata"]
        told = [each for each in site.store.holds.history(identity) if each.event.value in {"held", "released"}]
        assert [each.sent_at is not None for each in told] == [True, True]
        until(lambda: "hold.released" in events(site.erp))


def test_what_localstripe_alone_cannot_hold_is_said_and_the_release_does_not_wait_for_it(tmp_path):
    with localstripe(free_port()) as address, connected(tmp_path, address) as site:
        deal, identity = held(address, site)
        until(lambda: (sent := message(site.store, MessageKind.HOLD)) and sent.attempts)
        assert "500" in message(site.store, MessageKind.HOLD).reason
        assert site.store.holds.history(identity)[0].sent_at is None
        deal.correct(12)
        until(lambda: became(site, MessageKind.RELEASE, MessageState.DELIVERED), 90)
        assert became(site, MessageKind.HOLD, MessageState.SUPERSEDED)
        assert message(site.store, MessageKind.RELEASE).reason == "there is no hold of ours at Stripe"
        until(lambda: {"hold.placed", "hold.released"} <= set(events(site.erp)))
