"""Whether what a plugin brings is at work: one look for each kind, from outside wherever that is possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert

from ..access.principal import Principal
from ..cli.failures import Failure
from ..cli.state import State
from ..errors import KernelError
from ..events.models import EventRow
from ..events.types import EventType
from ..ids import new_id
from ..jobs.enqueue import new_job
from ..jobs.models import PARKED, DeadJob, Job
from ..persistence.scope import Scope
from ..plugins.lifecycle import Contribution
from ..plugins.specs import Spec

if TYPE_CHECKING:
    from .walk import Operation, Party
    from .world import World

PERSONAL = ("pick", "collect", "erase")
"""Prefixes of hooks that are asked for a person in no workspace."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a switch is thrown, and somebody who looks.

    Arguments:
        plugin_id: of the plugin that is switched.
        party: somebody with records of every kind; its workspace is the one where the switch is thrown.
        everywhere: whether it is thrown for the whole server.
    """

    plugin_id: str
    party: Party
    everywhere: bool = True

    @property
    def world(self) -> World:
        """The server."""
        return self.party.world

    @property
    def brought(self) -> Contribution:
        """What the plugin brings."""
        return self.world.kernel.contributions[self.plugin_id]

    @property
    def scope(self) -> Scope:
        """That of the looker as an owner, in the workspace."""
        return Scope(Principal("user", self.party.person.id), self.party.workspace_id, "owner")

    def operations(self) -> list[Operation]:
        """The plugin's routes."""
        return [each for each in self.party.makers.operations.values() if each.plugin == self.plugin_id]

    def calls(self, what: str) -> int:
        """How often something of the plugin was called so far, by the name that the guard counts it under."""
        timing = self.world.kernel.guard.timings.get((self.plugin_id, what))
        return 0 if timing is None else timing.calls


def routes(place: Place) -> dict[str, bool]:
    """Each route, by whether it answers anything but that it is switched off.

    For a workspace only those that are aimed at one; routes of records are looked at with the resources.
    """
    found = (each for each in place.operations() if place.everywhere or each.target == "workspace")
    return {each.id: _answers(place, each) for each in found}


def _answers(place: Place, operation: Operation) -> bool:
    """Asked with a parameter that no route takes, so that one which is on refuses it and does nothing."""
    path = operation.path.format(**{key: new_id() for key in operation.places["path"]})
    headers = {"X-Workspace-Id": place.party.workspace_id}
    reply = place.party.person.request(
        operation.method,
        path,
        {} if operation.has_body else None,
        query={"no_such_parameter": "1"},
        headers=headers,
    )
    if reply.status != 404:
        return True
    if reply.json is None:  # a form of errors of the plugin's own: whether it says so cannot be read
        return bool(operation.places["path"])
    return bool(reply.error["code"] != "PLUGIN_DISABLED")


def documented(place: Place) -> dict[str, bool]:
    """Each route, by whether the OpenAPI document has it."""
    paths = place.world.anonymous().get("/openapi.json").json["paths"]
    return {each.id: each.method.lower() in paths.get(each.path, {}) for each in place.operations()}


def hooks(place: Place) -> dict[str, bool]:
    """Each hook that it implements and that is asked while the server runs, by whether it is called."""
    kernel = place.world.kernel
    specs = [kernel.hooks.specs()[name] for name in kernel.hooks.implemented(place.plugin_id)]
    return {
        spec.name: _is_called(place, spec)
        for spec in specs
        if spec.prefix != "provide" and (place.everywhere or spec.prefix not in PERSONAL)
    }


def _is_called(place: Place, spec: Spec) -> bool:
    before = place.calls(spec.name)
    with place.world.kernel.db.write(place.scope, dry_run=True) as uow, suppress(KernelError):
        given = {"reader": uow, "uow": uow, "user_id": place.party.person.id, "rows": [], "changes": {}}
        arguments = {each.name: given.get(each.name, "") for each in spec.arguments}
        place.world.kernel.hooks.ask(spec.name, only={place.plugin_id}, **arguments)
    return place.calls(spec.name) > before


def subscribers(place: Place) -> dict[str, bool]:
    """Each subscriber, by whether it hears of an event that it wants and that a plugin publishes."""
    wanted = {each.name: _wanted(place, each.events) for each in place.brought.subscribers}
    return {name: _hears(place, name, event_type) for name, event_type in wanted.items() if event_type}


def _wanted(place: Place, patterns: Iterable[str]) -> EventType | None:
    """An event type that there is and that one of the patterns means."""
    types = place.world.kernel.event_types
    found = (types[name] for pattern in patterns for name in sorted(types) if fnmatchcase(name, pattern))
    return next(found, None)


def _hears(place: Place, name: str, wanted: EventType) -> bool:
    """Whether a subscriber hears of an event that it wants, about something that does not exist."""
    world, bus = place.world, place.world.kernel.bus
    world.drain()
    before = place.calls(f"subscriber {name}")
    row = {
        "id": new_id(),
        "type": wanted.name,
        "schema_version": wanted.version,
        "public": False,
        "aggregate_type": "",
        "aggregate_id": new_id(),
        "workspace_id": place.party.workspace_id,
        "actor_kind": "user",
        "user_id": place.party.person.id,
        "origin": "api",
        "occurred_at": world.clock.now(),
        "recorded_at": world.clock.now(),
        "payload": dict.fromkeys(wanted.payload._declared_fields),
    }
    with bus.engine.begin() as connection:
        connection.execute(insert(EventRow), row)
    world.drain()
    return place.calls(f"subscriber {name}") > before


def jobs(place: Place) -> dict[str, bool]:
    """Each kind of job, by whether one that waits is taken up instead of being laid aside."""
    return {each.name: _is_taken_up(place, f"{place.plugin_id}.{each.name}") for each in place.brought.jobs}


def _is_taken_up(place: Place, kind: str) -> bool:
    world, bus = place.world, place.world.kernel.bus
    world.drain()
    job = new_job(kind, now=world.clock.now(), workspace_id=place.party.workspace_id, args={})
    with bus.engine.begin() as connection:
        job_id = connection.scalar(insert(Job).returning(Job.id), job)
    world.drain()
    with bus.engine.begin() as connection:
        state = connection.scalar(delete(Job).where(Job.id == job_id).returning(Job.state))
        connection.execute(delete(DeadJob).where(DeadJob.id == job_id))
    return state != PARKED


def commands(place: Place) -> dict[str, bool]:
    """Each command, by whether it gets the kernel."""
    state = State()
    state.plugin_id, state.running = place.plugin_id, place.world.kernel
    try:
        state.kernel()
    except Failure:
        return {each.name: False for each in place.brought.commands}
    return {each.name: True for each in place.brought.commands}


def health_checks(place: Place) -> dict[str, bool]:
    """Each health check, by whether `/health/ready` asks it."""
    asked = place.world.anonymous().get("/health/ready").json["components"]
    return {each.name: each.name in asked for each in place.brought.health_checks}


def services(place: Place) -> dict[str, bool]:
    """Each service, by whether others get it."""
    found = place.world.kernel.services
    with place.world.kernel.db.read(place.scope) as reader:
        asker = None if place.everywhere else reader
        return {each.__name__: found.get(each, asker) is not None for each in place.brought.services}


def resources(place: Place) -> dict[str, bool]:
    """Each resource type that a route shows, by whether that shows a record of it."""
    names = {each.name for each in place.brought.resources}
    shown = {
        each.resource: each
        for each in place.party.makers.operations.values()
        if each.resource in names
        and each.method == "GET"
        and len(each.path_ids) == 1
        and each.records.get(each.path_ids[0]) == each.resource
    }
    return {str(name): _is_shown(place, operation) for name, operation in shown.items()}


def _is_shown(place: Place, operation: Operation) -> bool:
    record_id = place.party.id_of(str(operation.resource))
    reply = place.party.person.get(operation.path.format(**{operation.path_ids[0]: record_id}))
    return reply.status == 200


def permissions(place: Place) -> dict[str, bool]:
    """Each permission, by whether a token that is bound to its scope gets past the access check for it."""
    found = {}
    for each in place.brought.permissions:
        principal = Principal(
            "token", place.party.person.id, is_system_admin=True, scopes=frozenset({each.scope})
        )
        with place.world.kernel.db.read(Scope(principal, place.party.workspace_id, "owner")) as reader:
            container_id = None if each.workspace or not each.container else new_id()
            reader.scope.container_roles.update({str(container_id): next(iter(each.container), None)})
            found[each.name] = place.world.kernel.access.may(reader, each.name, container_id=container_id)
    return found


def error_format(place: Place) -> dict[str, bool]:
    """The form of errors, by whether an address below its path is refused in it."""
    form = place.brought.error_format
    if form is None:
        return {}
    body: Any = place.world.anonymous().get(f"{form.prefix}nothing-here").json
    enveloped = isinstance(body, Mapping) and body.keys() == {"success", "error", "timestamp"}
    return {form.prefix: not enveloped}
