"""Plain dramatiq actors of a plugin: they are jobs, stored with the change that sends them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import dramatiq
import pytest
from sqlalchemy import select

from pronaflow_kernel.attribution import acting
from pronaflow_kernel.jobs.models import Job
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import Animal
from pronaflow_kernel.testing.zoo.animal import source

HEAD = """
import dramatiq

SEEN = []

@dramatiq.actor(queue_name="reports", max_retries=2, min_backoff=1000, max_backoff=4000)
def greet(name, *, times=1):
    SEEN.append((name, times))
    if name == "nobody":
        raise RuntimeError("there is nobody")
    if name == "later":
        raise dramatiq.errors.Retry("not yet", delay=90_000)

@dramatiq.actor
def wave():
    SEEN.append("wave")
"""
PROVIDES = "@api.hookimpl\ndef provide_jobs(self):\n    return [{}]\n"


def sender(*declared: str, head: str = HEAD, id: str = "sender") -> Animal:
    """A plugin with two actors, of which it declares some."""
    provides = PROVIDES.format(", ".join(f"api.actor_job({name})" for name in declared))
    return Animal(id, "Nothing.", plugin=source(provides, head=head))


class Stage:
    """A server with the plugin `sender`, and its code in a test's hands."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.code = sys.modules["zoo_sender.plugin"]

    @property
    def seen(self) -> list[Any]:
        return list(self.code.SEEN)

    @contextmanager
    def unit(self, plugin_id: str | None = "sender") -> Iterator[Any]:
        """A unit of work in which code of a plugin runs."""
        with self.world.kernel.db.write(Scope.system()) as uow, acting(plugin_id):
            yield uow

    def jobs(self) -> list[dict[str, Any]]:
        with self.world.kernel.bus.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(Job.__table__)).mappings()]


@pytest.fixture
def stage(new_world: Callable[..., World], zoo: Any) -> Stage:
    return Stage(new_world(candidates=zoo(sender("greet", "wave"))))


class TestSending:
    def test_an_actor_is_called_once_its_unit_of_work_is_committed(self, stage: Stage) -> None:
        with stage.unit():
            stage.code.greet.send("Ann", times=2)
        assert stage.seen == []
        stage.world.drain()
        assert stage.seen == [("Ann", 2)]

    def test_it_is_never_called_if_that_is_undone(self, stage: Stage) -> None:
        with pytest.raises(ZeroDivisionError), stage.unit():
            stage.code.greet.send("Ann")
            raise ZeroDivisionError
        stage.world.drain()
        assert (stage.seen, stage.jobs()) == ([], [])

    def test_a_delay_is_a_time_in_the_database(self, stage: Stage) -> None:
        with stage.unit():
            stage.code.greet.send_with_options(args=("Ann",), delay=timedelta(minutes=5))
            stage.code.greet.send_with_options(args=("Bob",), delay=1000)
        now = stage.world.clock.now()
        assert [job["available_at"] - now for job in stage.jobs()] == [
            timedelta(minutes=5),
            timedelta(seconds=1),
        ]
        stage.world.drain()
        assert stage.seen == []
        stage.world.clock.set(now + timedelta(minutes=5))
        stage.world.drain()
        assert sorted(stage.seen) == [("Ann", 1), ("Bob", 1)]

    def test_queue_and_retries_are_those_of_the_actor(self, stage: Stage) -> None:
        with stage.unit():
            stage.code.greet.send("Ann")
            stage.code.wave.send()
        jobs = {job["kind"]: (job["queue"], job["max_attempts"]) for job in stage.jobs()}
        assert jobs == {"sender.greet": ("reports", 3), "sender.wave": ("default", 12)}
        backoff = stage.world.kernel.bus.works.by_kind["sender.greet"].does.backoff
        assert (backoff.base, backoff.cap) == (1.0, 4.0)

    def test_a_failure_is_tried_again_by_the_database_and_counted_for_the_plugin(self, stage: Stage) -> None:
        with stage.unit():
            stage.code.greet.send("nobody")
        for _ in range(4):
            stage.world.drain()
            stage.world.clock.advance(10)
        assert stage.seen == [("nobody", 1)] * 3
        assert stage.jobs() == []
        assert stage.world.kernel.guard.timings["sender", "job greet"].failures == 3

    def test_an_actor_says_when_it_wants_to_be_tried_again(self, stage: Stage) -> None:
        with stage.unit():
            stage.code.greet.send("later")
        stage.world.drain()
        [job] = stage.jobs()
        assert job["available_at"] - stage.world.clock.now() == timedelta(seconds=90)

    def test_calling_it_is_calling_a_function(self, stage: Stage) -> None:
        stage.code.greet("Ann")
        assert (stage.seen, stage.jobs()) == ([("Ann", 1)], [])


class TestMistakes:
    """Each one ends in a sentence that says what to do."""

    def test_nothing_is_sent_outside_of_a_unit_of_work(self, stage: Stage) -> None:
        words = r"greet\.send\(\) outside of a unit of work: send it inside of one"
        with acting("sender"), pytest.raises(RuntimeError, match=words):
            stage.code.greet.send("Ann")
        with (
            stage.world.kernel.db.read(Scope.system()),
            acting("sender"),
            pytest.raises(RuntimeError, match=words),
        ):
            stage.code.greet.send("Ann")

    def test_nor_after_it_has_ended(self, stage: Stage) -> None:
        with stage.unit():
            pass
        with acting("sender"), pytest.raises(RuntimeError, match="outside of a unit of work"):
            stage.code.greet.send("Ann")

    def test_nor_by_somebody_else(self, stage: Stage) -> None:
        with pytest.raises(RuntimeError, match="for the code of the plugin that declares"), stage.unit(None):
            stage.code.greet.send("Ann")

    def test_arguments_are_json(self, stage: Stage) -> None:
        with pytest.raises(ValueError, match=r"greet must be JSON data: .*date"), stage.unit():
            stage.code.greet.send(date(2026, 1, 1))

    def test_options_that_mean_nothing_here_are_refused(self, stage: Stage) -> None:
        with (
            pytest.raises(ValueError, match="takes args, kwargs and delay here, not max_retries"),
            stage.unit(),
        ):
            stage.code.greet.send_with_options(args=("Ann",), max_retries=3)

    def test_an_actor_that_is_not_declared_fails_its_plugin(
        self, new_world: Callable[..., World], zoo: Any
    ) -> None:
        world = new_world(candidates=zoo(sender("greet")))
        status = world.kernel.plugins["sender"]
        assert status.state == "failed"
        assert "the actors wave are no jobs: answer actor_job(wave) in provide_jobs" in status.reason

    def test_so_does_an_option_that_nobody_knows(self, new_world: Callable[..., World], zoo: Any) -> None:
        head = HEAD.replace("max_retries=2", "time_limit=2")
        status = new_world(candidates=zoo(sender("greet", "wave", head=head))).kernel.plugins["sender"]
        assert status.state == "failed"
        assert "actor options are undefined: time_limit" in status.reason

    def test_and_one_that_is_async(self, new_world: Callable[..., World], zoo: Any) -> None:
        head = HEAD.replace("def wave", "async def wave")
        status = new_world(candidates=zoo(sender("greet", "wave", head=head))).kernel.plugins["sender"]
        assert status.state == "failed"
        assert "the actor wave is `async`: make it a plain function" in status.reason


def test_two_plugins_may_have_actors_of_one_name(new_world: Callable[..., World], zoo: Any) -> None:
    world = new_world(candidates=zoo(sender("greet", "wave"), sender("greet", "wave", id="other")))
    assert {status.state for status in world.kernel.plugins.values()} == {"ready"}
    with world.kernel.db.write(Scope.system()), acting("other"):
        sys.modules["zoo_other.plugin"].wave.send()
    world.drain()
    assert sys.modules["zoo_other.plugin"].SEEN == ["wave"]
    assert sys.modules["zoo_sender.plugin"].SEEN == []


def test_no_actor_ever_reaches_a_broker_of_dramatiq(stage: Stage) -> None:
    assert dramatiq.get_broker() is stage.code.greet.broker
    assert type(dramatiq.get_broker()).__name__ == "LedgerBroker"
