"""How the kernel's own records are made: workspaces, users, jobs and switches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...access.principal import Principal
from ...persistence.scope import Scope
from . import identity_makers
from .party import Party


def _workspace(party: Party) -> str:
    """The party's workspace, its texts marked by every operation that changes nothing but it."""
    for operation in party.makers.operations.values():
        ids = [party.makers.kind(operation, key) for _, key in operation.ids]
        if operation.method == "PATCH" and ids == ["workspace"]:
            party.create(operation.id, **{operation.ids[0][1]: party.workspace_id})
    return party.workspace_id


def _newcomer(party: Party) -> str:
    """A member of the workspace who is in no container."""
    person = party.world.person(party.name)
    party.world.join(party.workspace_id, person, "member")
    return person.id


def _member(party: Party) -> str:
    """A member of the workspace and of the party's containers."""
    user_id = _newcomer(party)
    for operation, key in party.makers.memberships:
        if "workspace" not in operation.records.values():
            party.create(operation.id, **{key: user_id})
    return user_id


def _job(party: Party) -> str:
    """A job of the caller's that waits."""
    kernel = party.world.kernel
    caller = Scope(Principal("user", party.person.id), party.workspace_id)
    with kernel.db.write(caller) as uow:
        return str(kernel.jobs.start(uow, "forget_operations", {}, title=party.mark)["id"])


MAKERS: dict[str, Callable[[Party], str]] = {
    **identity_makers.MAKERS,
    "workspace": _workspace,
    "job": _job,
    "user": _member,
    "user:second": _newcomer,
    "user:caller": lambda party: party.person.id,
    "user:stranger": lambda party: party.world.person(party.name).id,
}
"""By kind; every one of them before what the document tells."""


def _switched(party: Party) -> dict[str, Any]:
    """A plugin whose switch nobody minds, in the party's workspace only."""
    return {"plugin_id": list(party.world.kernel.plugins)[-1]}


REQUESTS: dict[str, Callable[[Party], dict[str, Any]]] = {
    **identity_makers.REQUESTS,
    "core_get_plugin": _switched,
    "core_enable_plugin": _switched,
    "core_disable_plugin": _switched,
    "core_get_hook": lambda party: {"name": next(iter(party.world.kernel.hooks.specs()))},
}
"""Values by operation id."""
