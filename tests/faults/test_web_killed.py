"""The server dies between the write and its commit, between the commit and the bell, and at any moment."""

from __future__ import annotations

from .conftest import bound, rounds
from .installation import THREADS, Installation

DELIVERED = 2.0
"""Seconds after a restart until everything is done that was asked for before."""


def test_nothing_that_was_acknowledged_is_lost_and_nothing_else_told(site: Installation) -> None:
    kills = rounds(1)
    for _ in range(kills):
        before = len(site.record().marks)
        site.make_marks(3)
        for point, there in (("written", 3), ("committed", 4)):
            site.arm(point)
            with site.client() as client:
                assert site.ask(client) is None, "a request was answered whose server had died"
            site.web.wait()
            assert len(site.record().marks) == before + there, point
            site.start()
            site.settle(bound(DELIVERED))
    assert site.record().problems(2 * kills * THREADS) == []


def test_at_any_moment_under_load(site: Installation) -> None:
    kills = rounds(1)
    with site.load():
        for number in range(kills):
            site.acknowledge(40 + 7 * number % 30)
            site.web.kill()
            site.start()
        site.acknowledge(40)
    site.settle()
    assert site.record().problems(kills * THREADS) == []
    assert {status for status, _ in site.refused} <= {503}
