"""The program as its own process: `python -m app serve` on a free port of loopback, and a client that speaks to it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECK = "/v1/quotes/check"


class Process:
    """A server under way: its port, and what it logged so far."""

    def __init__(self, process):
        self.process = process
        self._lines = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        listening = self.wait_for("Listening at")
        self.port = int(re.search(r":(\d+)", listening["event"].partition("//")[2])[1])

    def _read(self):
        with suppress(ValueError):  # closed under our eyes when the process was killed
            for line in self.process.stderr:
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()

    def logged(self, event):
        return [json.loads(line) for line in self._lines if event in line and line.startswith("{")]

    def wait_for(self, event, times=1, seconds=30):
        """The log's line of an event, as soon as it is there that often."""
        with self._news:
            found = self._news.wait_for(lambda: len(self.logged(event)) >= times, seconds)
        assert found, f"{event} was not logged:\n{''.join(self._lines)}"
        return self.logged(event)[times - 1]

    def kill(self):
        """End every process of the server at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def stop(self):
        """Ask it to stop, and wait until it has."""
        self.process.terminate()
        return self.process.wait(20)


class Client:
    """Calls a server with a key. Each call has a connection of its own unless one is given."""

    def __init__(self, port, key):
        self.port = port
        self.key = key

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, *, connection=None, **headers):
        """Status, body and headers of the answer. Raises OSError or HTTPException where none arrived whole."""
        own = connection is None
        connection = connection or self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        stated = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | named
        try:
            connection.request(method, path, body=body, headers=stated)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            if own:
                connection.close()

    def json(self, method, path, body=None, **headers):
        status, text, _ = self.ask(method, path, body, **headers)
        return status, json.loads(text)

    def metric(self, name):
        """The sum of a metric over all its labels."""
        text = self.ask("GET", "/metrics")[1].decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


@contextmanager
def serving(home, url, **settings):
    """A server over a home folder and a database, ended at the latest when the block is left."""
    names = {"home": home, "database_url": url, "port": 0, "workers": 2, "rate_limit": "off"} | settings
    environ = {f"QUOTEGUARD_{name.upper()}": str(value) for name, value in names.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Process(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        process.stderr.close()
