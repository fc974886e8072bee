"""Sections of plugins in the settings of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import Animal
from pronaflow_workspaces.api import WorkspaceSettings

from .conftest import WORKSPACES, Team

PAINTER = Animal(
    "painter",
    "Nothing: it has a section in the settings of workspaces.",
    state="ready",
    declares="""
        requires = { workspaces = ">=0" }
        hooks = ["workspaces:provide_workspace_settings"]
    """,
    plugin="""\
from marshmallow import fields, validate
from pronaflow_kernel import api


class Section(api.Schema):
    color = fields.String(load_default="grey", validate=validate.Length(max=10))
    due = fields.Date(load_default=None, allow_none=True)


class Plugin(api.Plugin):
    @api.hookimpl
    def provide_workspace_settings(self):
        return Section
""",
)
DEFAULTS = {"painter": {"color": "grey", "due": None}}


@pytest.fixture
def painted(new_world: Callable[..., World], zoo: Callable[..., Any]) -> Team:
    """A team on a server with the painter."""
    world = new_world(candidates=zoo(PAINTER, installed=True), plugins=["painter"])
    owner = world.person()
    return Team(world, owner.post(WORKSPACES, {"name": "Alpha"}).data["id"], owner)


def change(team: Team, section: Any) -> Any:
    return team.owner.patch(f"{team.path}/settings", {"plugins": section})


def test_a_section_has_the_defaults_of_its_plugin_and_is_merged(painted: Team) -> None:
    def shown() -> Any:
        return painted.owner.get(f"{painted.path}/settings").data["settings"]["plugins"]

    assert shown() == DEFAULTS
    assert change(painted, {"painter": {"color": "red"}}).status == 200
    assert change(painted, {"painter": {"due": "2026-12-24"}}).status == 200
    assert shown() == {"painter": {"color": "red", "due": "2026-12-24"}}
    change(painted, {"painter": {"color": None}})
    assert shown() == {"painter": {"color": "grey", "due": "2026-12-24"}}
    change(painted, {})
    assert shown()["painter"]["due"] == "2026-12-24"
    change(painted, {"painter": None})
    assert shown() == DEFAULTS
    change(painted, {"painter": {"color": "red"}})
    change(painted, None)
    assert shown() == DEFAULTS


def test_its_plugin_says_what_is_wrong(painted: Team) -> None:
    reply = change(painted, {"painter": {"color": "x" * 11, "due": "soon", "size": 1, "depth": None}})
    names = ("color", "due", "size", "depth")
    assert reply.faults == {f"plugins.painter.{name}" for name in names}
    assert change(painted, {"sculptor": {}}).faults == {"plugins.sculptor"}


def test_plugins_read_their_section_and_hear_of_changes(painted: Team) -> None:
    change(painted, {"painter": {"color": "red"}})
    world = painted.world
    with world.kernel.db.read(Scope.system(painted.id)) as reader:
        found = world.kernel.services.require(WorkspaceSettings).settings(reader)
    assert found.plugins["painter"]["color"] == "red"
    [told] = [row for row in world.events(painted.id) if row["type"] == "workspace.updated"]
    new = {"painter": {"color": "red", "due": None}}
    assert told["changes"] == {"settings.plugins": {"old": DEFAULTS, "new": new}}
