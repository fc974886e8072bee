"""A third party's wheel adds to a server of wheels, can be switched off, and leaves nothing broken behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .server import Caller, Site
from .session import blocks, run

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = ["kernel", "plugins/workspaces", "plugins/projects", "plugins/tasks", "contrib/hello-plugin"]
HELLO, PROJECTS, TASKS = "/api/v1/hello", "/api/v1/projects", "/api/v1/tasks"
TUTORIAL = ROOT / "docs/tutorial/first-plugin.md"

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

GREETED = """
until curl -sS $URL/hello -H "$AUTH" | grep -q '"greeted":1'; do :; done
"""
"""Waits for the moment after which the tutorial goes on."""

pytestmark = pytest.mark.install


def call(*command):
    # Whoever runs the tests may have told pip to be quiet; its answers are needed here.
    environment = {name: value for name, value in os.environ.items() if name != "PIP_QUIET"}
    done = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A folder with a wheel of each distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    uv = shutil.which("uv", path=Path(sys.executable).parent) or "uv"
    for distribution in DISTRIBUTIONS:
        call(uv, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT / distribution)
    assert len(list(folder.glob("*.whl"))) == len(DISTRIBUTIONS)
    return folder


class Environment:
    """A fresh environment that pip installs into."""

    def __init__(self, folder: Path) -> None:
        call(sys.executable, "-m", "venv", "--without-pip", folder)
        self.python = folder / "bin/python"
        self.pronaflow = folder / "bin/pronaflow"

    def pip(self, *arguments):
        pip = [sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        return call(*pip, *arguments)

    def distributions(self):
        """Name to where it is installed from, None for the index and for wheels."""
        listed = json.loads(self.pip("list", "--format", "json"))
        return {each["name"]: each.get("editable_project_location") for each in listed}


@pytest.fixture(scope="module")
def environment(wheels, tmp_path_factory):
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.pip("install", "--quiet", "--constraint", ROOT / "constraints.txt", *wheels.glob("*.whl"))
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


def test_the_environment_holds_wheels_only(environment):
    found = environment.distributions()
    names = {name for name in found if name.startswith("pronaflow")}
    assert names == {f"pronaflow-{name}" for name in ("kernel", "workspaces", "projects", "tasks", "hello")}
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


def test_the_tutorial_s_session_runs_as_printed(site, tmp_path):
    install, made, *read = blocks(TUTORIAL, "8. Run it", "bash")
    assert "pip install" in install
    session = "\n".join([made, GREETED, *read])
    *_, greeting, task, tasks = run(session, site.server().url, tmp_path)
    printed = [json.loads(block) for block in blocks(TUTORIAL, "8. Run it", "json")]
    assert greeting["data"]["greeting"] == printed[0]["data"]["greeting"]
    assert task["data"]["ext"] == printed[1]["data"]["ext"]
    assert tasks["data"][0]["ext"] == printed[1]["data"]["ext"]


def test_uninstalled_it_leaves_a_server_that_starts_clean_and_deletes_everything(site, environment, grace):
    server = site.server()
    server.terminate()
    assert server.process.wait() == 0
    environment.pip("uninstall", "--yes", "--quiet", "pronaflow-hello")
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
