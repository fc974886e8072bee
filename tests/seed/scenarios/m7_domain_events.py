"""The event log: somebody has a project with tasks, and has renamed one of them."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case
from ..sections import Scenario


def list_events(world: World) -> Case:
    ann = world.person("ann")
    home, elsewhere = ann.workspace_id, world.person("bob").workspace_id
    world.join(elsewhere, ann, "viewer")  # where nothing has happened that a viewer is shown
    project = ann.post("/api/v1/projects", {"name": "Website"}).data
    tasks = [
        ann.post("/api/v1/tasks", {"project_id": project["id"], "title": title, "priority": "high"}).data
        for title in ("Design UI", "Write texts")
    ]
    ann.patch(f"/api/v1/tasks/{tasks[0]['id']}", {"title": "Draw UI"})
    world.drain()
    query = {"event_type": ["task.created", "task.*"], "workspace_id": [home, elsewhere]}
    keeps = {"event_type": lambda row, value: row["event_type"].startswith(value.removesuffix("*"))}
    return Case(ann, query=query, keeps=keeps)


CASES: Scenario = {"GET /api/v1/events": list_events}
