"""Whoever gives events their place dies in the middle of it, and two of them work at once."""

from __future__ import annotations

import pytest

from .conftest import rounds
from .installation import THREADS, Installation


@pytest.mark.parametrize("point", ["placed", "handed_out"])
def test_in_the_middle_of_a_batch(site: Installation, point: str) -> None:
    kills = rounds(1)
    for _ in range(kills):
        died = site.arm(point)
        with site.load():
            site.until_dead(died)
            site.start()
            site.acknowledge(10)
    site.settle()
    assert site.record().problems(kills * THREADS) == []


def test_two_at_once_leave_no_gap_and_make_no_job_twice(site: Installation) -> None:
    site.another_web()
    with site.load():
        site.acknowledge(rounds(1) * 100)
    site.settle()
    assert site.record().problems() == []
