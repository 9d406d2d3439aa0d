"""The floor: a bare Flask route that parses a JSON body and sends it back, under the same gunicorn settings."""

from __future__ import annotations

import sys

from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication

app = Flask(__name__)


@app.get("/healthz")
def health() -> Response:
    return jsonify(status="ok")


@app.post("/echo")
def echo() -> Response:
    return jsonify(request.get_json())


class _Server(BaseApplication):  # type: ignore[misc]
    def load_config(self) -> None:
        settings = {"bind": [f"127.0.0.1:{sys.argv[1]}"], "workers": 1, "threads": 4, "worker_class": "gthread"}
        settings |= {"keepalive": 15, "accesslog": None, "loglevel": "error", "control_socket_disable": True}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return app


if __name__ == "__main__":
    _Server().run()
