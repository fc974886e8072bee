"""Webhooks: one that takes what it is sent, one that answers with errors."""

from __future__ import annotations

from pronaflow_kernel.testing import Person, WebhookSink, World

from ..case import Case, Effect
from ..sections import Scenario

HOOKS = "/api/v1/integration/webhooks"
ONE = f"{HOOKS}/{{webhook_id}}"
HOST = "hooks.slack.com"
ADDRESS = f"https://{HOST}/services/T0/B0/x"


def _two_webhooks(world: World, effect: Effect | None = None) -> Case:
    """One that is switched off, whose id is bound, and one that was sent to."""
    ann = world.person("ann")
    body = {"url": ADDRESS, "subscribed_events": {"task.created": True}}
    first, _ = (ann.post(HOOKS, {"name": name, **body}).data for name in ("Idle", "Used"))
    ann.patch(f"{HOOKS}/{first['id']}", {"is_active": False})
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for(HOST)
        _task(ann)
        world.drain()
    return Case(ann, {"webhook_id": first["id"]}, effect=effect)


def listed(world: World) -> Case:
    case = _two_webhooks(world)
    case.client.delete(f"{HOOKS}/{case.bindings['webhook_id']}")
    again = {"url": ADDRESS, "subscribed_events": {"task.created": True}, "name": "Off"}
    off = case.client.post(HOOKS, again).data["id"]
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for(HOST)
        _task(case.client)
        world.drain()
    case.client.patch(f"{HOOKS}/{off}", {"is_active": False})
    return Case(case.client, query={"is_active": (True, False)})


def create(world: World) -> Case:
    # The secret is not shown again, and events set to false are left out.
    shows = {"subscribed_events": {"task.created": True, "task.completed": True}}
    return _two_webhooks(world, Effect(HOOKS, unseen=("secret", "subscribed_events"), shows=shows))


def change(world: World) -> Case:
    shows = {"subscribed_events": {"task.created": True, "project.updated": True}}
    return _two_webhooks(world, Effect(ONE, unseen=("subscribed_events",), shows=shows))


def delete(world: World) -> Case:
    return _two_webhooks(world, Effect(HOOKS))


def deliveries(world: World) -> Case:
    """One was taken, one has failed and is tried again."""
    ann = world.person("ann")
    body = {"name": "Slack", "url": ADDRESS, "subscribed_events": {"task.created": True}}
    webhook = ann.post(HOOKS, body).data["id"]
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for(HOST)
        _task(ann)
        world.drain()
        sink.answer(500)
        _task(ann)
        world.drain()
    return Case(ann, {"webhook_id": webhook}, query={"status": ("delivered", "retrying")})


def _task(person: Person) -> None:
    project = person.post("/api/v1/projects", {"name": "Website"}).data["id"]
    person.post("/api/v1/tasks", {"project_id": project, "title": "Design UI"})


CASES: Scenario = {
    f"POST {HOOKS}": create,
    f"GET {HOOKS}": listed,
    f"PATCH {ONE}": change,
    f"GET {ONE}/deliveries": deliveries,
    f"DELETE {ONE}": delete,
}
