"""Records of keys: twins at once, how long they stay, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from things_plugin.plugin import ran

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web import pipeline
from pronaflow_kernel.web.idempotency import LIFE, forget_user
from pronaflow_kernel.web.models import IdempotencyRecord

from .keyed import NOTES, THINGS, TWINS, at_once, later, records, replayed, same, send, titles


class TestTwins:
    @pytest.fixture(autouse=True)
    def _patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However busy the machine is on which this runs."""
        monkeypatch.setattr(pipeline, "PATIENCE", 60.0)

    def test_of_many_at_once_one_is_done_and_all_get_its_answer(self, world: World, ann: Person) -> None:
        for _ in range(3):
            key = new_id()
            replies = at_once(world, ann, lambda person: send(person, key))
            assert {reply.status for reply in replies} == {201}
            assert len({(reply.body, reply.headers["ETag"]) for reply in replies}) == 1
            assert sum(replayed(reply) for reply in replies) == TWINS - 1
        assert len(titles(ann)) == 3

    def test_an_expired_key_is_taken_over_by_one_of_them(self, world: World, ann: Person) -> None:
        key = new_id()
        send(ann, key)
        with later(world, timedelta(hours=24)):
            replies = at_once(world, ann, lambda person: send(person, key, {"title": "y"}))
        assert {reply.status for reply in replies} == {201}
        assert len({reply.body for reply in replies}) == 1
        assert sorted(titles(ann)) == ["x", "y"]

    def test_with_several_bodies_one_wins_and_the_others_are_told(self, world: World, ann: Person) -> None:
        key, numbers = new_id(), iter(range(TWINS))
        replies = at_once(world, ann, lambda person: send(person, key, {"title": str(next(numbers))}))
        assert sorted(reply.status for reply in replies) == [201, *[422] * (TWINS - 1)]
        assert len(titles(ann)) == 1

    def test_twins_of_a_refusal_get_their_turns(self, world: World, ann: Person) -> None:
        ran.clear()
        key, taken = new_id(), new_id()
        assert ann.post(THINGS, {"name": taken}).status == 201
        replies = at_once(world, ann, lambda person: send(person, key, {"name": taken}, THINGS))
        assert {(reply.status, reply.error["details"].get("reason")) for reply in replies} == {(409, None)}
        assert ran.count(taken) == TWINS + 1
        assert records(world, ann) == []

    def test_a_twin_that_waits_too_long_is_told_to_come_again(
        self, world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipeline, "PATIENCE", 0.05)
        key = new_id()
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            key_hash = sha256(key.encode()).digest()
            running = {"user_id": ann.id, "key_hash": key_hash, "address_hash": b"", "body_hash": b""}
            uow.insert(IdempotencyRecord, {**running, "method": "POST", "expires_at": uow.now + LIFE})
            reply = send(ann, key)
            assert (reply.status, reply.error["code"]) == (409, "CONFLICT")
            assert reply.error["details"] == {"reason": "in_progress"}
            assert reply.headers["Retry-After"] == "1"
            forget_user(uow, ann.id)
        assert send(ann, key).status == 201, "nothing was stored of who gave up"

    def test_other_work_waits_as_long_as_ever(self, world: World, ann: Person) -> None:
        assert send(ann, new_id()).status == 201
        if world.kernel.db.engines.write.dialect.name == "sqlite":
            with world.kernel.db.engines.write.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver.execute("PRAGMA busy_timeout").fetchone() == (10_000,)  # type: ignore[union-attr]


class TestLife:
    def test_a_key_lives_for_a_day(self, world: World, ann: Person) -> None:
        key = new_id()
        first = send(ann, key)
        with later(world, timedelta(hours=24, seconds=-1)):
            assert same(first, send(ann, key))
        with later(world, timedelta(hours=24)):
            renewed = send(ann, key, {"title": "y"})
            assert renewed.status == 201 and not replayed(renewed)
            assert same(renewed, send(ann, key, {"title": "y"}))

    def test_what_has_expired_is_deleted(self, world: World, ann: Person) -> None:
        for _ in range(3):
            send(ann, new_id())
        with later(world, LIFE):
            send(ann, new_id())
            with world.kernel.db.write(Scope.system()) as uow:
                world.kernel.jobs.enqueue(uow, "forget_keys", {})
            world.drain()
            assert len(records(world, ann)) == 1

    def test_it_ends_with_its_user_and_with_its_workspace(
        self, world: World, ann: Person, bob: Person
    ) -> None:
        for person in (ann, bob):
            send(person, new_id())
        with world.kernel.db.write(Scope.system()) as uow:
            forget_user(uow, ann.id)
        assert (len(records(world, ann)), len(records(world, bob))) == (0, 1)
        cascades = {key.column.table.name: key.ondelete for key in IdempotencyRecord.__table__.foreign_keys}
        assert cascades == {"core__user": "CASCADE", "core__workspace": "CASCADE"}


class TestCost:
    def test_without_a_key_a_request_costs_nothing_more_and_with_one_two_statements(
        self, world: World, ann: Person
    ) -> None:
        send(ann, new_id())

        def statements(act: Callable[[], Reply]) -> list[str]:
            with world.statements() as seen:
                assert act().status == 201
            return [each.split()[0] for each in seen]

        plain = statements(lambda: ann.post(NOTES, {"title": "x"}))
        keyed = statements(lambda: send(ann, new_id()))
        assert [each for each in plain if each == "INSERT"] == ["INSERT"] * 2
        # Claim, work, keep; the savepoint is for plugins that add to the answer.
        data = [each for each in keyed if each not in ("SAVEPOINT", "ROLLBACK")]
        assert sorted(data) == sorted([*plain, "INSERT", "UPDATE"])
