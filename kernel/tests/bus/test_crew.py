"""Who wakes for which queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pronaflow_kernel.jobs import crew as crews
from pronaflow_kernel.jobs.crew import Crew, Found

LONG = 30.0
"""Seconds after which what was waited for counts as missing."""


class Office:
    """A crew whose work stands still until the test lets it go on.

    Arguments:
        found: what each piece of work finds, in turn; then nothing.
    """

    def __init__(self, threads: int, *found: Found) -> None:
        self.begun: list[tuple[str, int]] = []
        self._found = list(found)
        self._begins, self._ends = threading.Semaphore(0), threading.Semaphore(0)
        self.crew = Crew(self._work, lambda: None, lambda: LONG)
        self.crew.start(threads, "default")

    def _work(self, queue: str) -> Found:
        self.begun.append((queue, threading.get_ident()))
        self._begins.release()
        self._ends.acquire(timeout=LONG)
        return self._found.pop(0) if self._found else Found.NOTHING

    def begins(self) -> None:
        """Wait until one more piece of work was begun."""
        assert self._begins.acquire(timeout=LONG)

    def idle(self) -> bool:
        """Whether no further piece of work was begun."""
        return not self._begins.acquire(blocking=False)

    def end(self) -> None:
        """Let one piece of work come to its end."""
        self._ends.release()

    def close(self) -> None:
        """End it all."""
        for _ in range(20):
            self._ends.release()
        self.crew.stop()


@pytest.fixture
def office() -> Iterator[Callable[..., Office]]:
    """Offices that end with the test."""
    made: list[Office] = []

    def make(threads: int, *found: Found) -> Office:
        made.append(Office(threads, *found))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody helps within this test."""
    monkeypatch.setattr(crews, "PATIENCE", LONG)


def test_what_comes_while_a_thread_is_at_the_queue_is_left_for_after_it(
    office: Callable[..., Office], patient: None
) -> None:
    at = office(3)
    at.crew.ring("default")
    at.begins()
    at.crew.ring("default")
    assert at.idle()
    at.end()
    at.begins()
    assert [queue for queue, _ in at.begun] == ["default"] * 2


@pytest.mark.parametrize("found", [Found.SOME, Found.MORE])
def test_after_something_was_found_it_is_looked_again(
    office: Callable[..., Office], patient: None, found: Found
) -> None:
    at = office(2, found)
    at.crew.ring("default")
    for _ in range(2):
        at.begins()
        at.end()
    assert at.idle()


def test_a_queue_of_which_all_was_done_rests_twice_as_long_as_that_took(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(crews, "REST", LONG)
    monkeypatch.setattr(crews, "monotonic", lambda: seconds[0])
    at = office(1, Found.MORE, Found.SOME)
    at.crew.ring("default")
    for _ in range(2):
        at.begins()
        seconds[0] += 1.0
        at.end()
    at.crew.ring("mail")
    at.begins()
    at.end()
    seconds[0] += 2.0
    at.crew.ring("default")
    at.begins()
    assert [queue for queue, _ in at.begun] == ["default", "default", "mail", "default"]


def test_another_thread_helps_where_one_takes_long(office: Callable[..., Office]) -> None:
    at = office(2)
    at.crew.ring("default")
    at.begins()
    at.crew.ring("default")
    at.begins()
    assert len({thread for _, thread in at.begun}) == 2


def test_another_queue_waits_for_nobody(office: Callable[..., Office], patient: None) -> None:
    at = office(3)
    for queue in ("default", "mail"):
        at.crew.ring(queue)
        at.begins()
    assert {queue for queue, _ in at.begun} == {"default", "mail"}
    assert len({thread for _, thread in at.begun}) == 2


def test_the_last_thread_keeps_free_for_its_queue(office: Callable[..., Office], patient: None) -> None:
    at = office(2)
    for queue in ("mail", "slow"):
        at.crew.ring(queue)
    at.begins()
    assert at.idle()
    at.crew.ring("default")
    at.begins()
    assert [queue for queue, _ in at.begun] == ["mail", "default"]


def test_the_queue_that_was_rung_first_goes_first(office: Callable[..., Office], patient: None) -> None:
    at = office(1, Found.MORE, Found.MORE)
    at.crew.ring("default")
    at.begins()
    at.crew.ring("mail")
    for _ in range(2):
        at.end()
        at.begins()
    assert [queue for queue, _ in at.begun] == ["default", "mail", "default"]


def test_a_crew_that_was_stopped_can_be_started_again(office: Callable[..., Office], patient: None) -> None:
    at = office(1)
    at.crew.stop()
    assert not at.crew.stopping
    at.crew.start(1, "default")
    at.crew.ring("default")
    at.begins()
