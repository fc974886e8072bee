"""What plugins may do with the plugins of a workspace (`ctx.plugins`), and what these hear of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from sqlalchemy import text

from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.plugins.installed import InstalledPlugins
from pronaflow_kernel.plugins.switching import MustFollow
from pronaflow_kernel.testing import World

NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)
SAMPLER = EntryPoint("sampler", "sampler_plugin.plugin:SamplerPlugin", GROUP)


@pytest.fixture(scope="module")
def server(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server on which the sampler stands on the notes."""
    [notes, sampler] = discover([NOTES, SAMPLER])
    assert sampler.manifest is not None
    standing = replace(sampler, manifest=replace(sampler.manifest, requires={"notes": ">=0"}))
    made = World(new_database(), tmp_path_factory.mktemp("server"), candidates=[notes, standing])
    yield made
    made.close()


@pytest.fixture
def plugins(server: World) -> InstalledPlugins:
    return server.kernel.contexts["notes"].plugins


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """What plugins heard of their switches: what, and in which workspace."""
    told: list[tuple[str, str | None]] = []
    for name in ("on_enable", "on_disable", "on_uninstall"):

        def hear(self: Plugin, uow: Any, *_: Any, name: str = name) -> None:
            told.append((f"{self.ctx.plugin_id}.{name}", uow.scope.workspace_id))

        for module in ("notes_plugin.plugin.NotesPlugin", "sampler_plugin.plugin.SamplerPlugin"):
            monkeypatch.setattr(f"{module}.{name}", hear, raising=False)
    return told


def notes_of(world: World) -> list[str]:
    engine = open_bare(world.database_url)
    with engine.connect() as connection:
        found = list(connection.execute(text("SELECT title FROM notes__note ORDER BY title")).scalars())
    engine.dispose()
    return found


def test_those_that_stand_on_a_plugin_go_off_with_it_if_they_may(
    server: World, plugins: InstalledPlugins, heard: list[tuple[str, str | None]]
) -> None:
    here, there = server.person().workspace_id, server.person().workspace_id
    switches = server.kernel.switches
    with pytest.raises(MustFollow), server.kernel.db.write(Scope.system(here)) as uow:
        plugins.switch(uow, "notes", False)
    assert switches.active("notes", here) and heard == []
    with server.kernel.db.write(Scope.system(here)) as uow:
        assert plugins.switch(uow, "notes", False, cascade=True).changed
        assert {"notes", "sampler"} <= plugins.off(uow)
        assert heard == []
    server.drain()
    assert [switches.active(each, here) for each in ("notes", "sampler")] == [False, False]
    assert switches.active("notes", there)
    assert heard == [("notes.on_disable", here), ("sampler.on_disable", here)]
    with server.kernel.db.write(Scope.system(here)) as uow:
        assert plugins.switch(uow, "sampler", True, cascade=True).changed
    server.drain()
    assert switches.active("notes", here)
    assert heard[2:] == [("notes.on_enable", here), ("sampler.on_enable", here)]


def test_what_a_plugin_holds_of_a_workspace_is_forgotten(
    server: World, plugins: InstalledPlugins, heard: list[tuple[str, str | None]]
) -> None:
    ann, bob = server.person(), server.person()
    for person, title in ((ann, "Ann's"), (bob, "Bob's")):
        assert person.post("/api/v1/notes", {"title": title}).status == 201
    with server.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        assert plugins.forget(uow, "notes") is True
    assert heard == [("notes.on_uninstall", ann.workspace_id)]
    assert notes_of(server) == ["Bob's"]


def test_a_plugin_that_cannot_let_go_keeps_what_it_holds(
    server: World, plugins: InstalledPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("the files are not there")

    monkeypatch.setattr("notes_plugin.plugin.NotesPlugin.on_uninstall", fail)
    ann = server.person()
    ann.post("/api/v1/notes", {"title": "Kept"})
    with pytest.raises(OSError, match="files"), server.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        plugins.forget(uow, "notes")
    assert "Kept" in notes_of(server)


def test_one_that_is_not_here_is_not_asked(server: World, plugins: InstalledPlugins) -> None:
    with server.kernel.db.write(Scope.system(server.person().workspace_id)) as uow:
        assert plugins.forget(uow, "gone") is False
