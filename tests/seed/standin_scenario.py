"""The scenario of the stand-in, of the form that the modules in ``scenarios/`` have."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from .case import Case, Effect
from .sections import Scenario

HOOKS = "/api/v1/integration/webhooks"
CREATE = f"POST {HOOKS}"
LIST = f"GET {HOOKS}"
CHANGE = f"PATCH {HOOKS}/{{webhook_id}}"
DELETE = f"DELETE {HOOKS}/{{webhook_id}}"

_NEW = {"url": "https://example.com/hook", "subscribed_events": {"task.updated": True}}


def _two_webhooks(world: World, effect: Effect | None = None) -> Case:
    """An inactive webhook, whose id is bound, and an active one."""
    ann = world.person("ann")
    first, _ = (ann.request("POST", HOOKS, {"name": name, **_NEW}).data for name in ("First", "Second"))
    ann.request("PATCH", f"{HOOKS}/{first['id']}", {"is_active": False, "subscribed_events": {}})
    return Case(ann, {"webhook_id": first["id"]}, effect=effect)


def create(world: World) -> Case:
    # The secret is not shown again, and events set to false are left out.
    unseen = ("secret", "retry_policy", "max_retries", "timeout_seconds", "subscribed_events")
    shows = {"subscribed_events": {"task.created": True, "task.completed": True}}
    return _two_webhooks(world, Effect(HOOKS, unseen=unseen, shows=shows))


def change_or_delete(world: World) -> Case:
    return _two_webhooks(world, Effect(HOOKS))


CASES: Scenario = {CREATE: create, LIST: _two_webhooks, CHANGE: change_or_delete, DELETE: change_or_delete}
