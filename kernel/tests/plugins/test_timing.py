"""Figures of calls, of one process and of several together."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronaflow_kernel.plugins.timing import Timing, merged


def timing(*seconds: float) -> Timing:
    made = Timing()
    for each in seconds:
        made.note(each)
    return made


def test_calls_failures_and_the_last_error_are_kept() -> None:
    made = timing(0.001)
    made.note(0.001, "ValueError: first")
    made.note(0.001, "ValueError: second")
    assert (made.calls, made.failures, made.last_error) == (3, 2, "ValueError: second")


def test_without_a_call_there_is_no_p95() -> None:
    assert Timing().p95_ms is None


@given(st.lists(st.floats(1e-6, 100), min_size=1, max_size=60))
def test_p95_is_right_to_a_fifth(seconds: list[float]) -> None:
    exact = sorted(seconds)[-(-95 * len(seconds) // 100) - 1] * 1000
    found = timing(*seconds).p95_ms
    assert found is not None
    assert exact * 0.99 - 0.001 <= found <= exact * 1.2 + 0.001


@given(st.lists(st.lists(st.floats(1e-6, 10), max_size=20), max_size=4))
def test_processes_together_are_as_one_that_did_it_all(parts: list[list[float]]) -> None:
    shown = [json.loads(json.dumps(timing(*part).data())) for part in parts]
    whole = timing(*(each for part in parts for each in part))
    assert merged(shown) == whole


def test_a_clock_that_stands_still_is_no_mistake() -> None:
    assert timing(0.0).p95_ms == pytest.approx(0.001, abs=0.001)
