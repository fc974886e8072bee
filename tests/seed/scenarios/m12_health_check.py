"""Status and health: a workspace with a token and a webhook."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case
from ..sections import Scenario

API = "/api/v1/integration"


def status(world: World) -> Case:
    ann = world.person("ann")
    ann.post(f"{API}/tokens", {"name": "Bot", "scopes": ["read:tasks"]})
    body = {"url": "https://hooks.example.com/x", "subscribed_events": {"task.created": True}}
    ann.post(f"{API}/webhooks", body)
    return Case(ann)


def health(world: World) -> Case:
    return Case(world.anonymous())


CASES: Scenario = {f"GET {API}/status": status, f"GET {API}/health": health}
