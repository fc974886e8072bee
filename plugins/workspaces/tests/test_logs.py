"""What happened in a workspace, and who opened it."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person

from .conftest import Team, now

DAY = 86_400


def audit(team: Team, by: Person | None = None, **query: Any) -> Any:
    return (by or team.owner).get(f"{team.path}/audit-logs", **query)


def test_the_audit_log_tells_what_who_and_when(team: Team) -> None:
    team.owner.patch(team.path, {"name": "Beta"})
    newest = audit(team).data[0]
    expected = {
        "type": "workspace.updated",
        "entity_type": "Workspace",
        "entity_id": team.id,
        "entity_title": "Beta",
        "actor_kind": "user",
        "occurred_at": now(team.world),
        "changes": {"name": {"old": "Alpha", "new": "Beta"}},
    }
    assert {key: newest[key] for key in expected} == expected
    assert newest["actor"]["user_id"] == team.owner.id


def test_the_audit_log_is_filtered_and_paged(team: Team, ann: Person) -> None:
    team.join("admin", ann)
    team.world.clock.advance(DAY)
    moment = now(team.world)
    ann.post(f"{team.path}/tags", {"name": "One"})
    team.owner.post(f"{team.path}/tags", {"name": "Two"})
    assert [row["entity_title"] for row in audit(team, type="tag.*").data] == ["Two", "One"]
    assert [row["entity_title"] for row in audit(team, type="tag.*", actor_id=ann.id).data] == ["One"]
    assert {row["type"] for row in audit(team, **{"from": moment}).data} == {"tag.created"}
    assert "tag.created" not in {row["type"] for row in audit(team, to=moment).data}
    first = audit(team, page_size=1)
    cursor = first.json["pagination"]["next_cursor"]
    assert [row["entity_title"] for row in audit(team, page_size=1, cursor=cursor).data] == ["One"]


def test_the_access_log_tells_who_opened_the_workspace(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    ann.post(f"{team.path}/access")
    team.world.clock.advance(60)
    team.owner.post(f"{team.path}/access")
    path = f"{team.path}/access-logs"
    rows = team.owner.get(path).data
    assert [(row["type"], row["actor"]["user_id"]) for row in rows] == [
        ("workspace.accessed", team.owner.id),
        ("workspace.accessed", ann.id),
    ]
    assert [row["actor"]["username"] for row in team.owner.get(path, actor_id=ann.id).data] == [ann.username]
    assert team.owner.get(path, type="task.*").faults == {"type"}


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403), ("viewer", 403)])
@pytest.mark.parametrize("log", ["audit-logs", "access-logs"])
def test_only_those_who_run_a_workspace_read_its_logs(team: Team, log: str, role: str, status: int) -> None:
    assert team.join(role).get(f"{team.path}/{log}").status == status
    assert team.world.person().get(f"{team.path}/{log}").status == 404


def test_nothing_of_another_workspace_stands_in_it(team: Team, make_team: Any) -> None:
    other = make_team()
    other.owner.post(f"{other.path}/tags", {"name": "Theirs"})
    assert other.id not in str(audit(team).data)


def test_a_log_keeps_to_the_budget(team: Team) -> None:
    for log in ("audit-logs", "access-logs"):
        team.owner.get(f"{team.path}/{log}")
        with team.world.statements() as seen:
            assert team.owner.get(f"{team.path}/{log}").status == 200
        assert len(seen) <= 6
