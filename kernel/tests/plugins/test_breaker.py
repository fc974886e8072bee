"""When code that fails is left alone, and when it gets another chance."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.plugins.breaker import FAILURES, PAUSE, WINDOW, Breaker
from pronaflow_kernel.testing.world import START


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def breaker(clock: FixedClock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.failed() for _ in range(times) if breaker.lets_through()]


def test_the_fifth_failure_within_a_minute_opens_it_and_says_so(breaker: Breaker) -> None:
    assert fail(breaker, FAILURES - 1) == [False] * (FAILURES - 1)
    assert breaker.lets_through()
    assert breaker.failed()
    assert breaker.state == "open" and not breaker.lets_through()


def test_failures_that_lie_further_apart_do_not_count_together(breaker: Breaker, clock: FixedClock) -> None:
    for _ in range(3 * FAILURES):
        assert breaker.lets_through()
        breaker.failed()
        clock.advance(WINDOW.total_seconds() / (FAILURES - 2))
    assert breaker.state == "closed"


def test_after_a_pause_one_call_may_try(breaker: Breaker, clock: FixedClock) -> None:
    fail(breaker, FAILURES)
    clock.advance(PAUSE.total_seconds() - 1)
    assert not breaker.lets_through()
    clock.advance(1)
    assert breaker.state == "half-open"
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_a_call_from_before_it_opened_does_not_close_it(breaker: Breaker) -> None:
    assert breaker.lets_through()
    fail(breaker, FAILURES)
    breaker.succeeded()
    assert breaker.state == "open"


def test_a_clock_that_is_set_back_does_not_keep_it_open(breaker: Breaker, clock: FixedClock) -> None:
    fail(breaker, FAILURES)
    clock.advance(-3600)
    assert [breaker.lets_through() for _ in range(2)] == [True, False]


def test_a_trial_that_goes_well_closes_it(breaker: Breaker, clock: FixedClock) -> None:
    fail(breaker, FAILURES)
    clock.advance(PAUSE.total_seconds())
    assert breaker.lets_through()
    breaker.succeeded()
    assert breaker.state == "closed"
    assert fail(breaker, FAILURES - 1) == [False] * (FAILURES - 1), "it counts from nothing again"


def test_a_trial_that_fails_opens_it_for_another_pause(breaker: Breaker, clock: FixedClock) -> None:
    fail(breaker, FAILURES)
    clock.advance(PAUSE.total_seconds())
    assert breaker.lets_through()
    assert not breaker.failed(), "it was open already, and says so once"
    assert breaker.state == "open"


class Calls(RuleBasedStateMachine):
    """Whatever happens in whatever order, an open breaker lets no call through before its pause is over."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(START)
        self.breaker = Breaker(self.clock)
        self.running = 0
        self.opened_at = START

    @rule()
    def ask(self) -> None:
        before = self.breaker.state
        let = self.breaker.lets_through()
        assert let if before == "closed" else not let or before == "half-open"
        self.running += let

    @precondition(lambda self: self.running)
    @rule(well=st.booleans())
    def answer(self, well: bool) -> None:
        self.running -= 1
        if well:
            self.breaker.succeeded()
        elif self.breaker.failed():
            self.opened_at = self.clock.now()

    @rule(seconds=st.sampled_from([1, 10, 29, 30, 61]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @invariant()
    def it_rests_for_the_whole_pause(self) -> None:
        if self.breaker.state == "half-open":
            assert self.clock.now() - self.opened_at >= PAUSE


TestCalls = Calls.TestCase
