"""Off means off and leaves no trace; on again, everything is as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ..kinds import missing, still_there
from ..kinds_at_work import Place
from ..walk import Operation, Party, Request, Rows, operations
from ..walk.rows import Tables
from ..world import World
from .subject import Subject

Requests = list[tuple[Operation, Request]]

TWICE = ("the first time", "the second time")


def problems(subject: Subject) -> Iterator[str]:
    """What a switch leaves behind, thrown for the whole server and for one workspace."""
    with subject.fresh() as world:
        party = subject.party("switch", world)
        requests = [(each, party.request(each.id)) for each in subject.operations.values()]
        world.drain()
        rows, threads = Rows(world.database_url), set(threading.enumerate())
        try:
            for whole in (True, False):
                yield from _thrown_twice(subject, party, requests, rows, whole)
        finally:
            rows.close()
        yield from _left(world, threads)


def _thrown_twice(
    subject: Subject, party: Party, requests: Requests, rows: Rows, whole: bool
) -> Iterator[str]:
    """Throw the switch off and on, twice, and look at each kind of thing it reaches (`testing.kinds`)."""
    switches, place = party.world.kernel.switches, Place(subject.id, party, whole)
    where = "for the server" if whole else "for a workspace"
    workspace_id = None if whole else party.workspace_id
    before, absent = _look(party, requests), missing(place)
    for time in TWICE:
        kept = _own_rows(subject, rows, party)
        switches.set(subject.id, False, workspace_id)
        for found in (*_still_there(subject, party, requests, whole), *map(_at_work, still_there(place))):
            yield f"switched off {where} {time}, {found}"
        switches.set(subject.id, True, workspace_id)
        after, left = _look(party, requests), _own_rows(subject, rows, party)
        for name in sorted(name for name in before if before[name] != after[name]):
            told = f"{name} answers {after[name][:200]!r}, before {before[name][:200]!r}"
            yield f"switched off and on {where} {time}, {told}"
        for table in sorted(table for table in kept if kept[table] != left[table]):
            yield f"switched off and on {where} {time}, rows of {table} are others than before"
        for found in sorted(set(missing(place)) - set(absent)):
            yield f"switched off and on {where} {time}, {found} is not at work any more"


def _at_work(found: str) -> str:
    return f"{found} is still at work"


def _look(party: Party, requests: Requests) -> dict[str, str]:
    """What there is to see: the document and every read."""
    reads = [(each, request) for each, request in requests if each.method == "GET"]
    seen = {str(operation): party.send(operation, request).body.decode() for operation, request in reads}
    return {**seen, "/openapi.json": party.world.anonymous().get("/openapi.json").body.decode()}


def _still_there(subject: Subject, party: Party, requests: Requests, whole: bool) -> Iterator[str]:
    """What still answers, or is still shown, of a plugin that is off."""
    for operation, request in requests:
        if whole or (operation.target != "nowhere" and operation.permission != "public"):
            named = {**request, "header": {"X-Workspace-Id": party.workspace_id}}
            reply = party.send(operation, named)
            if reply.status != 404 or (whole and reply.error["code"] != "PLUGIN_DISABLED"):
                yield f"{operation} answers {reply.status} {reply.body[:120]!r}, not 404"
    if whole:
        document = party.world.anonymous().get("/openapi.json").json
        if any(each.plugin == subject.id for each in operations(document)):
            yield "its paths are still in /openapi.json"
        state = party.world.kernel.state(subject.id).state
        if state != "disabled":
            yield f"its state is {state}, not disabled"


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
