"""Event consumers of a workspace whose manager has the printed address."""

from __future__ import annotations

from pronaflow_kernel.api import Scope, add_person, tenancy
from pronaflow_kernel.testing import World

from ..case import Case, Effect
from ..sections import Scenario

CONSUMERS = "/api/v1/event-consumers"
MANAGER = "manager@example.com"


def list_consumers(world: World) -> Case:
    ann = world.person("ann")
    body = {"event_type": "task.created", "handler_type": "email", "config": {"recipients": [ann.email]}}
    assert ann.post(CONSUMERS, body).status == 201
    return Case(ann)


def subscribe(world: World) -> Case:
    """Mails go to members alone, so that the printed recipient becomes one first."""
    ann = world.person("ann")
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        manager = add_person(uow, "the_manager", MANAGER, "Manager")
        tenancy.add_member(uow, manager["id"], "member")
    return Case(ann, effect=Effect(CONSUMERS))


CASES: Scenario = {f"GET {CONSUMERS}": list_consumers, f"POST {CONSUMERS}": subscribe}
