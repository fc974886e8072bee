"""Retention: who sees and decides how long what is kept, and old events that move into files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

PATH = "/api/v1/compliance/retention"
LOGS = "/api/v1/audit-logs"
DAY = 86_400


@pytest.fixture
def boss(world: World) -> Person:
    """Somebody whose workspace has a log of a few old entries."""
    person = world.person("boss")
    for name in ("One", "Two", "Three"):
        person.post(f"/api/v1/workspaces/{person.workspace_id}/tags", {"name": name})
    world.drain()
    return person


def decide(person: Person, days: int | None) -> Any:
    return person.request("PUT", PATH, {"cold_after_days": days})


def pass_days(world: World, days: int) -> None:
    world.clock.advance(days * DAY)
    world.drain()


def exported(person: Person) -> list[dict[str, Any]]:
    return [json.loads(line) for line in person.get(f"{LOGS}/export", format="jsonl").body.splitlines()]


def test_it_is_off_until_somebody_decides(world: World, boss: Person) -> None:
    before = boss.get(LOGS, page_size=100).data
    pass_days(world, 400)
    assert boss.get(LOGS, page_size=100).data == before
    shown = boss.get(PATH).data
    assert shown["cold_after_days"] is None
    assert {"core", "archiving"} <= {rule["plugin_id"] for rule in shown["rules"]}


def test_what_is_old_moves_and_is_still_exported(world: World, boss: Person) -> None:
    assert decide(boss, 90).data["cold_after_days"] == 90
    whole = [row["id"] for row in exported(boss)]
    pass_days(world, 100)
    assert "tag.created" not in {row["action"] for row in boss.get(LOGS).data}
    rows = exported(boss)
    assert [row["id"] for row in rows if row["id"] in whole] == whole
    moved = next(row for row in rows if row["action"] == "tag.created")
    assert (moved["user_id"], moved["user_email"]) == (boss.id, boss.email)
    only = boss.get(f"{LOGS}/export", format="jsonl", action="tag.*").body.splitlines()
    assert len(only) == 3
    assert (
        len(boss.get(f"{LOGS}/export", format="jsonl", user_id="me", action="tag.*").body.splitlines()) == 3
    )


def test_files_hold_no_address(world: World, boss: Person) -> None:
    decide(boss, 90)
    pass_days(world, 100)
    content = b"".join(texts(world))
    assert b"tag.created" in content
    assert boss.email.encode() not in content


def texts(world: World) -> list[bytes]:
    """The content of all compressed files."""
    found = []
    for key in world.kernel.store.keys(world.clock.now().replace(year=2200)):
        with world.kernel.store.open(key) as stream:
            content = stream.read()
        if content[:2] == b"\x1f\x8b":
            found.append(gzip.decompress(content))
    return found


class TestKilled:
    @pytest.fixture
    def world(self, new_world: Callable[..., World]) -> World:
        """One of its own: what a dead process held comes free later than the clock of the next test says."""
        return new_world()

    def test_a_run_that_was_killed_goes_on(
        self, world: World, boss: Person, survive: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plugin = world.kernel.contributions["archiving"].plugin
        monkeypatch.setattr(plugin.cold, "_at_once", 2)
        decide(boss, 90)
        whole = [row["id"] for row in exported(boss)]
        world.clock.advance(100 * DAY)
        survive("let_go_of_events", __import__("pronaflow_archiving.retention.cold", fromlist=["cold"]))
        pass_days(world, 2)
        rows = [row["id"] for row in exported(boss)]
        assert [each for each in rows if each in whole] == whole, "each is there, once"
        assert "tag.created" not in {row["action"] for row in boss.get(LOGS).data}


def test_private_projects_stay_private_in_files(world: World, boss: Person) -> None:
    member = world.person("member")
    world.join(boss.workspace_id, member, "member")
    here = {"X-Workspace-Id": boss.workspace_id}
    body = {"name": "Secret", "visibility": "private"}
    assert member.request("POST", "/api/v1/projects", body, headers=here).status == 201
    admin = world.person("admin")
    world.join(boss.workspace_id, admin, "admin")
    decide(boss, 90)
    world.drain()
    pass_days(world, 100)
    query = {"format": "jsonl", "workspace_id": boss.workspace_id, "action": "project.created"}
    assert admin.get(f"{LOGS}/export", **query).body == b""
    assert member.get(f"{LOGS}/export", format="jsonl", user_id="me", action="project.created").body != b""


def test_a_forgotten_name_is_taken_out_of_files(
    world: World, boss: Person, erase: Callable[[Person], None]
) -> None:
    other = world.person("other")
    world.join(boss.workspace_id, other, "owner")
    place = f"/api/v1/workspaces/{boss.workspace_id}"
    assert other.patch(place, {"name": f"{other.username}'s Workspace"}).status == 200
    decide(boss, 90)
    world.drain()
    pass_days(world, 100)
    erase(other)
    world.drain()
    assert [text for text in texts(world) if other.username.encode() in text] == []


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403), ("viewer", 403)])
def test_those_who_run_a_workspace_decide(world: World, boss: Person, role: str, status: int) -> None:
    person = world.person("other")
    world.join(boss.workspace_id, person, role)
    query = {"workspace_id": boss.workspace_id}
    assert person.get(PATH, **query).status == status
    reply = person.request("PUT", PATH, {"cold_after_days": 120}, query=query)
    assert reply.status == status


@pytest.mark.parametrize("days", [89, 3651, "soon"])
def test_days_that_make_no_sense_are_refused(boss: Person, days: Any) -> None:
    reply = decide(boss, days)
    assert (reply.status, set(reply.faults)) == (422, {"cold_after_days"})


def test_a_decision_stands_in_the_log(boss: Person) -> None:
    decide(boss, 90)
    decide(boss, 90)
    rows = boss.get(LOGS, action="retention.updated").data
    assert [row["changes"] for row in rows] == [{"cold_after_days": {"old": None, "new": 90}}]
