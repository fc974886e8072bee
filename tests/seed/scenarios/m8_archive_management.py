"""The archive: a project that is done with."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case, Effect
from ..sections import Scenario

ONE = "/api/v1/archive/projects/{project_id}"


def archive(world: World) -> Case:
    ann = world.person("ann")
    project = ann.post("/api/v1/projects", {"name": "Website"}).data["id"]
    bindings = {"project_id": project, "user_id": ann.id}
    # What is said beside the reason is done, and stored nowhere.
    unseen = ("archive_all_related", "notify_team")
    return Case(ann, bindings, effect=Effect(f"{ONE}/history", unseen=unseen))


def history(world: World) -> Case:
    case = archive(world)
    body = {"reason": "Project completed"}
    assert case.client.request("POST", case.path(f"{ONE}/archive"), body).status == 200
    return Case(case.client, case.bindings)


CASES: Scenario = {f"POST {ONE}/archive": archive, f"GET {ONE}/history": history}
