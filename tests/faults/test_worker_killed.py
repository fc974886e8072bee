"""Whoever does the work dies in the middle of it; a handler that kills its process every time is given up."""

from __future__ import annotations

from itertools import cycle, islice

from .conftest import rounds
from .installation import THREADS, Installation

POINTS = ["placed", "handed_out", "ordered", "unordered", "batch", "ended", "before_call", "after_call"]
"""In the middle of a batch of events that get their places and jobs, between an effect in the database and
its commit, and around a call of another machine."""

WAYS = {"sqlite": "segfault", "postgresql": "exit", "production": "kill"}


def test_between_a_step_and_its_commit(site: Installation) -> None:
    kills = max(len(POINTS), rounds(1))
    points = list(islice(cycle(POINTS), kills))
    with site.load():
        for point in points:
            site.until_dead(site.arm(point))
            site.start()
            site.acknowledge(5)
    site.settle()
    record = site.record()
    assert record.problems(kills * THREADS) == []
    assert record.twice >= 1, "nobody was killed after a call"


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


def test_two_at_once_leave_no_gap_and_do_nothing_twice(install) -> None:
    site = install("sqlite")
    site.another_web()
    with site.load():
        site.acknowledge(rounds(1) * 100)
    site.settle()
    assert site.record().problems() == []


def test_a_handler_that_kills_its_process_each_time_is_given_up_and_harms_nobody_else(
    site: Installation, kind: str
) -> None:
    site.make_marks(3)
    with site.client() as client:
        site.ask(client, WAYS[kind])
    # Whoever supervises the processes starts them again; so does `settle`.
    site.settle()
    site.make_marks(3)
    site.settle()
    record = site.record()
    [(subscriber, event_id, reason)] = record.dead
    assert (subscriber, reason) == (
        "faults.fragile",
        "given up after 3 attempts that did not come to an end",
    )
    assert event_id in {event.id for event in record.events}
    assert len(record.events) == 7
    assert record.problems(3 * THREADS) == []
