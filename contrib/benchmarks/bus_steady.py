"""Whether the bus keeps up with 200 events a second, and how long each takes.

    python contrib/benchmarks/bus_steady.py [--quick] [--database sqlite|postgresql|both] [--minutes 10]

`pronaflow serve` answers 40 requests a second, each of which announces five facts (`POST /api/v1/facts` of
the benchmark's plugin, as a bulk change would), to four listeners: two that write a row, one that reaches out
(to nothing), one in batches. With one fact a request a single process is full at about 180 a second, most of
which is HTTP. On PostgreSQL it does so once alone, and once with Redis and `pronaflow worker`. The requests
come when they are due, whatever became of those before. An event's time runs from its publication, shortly
before the commit, until its listener has committed. The reference is the time of the requests themselves. The
goals are a p95 of at most 250 ms, nothing left at the end, and memory that grows by less than 20 MB.
"""

import http.client
import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import orjson
from bus_place import PATIENCE, Site, Stolen, at, conditions, percentiles, site, things, wait_until
from listeners_plugin.plugin import MODES
from measure import Figures, Options, options, show
from security_path import redis
from start import used

TITLE = "Steady: 200 events a second, four listeners"
RATE = 200
EACH = 5
"""Events of a request."""
CLIENTS = 8
WARM_UP = 5.0
GOAL = 250.0
MEMORY = 20
PASSWORD = "Quiet-Meadow7!x"


def figures(asked: Options) -> Figures:
    for kind in asked.databases:
        with site(kind) as made:
            yield f"{kind}, disk and load", conditions(made.folder)
            yield from _kept_up(kind, made, asked)
        if kind == "postgresql":
            with redis() as url, site(kind) as made:
                made.settings |= {"PRONAFLOW_REDIS_URL": url, "PRONAFLOW_JOBS__THREADS": "0"}
                with made.worker(asked):
                    yield from _kept_up("workers", made, asked)


def _kept_up(name: str, made: Site, asked: Options) -> Figures:
    with made.server() as (process, url), made.backlog() as backlog:
        caller = Caller(url)
        warmed = len(caller.run(1.0 if asked.quick else WARM_UP)) * EACH * len(MODES)
        # A listener notes what it heard after its commit: the backlog may be empty before that.
        wait_until(lambda: len(made.noted()) >= warmed and not backlog(), PATIENCE)
        made.notes.write_text("")
        cpu, memory = used(process.pid)
        stolen = Stolen()
        since = time.monotonic()
        requests = caller.run(asked.minutes * 60)
        last = time.monotonic()
        wait_until(lambda: not backlog(), PATIENCE)
        rest = time.monotonic() - last
        taken = str(stolen)
        spent, held = used(process.pid)
    yield f"{name}, requests", f"{len(requests):,} in {last - since:.0f} s; {percentiles(requests)}"
    yield from _listened(name, made, requests)
    yield f"{name}, nothing left", f"{rest:.2f} s after the last answer"
    busy, grown = (spent - cpu) / (last - since), (held - memory) / 2**20
    yield (
        f"{name}, the server",
        f"{busy:.2f} processors, {grown:+.1f} MB of memory, goal {MEMORY} MB; {taken}",
    )


def _listened(name: str, made: Site, requests: list[float]) -> Figures:
    request = statistics.median(requests)
    times = defaultdict(list)
    for line in made.noted():
        listener, milliseconds = line.split()
        times[listener].append(float(milliseconds))
    for listener, mode in MODES.items():
        heard = times[listener]
        told = len(requests) * EACH
        assert len(heard) == told, f"{listener} heard of {len(heard)} of {told} events"
        ratio = at(sorted(heard), 0.95) / request
        yield (
            f"{name}, {listener} ({mode})",
            f"{percentiles(heard)}; p95 {ratio:.1f} times a request, goal p95 {GOAL:g} ms",
        )


class Caller:
    """Somebody with a workspace who announces facts by several connections."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), address.port
        connection = self._connection()
        account = {"email": "ann@example.com", "password": PASSWORD}
        _send(connection, "/api/v1/auth/register", {**account, "username": "ann"})
        self._token = _send(connection, "/api/v1/auth/login", account)["data"]["access_token"]
        self._things = itertools.cycle(things(500))

    def run(self, seconds: float) -> list[float]:
        """Announce facts; answers the milliseconds of each request."""
        begin = time.monotonic()
        due = iter([begin + number * EACH / RATE for number in range(round(seconds * RATE / EACH))])
        with ThreadPoolExecutor(CLIENTS) as clients:
            found = [clients.submit(self._announce, due) for _ in range(CLIENTS)]
        return [each for client in found for each in client.result()]

    def _announce(self, due: Iterator[float]) -> list[float]:
        connection, found = self._connection(), []
        for when in due:
            time.sleep(max(0.0, when - time.monotonic()))
            since = time.monotonic()
            about = [next(self._things) for _ in range(EACH)]
            _send(connection, "/api/v1/facts", {"thing_ids": about}, self._token)
            found.append((time.monotonic() - since) * 1000)
        return found

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=60)


def _send(connection: http.client.HTTPConnection, path: str, body: object, token: str = "") -> dict:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request("POST", path, orjson.dumps(body), headers)
    with connection.getresponse() as response:
        content = response.read()
        assert response.status in (200, 201), (path, response.status, content)
        return orjson.loads(content)


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
