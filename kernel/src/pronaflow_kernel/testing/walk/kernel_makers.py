"""How the kernel's own records are made: workspaces, users, jobs and switches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ...access.principal import Principal
from ...persistence.scope import Scope
from . import identity_makers
from .identity_makers import mailed_token
from .party import LEFT_OUT, Party, Unsupplied


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


def _event(party: Party) -> str:
    """Something that happened in the workspace, of what its log shows the caller."""
    reply = party.person.get("/api/v1/events", workspace_id=party.workspace_id, limit=1)
    if reply.status != 200 or not reply.data:
        raise Unsupplied(f"the event log shows {party.name} nothing")
    return str(reply.data[0]["id"])


def _delivery(party: Party) -> str:
    """A message to the webhook; nobody takes it, so that it may be sent again."""
    made = party.create("integrations_test_webhook")
    party.world.drain()
    return str(made["id"])


MAKERS: dict[str, Callable[[Party], str]] = {
    **identity_makers.MAKERS,
    "workspace": _workspace,
    "job": _job,
    "delivery": _delivery,
    "event": _event,
    "user": _member,
    "user:second": _newcomer,
    "user:caller": lambda party: party.person.id,
    "user:stranger": lambda party: party.world.person(party.name).id,
}
"""By kind; every one of them before what the document tells."""


def _invited(party: Party) -> dict[str, Any]:
    """The token of an invitation that somebody else mails to the caller."""
    host = Party(party.world, party.makers, party.mark, name=party.name)
    host.create("workspaces_invite", email=party.person.email)
    return {"token": mailed_token(party, party.person.email)}


def _visitor(party: Party) -> dict[str, Any]:
    """The caller has been in a workspace."""
    party.create("workspaces_record_access", workspace_id=party.workspace_id)
    return {}


def _switched(party: Party) -> dict[str, Any]:
    """A plugin whose switch nobody minds, in the party's workspace only."""
    return {"plugin_id": list(party.world.kernel.plugins)[-1]}


def _beside(party: Party) -> dict[str, Any]:
    """A place before another task; a task that is before one is said to be behind none."""
    return {"before_task_id": party.id_of("task:second"), "after_task_id": LEFT_OUT}


def _daily(party: Party) -> dict[str, Any]:
    """A rule of which nothing excludes another part."""
    absent = ("weekdays", "day_of_month", "rrule", "end_date", "count")
    return {"pattern": "daily", "timezone": "UTC", **dict.fromkeys(absent, LEFT_OUT)}


def _further(party: Party) -> dict[str, Any]:
    """Another task each time that one was linked, as far as the caller may make some: twice is refused."""
    with suppress(Unsupplied):
        return {"depends_on_task_id": party.id_of(f"task:{party.kept.get('tasks_create_dependency', 0) + 2}")}
    return {}


def _heard(party: Party) -> dict[str, Any]:
    """An event type and a handler type that there are, and nothing that the handler does not take."""
    return {"event_type": "workspace.created", "handler_type": "log", "config": LEFT_OUT}


def _hooked(party: Party) -> dict[str, Any]:
    """Events that there are, and an address that nobody is at."""
    address = "https://hooks.example.com/pronaflow"
    return {"subscribed_events": {"workspace.deleted": True}, "url": address, "secret": LEFT_OUT}


def _typed(party: Party) -> dict[str, Any]:
    """An event type that there is."""
    return {"event_type": "workspace.*"}


def _after(operation_id: str, **changes: Any) -> Callable[[Party], dict[str, Any]]:
    """The caller has done something before, once, if their role lets them.

    Arguments:
        changes: see `Party.request`.
    """

    def done(party: Party) -> dict[str, Any]:
        if operation_id not in party.kept:
            party.kept[operation_id] = True
            with suppress(Unsupplied):
                party.create(operation_id, **changes)
        return {}

    return done


REQUESTS: dict[str, Callable[[Party], dict[str, Any]]] = {
    **identity_makers.REQUESTS,
    "workspaces_open_invitation": _invited,
    "workspaces_accept_invitation": _invited,
    "workspaces_decline_invitation": _invited,
    "workspaces_get_last_accessed": _visitor,
    "tasks_move_task": _beside,
    "tasks_list_comment_versions": _after("tasks_edit_comment"),
    "projects_list_project_status_history": _after("projects_set_project_status", status="in_review"),
    "tasks_set_recurrence": _daily,
    "notifications_create_event_consumer": _heard,
    "notifications_update_event_consumer": _heard,
    "notifications_list_events": _typed,
    "notifications_list_event_types": _typed,
    "tasks_create_dependency": _further,
    "integrations_create_webhook": _hooked,
    "integrations_update_webhook": _hooked,
    "tasks_get_recurrence": _after("tasks_set_recurrence"),
    "tasks_stop_recurrence": _after("tasks_set_recurrence"),
    "tasks_get_timer": _after("tasks_start_timer"),
    "tasks_stop_timer": _after("tasks_start_timer"),
    "core_get_plugin": _switched,
    "core_enable_plugin": _switched,
    "core_disable_plugin": _switched,
    "core_get_hook": lambda party: {"name": next(iter(party.world.kernel.hooks.specs()))},
}
"""Values by operation id."""
