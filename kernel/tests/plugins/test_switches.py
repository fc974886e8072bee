"""What is off does not show, whatever happens at the same moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.plugins.manifest import Manifest
from pronaflow_kernel.plugins.switches import FRESH, Switches
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import NEIGHBOUR, Animal
from pronaflow_kernel.testing.zoo.animal import implements, source

PLUGINS = [
    EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP),
    EntryPoint("sampler", "sampler_plugin.plugin:SamplerPlugin", GROUP),
]


@pytest.fixture
def server(new_world: Callable[..., World]) -> World:
    """A server of its own, whose switches may be thrown."""
    return new_world(candidates=discover(PLUGINS))


@contextmanager
def listening(world: World, name: str, listener: Callable[..., None]) -> Iterator[None]:
    """Have each statement that reads pass a listener."""
    engine = world.kernel.db.engines.read
    event.listen(engine, name, listener)
    try:
        yield
    finally:
        event.remove(engine, name, listener)


def test_a_switch_that_is_thrown_during_a_reading_is_live_at_once(server: World) -> None:
    switches = server.kernel.switches
    thrown: list[Thread] = []

    def throw(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "core__plugin" in statement and not thrown:
            thrown.append(Thread(target=switches.set, args=("notes", False)))
            thrown[0].start()
            thrown[0].join()

    switches.set("notes", True)
    with listening(server, "after_cursor_execute", throw):
        switches.active("notes")
    assert thrown and not switches.active("notes")


def _away(*_: Any) -> None:
    raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))


def test_without_a_database_health_still_tells_what_is_wrong(server: World) -> None:
    """What was read last counts; an error is also shown in a plugin's own form."""
    server.kernel.switches.set("notes", False)
    server.kernel.switches.active("notes")
    server.clock.advance(2 * FRESH.total_seconds())
    visitor = server.anonymous()
    with listening(server, "before_cursor_execute", _away):
        health = visitor.get("/health")
        assert health.status == 503 and health.json["components"]["database"] == "unhealthy"
        assert health.json["plugins"]["notes"] == "disabled"
        assert visitor.get("/health/ready").json["components"]["database"] == "unhealthy"
        assert visitor.get("/api/v1/samples/nothing").status == 404
    server.clock.advance(2 * FRESH.total_seconds())
    assert visitor.get("/health").json["components"]["database"] == "healthy"


def test_a_wrong_method_does_not_tell_of_a_plugin_that_is_off(server: World) -> None:
    server.app.add_url_rule("/api/v1/notes", "also", lambda: "", methods=["PUT"])
    visitor = server.anonymous()
    assert allowed(visitor.request("DELETE", "/api/v1/notes")) == {"GET", "HEAD", "OPTIONS", "POST", "PUT"}
    server.kernel.switches.set("notes", False)
    assert allowed(visitor.request("DELETE", "/api/v1/notes")) <= {"OPTIONS", "PUT"}
    reply = visitor.request("POST", "/api/v1/notes/01234567-89ab-7def-8123-456789abcdef")
    assert (reply.status, reply.error["code"]) == (404, "PLUGIN_DISABLED")


def allowed(reply: Any) -> set[str]:
    """The methods that a 405 names."""
    assert reply.status == 405
    return set(reply.headers["Allow"].split(", "))


def test_the_schemas_of_a_plugin_that_is_off_are_not_in_the_document(server: World) -> None:
    def schemas() -> set[str]:
        return set(server.anonymous().get("/openapi.json").json["components"]["schemas"])

    before = schemas()
    assert "notes_plugin.NoteOut" in before
    server.kernel.switches.set("notes", False)
    assert not [name for name in schemas() if name.startswith("notes_plugin.")]
    server.kernel.switches.set("notes", True)
    assert schemas() == before


LOOKER = Animal(
    "looker",
    "Nothing: its route is aimed at a pebble of the neighbour or at a workspace.",
    state="ready",
    declares='uses = ["neighbour"]\npermissions = ["read:looker"]\n',
    plugin=source(
        implements("provide_blueprints", "return [blp]"),
        implements("provide_permissions", "return api.load_permissions(__package__)"),
        head="""
        blp = api.Blueprint("looker", url_prefix="/api/v1/looks", tag="Looks")
        EITHER = api.in_query(("pebble", "pebble_id"), ("workspace", "workspace_id"))


        @blp.endpoint("GET", "", permission="looker.look", target=EITHER)
        def look(reader):
            "Look."
            return {"workspace_id": reader.scope.workspace_id}
        """,
    ),
    files={
        "permissions.toml": '["looker.look"]\nsummary = "Look"\nscope = "read:looker"\n'
        'workspace = ["owner", "admin", "member", "viewer"]\n'
    },
)


def test_a_route_is_there_without_the_owner_of_records_that_it_is_not_asked_for(
    new_world: Callable[..., World], zoo: Callable[..., Any]
) -> None:
    world = new_world(candidates=zoo(LOOKER, NEIGHBOUR))
    ann = world.person("ann")
    world.kernel.switches.set("neighbour", False, ann.workspace_id)
    for query in ({}, {"workspace_id": ann.workspace_id}):
        assert ann.get("/api/v1/looks", **query).data == {"workspace_id": ann.workspace_id}
    world.kernel.switches.set("looker", False, ann.workspace_id)
    assert ann.get("/api/v1/looks").error["code"] == "PLUGIN_DISABLED"


def test_a_plugin_for_workspaces_is_off_until_it_is_switched_on_in_one(server: World) -> None:
    ann, bob = server.person("ann"), server.person("bob")
    known = {
        "guest": Manifest("guest", "Guest", "x", ">=1.0", scope="workspace"),
        "house": Manifest("house", "House", "x", ">=1.0", scope="system"),
        "leaning": Manifest("leaning", "Leaning", "x", ">=1.0", scope="system", requires={"guest": ">=0"}),
    }
    switches = Switches(server.kernel.db, server.clock, frozenset(), known)
    assert switches.off() == frozenset()
    assert switches.off_in(ann.workspace_id) == {"guest", "leaning"}
    assert switches.reason("guest", ann.workspace_id) == "not switched on in this workspace"
    assert switches.reason("leaning", ann.workspace_id) == "requires guest, which is switched off"

    switches.set("guest", True, ann.workspace_id)
    switches.set("house", False, ann.workspace_id)
    assert switches.off_in(ann.workspace_id) == {"house"}
    assert switches.reason("house", ann.workspace_id) == "switched off in this workspace"
    assert switches.off_in(bob.workspace_id) == {"guest", "leaning"}
