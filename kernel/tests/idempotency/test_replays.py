"""Idempotency-Key: a POST that is sent again with the same key is done once."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from things_plugin.plugin import ran

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, World

from .keyed import NOTES, THINGS, records, replayed, same, send, titles


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
        world.drain()
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

    def test_a_file_is_no_page_when_it_comes_again(self, ann: Person) -> None:
        key, body = new_id(), {"name": new_id()}
        first, again = (send(ann, key, body, f"{THINGS}/exported") for _ in range(2))
        assert same(first, again) and replayed(again)
        for name in ("Content-Disposition", "Content-Security-Policy", "X-Content-Type-Options"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["Content-Security-Policy"].endswith("sandbox")

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
