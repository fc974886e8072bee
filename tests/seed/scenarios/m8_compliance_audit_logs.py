"""Audit logs and compliance: a project that was renamed and archived."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case
from ..sections import Scenario


def audit_logs(world: World) -> Case:
    ann, bob = world.person("ann"), world.person("bob")
    world.join(ann.workspace_id, bob, "member")
    project = ann.post("/api/v1/projects", {"name": "Website"}).data["id"]
    ann.patch(f"/api/v1/projects/{project}", {"name": "Site"})
    ann.post(f"/api/v1/archive/projects/{project}/archive", {"reason": "Done"})
    bob.post("/api/v1/projects", {"workspace_id": ann.workspace_id, "name": "Shop"})
    today = world.clock.now().date().isoformat()
    query = {
        "workspace_id": [ann.workspace_id],
        "user_id": [ann.id, bob.id],
        "action": ["project.archived", "project.created"],
        "start_date": [today],
        "end_date": [today],
    }
    return Case(ann, query=query)


def export(world: World) -> Case:
    ann = world.person("ann")
    ann.post("/api/v1/projects", {"name": "Website"})
    today = world.clock.now().date().isoformat()
    return Case(ann, query={"start_date": [today], "end_date": [today]})


CASES: Scenario = {
    "GET /api/v1/audit-logs": audit_logs,
    "GET /api/v1/compliance/export": export,
}
