"""Tokens are made, seen, changed, rotated and revoked by their owner alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing import Person, ResourceSuite, World

TOKENS = "/api/v1/integration/tokens"
HOUR = 3600


class TestTokens(ResourceSuite):
    path = TOKENS
    patch: ClassVar[dict[str, Any]] = {"name": "Another bot", "is_active": False}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        scopes = ["read:tasks", "write:projects"]
        return {"name": f"Bot {number}", "scopes": scopes, "workspace_id": owner.workspace_id}

    def test_what_is_sent_twice_with_one_key_is_made_once(self, ann: Person) -> None:
        """The answer holds a secret, which is stored nowhere, so that the second one only names the token."""
        key = new_id()
        first, again = (self.send(ann, self.body(ann), key) for _ in range(2))
        assert (first.status, again.status) == (201, 409)
        assert again.error["details"]["id"] == first.data["id"]
        assert first.data["token"] not in again.body.decode()


def test_a_token_is_shown_once(ann: Person, token_of: Callable[..., Any]) -> None:
    made = token_of(ann, "read:tasks")
    assert made["token"].startswith(made["token_prefix"])
    assert made["warning"] == "Save this token securely - you won't see it again!"
    for reply in (
        ann.get(f"{TOKENS}/{made['id']}"),
        ann.get(TOKENS),
        ann.patch(f"{TOKENS}/{made['id']}", {}),
    ):
        assert made["token"] not in reply.body.decode()
        assert b"hash" not in reply.body


def test_a_colleague_does_not_see_it(world: World, ann: Person, bob: Person, token_of: Any) -> None:
    made = token_of(ann)
    world.join(ann.workspace_id, bob, "owner")
    assert bob.get(TOKENS, workspace_id=ann.workspace_id).data == []
    missing = bob.get(f"{TOKENS}/{new_id()}")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("GET", "/usage", None),
        ("POST", "/rotate", {}),
    ):
        reply = bob.request(method, f"{TOKENS}/{made['id']}{path}", body)
        assert (reply.status, reply.error["code"]) == (404, missing.error["code"]), (method, path)


@pytest.mark.parametrize(
    ("sent", "scopes"),
    [
        (["tasks:read", "write:projects"], ["read:tasks", "write:projects"]),
        (["READ:Task", "read:tasks"], ["read:tasks"]),
        (["read:workspace"], ["read:workspaces"]),
        (["admin:all"], ["admin:all"]),
        (["read:reports"], ["read:reports"]),
    ],
    ids=lambda value: "+".join(value),
)
def test_scopes_may_be_written_in_several_ways(
    ann: Person, token_of: Callable[..., Any], sent: list[str], scopes: list[str]
) -> None:
    assert token_of(ann, *sent)["scopes"] == scopes


@pytest.mark.parametrize("scope", ["read:nonsense", "tasks", "admin:tokens", "", "read:tasks:all", ":"])
def test_a_scope_that_does_not_exist_is_refused_with_those_that_do(ann: Person, scope: str) -> None:
    reply = ann.post(TOKENS, {"name": "Bot", "scopes": ["read:tasks", scope]})
    assert reply.faults == {"scopes.1"}
    assert "write:projects" in reply.error["details"]["errors"][0]["message"]


def test_the_scopes_are_listed(ann: Person) -> None:
    listed = {each["scope"]: each for each in ann.get(f"{TOKENS}/scopes").data}
    assert listed["read:tasks"] == {
        "scope": "read:tasks",
        "description": "Read access to tasks",
        "resource_type": "task",
        "permission_type": "read",
    }
    assert {"write:projects", "delete:tasks", "admin:all"} <= listed.keys()
    assert "admin:tokens" not in listed


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2027-02-03", "2027-02-03"),
        ("2026-03-02", "2026-03-02"),
        ("2027-03-02", "2027-03-02"),
        ("2026-04-01T12:00:00+02:00", "2026-04-01T10:00:00Z"),
        (None, "2027-03-02T09:00:00Z"),
    ],
)
def test_an_end_is_shown_as_it_was_sent(ann: Person, token_of: Any, sent: str | None, shown: str) -> None:
    made = token_of(ann, expires_at=sent)
    assert made["expires_at"] == ann.get(f"{TOKENS}/{made['id']}").data["expires_at"] == shown


@pytest.mark.parametrize(
    "sent",
    ["2026-03-01", "2026-03-02T09:00:00Z", "2027-03-03", "2027-03-02T09:00:01Z", "2026-02-30", "soon", 7],
)
def test_an_end_that_cannot_be_is_refused(ann: Person, sent: Any) -> None:
    body = {"name": "Bot", "scopes": ["read:tasks"], "expires_at": sent}
    assert ann.post(TOKENS, body).faults == {"expires_at"}


def test_a_date_lasts_to_its_end(world: World, ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann, expires_at="2026-03-02")
    world.clock.advance(14.9 * HOUR)
    assert bot.get("/api/v1/auth/me").status == 200
    world.clock.advance(HOUR)
    assert bot.get("/api/v1/auth/me").status == 401


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", None])
def test_a_name_that_cannot_be_is_refused(ann: Person, name: Any) -> None:
    assert ann.post(TOKENS, {"name": name, "scopes": ["read:tasks"]}).faults == {"name"}


def test_inactive_can_return_and_revoked_cannot(ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann)
    [token] = ann.get(TOKENS).data
    url = f"{TOKENS}/{token['id']}"
    off = ann.patch(url, {"is_active": False}).data
    assert (off["is_active"], off["is_revoked"]) == (False, False)
    assert bot.get("/api/v1/auth/me").status == 401
    assert ann.patch(url, {"is_active": True}).data["is_active"]
    assert bot.get("/api/v1/auth/me").status == 200
    assert ann.delete(url).status == ann.delete(url).status == 204
    assert bot.get("/api/v1/auth/me").status == 401
    shown = ann.get(url).data
    assert (shown["is_active"], shown["is_revoked"]) == (False, True)
    assert [each["id"] for each in ann.get(TOKENS).data] == [token["id"]]
    for method, path, body in (("PATCH", "", {"is_active": True}), ("POST", "/rotate", {})):
        reply = ann.request(method, url + path, body)
        assert (reply.status, reply.error["details"]["reason"]) == (409, "revoked")


def test_a_new_secret_ends_the_old_one(ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann, "read:tasks", expires_at="2026-03-03")
    [token] = ann.get(TOKENS).data
    made = ann.post(f"{TOKENS}/{token['id']}/rotate", {"expires_at": "2026-09-01"}).data
    assert (made["id"], made["scopes"], made["expires_at"]) == (token["id"], ["read:tasks"], "2026-09-01")
    assert bot.get("/api/v1/tasks").status == 401
    bot.token = made["token"]
    assert bot.get("/api/v1/tasks").status == 200


def test_a_secret_is_given_only_shortly_after_a_sign_in(world: World, ann: Person, token_of: Any) -> None:
    made = token_of(ann)
    world.clock.advance(11 * 60)
    for path in ("", f"/{made['id']}/rotate"):
        reply = ann.post(TOKENS + path, {})
        assert (reply.status, reply.error["details"]["reason"]) == (403, "step_up_required")
    assert ann.patch(f"{TOKENS}/{made['id']}", {"is_active": False}).status == 200


def test_the_audit_log_tells_what_became_of_it(world: World, ann: Person, token_of: Any) -> None:
    made = token_of(ann, "read:tasks")
    url = f"{TOKENS}/{made['id']}"
    ann.patch(url, {"name": "Robot"})
    ann.patch(url, {"name": "Robot"})
    ann.post(f"{url}/rotate", {})
    ann.delete(url)
    ann.delete(url)
    events = [each for each in world.events(ann.workspace_id) if each["aggregate_id"] == made["id"]]
    assert [each["type"] for each in events] == [
        "token.created",
        "token.updated",
        "token.rotated",
        "token.revoked",
    ]
    assert events[1]["changes"] == {"name": {"old": "Bot", "new": "Robot"}}
    assert made["token"] not in str(events)
    assert {each["payload"]["user_id"] for each in events} == {ann.id}
