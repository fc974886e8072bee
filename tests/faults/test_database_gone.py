"""PostgreSQL is killed and comes back, and SQLite cannot write: nobody hears of success, and all goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from .conftest import bound, rounds
from .installation import THREADS, Installation
from .processes import until

RECONNECT = 5.0
"""Seconds until workers work again."""


def refused_with_words(site: Installation) -> bool:
    """Whether everybody who was refused was told so in the envelope, as a trouble that passes."""
    return all(status == 503 and answer["success"] is False for status, answer in site.refused)


def test_postgresql_is_killed_and_comes_back(install, postgresql) -> None:
    site = install("postgresql")
    processes = list(site.webs)
    faults = rounds(2)
    with site.load():
        for _ in range(faults):
            site.acknowledge(30)
            postgresql.stop()
            postgresql.start()
        site.acknowledge(30)
    site.settle()
    assert site.webs == processes and site.web.alive, "a process ended with the database"
    assert refused_with_words(site), site.refused[:3]
    assert site.record().problems(faults * THREADS) == []


def test_postgresql_is_killed_under_workers_of_their_own(install, postgresql) -> None:
    site = install("production")
    processes = [*site.webs, *site.at_work]
    faults = rounds(1)
    with site.load():
        for _ in range(faults):
            site.acknowledge(30)
            postgresql.stop()
            with site.client() as client:
                assert site.ask(client) == 503
            postgresql.start()
        site.acknowledge(30)
    site.settle()
    assert [*site.webs, *site.at_work] == processes and all(each.whole for each in processes)
    assert refused_with_words(site), site.refused[:3]
    assert site.record().problems(faults * 2 * THREADS) == []


class Full:
    """A disk on which nothing can be written."""

    def __init__(self, site: Installation) -> None:
        self._web = site.web

    @contextmanager
    def trouble(self) -> Iterator[None]:
        self._web.no_file_may_grow(True)
        try:
            yield
        finally:
            self._web.no_file_may_grow(False)


class Locked:
    """Another program that holds the write lock."""

    def __init__(self, site: Installation) -> None:
        self._file = site.folder / "data" / "pronaflow.sqlite3"

    @contextmanager
    def trouble(self) -> Iterator[None]:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


@pytest.mark.parametrize("trouble", [Full, Locked])
def test_sqlite_cannot_write(install, trouble: Any) -> None:
    site = install("sqlite")
    site.make_marks(5)
    for _ in range(rounds(1)):
        before = len(site.record().marks)
        with trouble(site).trouble(), site.client() as client:
            assert site.ask(client) == 503
            assert site.web.alive
        site.make_marks(5)
        assert len(site.record().marks) == before + 5
    site.settle()
    assert refused_with_words(site)
    # Who has called and cannot write that down calls again.
    assert site.record().problems(rounds(1) * THREADS) == []


def test_sqlite_is_read_for_long(install) -> None:
    """A reader hinders no writer; what is written meanwhile waits in the log beside the database."""
    site = install("sqlite")
    file = site.folder / "data" / "pronaflow.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        seen = reader.execute("SELECT count(*) FROM faults__mark").fetchone()
        site.make_marks(20)
        site.settle()
        assert reader.execute("SELECT count(*) FROM faults__mark").fetchone() == seen
        reader.execute("ROLLBACK")
    site.make_marks(5)
    site.settle()
    assert site.record().problems() == []


def test_workers_are_back_within_seconds(install, postgresql) -> None:
    site = install("postgresql")
    site.make_marks(3)
    postgresql.stop()
    postgresql.start()
    with site.client() as client:
        until(lambda: site.ask(client) == 201, "the server has not come back", bound(RECONNECT))
    site.settle()
    assert site.record().problems(THREADS) == []
