"""The tutorial shows the hello plugin as it is, and what it and the page on tests promise happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from pronaflow_kernel.plugins.discovery import GROUP

from .documents import blocks, shown
from .installation import ROOT, installation

TUTORIAL = ROOT / "docs/tutorial/first-plugin.md"
TESTS = ROOT / "docs/how-to/write-tests-for-a-plugin.md"
HELLO = ROOT / "contrib/hello-plugin"
POINT = EntryPoint("hello", "pronaflow_hello.plugin:HelloPlugin", GROUP)
UNSHOWN = {"README.md", "src/pronaflow_hello/__init__.py", "src/pronaflow_hello/py.typed"}
"""Empty, or of no use to who reads the tutorial."""


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def test_the_tutorial_shows_every_file_whole():
    files = {
        str(file.relative_to(HELLO))
        for file in HELLO.rglob("*")
        if file.is_file()
        and not {"__pycache__", "tests"} & set(file.relative_to(HELLO).parts)
        and ".egg-info" not in str(file)
    }
    assert {block.title for block in blocks(TUTORIAL) if block.title} == files - UNSHOWN
    for file in sorted(files - UNSHOWN):
        assert lines(shown(TUTORIAL, file)) == lines((HELLO / file).read_text()), file
    assert all((HELLO / file).read_text() == "" for file in UNSHOWN - {"README.md"})


@pytest.fixture(scope="module")
def hello():
    """The server of the tutorial."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HELLO / "src"))
        with installation(POINT) as world:
            yield world


def as_printed(printed, answer):
    """Whether an answer is what the page prints; the key "..." stands for any others."""
    if not isinstance(printed, dict):
        return printed == answer
    named = {key: value for key, value in printed.items() if key != "..."}
    return (len(named) < len(printed) or named.keys() == answer.keys()) and all(
        key in answer and as_printed(value, answer[key]) for key, value in named.items()
    )


def test_the_answers_on_the_page_are_those_of_the_server(hello):
    greeted, shown_task, refused = (json.loads(b.text) for b in blocks(TUTORIAL) if b.language == "json")
    ada = hello.person("ada")
    project = ada.post("/api/v1/projects", {"name": "Website"}).data
    task = ada.post("/api/v1/tasks", {"project_id": project["id"], "title": "Say hello"}).data
    hello.drain()

    greeted["data"]["greeting"] = greeted["data"]["greeting"].replace("ada", ada.username)
    assert as_printed(greeted, ada.get("/api/v1/hello").json)
    assert as_printed(shown_task, ada.get(f"/api/v1/tasks/{task['id']}").json)
    assert ada.get("/api/v1/tasks", ext="hello").data[0]["ext"] == shown_task["data"]["ext"]

    hello.kernel.switches.set("hello", enabled=False)
    assert as_printed(refused, ada.get("/api/v1/hello").json)
    assert "/api/v1/hello" not in ada.get("/openapi.json").json["paths"]


def test_a_wrong_answer_on_a_page_is_noticed():
    printed = {"data": {"a": 1, "...": "..."}}
    assert as_printed(printed, {"data": {"a": 1, "b": 2}})
    assert not as_printed(printed, {"data": {"a": 2, "b": 2}})
    assert not as_printed(printed, {"data": {"b": 2}})
    assert not as_printed(printed, {"data": {"a": 1}, "c": 3})


def test_the_tests_on_the_page_pass(tmp_path):
    info = tmp_path / "site" / "pronaflow_hello-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pronaflow-hello\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{POINT.name} = {POINT.value}\n")
    for name in ("test_hello.py", "test_kit.py", "test_neighbours.py"):
        (tmp_path / name).write_text(shown(TESTS, f"tests/{name}"))
    path = os.pathsep.join([str(info.parent), str(HELLO / "src"), os.environ.get("PYTHONPATH", "")])
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-k", "sqlite", "."]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 passed" in done.stdout
