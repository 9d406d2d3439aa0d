"""What stands in front of localstripe: it passes everything on, and adds what Stripe has and localstripe does not know.

localstripe answers a pause of collection with 500, and forgets metadata that is written to a subscription later. Here both are
kept beside it and shown with the subscription, as Stripe does. Prices, tiers, invoices and webhooks stay localstripe's own.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

_SUBSCRIPTION = "/v1/subscriptions/"


class InFront(ThreadingHTTPServer):
    """The front. `kept` is what it adds to subscriptions, by id; `calls` are the paths and forms of what was written."""

    daemon_threads = True

    def __init__(self, address):
        self.address = address
        self.kept = {}
        self.calls = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: InFront

    def do_GET(self):
        status, body = self._ask(None)
        self._answer(status, self._shown(body) if status == 200 else body)

    def do_POST(self):
        form = parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(), keep_blank_values=True)
        self.server.calls.append((self.path, form))
        if not self.path.startswith(_SUBSCRIPTION):
            self._answer(*self._ask(urlencode(form).encode()))
            return
        identity = self.path.removeprefix(_SUBSCRIPTION)
        rest = [(name, value) for name, value in form if not self._keep(identity, name, value)]
        status, body = self._ask(urlencode(rest).encode() if rest else None)
        self._answer(status, self._shown(body) if status == 200 else body)

    def _keep(self, identity, name, value):
        """Whether a field is one that localstripe does not know, which is kept here."""
        kept = self.server.kept.setdefault(identity, {"metadata": {}, "pause_collection": None})
        if name.startswith("metadata["):
            key = name[len("metadata[") : -1]
            kept["metadata"].pop(key, None) if value == "" else kept["metadata"].update({key: value})
        elif name == "pause_collection":
            kept["pause_collection"] = None
        elif name.startswith("pause_collection["):
            kept["pause_collection"] = {"behavior": value, "resumes_at": None}
        else:
            return False
        return True

    def _shown(self, body):
        found = json.loads(body)
        kept = self.server.kept.get(found.get("id"))
        if kept is not None:
            found["metadata"] = {**(found.get("metadata") or {}), **kept["metadata"]}
            found["pause_collection"] = kept["pause_collection"]
        return json.dumps(found).encode()

    def _ask(self, body):
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
        request = urllib.request.Request(self.server.address + self.path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
