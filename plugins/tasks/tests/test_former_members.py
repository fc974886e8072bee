"""Who has left the workspace is not named beside what they did (modules.md 2.3 rule 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"


def test_who_has_left_is_a_former_member_everywhere(
    world: World, ann: Person, project: Any, colleague: Callable[..., Person]
) -> None:
    bob = colleague(project["id"])
    ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/settings", {"on_member_removed": "keep"})
    task = bob.post(TASKS, {"project_id": project["id"], "title": "x", "assigned_to": bob.id}).data
    url = f"{TASKS}/{task['id']}"
    bob.post(f"{url}/comments", {"content": "Hello"})
    bob.post(f"{url}/time-entries", {"hours": 1, "date": "2026-03-02"})

    def named() -> tuple[Any, ...]:
        [comment] = ann.get(f"{url}/comments").data
        [entry] = ann.get(f"{url}/time-entries").data
        [assignee] = ann.get(url).data["assignees"]
        return comment["author"], entry["user"]["username"], assignee["username"], comment["author_id"]

    assert named() == (*[bob.username] * 3, bob.id)
    members = f"/api/v1/workspaces/{ann.workspace_id}/members"
    assert ann.delete(f"{members}/{bob.id}").status == 200
    world.drain()
    assert named() == (*["Former Member"] * 3, bob.id)
    world.join(ann.workspace_id, bob, "member")
    assert named() == (*[bob.username] * 3, bob.id)
