"""Notifications: somebody is told of the tasks that were assigned to them."""

from __future__ import annotations

from pronaflow_kernel.testing import Person, World

from ..case import Case, Effect
from ..sections import Scenario

PATH = "/api/v1/notifications"


def told(world: World) -> Person:
    """John assigns two tasks to somebody, who has read one of the notifications."""
    john, jane = world.person("john"), world.person("jane")
    world.join(john.workspace_id, jane, "member")
    project = john.post("/api/v1/projects", {"name": "Website"}).data
    john.post(f"/api/v1/projects/{project['id']}/members", {"user_id": jane.id, "role": "member"})
    world.drain()
    jane.post(f"{PATH}/mark-all-read")
    for title in ("Design UI", "Build UI"):
        body = {"project_id": project["id"], "title": title, "assigned_to": jane.id}
        assert john.post("/api/v1/tasks", body).status == 201
        world.drain()
    return jane


def newest(person: Person) -> str:
    """The id of the newest notification."""
    return str(person.get(PATH).data[0]["id"])


def list_notifications(world: World) -> Case:
    return Case(
        told(world),
        query={"status": ["unread", "read"], "type": ["task_assigned", "project_member_added"]},
        keeps={"status": lambda record, status: record["read"] is (status == "read")},
    )


def mark(world: World) -> Case:
    person = told(world)
    bindings = {"notification_id": newest(person)}
    return Case(person, bindings, effect=Effect(f"{PATH}/{{notification_id}}", shows={"read": True}))


def mark_all(world: World) -> Case:
    person = told(world)
    bindings = {"notification_id": newest(person)}
    return Case(person, bindings, effect=Effect(f"{PATH}/{{notification_id}}", shows={"read": True}))


def delete(world: World) -> Case:
    person = told(world)
    return Case(person, {"notification_id": newest(person)}, effect=Effect(PATH, gone=["notification_id"]))


CASES: Scenario = {
    f"GET {PATH}": list_notifications,
    f"PATCH {PATH}/{{notification_id}}/read": mark,
    f"POST {PATH}/mark-all-read": mark_all,
    f"DELETE {PATH}/{{notification_id}}": delete,
}
