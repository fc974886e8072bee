"""The trash: a task lies there, and a project."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case, Effect
from ..sections import Scenario

TRASH = "/api/v1/archive/trash"
ONE = f"{TRASH}/{{trash_item_id}}"


def move(world: World) -> Case:
    ann = world.person("ann")
    project = ann.post("/api/v1/projects", {"name": "Website"}).data["id"]
    task = ann.post("/api/v1/tasks", {"project_id": project, "title": "Design UI"}).data["id"]
    return Case(ann, {"task_uuid": task}, effect=Effect(TRASH))


def _filled(world: World, effect: Effect | None = None) -> Case:
    ann = world.person("ann")
    old, kept = (ann.post("/api/v1/projects", {"name": name}).data["id"] for name in ("Old", "Website"))
    task = ann.post("/api/v1/tasks", {"project_id": kept, "title": "Design UI"}).data["id"]
    ann.delete(f"/api/v1/projects/{old}")
    item = ann.post(TRASH, {"resource_type": "task", "resource_id": task}).data["id"]
    return Case(ann, {"trash_item_id": item, "task_uuid": task}, effect=effect)


def listed(world: World) -> Case:
    case = _filled(world)
    other = case.client.post("/api/v1/workspaces", {"name": "Other"}).data["id"]
    home = case.client.workspace_id
    query = {"resource_type": ("task", "project"), "workspace_id": (home, other)}
    return Case(case.client, case.bindings, query=query)


def restore(world: World) -> Case:
    return _filled(world, Effect(TRASH, gone=("trash_item_id",)))


def purge(world: World) -> Case:
    return _filled(world, Effect(TRASH))


CASES: Scenario = {
    f"POST {TRASH}": move,
    f"GET {TRASH}": listed,
    f"POST {ONE}/restore": restore,
    f"DELETE {ONE}": purge,
}
