"""The server dies between the write and its commit, between the commit and the bell, and at any moment."""

from __future__ import annotations

from .conftest import rounds
from .installation import THREADS, Installation


def test_between_the_write_and_its_commit_nothing_of_it_is_there(site: Installation) -> None:
    kills = rounds(1)
    for _ in range(kills):
        site.make_marks(3)
        site.arm("written")
        with site.client() as client:
            assert site.ask(client) is None, "a request was answered whose server had died"
        site.web.wait()
        site.start()
    site.settle()
    record = site.record()
    assert record.problems(kills * THREADS) == []
    assert len(record.marks) == 3 * kills


def test_between_the_commit_and_the_bell_everybody_hears_of_it_all_the_same(site: Installation) -> None:
    kills = rounds(1)
    for _ in range(kills):
        site.arm("committed")
        with site.client() as client:
            assert site.ask(client) is None
        site.web.wait()
        site.start()
    site.settle()
    record = site.record()
    assert record.problems(kills * THREADS) == []
    assert len(record.marks) == kills


def test_at_any_moment_under_load(site: Installation) -> None:
    kills = rounds(2)
    with site.load():
        for number in range(kills):
            site.acknowledge(40 + 7 * number % 30)
            site.web.kill()
            site.start()
        site.acknowledge(40)
    site.settle()
    assert site.record().problems(kills * THREADS) == []
    assert {status for status, _ in site.refused} <= {503}
