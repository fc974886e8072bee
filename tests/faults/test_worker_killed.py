"""Whoever does the jobs dies in the middle of one; a handler that kills it every time is given up."""

from __future__ import annotations

import pytest

from .conftest import rounds
from .installation import THREADS, Installation

POINTS = ["ordered", "unordered", "batch", "ended", "before_call", "after_call"]
"""Between an effect in the database and its commit, and around a call of another machine."""


@pytest.mark.parametrize("point", POINTS)
def test_in_a_handler(site: Installation, point: str) -> None:
    kills = rounds(1)
    for _ in range(kills):
        died = site.arm(point)
        with site.load():
            site.until_dead(died)
            site.start()
            site.acknowledge(10)
    site.settle()
    record = site.record()
    assert record.problems(kills * THREADS) == []
    if point == "after_call" and kills == 1:
        assert record.twice >= 1, "the test killed nobody after a call"


def test_at_any_moment_under_load(site: Installation) -> None:
    kills = rounds(1)
    with site.load(act="slow"):
        for number in range(kills):
            site.acknowledge(20 + 13 * number % 50)
            site.workhorse.kill()
            site.start()
        site.acknowledge(20)
    site.settle()
    assert site.record().problems(kills * THREADS) == []


@pytest.mark.parametrize("way", ["kill", "segfault", "exit"])
def test_that_kills_its_process_each_time_is_given_up_and_harms_nobody_else(
    install, kind: str, way: str
) -> None:
    site = install(kind)
    site.make_marks(3)
    with site.client() as client:
        site.ask(client, way)
    # Whoever supervises the processes starts them again; so does `settle`.
    site.settle()
    site.make_marks(3)
    site.settle()
    record = site.record()
    [(kind, event_id, reason)] = record.dead
    assert (kind, reason) == ("faults.fragile", "given up after 3 attempts that did not come to an end")
    assert event_id in {event.id for event in record.events}
    assert len(record.events) == 7
    assert record.problems(3 * THREADS) == []
