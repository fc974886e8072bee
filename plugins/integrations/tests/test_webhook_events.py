"""The events that the first seed's reference of webhooks names, each with what it says comes along."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, WebhookSink, World

PROMISED = [
    ("task.created", {"task_id", "title", "status", "priority"}, False),
    ("task.updated", {"task_id", "title", "status", "priority"}, True),
    ("task.completed", {"task_id", "title", "status"}, False),
    ("task.deleted", {"task_id"}, False),
    ("project.created", {"project_id", "name", "status"}, False),
    ("project.updated", {"project_id", "name", "status"}, True),
    ("project.archived", {"project_id", "name"}, False),
    ("comment.created", {"comment_id", "task_id"}, False),
    ("user.joined", {"user_id"}, False),
]
"""Type, keys of its data, and whether it says what has changed."""


@pytest.mark.parametrize(("event", "keys", "with_changes"), PROMISED)
def test_each_event_of_the_seed_arrives_with_its_data(
    world: World, ann: Person, event: str, keys: set[str], with_changes: bool
) -> None:
    body = {"url": "https://hooks.example.com/x", "subscribed_events": {event: True}}
    made = ann.post("/api/v1/integration/webhooks", {"workspace_id": ann.workspace_id, **body}).data
    everything_happens(world, ann)
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for("hooks.example.com")
        world.drain()
    ann.delete(f"/api/v1/integration/webhooks/{made['id']}")
    sent: list[Any] = [request.json for request in sink.requests]
    assert {each["type"] for each in sent} == {event}
    assert all(keys <= each["data"].keys() and "id" in each["data"] for each in sent)
    assert all(("changes" in each) >= with_changes for each in sent)


def everything_happens(world: World, ann: Person) -> None:
    """Something of each kind."""
    project = ann.post("/api/v1/projects", {"name": "Website"}).data["id"]
    task = ann.post("/api/v1/tasks", {"project_id": project, "title": "Design"}).data["id"]
    url = f"/api/v1/tasks/{task}"
    ann.post(f"{url}/comments", {"content": "Hello"})
    ann.patch(url, {"title": "Design UI"})
    ann.patch(f"{url}/status", {"status": "completed"})
    ann.delete(url)
    ann.patch(f"/api/v1/projects/{project}", {"name": "Shop"})
    ann.post(f"/api/v1/archive/projects/{project}/archive", {"reason": "Done"})
    world.join(ann.workspace_id, world.person("guest"), "member")
