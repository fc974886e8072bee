"""Sliding windows in the memory of a process: exact between threads, and gone when they have ended."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.testing.world import START
from pronaflow_kernel.web.limits import windows
from pronaflow_kernel.web.limits.rate import RateLimit
from pronaflow_kernel.web.limits.windows import Memory, Windows

RATE = RateLimit(100, "default", "user:1")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def limiter(clock: FixedClock) -> Windows:
    return Windows(Memory(clock), clock)


def admitted(limiter: Windows, times: int, rate: RateLimit = RATE) -> int:
    return sum(limiter.take(rate).admitted for _ in range(times))


def test_what_was_used_fades_within_the_window_that_follows(limiter: Windows, clock: FixedClock) -> None:
    clock.advance(30)
    assert admitted(limiter, 150) == 100
    for seconds, free in ((30, 0), (15, 25), (15, 25), (30, 50), (120, 100)):
        clock.advance(seconds)
        assert admitted(limiter, 150) == free


def test_what_is_refused_uses_up_nothing(limiter: Windows, clock: FixedClock) -> None:
    admitted(limiter, 100)
    clock.advance(90)
    assert limiter.look(RATE).remaining == 50
    admitted(limiter, 500)
    clock.advance(30)
    assert limiter.look(RATE).remaining == 50


@pytest.mark.parametrize("named", ["reset", "wait"])
def test_after_the_time_that_it_names_one_more_is_admitted(
    limiter: Windows, clock: FixedClock, named: str
) -> None:
    for _ in range(50):
        clock.advance(7.3)
        while (standing := limiter.take(RATE)).admitted:
            assert standing.remaining >= 0
        until = standing.reset - clock.now().timestamp()
        assert 0 < until <= 61
        assert 0 < standing.wait <= 61
        clock.advance(until if named == "reset" else standing.wait)
        assert limiter.take(RATE).admitted


def test_the_time_that_it_names_does_not_go_back(limiter: Windows, clock: FixedClock) -> None:
    named = []
    for _ in range(300):
        clock.advance(0.7)
        named.append(limiter.take(RATE).reset)
    assert named == sorted(named)


def test_threads_get_exactly_the_limit(limiter: Windows) -> None:
    together = threading.Barrier(8)

    def run(_: int) -> int:
        together.wait()
        return admitted(limiter, 50)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 100


def test_processes_that_count_alone_grant_their_part(clock: FixedClock) -> None:
    limiter = Windows(Memory(clock), clock, processes=4, local=True)
    assert (admitted(limiter, 100), limiter.look(RATE).limit, limiter.look(RATE).policy) == (25, 25, "local")
    few = RateLimit(3, "tiny", "user:2")
    assert admitted(limiter, 10, few) == 1


def test_no_thread_is_left_or_started(clock: FixedClock) -> None:
    limiter = Windows(Memory(clock), clock)
    before = set(threading.enumerate())
    admitted(limiter, 200)
    assert set(threading.enumerate()) <= before


def test_windows_that_have_ended_are_forgotten(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: seconds[0])
    monkeypatch.setattr(windows.time, "monotonic", lambda: seconds[0])
    memory = Memory(clock)
    for number in range(1000):
        memory.take(f"address:{number}", 30)
    seconds[0] = 121
    memory.take("address:last", 30)
    assert list(memory.storage) == list(memory.expirations) != []
    assert len(memory.storage) == 1
