"""A token acts as its owner in its workspace, within its scopes, and is dead as soon as one of these ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from pronaflow_integrations.tokens.format import PREFIX, is_well_formed, new_token
from pronaflow_kernel.api import Membership, Scope, User, Workspace, tenancy
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing import Person, World

TOKENS = "/api/v1/integration/tokens"
ME = "/api/v1/auth/me"


def test_a_token_has_its_form() -> None:
    made = {new_token() for _ in range(50)}
    assert len(made) == 50
    for token in made:
        assert token.startswith(PREFIX) and len(token) == 44 and token.isascii()
        assert is_well_formed(token)


def test_any_other_character_breaks_the_checksum() -> None:
    token = new_token()
    for place in range(len(token)):
        other = "a" if token[place] != "a" else "b"
        assert not is_well_formed(token[:place] + other + token[place + 1 :])
    for wrong in (
        token[:-1],
        token + "a",
        token.upper(),
        f" {token}",
        f"{token}\n",
        "prona_",
        "prona_" + "é" * 38,
    ):
        assert not is_well_formed(wrong)


def test_what_cannot_be_a_token_is_refused_without_asking_the_database(world: World) -> None:
    guest = world.anonymous()
    for wrong in ("prona_", "prona_" + "a" * 38, new_token()[:-1] + "!"):
        guest.token = wrong
        with world.statements() as seen:
            assert guest.get(ME).status == 401
        # What is switched on is looked at once a second, whoever comes.
        assert [each for each in seen if "core__plugin_switch" not in each] == []


def test_a_token_that_was_never_made_is_refused_and_counted_as_guessing(new_world: Any) -> None:
    world = new_world({"rate_limit.enabled": True, "rate_limit.anonymous_per_minute": 3})
    guest = world.anonymous()
    answers = []
    for _ in range(4):
        guest.token = new_token()
        answers.append(guest.get(ME))
    assert [each.status for each in answers] == [401, 401, 401, 429]
    assert answers[0].headers["X-RateLimit-Tier"] == "public"


def test_signing_in_takes_one_statement(world: World, ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann)
    for caller in (ann, bot):
        assert caller.get(ME).status == 200
    counts = []
    for caller in (ann, bot):
        with world.statements() as seen:
            caller.get(ME)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_it_acts_as_its_owner(world: World, ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann, "write:projects", "write:tasks")
    project = bot.post("/api/v1/projects", {"name": "By a program"}).data
    assert project["owner_id"] == ann.id
    [event] = [each for each in world.events(ann.workspace_id) if each["type"] == "project.created"]
    assert (event["actor_kind"], event["user_id"]) == ("token", ann.id)


def test_writing_includes_reading_and_nothing_else(ann: Person, program: Callable[..., Person]) -> None:
    writer = program(ann, "write:projects")
    assert writer.get("/api/v1/projects").status == 200
    reader = program(ann, "read:projects")
    reply = reader.post("/api/v1/projects", {"name": "No"})
    assert (reply.status, reply.error["details"]) == (403, {"required_scope": "write:projects"})
    reply = writer.get("/api/v1/tasks")
    assert (reply.status, reply.error["details"]) == (403, {"required_scope": "read:tasks"})


def test_it_may_no_more_than_its_owner_at_this_moment(
    world: World, ann: Person, bob: Person, program: Callable[..., Person]
) -> None:
    world.join(ann.workspace_id, bob, "admin")
    bot = program(bob)
    path = f"/api/v1/workspaces/{ann.workspace_id}"
    assert bot.patch(path, {"name": "By a program"}).status == 200
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        tenancy.change_role(uow, tenancy.member(uow, bob.id), "viewer")
    assert bot.patch(path, {"name": "Again"}).status == 403
    assert bot.get(path).status == 200


def set_status(world: World, person: Person, status: str) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(update(User).where(User.id == person.id).values(status=status))


def leave(world: World, person: Person, active: bool) -> None:
    statement = update(Membership).where(Membership.user_id == person.id).values(is_active=active)
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(unscoped("a test", statement))


def put_away(world: World, person: Person, lifecycle: str) -> None:
    statement = update(Workspace).where(Workspace.id == person.workspace_id).values(lifecycle=lifecycle)
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(statement)


ENDS: dict[str, tuple[Callable[[World, Person], None], Callable[[World, Person], None]]] = {
    "suspended": (lambda w, p: set_status(w, p, "disabled"), lambda w, p: set_status(w, p, "active")),
    "gone": (lambda w, p: leave(w, p, False), lambda w, p: leave(w, p, True)),
    "trashed": (lambda w, p: put_away(w, p, "trashed"), lambda w, p: put_away(w, p, "active")),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_is_dead_at_once_in_every_process(
    new_world: Any, new_database: Callable[[], str], end: str, program: Callable[..., Person]
) -> None:
    url = new_database()
    world, other = (new_world(database_url=url) for _ in range(2))
    ann = world.person("ann")
    bot = program(ann)
    elsewhere = replace(bot, client=other.app.test_client())
    assert bot.get(ME).status == elsewhere.get(ME).status == 200
    ENDS[end][0](world, ann)
    assert bot.get(ME).status == elsewhere.get(ME).status == 401
    ENDS[end][1](world, ann)
    assert elsewhere.get(ME).status == 200


def test_a_password_does_not_end_it_and_signing_out_neither(
    world: World, ann: Person, program: Callable[..., Person]
) -> None:
    bot = program(ann)
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(update(User).where(User.id == ann.id).values(token_epoch=User.token_epoch + 1))
    assert ann.get(ME).status == 401
    assert bot.get(ME).status == 200


def test_other_workspaces_are_not_there(world: World, ann: Person, program: Callable[..., Person]) -> None:
    second = ann.post("/api/v1/workspaces", {"name": "Second"}).data["id"]
    hidden = ann.post("/api/v1/projects", {"name": "Hidden", "workspace_id": second}).data["id"]
    bot = program(ann)
    missing = "01a00000-0000-7000-8000-000000000000"
    for path, other in ((f"/api/v1/workspaces/{second}", second), (f"/api/v1/projects/{hidden}", hidden)):
        assert ann.get(path).status == 200
        theirs, nothing = bot.get(path), bot.get(path.replace(other, missing))
        assert theirs.status == nothing.status == 404
        said = [each.error["message"].replace(id, "") for each, id in ((theirs, other), (nothing, missing))]
        assert said[0] == said[1]
    for how in ({"query": {"workspace_id": second}}, {"headers": {"X-Workspace-Id": second}}):
        assert bot.request("GET", "/api/v1/projects", **how).status == 404
    assert hidden not in [each["id"] for each in bot.get("/api/v1/projects").data]
    assert [each["id"] for each in bot.get("/api/v1/workspaces").data] == [ann.workspace_id]
    assert bot.post("/api/v1/workspaces", {"name": "Third"}).status == 403


def test_it_manages_no_tokens(ann: Person, program: Callable[..., Person], token_of: Any) -> None:
    bot, token = program(ann, "admin:all"), token_of(ann)
    url = f"{TOKENS}/{token['id']}"
    for method, path, body in (
        ("GET", TOKENS, None),
        ("POST", TOKENS, {"name": "Child", "scopes": ["read:tasks"]}),
        ("GET", f"{TOKENS}/scopes", None),
        ("GET", url, None),
        ("PATCH", url, {"is_active": False}),
        ("DELETE", url, None),
        ("POST", f"{url}/rotate", {}),
        ("GET", f"{url}/usage", None),
    ):
        reply = bot.request(method, path, body)
        assert (reply.status, reply.error["details"]) == (403, {"required_scope": "admin:tokens"})


def test_it_changes_no_password_and_ends_no_session(ann: Person, program: Callable[..., Person]) -> None:
    bot = program(ann, "admin:all")
    auth = "/api/v1/auth"
    [session] = ann.get(f"{auth}/sessions").data["sessions"]
    password = {"current_password": "Quiet-Meadow7!x", "new_password": "Other-Meadow7!x"}
    for method, path, body in (
        ("POST", "/password-change", password),
        ("POST", "/sessions/revoke", {"session_id": session["id"]}),
        ("POST", "/sessions/revoke-all", {}),
        ("POST", "/logout", {}),
        ("POST", "/step-up", {"password": "x"}),
        ("DELETE", "/me", {"password": "x"}),
        ("POST", "/mfa/enable", {}),
    ):
        reply = bot.request(method, auth + path, body)
        assert (reply.status, reply.error["details"]["reason"]) == (403, "session_required"), path
    assert ann.get(ME).status == 200


class TestTiers:
    @pytest.fixture
    def world(self, new_world: Any) -> Any:
        return new_world({"rate_limit.enabled": True})

    @pytest.mark.parametrize(
        ("plan", "tier", "limit"),
        [("free", "free", 60), ("pro", "pro", 1000), ("enterprise", "enterprise", 5000), ("odd", "free", 60)],
    )
    def test_the_plan_of_the_workspace_tells_it(
        self, world: World, program: Callable[..., Person], plan: str, tier: str, limit: int
    ) -> None:
        ann = world.person("ann")
        with world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(Workspace).where(Workspace.id == ann.workspace_id).values(plan=plan))
        headers = program(ann).get(ME).headers
        assert headers["X-RateLimit-Tier"] == tier
        assert headers["X-RateLimit-Limit"] == str(limit)
        assert headers["X-RateLimit-Remaining"] == str(limit - 1)

    def test_all_tokens_of_a_workspace_share_a_limit_of_their_own(
        self, world: World, program: Callable[..., Person]
    ) -> None:
        ann = world.person("ann")
        first, second = program(ann), program(ann)
        statuses = [caller.get(ME).status for caller in (first, second) for _ in range(30)]
        assert set(statuses) == {200}
        refused = first.get(ME)
        assert (refused.status, refused.headers["X-RateLimit-Tier"]) == (429, "free")
        assert second.get(ME).status == 429
        assert ann.get(ME).headers["X-RateLimit-Tier"] == "default"


def test_an_operator_sets_the_tier_of_all(new_world: Any, program: Callable[..., Person]) -> None:
    world = new_world(
        {"rate_limit.enabled": True, "integrations.tier": "pro", "integrations.pro_per_minute": 7}
    )
    headers = program(world.person("ann")).get(ME).headers
    assert (headers["X-RateLimit-Tier"], headers["X-RateLimit-Limit"]) == ("pro", "7")
