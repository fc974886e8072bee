"""The archive holds whatever is its own container, without a word of the plugin that owns it (ADR 049)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.errors import Conflict, NotFound
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import Person, World

NOTEBOOKS = "/api/v1/notebooks"
PAGES = f"{NOTEBOOKS}/pages"
ENTRY = EntryPoint("notebooks", "notebooks_plugin.plugin:NotebooksPlugin", GROUP)


@pytest.fixture
def server(new_world: Callable[..., World]) -> World:
    """A server with a plugin that never heard of the archive, and whose notebooks are containers."""
    return new_world(candidates=[*discover([ENTRY])])


@pytest.fixture
def keeper(server: World) -> Person:
    return server.person("keeper")


@pytest.fixture
def notebook(keeper: Person) -> str:
    return str(keeper.post(NOTEBOOKS, {"name": "Travel"}).data["id"])


def move(server: World, person: Person, notebook: str, *, back: bool = False) -> None:
    archive: Any = server.kernel.archive
    with server.kernel.db.write(Scope.system(person.workspace_id)) as uow:
        if back:
            archive.unarchive(uow, "notebook", notebook)
        else:
            archive.archive(uow, "notebook", notebook, "Done")


def test_a_third_party_s_container_is_only_read(server: World, keeper: Person, notebook: str) -> None:
    page = keeper.post(PAGES, {"notebook_id": notebook, "title": "One"}).data["id"]
    move(server, keeper, notebook)
    writes = {
        "add": keeper.post(PAGES, {"notebook_id": notebook, "title": "Two"}),
        "change": keeper.patch(f"{PAGES}/{page}", {"title": "Two"}),
        "delete": keeper.delete(f"{PAGES}/{page}"),
    }
    assert {name: reply.status for name, reply in writes.items()} == dict.fromkeys(writes, 409)
    assert writes["add"].error["details"] == {
        "reason": "archived",
        "notebook_status": "archived",
        "resource_type": "notebook",
        "resource_id": notebook,
    }
    assert keeper.get(f"{PAGES}/{page}").status == 200
    move(server, keeper, notebook, back=True)
    assert keeper.patch(f"{PAGES}/{page}", {"title": "Two"}).status == 200


def test_a_stranger_is_told_of_nothing(server: World, keeper: Person, notebook: str) -> None:
    move(server, keeper, notebook)
    stranger = server.person("stranger")
    assert stranger.post(PAGES, {"notebook_id": notebook, "title": "Two"}).status == 404


def test_it_is_looked_at_without_a_statement_more(server: World, keeper: Person, notebook: str) -> None:
    body = {"notebook_id": notebook, "title": "One"}
    keeper.post(PAGES, body)
    with server.statements() as seen:
        keeper.post(PAGES, body)
    asked = [each for each in seen if "notebooks__notebook.lifecycle" in each and "JOIN" not in each]
    assert [each for each in asked if "AS kind" in each] == []


def test_what_is_no_container_is_not_archived(server: World, keeper: Person, notebook: str) -> None:
    page = keeper.post(PAGES, {"notebook_id": notebook, "title": "One"}).data["id"]
    with pytest.raises(NotFound), server.kernel.db.write(Scope.system(keeper.workspace_id)) as uow:
        server.kernel.archive.archive(uow, "page", page, None)


def test_neither_way_is_gone_twice(server: World, keeper: Person, notebook: str) -> None:
    with pytest.raises(Conflict, match="is not in the archive"):
        move(server, keeper, notebook, back=True)
    move(server, keeper, notebook)
    with pytest.raises(Conflict, match="in the archive already"):
        move(server, keeper, notebook)
    with server.kernel.db.read(Scope.system(keeper.workspace_id)) as reader:
        [entry] = server.kernel.archive.history(reader, "notebook", notebook)
    assert (entry["action"], entry["reason"]) == ("archived", "Done")
