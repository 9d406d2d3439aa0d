"""Clients: each sends one body after the other over one connection and notes how long every answer took."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests measured. Times are in milliseconds."""

    times: tuple[float, ...]
    failures: int

    def percentile(self, share: float) -> float:
        """The time within which so large a share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(port: int, path: str, body: bytes, *, requests: int, clients: int = 1, key: str | None = None) -> Load:
    """So many requests in all, from so many clients at once."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    times: list[float] = []
    failures: list[int] = []

    def client(count: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(count):
            began = time.perf_counter()
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            response.read()
            times.append((time.perf_counter() - began) * 1000)
            if response.status != 200:
                failures.append(response.status)
        connection.close()

    threads = [threading.Thread(target=client, args=(requests // clients,)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(tuple(times), len(failures))
