"""A third party's wheel adds to a server of wheels, can be switched off, and leaves nothing broken behind."""

from __future__ import annotations

import time

import pytest

from .environment import ROOT, Environment
from .server import Caller, Site
from .session import blocks

HELLO, PROJECTS, TASKS = "/api/v1/hello", "/api/v1/projects", "/api/v1/tasks"
REMOVAL = ROOT / "docs/how-to/remove-a-plugin.md"
PURGE = """
import sys
from pronaflow_kernel.assembly import assemble
from pronaflow_kernel.persistence.scope import Scope
kernel = assemble()
with kernel.db.write(Scope.system(sys.argv[1])) as uow:
    for resource, record in zip(sys.argv[2::2], sys.argv[3::2]):
        kernel.trash.purge(uow, resource, record)
"""
"""Deletes records of a workspace for good, as the end of their time in the trash does."""

pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def environment(wheels, tmp_path_factory):
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.install(*wheels.values())
    return made


@pytest.fixture(scope="module")
def site(environment, tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"), program=environment.pronaflow)
    yield made
    made.close()


@pytest.fixture(scope="module")
def grace(site):
    """Somebody with a task, who stays signed in."""
    with Caller(site.server()) as caller:
        caller.sign_up("grace")
        caller.project = caller.post(PROJECTS, {"name": "Website"}).data
        caller.task = caller.post(TASKS, {"project_id": caller.project["id"], "title": "Say hello"}).data
        until(lambda: caller.get(HELLO).data["greeted"], 10)
        yield caller


def until(condition, seconds):
    """Ask again and again until something is so; fails after some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so within {seconds} s"


def paths(caller):
    return caller.get("/openapi.json").json["paths"]


def test_the_environment_holds_wheels_only(environment, wheels):
    found = environment.distributions()
    names = {name for name in found if name.startswith("pronaflow")}
    assert names == wheels.keys()
    assert set(found.values()) == {None}


def test_the_wheel_adds_its_route_its_subscriber_and_its_payload(grace):
    assert grace.get(HELLO).data == {"greeting": "Hello, grace!", "greeted": 1}
    assert grace.get(f"{TASKS}/{grace.task['id']}").data["ext"] == {"hello": {"greeted": True}}
    [listed] = grace.get(TASKS, ext="hello").data
    assert listed["ext"] == {"hello": {"greeted": True}}
    assert HELLO in paths(grace)


def test_switched_off_it_is_gone_within_a_second_and_its_data_survives(site, grace):
    site.run("plugins", "disable", "hello")
    until(lambda: grace.get(HELLO).status == 404, 1)
    assert grace.get(HELLO).json["error"]["code"] == "PLUGIN_DISABLED"
    assert HELLO not in paths(grace)
    assert "ext" not in grace.get(f"{TASKS}/{grace.task['id']}").data
    assert grace.get("/health").json["plugins"]["hello"] == "disabled"
    site.run("plugins", "enable", "hello")
    until(lambda: grace.get(HELLO).status == 200, 1)
    assert grace.get(HELLO).data["greeted"] == 1
    assert HELLO in paths(grace)


def test_its_data_leaves_a_server_that_runs_and_comes_back(site, grace):
    for heading in ("Take the data out", "Bring it back"):
        [commands], [printed] = (blocks(REMOVAL, heading, language) for language in ("bash", "text"))
        assert printed in [site.run(*line.split()[1:]) for line in commands.splitlines()]
        assert grace.get(f"{TASKS}/{grace.task['id']}").status == 200
        if heading == "Take the data out":
            assert grace.get(HELLO).json["error"]["code"] == "PLUGIN_DISABLED"
    until(lambda: grace.get(HELLO).status == 200, 1)
    assert grace.get(f"{TASKS}/{grace.task['id']}").data["ext"] == {"hello": {"greeted": True}}


def test_uninstalled_it_leaves_a_server_that_starts_clean_and_deletes_everything(site, environment, grace):
    server = site.server()
    server.terminate()
    assert server.process.wait() == 0
    environment.uninstall("pronaflow-hello")
    server.log.write_text("")
    with Caller(site.server(), grace.token) as caller:
        health = caller.get("/health").json
        assert health["status"] == "healthy"
        assert health["plugins"].keys() == {"workspaces", "projects", "tasks"}
        assert caller.get(HELLO).json["error"]["code"] == "NOT_FOUND"
        workspace_id, project_id, task_id = (
            grace.project["workspace_id"],
            grace.project["id"],
            grace.task["id"],
        )
        for path in (f"{TASKS}/{task_id}", f"{PROJECTS}/{project_id}"):
            assert caller.delete(path).status == 200
        site.call(str(environment.python), "-c", PURGE, workspace_id, "task", task_id, "project", project_id)
        assert caller.delete(f"/api/v1/workspaces/{workspace_id}").status == 200
    log = site.server().log.read_text()
    assert "WARNING" not in log
    assert "ERROR" not in log
