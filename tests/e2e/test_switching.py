"""A switch thrown by the command line reaches two servers over one database, with all that it must reach."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.plugins.models import PluginSwitch, WorkspacePlugin

from .environment import ROOT, stand_in
from .server import Caller, Server, Site

EXAMPLES = ROOT / "tests" / "reference" / "hook_examples"
PATIENCE = 60.0
"""Seconds after which a test gives up; servers read the switches once a second."""

STICKERS = "/api/v1/stickers"


@pytest.fixture(scope="module")
def site(new_database, tmp_path_factory):
    """An installation with the example plugin beside the first-party ones, on either kind of database."""
    folder = tmp_path_factory.mktemp("switching")
    packages = stand_in(EXAMPLES / "stickers_plugin", "StickersPlugin", folder / "packages")
    settings = {"PRONAFLOW_DATABASE_URL": new_database(), "PYTHONPATH": str(packages)}
    made = Site(folder, settings=settings)
    made.run("db", "upgrade")
    return made


@pytest.fixture(scope="module")
def servers(site):
    """Two servers."""
    started = [Server(site), Server(site)]
    yield started
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def callers(servers):
    """The same person at both."""
    with Caller(servers[0]) as first, Caller(servers[1]) as second:
        first.sign_up("ann")
        second.token = first.token
        yield [first, second]


@pytest.fixture
def place(callers):
    """A project with tasks and a sticker: what the plugin does shows on them."""
    return Place(callers[0])


class Place:
    """Somebody's tasks with stickers."""

    def __init__(self, caller):
        self.project = caller.post("/api/v1/projects", {"name": "Website"}).data["id"]
        self.workspace = caller.get("/api/v1/workspaces").data[0]["id"]
        self.task, self.sticker = self.stuck(caller)

    def stuck(self, caller):
        """The ids of a new task with a sticker, and of that."""
        task = caller.post("/api/v1/tasks", {"project_id": self.project, "title": "Design"}).data["id"]
        return task, caller.post(STICKERS, {"task_id": task, "text": "hello"}).data["id"]

    def route(self, caller):
        """Whether the plugin's route answers."""
        return caller.post(f"{STICKERS}/keys").status == 201

    def record(self, caller):
        """Whether its record is shown."""
        return caller.get(f"{STICKERS}/{self.sticker}").status == 200

    def document(self, caller):
        """Whether OpenAPI has its routes."""
        return STICKERS in caller.get("/openapi.json").json["paths"]

    def hook(self, caller):
        """Whether it adds to a task."""
        return "stickers" in caller.get(f"/api/v1/tasks/{self.task}").data.get("ext", {})

    def stickers_of(self, caller, task):
        """The stickers of a task."""
        return caller.get(f"/api/v1/tasks/{task}").data["ext"]["stickers"]


def complete(caller, task):
    """Complete a task, which takes its stickers away if the plugin hears of it."""
    assert caller.ask("PATCH", f"/api/v1/tasks/{task}", {"status": "completed"}).status == 200


def until(condition):
    """When a condition came to hold, in seconds of the wall clock."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < PATIENCE
    return time.time()


def thrown(site, everywhere):
    """When the switch was thrown last, in seconds of the wall clock."""
    table = PluginSwitch if everywhere else WorkspacePlugin
    engine = open_bare(site.settings["PRONAFLOW_DATABASE_URL"])
    with engine.connect() as connection:
        moment = connection.scalar(select(func.max(table.changed_at)).where(table.plugin_id == "stickers"))
    engine.dispose()
    return moment.timestamp()


def heard(place, caller):
    """Whether the plugin hears of a completed task, at last."""
    task, _ = place.stuck(caller)
    complete(caller, task)
    until(lambda: place.stickers_of(caller, task) == [])


@pytest.mark.parametrize("everywhere", [True, False], ids=["server", "workspace"])
def test_off_and_on_again_in_two_servers(site, callers, place, everywhere, capsys):
    where = () if everywhere else ("--workspace", place.workspace)
    looks = [place.route, place.record, place.hook, *([place.document] if everywhere else [])]
    for caller in callers:
        assert all(look(caller) for look in looks)
        heard(place, caller)
    silent = [place.stuck(caller)[0] for caller in callers]

    for command in ("disable", "enable"):
        on = command == "enable"
        with ThreadPoolExecutor() as pool:
            done = pool.submit(site.run, "plugins", command, "stickers", *where)
            seen = list(pool.map(lambda each: until(lambda: place.record(each) is on), callers))
            done.result()
        seconds = max(seen) - thrown(site, everywhere)
        with capsys.disabled():
            sys.stdout.write(f"\n{command}{' here' * bool(where)}: seen in both after {seconds:.2f} s\n")
        for caller in callers:
            assert [look(caller) for look in looks] == [on] * len(looks)
        for caller, task in zip(callers, silent, strict=True):
            if not on:
                complete(caller, task)

    for caller, task in zip(callers, silent, strict=True):
        heard(place, caller)
        assert place.stickers_of(caller, task) == ["hello"]
