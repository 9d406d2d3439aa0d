"""A real server on a free port of loopback, with a fake gate: `python -m tests.app.served`, settings from the environment."""

import os
import sys
from types import SimpleNamespace

from app.config import Settings
from app.factory import VERSION, create_app
from app.observability.logs import make_logger
from app.observability.metrics import Metrics
from app.serving import serve
from app.store import Store
from tests.fakes import Clock, FakeGate, FakeVerifier, NoRules


def application(settings, shared):
    services = SimpleNamespace(
        settings=settings,
        store=Store.open(settings.database_url),
        gate=FakeGate(),
        set_ups=FakeVerifier(),
        rules=NoRules(),
        clock=Clock(),
    )
    log = make_logger(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    return create_app(services, metrics=Metrics.shared(shared, version=VERSION), log=log, shared=shared)


if __name__ == "__main__":
    serve(Settings.from_environment(os.environ), application)
