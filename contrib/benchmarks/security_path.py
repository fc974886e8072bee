"""What it costs to let a request in: who sends it, does the session live, is the limit used up.

    python contrib/benchmarks/security_path.py [--quick] [--database sqlite|postgresql|both]

Every request with a token goes through that before its route. The reference runs the very statement that
looks the session up on the bare driver, and nothing else. Where requests are counted in Redis, the thread
waits for it, so that the time on the wall stands beside the CPU time. PRONAFLOW_TEST_REDIS_URL names a Redis
of your own; else one from a wheel is started. The goal is at most half a millisecond.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bare import caught, driver
from flask import g
from measure import Figures, Options, Times, alternate, options, show
from place import database

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.redis import RedisServer
from pronaflow_kernel.web.admission import Admission

TITLE = "Security path: letting a request in, session check and rate limit together"
GOAL = 500.0
NEVER = {"rate_limit.user_per_minute": 1_000_000}
"""A limit that no benchmark uses up."""


def figures(asked: Options) -> Figures:
    rounds = 3 if asked.quick else 100
    for kind in asked.databases:
        with database(kind) as (url, folder), redis() as redis_url:
            counting = {"rate_limit.enabled": True, **NEVER}
            yield from _costs(
                kind,
                url,
                folder,
                rounds,
                {
                    "not counted": {},
                    "counted in memory": counting,
                    "counted in Redis": {**counting, "redis_url": redis_url},
                },
            )


@contextmanager
def redis() -> Iterator[str]:
    """URL of a Redis."""
    if named := os.environ.get("PRONAFLOW_TEST_REDIS_URL"):
        yield named
        return
    with TemporaryDirectory(prefix="pronaflow-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server.url
        finally:
            server.kill()


def _costs(kind: str, url: str, folder: Path, rounds: int, ways: dict[str, dict[str, Any]]) -> Figures:
    with ExitStack() as stack:
        worlds = {name: stack.enter_context(_world(url, folder, settings)) for name, settings in ways.items()}
        first = next(iter(worlds.values()))
        headers = {"Authorization": f"Bearer {first.person().token}"}
        stack.enter_context(first.app.test_request_context("/api/v1/tasks", headers=headers))
        calls = {name: stack.enter_context(_letting_in(world)) for name, world in worlds.items()}
        look_up = caught(first.kernel.db.engines.read, next(iter(calls.values())), "core__session")
        bare = stack.enter_context(driver(url))
        times = alternate({"bare": lambda: bare.rows(*look_up), **calls}, rounds)
        yield f"{kind}, session look-up, bare", str(times["bare"])
        for name, call in calls.items():
            wall = f"; {_on_the_wall(call, rounds):.1f} us on the wall" if "Redis" in name else ""
            yield f"{kind}, {name}", f"{times[name]}  {_ratio(times, name)}{wall}, goal {GOAL:g} us"


@contextmanager
def _world(url: str, folder: Path, settings: dict[str, Any]) -> Iterator[World]:
    world = World(url, folder, settings)
    try:
        yield world
    finally:
        world.close()


@contextmanager
def _letting_in(world: World) -> Iterator[Callable[[], object]]:
    """Lets the request at hand in, as often as one likes."""
    admission: Admission = world.app.extensions["pronaflow.admission"]
    nobody = Scope(Principal.anonymous())
    with world.kernel.db.read(nobody) as reader:

        def call() -> object:
            reader.enter(nobody)
            return admission.sign_in(reader)

        yield call
        assert g.standing.policy in (None, "off"), "Redis was away"


def _ratio(times: dict[str, Times], name: str) -> str:
    return f"{times[name].ratio(times['bare']):.1f} times bare"


def _on_the_wall(call: Callable[[], object], rounds: int) -> float:
    """Median microseconds of a call, with whatever it waits for."""
    found = []
    for _ in range(rounds * 10):
        since = time.perf_counter()
        call()
        found.append(time.perf_counter() - since)
    return statistics.median(found) * 1e6


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
