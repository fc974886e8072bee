"""Off means off and leaves no trace; on again, everything is as it was."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import orjson

from ...events.models import EventRow
from ..kinds import missing, still_there
from ..kinds_at_work import Place
from ..walk import Operation, Party, Request, Rows, asking, operations
from ..walk.rows import Tables
from ..world import World
from .subject import Subject

Requests = list[tuple[Operation, Request]]

PAGE = 100
"""The most that a page of a list holds."""

_TOLD = re.compile(rf"\s*insert\s+into\s+{EventRow.__tablename__}\b", re.IGNORECASE)

TWICE = ("the first time", "the second time")


def problems(subject: Subject) -> Iterator[str]:
    """What a switch leaves behind, thrown for the whole server and for one workspace."""
    with subject.fresh() as world:
        party = subject.party("switch", world)
        requests = [
            (each, asking(each, party.request(each.id), page_size=PAGE))
            for each in subject.operations.values()
        ]
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
    told, absent = _told(party), missing(place)
    before = steady(subject, party, requests, lambda: _look(party, requests))
    for time in TWICE:
        kept = _own_rows(subject, rows, party)
        switches.set(subject.id, False, workspace_id)
        for found in (*_still_there(subject, party, requests, whole), *map(_at_work, still_there(place))):
            yield f"switched off {where} {time}, {found}"
        switches.set(subject.id, True, workspace_id)
        after, left = _look(party, requests), _own_rows(subject, rows, party)
        news = _told(party) - told
        for name in sorted(name for name in before if _differ(before[name], after[name], news)):
            found = f"{name} answers {after[name][:200]!r}, before {before[name][:200]!r}"
            yield f"switched off and on {where} {time}, {found}"
        for table in sorted(table for table in kept if kept[table] != left[table]):
            yield f"switched off and on {where} {time}, rows of {table} are others than before"
        for found in sorted(set(missing(place)) - set(absent)):
            yield f"switched off and on {where} {time}, {found} is not at work any more"


def _at_work(found: str) -> str:
    return f"{found} is still at work"


def _look(party: Party, requests: Requests) -> dict[str, str]:
    """What there is to see: the document and every read."""
    reads = [(each, request) for each, request in requests if each.method == "GET"]
    seen = {
        str(operation): party.send(operation, request).body.decode(errors="backslashreplace")
        for operation, request in reads
    }
    return {**seen, "/openapi.json": party.world.anonymous().get("/openapi.json").body.decode()}


def steady(
    subject: Subject, party: Party, requests: Requests, look: Callable[[], dict[str, str]]
) -> dict[str, str]:
    """What there is to see, without what shows that something was read, such as an audit log.

    What changes each time that it is asked, and is told of by no ledger, is not such.
    """
    reads = [(each, request) for each, request in requests if each.method == "GET"]
    restless = {str(each) for each, request in reads if _changes_by_itself(party, each, request)}
    first, again = look(), look()
    for name in sorted(name for name in first if first[name] != again[name] and name not in restless):
        subject.notes.append(f"{subject.id}: {name} shows what was read, and was not compared")
        del again[name]
    return again


def _changes_by_itself(party: Party, operation: Operation, request: Request) -> bool:
    """Whether two answers in a row are different, and the ledger tells of no reading."""
    with party.world.statements() as ran:
        answers = {party.send(operation, request).body for _ in range(2)}
    return len(answers) > 1 and not any(_TOLD.match(statement) for statement in ran)


def _told(party: Party) -> set[str]:
    """Ids of what the ledger tells of the workspace."""
    return {row["id"] for row in party.world.events(party.workspace_id)}


def _differ(before: str, after: str, news: set[str]) -> bool:
    """Whether an answer is another one than before, but for what has happened since.

    A list that shows the ledger shows that the plugin was switched. What was in it stays as it was and in its
    order, but for what such rows push off the end of a full page, or what comes behind that.

    Arguments:
        news: ids of what the ledger tells since.
    """
    if before == after:
        return False
    then, now = _listed(before), _listed(after)
    come = [row for row in now if row not in then]
    if (not come and len(now) < PAGE) or any(row.get("id") not in news for row in come):
        return True
    stayed = [row for row in now if row in then]
    return stayed != then[: len(stayed)] or len(now) < min(len(then) + len(come), PAGE)


def _listed(body: str) -> list[dict[str, Any]]:
    """The records of an answer that is a list; none of another one."""
    with suppress(ValueError, TypeError, KeyError):
        data = orjson.loads(body)["data"]
        return data if isinstance(data, list) and all(isinstance(row, dict) for row in data) else []
    return []


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
