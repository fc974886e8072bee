"""Idempotency-Key: a POST that is sent again with the same key is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, select
from things_plugin.plugin import ran

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.persistence.scope import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.tenancy.models import Membership
from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web import pipeline
from pronaflow_kernel.web.blueprint import PUBLIC, Blueprint
from pronaflow_kernel.web.idempotency import LIFE, SWEEP_EVERY, Sweeper, forget_user
from pronaflow_kernel.web.models import IdempotencyRecord

NOTES, THINGS = "/api/v1/notes", "/api/v1/things"
TWINS = 20

MEMBERSHIP = select(Membership.__table__).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == bindparam("user_id", type_=Id())
)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose routes answer a key in every way there is."""
    plugins = [
        EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP),
        EntryPoint("things", "things_plugin.plugin:ThingsPlugin", GROUP),
    ]
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover(plugins))
    yield made
    made.close()


def send(person: Person, key: str, body: Any = None, path: str = NOTES, **headers: str) -> Reply:
    """POST with a key."""
    sent = {"Idempotency-Key": key, **headers}
    return person.request("POST", path, {"title": "x"} if body is None else body, headers=sent)


def titles(person: Person) -> list[str]:
    return [note["title"] for note in person.get(NOTES).data]


def replayed(reply: Reply) -> bool:
    return reply.headers.get("Idempotency-Replayed") == "true"


def same(one: Reply, other: Reply) -> bool:
    """Whether two answers are equal in all that a caller sees of what was done."""
    return (one.status, one.body, one.headers.get("ETag"), one.headers.get("Content-Type")) == (
        other.status,
        other.body,
        other.headers.get("ETag"),
        other.headers.get("Content-Type"),
    )


def records(world: World, person: Person) -> list[dict[str, Any]]:
    """What is stored of a person's keys, read past the kernel."""
    engine = open_bare(world.database_url)
    with engine.connect() as connection:
        statement = select(IdempotencyRecord.__table__).where(IdempotencyRecord.user_id == person.id)
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    engine.dispose()
    return rows


def at_once(world: World, person: Person, act: Callable[[Person], Reply]) -> list[Reply]:
    """Do something in many threads at once."""
    clients = [replace(person, client=Flask.test_client(world.app)) for _ in range(TWINS)]
    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(act, clients))


@contextmanager
def later(world: World, delay: timedelta) -> Iterator[None]:
    """The block happens some time later."""
    now = world.clock.now()
    world.clock.set(now + delay)
    yield
    world.clock.set(now)


def set_role(world: World, owner: Person, member: Person, **changes: Any) -> None:
    """Change a membership in the owner's workspace."""
    with world.kernel.db.write(Scope.system(owner.workspace_id)) as uow:
        [row] = uow.all(MEMBERSHIP, user_id=member.id)
        uow.update(Membership, row, changes)


class TestReplay:
    def test_the_second_answer_is_the_first(self, world: World, ann: Person) -> None:
        key = new_id()
        first, again = send(ann, key), send(ann, key)
        assert same(first, again) and first.status == 201
        assert (replayed(first), replayed(again)) == (False, True)
        assert titles(ann) == ["x"]
        assert [row["type"] for row in world.events(ann.workspace_id)].count("note.created") == 1

    @pytest.mark.parametrize(
        ("path", "status"),
        [("", 201), ("/warned", 200), ("/silent", 204), ("/said", 200), ("/contested", 200)],
    )
    def test_each_kind_of_answer_is_repeated_and_nothing_is_done_again(
        self, world: World, ann: Person, path: str, status: int
    ) -> None:
        ran.clear()
        key, body = new_id(), {"name": new_id()}
        first = send(ann, key, body, THINGS + path)
        world.drain()
        before = list(ran)
        again = send(ann, key, body, THINGS + path)
        world.drain()
        assert first.status == status and same(first, again) and replayed(again)
        assert ran == before
        assert len([name for name in ran if name.startswith("after")]) == 1

    def test_an_answer_holds_what_plugins_add_and_is_that_of_a_read_back(self, ann: Person) -> None:
        key, body = new_id(), {"name": new_id()}
        first = send(ann, key, body, THINGS)
        send(ann, new_id(), {"name": new_id()}, THINGS)
        assert first.data["ext"] == {"things": {"count": 1}}
        assert same(first, send(ann, key, body, THINGS))

    def test_a_plugin_whose_addition_fails_in_the_database_spoils_nothing(self, ann: Person) -> None:
        key, body = new_id(), {"name": f"fails {new_id()}"}
        first = send(ann, key, body, THINGS)
        assert first.status == 201 and "ext" not in first.data
        assert same(first, send(ann, key, body, THINGS))

    def test_an_answer_outlives_what_it_shows(self, ann: Person) -> None:
        key = new_id()
        first = send(ann, key)
        ann.delete(f"{NOTES}/{first.data['id']}")
        assert same(first, send(ann, key))

    def test_a_retry_is_not_held_to_the_version_that_the_first_has_replaced(self, ann: Person) -> None:
        key = new_id()
        first = send(ann, key, **{"If-Match": "*"})
        assert same(first, send(ann, key, **{"If-Match": '"9-00000000"'}))

    def test_keys_are_each_users_own(self, ann: Person, bob: Person) -> None:
        key = new_id()
        assert send(ann, key).data["id"] != send(bob, key).data["id"]

    def test_another_session_of_the_user_gets_the_answer(self, world: World, ann: Person) -> None:
        key = new_id()
        elsewhere = replace(ann, token=world.token(ann.id))
        assert elsewhere.token != ann.token
        assert same(send(ann, key), send(elsewhere, key))


class TestSecrets:
    def test_an_answer_with_a_secret_is_not_repeated_but_names_what_was_made(self, ann: Person) -> None:
        key, body = new_id(), {"name": new_id()}
        first = send(ann, key, body, f"{THINGS}/locked")
        assert first.data["secret"] == "open sesame"
        again = send(ann, key, body, f"{THINGS}/locked")
        assert (again.status, again.error["code"]) == (409, "CONFLICT")
        expected = {"reason": "already_done", "resource": "thing", "id": first.data["id"]}
        assert again.error["details"] == expected

    def test_nothing_of_it_is_stored(self, world: World, ann: Person) -> None:
        send(ann, new_id(), {"name": new_id()}, f"{THINGS}/locked")
        [row] = records(world, ann)
        assert (row["status"], row["headers"], row["body"]) == (None, None, None)
        assert "sesame" not in repr(row)

    def test_nor_of_what_a_request_says_nor_its_key(self, world: World, ann: Person) -> None:
        key, path = new_id(), f"{NOTES}?workspace_id={ann.workspace_id}"
        send(ann, key, {"title": "guess"}, path)
        [row] = records(world, ann)
        del row["body"], row["workspace_id"]
        assert not [word for word in (key, "guess", "notes", ann.workspace_id) if word in repr(row)]
        guesses = (sha256(text).digest() for text in (b'{"title":"guess"}', path.encode()))
        assert not [guess for guess in guesses if guess in row.values()]


class TestOtherRequests:
    @pytest.mark.parametrize(
        ("other", "words"),
        [
            ({"body": {"title": "y"}}, "another body"),
            ({"path": f"{NOTES}?workspace_id=HOME"}, "another address"),
            ({"path": f"{THINGS}/said"}, "another address"),
            ({"path": f"{THINGS}/said", "body": {"title": "y"}}, "another address and another body"),
        ],
        ids=["body", "query", "path", "path and body"],
    )
    def test_a_key_is_not_for_another_request(self, ann: Person, other: Any, words: str) -> None:
        key = new_id()
        first = send(ann, key)
        path = other.get("path", NOTES).replace("HOME", ann.workspace_id)
        reply = send(ann, key, other.get("body"), path)
        assert reply.faults == {"Idempotency-Key"}
        assert reply.error["details"]["errors"][0]["code"] == "key_reused"
        assert f"with {words}: a new request needs a new key" in reply.error["details"]["reason"]
        assert same(first, send(ann, key)), "the key still stands for the first request"

    def test_nor_for_another_workspace(self, world: World, ann: Person, bob: Person) -> None:
        home = {"X-Workspace-Id": ann.workspace_id}
        world.join(bob.workspace_id, ann, "member")
        away = {"X-Workspace-Id": bob.workspace_id}
        key = new_id()
        assert send(ann, key, **away).status == 201
        assert "another workspace" in send(ann, key, **home).error["details"]["reason"]

    def test_the_order_of_members_is_no_difference(self, ann: Person) -> None:
        key = new_id()
        one = {"title": "x", "due_at": "2026-03-02T10:00:00Z"}
        assert same(send(ann, key, one), send(ann, key, dict(reversed(one.items()))))


class TestRefusals:
    def test_a_refusal_uses_up_no_key(self, world: World, ann: Person) -> None:
        key, taken = new_id(), new_id()
        assert send(ann, new_id(), {"name": taken}, THINGS).status == 201
        assert send(ann, key, {"name": taken}, THINGS).status == 409
        assert send(ann, key, {"name": ""}, THINGS).status == 422
        assert len(records(world, ann)) == 1
        mended = send(ann, key, {"name": new_id()}, THINGS)
        assert mended.status == 201 and not replayed(mended)

    def test_who_lost_the_right_is_not_shown_the_answer(self, world: World, ann: Person, bob: Person) -> None:
        world.join(ann.workspace_id, bob, "member")
        there = {"X-Workspace-Id": ann.workspace_id}
        key = new_id()
        assert send(bob, key, **there).status == 201
        set_role(world, ann, bob, role="viewer")
        assert send(bob, key, **there).status == 403
        set_role(world, ann, bob, is_active=False)
        assert send(bob, key, **there).status == 404
        set_role(world, ann, bob, is_active=True, role="member")
        assert replayed(send(bob, key, **there))

    @pytest.mark.parametrize(
        "key",
        ["", " ", "two words", "x" * 256, "ü", "tab\there"],
        ids=["none", "space", "spaces", "long", "ü", "tab"],
    )
    def test_a_key_has_a_form(self, ann: Person, key: str) -> None:
        reply = send(ann, key)
        assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST")
        assert "1 to 255 visible ASCII characters" in reply.error["message"]
        assert titles(ann) == []

    @pytest.mark.parametrize("key", ["!", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
    def test_and_no_other_rule(self, ann: Person, key: str) -> None:
        assert same(send(ann, key), send(ann, key))

    def test_nobody_learns_of_keys_without_a_credential(self, world: World) -> None:
        assert send(world.anonymous(), "two words").status == 401

    def test_a_body_that_cannot_be_read_is_refused_where_none_is_needed(self, ann: Person) -> None:
        path, headers = f"{THINGS}/said", {"Idempotency-Key": new_id()}
        assert ann.request("POST", path, data=b"{", headers=headers).status == 400
        plain = {**headers, "Content-Type": "text/plain"}
        assert ann.request("POST", path, data=b"{}", headers=plain).status == 415


class TestRoutesWithoutKeys:
    def test_the_header_is_ignored_there(self, ann: Person) -> None:
        key = {"Idempotency-Key": "two words"}
        note = ann.post(NOTES, {"title": "x"}).data
        address = f"{NOTES}/{note['id']}"
        assert ann.request("GET", address, headers=key).status == 200
        assert ann.request("PATCH", address, {"title": "y"}, headers=key).status == 200
        assert ann.request("DELETE", address, headers=key).status == 200
        for _ in range(2):
            reply = send(ann, "1", {"name": new_id()}, f"{THINGS}/unkeyed")
            assert reply.status == 200 and not replayed(reply)

    def test_a_route_cannot_promise_what_it_cannot_keep(self) -> None:
        blp = Blueprint("things", url_prefix="/x", tag="X")
        for wrong in (
            {"method": "PATCH", "permission": "x"},
            {"method": "POST", "permission": PUBLIC},
            {"method": "POST", "permission": "x", "writes": False},
        ):
            with pytest.raises(ValueError, match="takes no key"):
                blp.endpoint(rule="/y", idempotency="replay", **wrong)
        with pytest.raises(ValueError, match="makes no record"):
            blp.endpoint("POST", "/y", permission="x", idempotency="reference")


class TestLife:
    def test_a_key_lives_for_a_day(self, world: World, ann: Person) -> None:
        key = new_id()
        first = send(ann, key)
        with later(world, LIFE - timedelta(seconds=1)):
            assert same(first, send(ann, key))
        with later(world, LIFE):
            renewed = send(ann, key, {"title": "y"})
            assert renewed.status == 201 and not replayed(renewed)
            assert same(renewed, send(ann, key, {"title": "y"}))

    def test_what_has_expired_is_deleted(self, world: World, ann: Person) -> None:
        for _ in range(3):
            send(ann, new_id())
        with later(world, LIFE):
            send(ann, new_id())
            Sweeper(world.kernel.db).sweep()
            assert len(records(world, ann)) == 1

    def test_now_and_then_a_request_sees_to_it(self, world: World, ann: Person) -> None:
        sweeper, turns = Sweeper(world.kernel.db), []
        for turn in range(SWEEP_EVERY + 1):
            with world.kernel.db.write(Scope.system()) as uow:
                sweeper.follow(uow)
                if uow.finish()[1]:
                    turns.append(turn)
        assert turns == [0, SWEEP_EVERY]

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


class TestTwins:
    def test_of_many_at_once_one_is_done_and_all_get_its_answer(self, world: World, ann: Person) -> None:
        for _ in range(3):
            key = new_id()
            replies = at_once(world, ann, lambda person: send(person, key))
            assert {reply.status for reply in replies} == {201}
            assert len({(reply.body, reply.headers["ETag"]) for reply in replies}) == 1
            assert sum(replayed(reply) for reply in replies) == TWINS - 1
        assert len(titles(ann)) == 3

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


def test_the_document_names_the_header_where_it_counts(world: World) -> None:
    paths = world.anonymous().get("/openapi.json").json["paths"]

    def named(path: str, method: str = "post") -> set[str]:
        parameters = paths[path][method].get("parameters", [])
        return {each["$ref"].rpartition("/")[2] for each in parameters if "$ref" in each}

    assert named(NOTES) == {"IdempotencyKey"}
    assert named(f"{THINGS}/locked") == {"IdempotencyKeyOnce"}
    assert named(f"{THINGS}/unkeyed") == named("/api/v1/auth/login") == set()
    assert named(f"{NOTES}/{{note_id}}", "patch") == {"IfMatch"}
    answers = paths[f"{THINGS}/said"]["post"]["responses"]
    assert {"400", "409", "413", "415", "422"} <= answers.keys()
    assert "Idempotency-Replayed" in answers["200"]["headers"]
