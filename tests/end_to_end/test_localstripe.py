"""A Stripe server by others, on loopback: what its official client sets up is fetched, understood and compared by hand.

localstripe keeps its state in one file of the temporary folder and speaks the Plan API of older versions. It knows no
pause of collection, so a hold is tried here for its refusal alone; it takes a write-back and forgets it. Its graduated
tiers are not Stripe's, so the plan here is a volume one.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode

import pytest
import stripe

from cpq_hooks.adapter import Delivery, Genuine, Need, Refusal, Shape, Target
from cpq_hooks.adapters.stripe import ADAPTER
from cpq_hooks.canonical import load_billing_configuration, load_invoice
from cpq_hooks.clients.failures import CallFailed, NotThere
from cpq_hooks.clients.stripe import StripeClient
from cpq_hooks.connection import Connection
from policies.domain.rating import rate

SECRET = "whsec_of_this_test"
pytestmark = pytest.mark.slow


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.skip("localstripe does not start here")


@pytest.fixture(scope="module")
def address():
    """A localstripe of our own, empty."""
    pytest.importorskip("localstripe")
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"http://127.0.0.1:{port}/v1/balance")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def connection(address):
    return Connection(
        name="billing", connector="stripe", base_url=address, allow_private=True,
        secrets={"webhook": (SECRET,), "api": ("sk_test_of_this_test",)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def official(address):
    return stripe.StripeClient("sk_test_of_this_test", base_addresses={"api": address})


class _Inbox(BaseHTTPRequestHandler):
    """Takes each webhook as it came."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.taken.append(
            Delivery(method="POST", url="http://here/", headers=headers, body=body, received_at=datetime.now(UTC))
        )
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def taken(address):
    server = HTTPServer(("127.0.0.1", 0), _Inbox)
    server.taken = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    form = urlencode({"url": f"http://127.0.0.1:{server.server_port}/", "secret": SECRET}).encode()
    urllib.request.urlopen(f"{address}/_config/webhooks/ours", data=form, timeout=5)
    yield server.taken
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def subscription(official, taken):
    """Twelve seats, all at the price of the tier that holds twelve, and its fee: 12 x $8 + $5 = $101."""
    customer = official.v1.customers.create({"email": "buyer@example.com"})
    method = official.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
    )
    official.v1.payment_methods.attach(method.id, {"customer": customer.id})
    official.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    product = official.v1.products.create({"name": "Seats", "type": "service"})
    plan = official.v1.plans.create(
        {
            "product": product.id, "currency": "usd", "interval": "month", "billing_scheme": "tiered",
            "tiers_mode": "volume",
            "tiers": [
                {"up_to": 10, "unit_amount": 1000, "flat_amount": 0},
                {"up_to": "inf", "unit_amount": 800, "flat_amount": 500},
            ],
        }
    )  # fmt: skip
    return official.v1.subscriptions.create(
        {
            "customer": customer.id, "metadata": {"agreement_id": "A-1"},
            "items": [{"plan": plan.id, "quantity": 12, "metadata": {"quote_line_id": "1"}}],
        }
    )  # fmt: skip


def _fetched(connection, resource, identity):
    return StripeClient.of(connection).fetch(Need(resource=resource, id=identity))


def test_its_subscription_is_understood_to_the_last_cent(connection, subscription):
    fetched = _fetched(connection, "subscription", subscription.id)
    (found,) = ADAPTER.translate(fetched, Shape.BILLING_CONFIGURATION, connection)
    configuration = load_billing_configuration(found.document)
    charge = configuration.charges[0]
    assert (configuration.agreement_id, configuration.status) == ("A-1", "active")
    assert (charge.quote_line_id, charge.terms.product_name) == ("1", "Seats")
    assert rate(charge.terms, Decimal(12)).amount == Decimal(101)
    assert [each for each in found.unused if each.bears_on] == []


def test_its_invoice_bills_what_the_charge_comes_to(connection, subscription):
    latest = _fetched(connection, "subscription", subscription.id)["latest_invoice"]
    fetched = _fetched(connection, "invoice", latest if isinstance(latest, str) else latest["id"])
    (found,) = ADAPTER.translate(fetched, Shape.INVOICE, connection)
    invoice = load_invoice(found.document)
    assert [(line.kind, line.amount, line.quantity) for line in invoice.lines] == [("recurring", 101, 12)]
    assert (invoice.billing_configuration_id, invoice.total) == (subscription.id, 101)


def test_its_webhook_is_verified_and_names_the_subscription(connection, subscription, taken):
    deadline = time.monotonic() + 10
    kinds: dict[str, Delivery] = {}
    while "customer.subscription.created" not in kinds and time.monotonic() < deadline:
        kinds = {event.kind: each for each in list(taken) for event in ADAPTER.events(each, connection)}
        time.sleep(0.05)
    delivery = kinds["customer.subscription.created"]
    assert isinstance(ADAPTER.verify(delivery, connection), Genuine)
    (event,) = ADAPTER.events(delivery, connection)
    assert event.needs == (Need(resource="subscription", id=subscription.id),)
    other = Connection(name="x", connector="stripe", secrets={"webhook": ("whsec_other",)})
    assert isinstance(ADAPTER.verify(delivery, other), Refusal)


def test_a_write_back_is_taken_and_a_hold_that_it_does_not_know_is_a_failure(connection, subscription):
    fetched = _fetched(connection, "subscription", subscription.id)
    target = Target(object_type="subscription", object_id=subscription.id, payload=fetched)
    decision = {
        "decision_id": "dec_1", "verdict": "block", "headline": "12 seats sold, 10 billed",
        "evaluated_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    client = StripeClient.of(connection)
    (verdict,) = ADAPTER.write_back(target, decision, connection)
    assert client.execute(verdict).json()["id"] == subscription.id
    (hold,) = ADAPTER.hold(target, decision, connection)
    with pytest.raises(CallFailed):
        client.execute(hold, budget=1)


def test_what_is_not_there_is_said(connection, address):
    with pytest.raises(NotThere):
        _fetched(connection, "subscription", "sub_nobody")
