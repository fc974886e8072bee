"""One id leads from a request through the event that it caused to what subscribers and jobs log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.types import Discard, JobType
from pronaflow_kernel.logs import JsonFormatter
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World

log = logging.getLogger("pronaflow.plugin.notes")


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is logged as JSON, line by line."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    bus = logging.getLogger("pronaflow.events")
    bus.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log.removeHandler(handler)
    bus.removeHandler(handler)


def events(workshop: Any) -> list[dict[str, Any]]:
    """The ledger."""
    return list(workshop._rows(select(EventRow.__table__).order_by(EventRow.seq)))


def write_note(ann: Person) -> str:
    """A request that makes an event, with an id of its caller's, which is answered."""
    given = new_id()
    made = ann.request("POST", "/api/v1/notes", {"title": "Milk"}, headers={"X-Request-Id": given})
    assert made.status == 201
    assert made.headers["X-Request-Id"] == given
    return given


def test_a_subscribers_line_names_request_event_job_and_workspace(
    workshop: Any, ann: Person, lines: Any
) -> None:
    workshop.listen(lambda uow, event: log.warning("heard"), "note.created")
    request_id = write_note(ann)
    workshop.world.drain()
    (event,) = [row for row in events(workshop) if row["request_id"] == request_id]
    (line,) = [line for line in lines() if line["message"] == "heard"]
    assert {name: line[name] for name in ("request_id", "event_id", "kind", "attempt", "workspace_id")} == {
        "request_id": request_id,
        "event_id": event["id"],
        "kind": "notes.test",
        "attempt": 1,
        "workspace_id": ann.workspace_id,
    }
    assert isinstance(line["job_id"], int)


def test_a_failure_names_the_event_too(workshop: Any, ann: Person, lines: Any) -> None:
    def refuse(uow: Any, event: Any) -> None:
        raise Discard("no use")

    workshop.listen(refuse, "note.created")
    request_id = write_note(ann)
    workshop.world.drain()
    (line,) = [line for line in lines() if "given up" in line["message"]]
    (dead,) = workshop.dead()
    assert (line["request_id"], line["job_id"]) == (request_id, dead["id"])
    assert line["event_id"] in [row["id"] for row in events(workshop)]
    assert dead["request_id"] == request_id


def test_what_a_subscriber_causes_goes_on_under_the_id_of_the_request(
    workshop: Any, ann: Person, lines: Any
) -> None:
    follow = JobType("follow", lambda uow, args: log.warning("followed"))
    jobs = Jobs("notes", {"notes.follow": follow})
    enqueue = Subscriber("asks", ("note.created",), lambda uow, event: jobs.enqueue(uow, "follow", {}))
    workshop.does(follow, enqueue)
    request_id = write_note(ann)
    workshop.world.drain()
    (line,) = [line for line in lines() if line["message"] == "followed"]
    assert line["request_id"] == request_id
    assert "event_id" not in line


def test_nothing_of_a_job_is_left_on_the_next_line(workshop: Any, ann: Person, lines: Any) -> None:
    workshop.listen(lambda uow, event: None, "note.created")
    write_note(ann)
    workshop.world.drain()
    log.warning("afterwards")
    assert lines()[-1].keys() == {"time", "level", "logger", "message"}


def test_what_no_request_caused_has_no_request(workshop: Any, world: World, lines: Any) -> None:
    plain = JobType("plain", lambda uow, args: log.warning("worked"))
    workshop.does(plain)
    with world.kernel.db.write(Scope.system(), origin="system") as uow:
        Jobs("notes", {"notes.plain": plain}).enqueue(uow, "plain", {})
    world.drain()
    (line,) = [line for line in lines() if line["message"] == "worked"]
    assert "request_id" not in line
    assert "workspace_id" not in line


def test_an_id_that_is_none_is_replaced(workshop: Any, ann: Person) -> None:
    made = ann.request("POST", "/api/v1/notes", {"title": "Milk"}, headers={"X-Request-Id": "x' or 1=1"})
    assert made.headers["X-Request-Id"] == events(workshop)[-1]["request_id"]
