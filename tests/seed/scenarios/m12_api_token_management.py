"""API tokens: somebody has two, of which one is switched off and a program has sent the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pronaflow_kernel.testing import World

from ..case import Case, Effect
from ..sections import Scenario

TOKENS = "/api/v1/integration/tokens"
ONE = f"{TOKENS}/{{token_id}}"


def _two_tokens(world: World, effect: Effect | None = None) -> Case:
    ann = world.person("ann")
    body = {"scopes": ["read:tasks", "write:projects"], "expires_at": "2027-02-03"}
    idle, used = (ann.post(TOKENS, {"name": name, **body}).data for name in ("Idle", "Used"))
    ann.patch(f"{TOKENS}/{idle['id']}", {"is_active": False})
    program = replace(ann, token=used["token"])
    url = f"/api/v1/projects/{program.post('/api/v1/projects', {'name': 'Website'}).data['id']}"
    program.get(url)
    program.patch(url, {"name": "Shop"})
    program.delete(url)
    world.drain()
    return Case(ann, {"token_id": idle["id"], "used_id": used["id"]}, effect=effect)


def listed(world: World) -> Case:
    """Both of them were used."""
    ann = world.person("ann")
    for name in ("First", "Second"):
        body = {"name": name, "scopes": ["read:tasks"], "expires_at": "2027-02-03"}
        replace(ann, token=ann.post(TOKENS, body).data["token"]).get("/api/v1/tasks")
    world.drain()
    return Case(ann)


def create(world: World) -> Case:
    return _two_tokens(world, Effect(TOKENS))


def change(world: World) -> Case:
    return _two_tokens(world, Effect(ONE))


def revoke(world: World) -> Case:
    # It stays in the list, revoked.
    return _two_tokens(world, Effect(ONE, shows={"is_revoked": True}))


def usage(world: World) -> Case:
    case = _two_tokens(world)
    now = world.clock.now()
    before, today, after = ((now + timedelta(days=days)).date().isoformat() for days in (-1, 0, 1))
    bindings = {"token_id": case.bindings["used_id"]}
    return Case(case.client, bindings, query={"start_date": (before, today), "end_date": (today, after)})


CASES: Scenario = {
    f"POST {TOKENS}": create,
    f"GET {TOKENS}": listed,
    f"PATCH {ONE}": change,
    f"DELETE {ONE}": revoke,
    f"GET {TOKENS}/scopes": _two_tokens,
    f"GET {ONE}/usage": usage,
}
