"""Whether the time of an answer tells if there is an account (security.md 2.10).

    python contrib/benchmarks/enumeration_timing.py [--quick] [--database sqlite|postgresql|both]

Each public route that names an account is asked in turns about one that there is and one that there is not,
200 times each, in random order and always after the same neutral request. The goal is that medians differ by
less than 10 % and that the Mann-Whitney test does not tell the two apart (p > 0.01). A stranger sees the
clock on the wall, in which other work on the machine shows; the CPU time tells what our own code does.
"""

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from math import erfc, sqrt
from typing import Any

from measure import Figures, Options, options, show
from place import database

from pronaflow_kernel.testing import World

TITLE = "Enumeration: time of an answer about an account that is there and about one that is not"
AUTH = "/api/v1/auth"
PASSWORD, WRONG = "Correct-Horse-7", "Wrong-Horse-77"
SETTINGS = {
    "auth.require_email_verification": True,
    "auth.hide_existing_accounts": True,
}
REAL_HASHES = {"auth.argon2_time_cost": 2, "auth.argon2_memory_kib": 19456}

Asked = Callable[[str, str], tuple[str, dict[str, Any]]]
"""From mail address and user name to route and body."""

Times = tuple[float, float]
"""Milliseconds on the wall and on the CPU."""

ROUTES: dict[str, Asked] = {
    "login": lambda email, name: ("login", {"email": email, "password": WRONG}),
    "login by user name": lambda email, name: ("login", {"username": name, "password": WRONG}),
    "register": lambda email, name: (
        "register",
        {"email": email, "username": f"new_{name}", "password": PASSWORD},
    ),
    "password-reset": lambda email, name: ("password-reset", {"email": email}),
    "resend-verification": lambda email, name: ("resend-verification", {"email": email}),
}


class Strangers:
    """Calls from all over the world, so that no lock and no limit is in the way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)

    def name(self) -> tuple[str, str]:
        """An address and a user name that nobody has, of one length."""
        number = next(self._numbers)
        return f"person.{number:06}@example.com", f"person_{number:06}"

    def register(self) -> tuple[str, str]:
        """Those of an account."""
        email, name = self.name()
        self.milliseconds("register", {"email": email, "username": name, "password": PASSWORD})
        return email, name

    def milliseconds(self, route: str, body: dict[str, Any]) -> Times:
        """How long an answer takes on the wall and on the CPU; what is done after it is not in it."""
        number = next(self._numbers)
        person = self._world.anonymous()
        person.client.environ_base["REMOTE_ADDR"] = f"10.{number >> 8 & 255}.{number & 255}.1"
        person.get("/health/live")
        wall, cpu = time.perf_counter(), time.thread_time()
        reply = person.post(f"{AUTH}/{route}", body)
        wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
        if reply.status not in (200, 201, 401):
            raise RuntimeError(f"{route} answered {reply.status}: {reply.body!r}")
        self._world.drain()
        return wall * 1000, cpu * 1000


def compare(strangers: Strangers, asked: Asked, calls: int) -> tuple[list[Times], list[Times]]:
    """The times of the answers about known and about unknown accounts."""
    times: tuple[list[Times], list[Times]] = ([], [])
    accounts = [strangers.register() for _ in range(calls)]
    pairs = [(0, account) for account in accounts], [(1, strangers.name()) for _ in range(calls)]
    for pair in zip(*pairs, strict=True):
        for which, (email, name) in random.sample(pair, 2):
            times[which].append(strangers.milliseconds(*asked(email, name)))
    return times


def mann_whitney(one: list[float], two: list[float]) -> float:
    """The two-sided p of the Mann-Whitney test, by the normal approximation (good from 20 values on)."""
    ranked = sorted([*((value, 0) for value in one), *((value, 1) for value in two)])
    rank_sum = sum(rank for rank, (_, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(one), len(two)
    mean, deviation = n * (n + m + 1) / 2, sqrt(n * m * (n + m + 1) / 12)
    return erfc(abs(rank_sum - mean) / deviation / sqrt(2))


def figures(asked: Options) -> Figures:
    for kind in asked.databases:
        if asked.quick:
            yield from _figures(kind, 2, SETTINGS)
        else:
            yield from _figures(kind, 200, {**SETTINGS, **REAL_HASHES})


def _figures(kind: str, calls: int, settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    with database(kind) as (url, folder), closing(World(url, folder, settings, candidates=[])) as world:
        strangers = Strangers(world)
        for name, route in ROUTES.items():
            known, unknown = compare(strangers, route, calls)
            for which, clock in enumerate(("wall", "CPU")):
                there, missing = [pair[which] for pair in known], [pair[which] for pair in unknown]
                yield f"{kind}, {name}, {clock}", _verdict(there, missing)


def _verdict(there: list[float], missing: list[float]) -> str:
    one, two = statistics.median(there), statistics.median(missing)
    return (
        f"{one:7.2f} ms there, {two:7.2f} ms not there, {abs(one / two - 1) * 100:.1f} % apart (goal 10 %), "
        f"p {mann_whitney(there, missing):.3f} (goal 0.010)"
    )


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
