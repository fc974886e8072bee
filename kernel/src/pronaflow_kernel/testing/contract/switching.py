"""Off means off and leaves no trace; on again, everything is as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from ..walk import Operation, Party, Request, Rows
from ..walk.rows import Tables
from ..world import World
from .subject import Subject

TWICE = ("the first time", "the second time")


def problems(subject: Subject) -> Iterator[str]:
    """What a switch leaves behind, thrown for the whole server and for one workspace."""
    with subject.fresh() as world:
        party = subject.party("switch", world)
        for kind in _kinds(subject):
            party.id_of(kind)
        world.drain()
        requests = [(each, party.request(each.id)) for each in _reads(subject)]
        rows, threads = Rows(world.database_url), set(threading.enumerate())
        try:
            for whole in (True, False):
                yield from _thrown_twice(subject, world, party, requests, rows, whole)
        finally:
            rows.close()
        yield from _left(world, threads)


def _kinds(subject: Subject) -> list[str]:
    """The kinds of records that requests to the plugin name."""
    return sorted(
        {subject.makers.kind(each, key) for each in subject.operations.values() for _, key in each.ids}
    )


def _reads(subject: Subject) -> list[Operation]:
    return [each for each in subject.operations.values() if each.method == "GET"]


def _thrown_twice(
    subject: Subject,
    world: World,
    party: Party,
    requests: list[tuple[Operation, Request]],
    rows: Rows,
    whole: bool,
) -> Iterator[str]:
    where = "for the server" if whole else "for a workspace"
    place = None if whole else party.workspace_id
    own: Callable[[], Tables] = lambda: _own_rows(subject, rows, party)  # noqa: E731
    before, kept = _look(world, party, requests), own()
    for time in TWICE:
        world.kernel.switches.set(subject.id, False, place)
        yield from (
            f"switched off {where} {time}, {found}" for found in _still_there(subject, world, party, whole)
        )
        world.kernel.switches.set(subject.id, True, place)
        after = _look(world, party, requests)
        for name in sorted(name for name in before if before[name] != after[name]):
            told = f"{name} answers {after[name][:200]!r}, before {before[name][:200]!r}"
            yield f"switched off and on {where} {time}, {told}"
        if own() != kept:
            changed = sorted(table for table, found in own().items() if found != kept[table])
            yield f"switched off and on {where} {time}, rows of {', '.join(changed)} are others than before"


def _look(world: World, party: Party, requests: list[tuple[Operation, Request]]) -> dict[str, str]:
    """What there is to see: the document and every read."""
    seen = {str(operation): party.send(operation, request).body.decode() for operation, request in requests}
    return {**seen, "/openapi.json": world.anonymous().get("/openapi.json").body.decode()}


def _still_there(subject: Subject, world: World, party: Party, whole: bool) -> Iterator[str]:
    """What still answers, or is still shown, of a plugin that is off."""
    for operation in subject.operations.values():
        aimed = operation.target != "nowhere" and operation.permission != "public"
        if whole or aimed:
            path = {key: party.id_of(subject.makers.kind(operation, key)) for key in operation.path_ids}
            reply = party.person.request(
                operation.method,
                operation.path.format(**path),
                {} if operation.has_body else None,
                headers={"X-Workspace-Id": party.workspace_id},
            )
            refused = reply.status == 404 and (not whole or reply.error["code"] == "PLUGIN_DISABLED")
            if not refused:
                yield f"{operation} answers {reply.status} {reply.body[:120]!r}, not 404"
    if whole:
        document = world.anonymous().get("/openapi.json").body.decode()
        if f'"x-plugin":"{subject.id}"' in document.replace(" ", ""):
            yield "its paths are still in /openapi.json"
        if world.kernel.state(subject.id).state != "disabled":
            yield f"its state is {world.kernel.state(subject.id).state}, not disabled"


def _own_rows(subject: Subject, rows: Rows, party: Party) -> Tables:
    found = rows.of(party.workspace_id)
    return {table: found[table] for table in found if table.startswith(f"{subject.id}__")}


def _left(world: World, threads: set[threading.Thread]) -> Iterator[str]:
    """Threads and connections that were not there before."""
    for thread in set(threading.enumerate()) - threads:
        yield f"after switching, the thread {thread.name} still runs"
    for engine in (world.kernel.db.engines.read, world.kernel.db.engines.write):
        if held := engine.pool.checkedout():  # type: ignore[attr-defined]
            yield f"after switching, {held} of the database connections are not given back"
