"""The tutorial, from its first line to its last: typed into an empty folder as printed, run as printed."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from .environment import ROOT, Environment, call
from .server import Caller, Site
from .session import blocks, documents, outputs, shows

TUTORIAL = ROOT / "docs/tutorial/first-plugin.md"
HELLO = ROOT / "contrib/hello-plugin"
START, RUN, REMOVE = (
    "1. A distribution with an entry point",
    "8. Run it",
    "9. Switch it off and remove it",
)

GREETED = """
until curl -sS $URL/hello -H "$AUTH" | grep -q '"greeted":1'; do sleep 0.1; done
"""
OFF = """
until curl -sS $URL/hello -H "$AUTH" | grep -q PLUGIN_DISABLED; do sleep 0.1; done
"""
"""Wait for the moment after which the reader goes on, who types more slowly than a test."""

pytestmark = pytest.mark.install


def typed() -> dict[str, str]:
    """What a reader types into files: path to all that the page shows of it, in order."""
    files = defaultdict(list)
    for token in MarkdownIt().parse(TUTORIAL.read_text()):
        title = token.info.partition(" title=")[2] if token.type == "fence" else ""
        if title:
            files[title].append(token.content)
    return {title: "\n\n".join(parts) for title, parts in files.items()}


def lines(text: str) -> list[str]:
    """Lines that are not blank: how many of those stand between two blocks the page leaves to the reader."""
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The reader's folder."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def plugin(desk):
    """The plugin, typed."""
    [prepare] = blocks(TUTORIAL, START, "bash")
    call("bash", "-euc", prepare, folder=desk)
    folder = desk / "hello-plugin"
    for name, text in typed().items():
        (folder / name).write_text(text)
    return folder


def test_what_is_typed_is_the_plugin_of_the_repository(plugin):
    def files(folder: Path) -> dict[str, list[str]]:
        parts = {"tests", "README.md", "__pycache__"}
        found = {file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
        return {
            str(name): lines(file.read_text()) for name, file in found.items() if not parts & {*name.parts}
        }

    assert files(plugin) == files(HELLO)


@pytest.fixture(scope="module")
def site(desk, plugin, wheels):
    """The server that the reader has, with the plugin installed into it as printed."""
    environment = Environment(desk / ".venv")
    environment.install(*(wheel for name, wheel in wheels.items() if name != "pronaflow-hello"))
    install, start = blocks(TUTORIAL, RUN, "bash")[0].splitlines()
    call("bash", "-euc", install, folder=desk)
    assert environment.distributions()["pronaflow-hello"] == str(plugin)
    assert start == ".venv/bin/pronaflow quickstart"
    made = Site(desk, program=environment.pronaflow)
    yield made
    made.close()


def test_every_command_runs_as_printed_and_answers_as_printed(site, desk):
    _, account, greet, look = blocks(TUTORIAL, RUN, "bash")
    off, on, *remove = blocks(TUTORIAL, REMOVE, "bash")
    disable, ask = off.splitlines()
    greeted, shown, refused = (
        json.loads(block) for section in (RUN, REMOVE) for block in blocks(TUTORIAL, section, "json")
    )
    server = site.server()
    session = [account, GREETED, greet, look, disable, OFF, ask, on, GREETED, greet]
    printed = outputs(session, server.url, desk, site.environment)

    assert [shows(greeted, answer) for answer in documents(printed[2])] == [True]
    task, tasks = documents(printed[3])
    assert shows(shown, task)
    assert tasks["data"][0]["ext"] == task["data"]["ext"]
    assert printed[4] == "hello is now off\n"
    assert shows(refused, *documents(printed[6]))
    assert printed[7] == "hello is now on\n"
    assert printed[9] == printed[2]

    server.terminate()
    assert server.process.wait() == 0
    for block in remove:
        site.call("bash", "-euc", block)
    with Caller(site.server()) as caller:
        assert caller.get("/health").json["plugins"].keys() == {"workspaces", "projects", "tasks"}
        assert caller.get("/api/v1/hello").status == 404
