"""Consents: somebody has agreed to some things, and taken others back."""

from __future__ import annotations

from pronaflow_kernel.testing import Person, World

from ..case import Case, Effect
from ..sections import Scenario

CONSENTS = "/api/v1/integration/consents"
ONE = f"{CONSENTS}/{{consent_id}}"
FIRST, SECOND = (f"0198f2c0-0000-7000-8000-00000000000{number}" for number in (1, 2))


def _agree(person: Person, kind: str, thing: str) -> str:
    body = {"consent_type": kind, "resource_type": "slack_integration", "resource_id": thing}
    return str(person.post(CONSENTS, body).data["id"])


def _agreed(world: World) -> tuple[Person, str]:
    ann = world.person("ann")
    first = _agree(ann, "THIRD_PARTY", FIRST)
    for kind in ("THIRD_PARTY", "MARKETING"):
        taken = _agree(ann, kind, SECOND)
        ann.delete(f"{CONSENTS}/{taken}")
    _agree(ann, "MARKETING", SECOND)
    return ann, first


def grant(world: World) -> Case:
    ann = world.person("ann")
    bindings = {"oauth_connection_uuid": FIRST}
    return Case(ann, bindings, effect=Effect(CONSENTS))


def listed(world: World) -> Case:
    ann, _ = _agreed(world)
    return Case(
        ann,
        query={"consent_type": ("THIRD_PARTY", "MARKETING"), "is_granted": ("true", "false")},
        keeps={"is_granted": lambda record, value: record["is_granted"] is (value == "true")},
    )


def revoke(world: World) -> Case:
    # It stays in the list, revoked.
    ann, first = _agreed(world)
    return Case(ann, {"consent_id": first}, effect=Effect(ONE, shows={"is_granted": False}))


def status(world: World) -> Case:
    ann, _ = _agreed(world)
    return Case(ann)


CASES: Scenario = {
    f"POST {CONSENTS}": grant,
    f"GET {CONSENTS}": listed,
    f"DELETE {ONE}": revoke,
    f"GET {CONSENTS}/status": status,
}
