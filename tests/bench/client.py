"""A small load generator: a fixed number of requests over 8 kept-alive connections to loopback."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

CONNECTIONS = 8
TIME_LIMIT = 60  # seconds a run may take at most; it then stops with what it has


@dataclass(frozen=True)
class Request:
    """One request to send: made anew for each, since a visit needs a fresh uuid."""

    method: str
    path: str
    body: str = ""


@dataclass(frozen=True)
class Run:
    """One bounded run: n answers, in seconds."""

    seconds: float
    latencies: list[float]
    queries: int

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` of the answers stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


class WrongAnswer(Exception):
    """A status the case does not expect: the figures would measure an error page."""


def drive(port: int, make: Callable[[], Request], *, headers: dict[str, str], n: int, expected: int) -> Run:
    """Send n requests and wait for all answers. Raises WrongAnswer at the first unexpected status."""
    left = iter(range(n))
    lock = threading.Lock()
    latencies: list[float] = []
    queries: list[int] = []
    failures: list[str] = []
    deadline = time.monotonic() + TIME_LIMIT

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not failures and time.monotonic() < deadline:
            with lock:
                if next(left, None) is None:
                    break
            request = make()
            begun = time.perf_counter()
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            taken = time.perf_counter() - begun
            if answer.status != expected:
                failures.append(f"{request.path}: {answer.status} {body[:2000].decode(errors='replace')}")
            with lock:
                latencies.append(taken)
                queries.append(int(answer.headers.get("X-Queries", 0)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise WrongAnswer(failures[0])
    return Run(time.perf_counter() - begun, latencies, int(statistics.median(queries)))
