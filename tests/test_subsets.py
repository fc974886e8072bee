"""Whatever plugins are installed, the server starts, and each does its work or says whom it waits for."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.plugins.discovery import GROUP, Candidate, discover
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.zoo import ANIMALS, NEIGHBOUR, Animal
from pronaflow_kernel.testing.zoo import journey as neighbour

ROOT = Path(__file__).parents[1]
HELLO = EntryPoint("hello", "pronaflow_hello.plugin:HelloPlugin", GROUP)
FIRST_PARTY = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))
PLUGINS = [*FIRST_PARTY, "hello"]
MAPPING = 'source = "s"\nid = "Id"\nproject = { key = "NEW", name = "N" }\nfields.title.column = "Title"\n'


def workspaces(world: World, person: Person, folder: Path) -> None:
    made = person.post("/api/v1/workspaces", {"name": "Journey"}).data
    url = f"/api/v1/workspaces/{made['id']}"
    assert person.patch(url, {"name": "Travel"}).data["name"] == "Travel"
    assert made["id"] in [each["id"] for each in person.get("/api/v1/workspaces").data]
    assert person.delete(url).status == 200
    assert person.get(url).status == 404


def projects(world: World, person: Person, folder: Path) -> None:
    made = person.post("/api/v1/projects", {"name": "Website"}).data
    url = f"/api/v1/projects/{made['id']}"
    assert person.patch(url, {"name": "Shop"}).data["name"] == "Shop"
    assert [each["id"] for each in person.get("/api/v1/projects").data] == [made["id"]]
    assert person.delete(url).status == 200
    assert person.get(url).status == 404


def tasks(world: World, person: Person, folder: Path) -> None:
    project = person.post("/api/v1/projects", {"name": "Tasks"}).data
    made = person.post("/api/v1/tasks", {"project_id": project["id"], "title": "Walk"}).data
    url = f"/api/v1/tasks/{made['id']}"
    assert person.patch(url, {"title": "Run", "status": "completed"}).data["title"] == "Run"
    assert [each["id"] for each in person.get("/api/v1/tasks", search="run").data] == [made["id"]]
    assert person.delete(url).status == 200
    assert person.get(url).status == 404


def importer(world: World, person: Person, folder: Path) -> None:
    (folder / "m.toml").write_text(MAPPING)
    (folder / "f.csv").write_text("Id,Title\n1,First\n2,Second\n")
    command = ["import", "csv", str(folder / "f.csv"), "--mapping", str(folder / "m.toml")]
    for outcome in ("2 created, 0 existing", "0 created, 2 existing"):
        done = world.run("importer", *command, "--user", person.username)
        assert done.exit_code == 0, done.output
        assert outcome.replace("existing", "there before") in done.output
    assert {each["title"] for each in person.get("/api/v1/tasks").data} == {"First", "Second"}


def integrations(world: World, person: Person, folder: Path) -> None:
    made = person.post("/api/v1/integration/tokens", {"name": "Bot", "scopes": ["admin:all"]}).data
    program = replace(person, token=made["token"])
    url = f"/api/v1/integration/tokens/{made['id']}"
    assert program.get("/api/v1/auth/me").data["id"] == person.id
    world.drain()
    assert person.get(f"{url}/usage").data["total_requests"] == 1
    assert person.delete(url).status == 204
    assert program.get("/api/v1/auth/me").status == 401


def personalization(world: World, person: Person, folder: Path) -> None:
    path = "/api/v1/preferences"
    assert person.patch(path, {"theme": "dark", "language": "vi-VN"}).data["theme"] == "dark"
    assert person.get(path).data["date_format"] == "DD/MM/YYYY"
    view = person.post(f"{path}/views", {"name": "Mine", "resource": "tasks"}).data
    assert [each["id"] for each in person.get(f"{path}/views").data] == [view["id"]]
    assert person.delete(f"{path}/views/{view['id']}").status == 204
    assert person.delete(path).status == 204
    assert person.get(path).data["theme"] == "system"


def notifications(world: World, person: Person, folder: Path) -> None:
    # It knows the kernel alone: what others bring is told where they are.
    path = "/api/v1/notifications"
    before = person.get(f"{path}/unread-count").data["unread_count"]
    with world.kernel.db.write(Scope(Principal.system())) as uow:
        uow.publish(world.kernel.event_types["mfa.enabled"], person.id, {"user_id": person.id})
    world.drain()
    newest = person.get(path).data[0]
    assert newest["type"] == "security_alert"
    assert person.get(f"{path}/unread-count").data["unread_count"] == before + 1
    assert person.patch(f"{path}/{newest['id']}/read", {}).data["read"] is True
    assert person.patch(f"{path}/preferences", {"notification_frequency": "daily"}).status == 200
    assert person.delete(f"{path}/{newest['id']}").status == 204
    assert person.get(f"{path}/unread-count").data["unread_count"] == before


def hello(world: World, person: Person, folder: Path) -> None:
    before = person.get("/api/v1/hello").data["greeted"]
    project = person.post("/api/v1/projects", {"name": "Greeting"}).data
    task = person.post("/api/v1/tasks", {"project_id": project["id"], "title": "Say hello"}).data
    world.drain()
    assert person.get("/api/v1/hello").data["greeted"] == before + 1
    assert person.get(f"/api/v1/tasks/{task['id']}").data["ext"]["hello"] == {"greeted": True}


def archiving(world: World, person: Person, folder: Path) -> None:
    # It knows the kernel alone: what there is to archive and to delete depends on the plugins beside it.
    policy = "/api/v1/archive/policies"
    assert person.put(policy, {"is_enabled": True}).data["is_enabled"] is True
    assert person.get(policy).data["trash_retention_days"] == 30
    project = person.post("/api/v1/projects", {"name": "Old"})
    if project.status == 201:
        url = f"/api/v1/archive/projects/{project.data['id']}"
        assert person.post(f"{url}/archive", {"reason": "Done"}).data["status"] == "archived"
        assert person.post(f"{url}/restore").data["lifecycle"] == "active"
        named = {"resource_type": "project", "resource_id": project.data["id"]}
        item = person.post("/api/v1/archive/trash", named).data["id"]
        assert person.post(f"/api/v1/archive/trash/{item}/restore").data["status"] == "active"
    assert person.get("/api/v1/archive/trash").data == []


def marketplace(world: World, person: Person, folder: Path) -> None:
    path = "/api/v1/integration/plugins"
    slugs = {row["slug"] for row in person.get(path, page_size=100).data}
    assert slugs == {plugin for plugin, status in world.kernel.plugins.items() if status.manifest}
    assert person.post(f"{path}/marketplace/rating", {"rating": 4}).data["rating"] == 4
    assert person.get(f"{path}/marketplace").data["rating_count"] > 0
    assert person.post(f"{path}/marketplace/install", {}).status == 409
    assert person.get(f"{path}/installed", workspace_id=person.workspace_id).data == []


JOURNEYS: Mapping[str, Callable[[World, Person, Path], None]] = {
    "workspaces": workspaces,
    "projects": projects,
    "tasks": tasks,
    "importer": importer,
    "integrations": integrations,
    "marketplace": marketplace,
    "personalization": personalization,
    "archiving": archiving,
    "notifications": notifications,
    "hello": hello,
}
"""What a plugin is for, done once, by its id."""

SEED = 1
"""Chosen so that the last test below is true."""


def drawn() -> list[tuple[list[str], list[Animal]]]:
    """Ten subsets of the plugins, each with three animals of the zoo; the same in every run."""
    plugins, animals = random.Random(SEED), random.Random(SEED)
    pool = sorted(ANIMALS.values(), key=lambda animal: animal.id)
    return [
        ([plugin for plugin in PLUGINS if plugins.random() < 0.75], animals.sample(pool, 3))
        for _ in range(10)
    ]


SUBSETS = drawn()


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    """One for all subsets, so that each finds what plugins that it lacks have left behind."""
    return new_database()


@pytest.fixture(scope="module", autouse=True)
def _hello_is_found() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "contrib/hello-plugin/src"))
        yield


def installed(plugins: Collection[str]) -> dict[str, Candidate]:
    """These plugins, as they are installed or lie in `contrib`."""
    found = [candidate for candidate in discover() if candidate.id in FIRST_PARTY]
    return {each.id: each for each in [*found, *discover([HELLO])] if each.id in plugins}


def expected(chosen: Mapping[str, Candidate]) -> dict[str, tuple[str, str]]:
    """State and reason of each plugin, from nothing but what it requires."""
    found: dict[str, tuple[str, str]] = {}

    def judge(plugin: str) -> tuple[str, str]:
        if plugin not in found:
            found[plugin] = ("ready", "")
            manifest = chosen[plugin].manifest
            assert manifest is not None
            for needed in manifest.requires:
                state, reason = judge(needed) if needed in chosen else ("missing", "")
                if state != "ready":
                    words = "not installed" if state == "missing" else f"{state} ({reason})"
                    found[plugin] = ("blocked", f"requires {needed}, which is {words}")
                    break
        return found[plugin]

    return {plugin: judge(plugin) for plugin in chosen}


@pytest.mark.parametrize(
    ("plugins", "animals"),
    SUBSETS,
    ids=["-".join([*plugins, *map(str, animals)]) for plugins, animals in SUBSETS],
)
def test_each_plugin_does_its_work_or_says_whom_it_waits_for(
    plugins: list[str],
    animals: list[Animal],
    new_world: Callable[..., World],
    zoo: Callable[..., list[Candidate]],
    database: str,
    tmp_path: Path,
) -> None:
    chosen = installed(plugins)
    assert chosen.keys() == set(plugins)
    world = new_world(candidates=[*chosen.values(), *zoo(NEIGHBOUR, *animals)], database_url=database)

    states = {status.id: (status.state, status.reason) for status in world.kernel.plugins.values()}
    assert {plugin: states[plugin] for plugin in plugins} == expected(chosen)
    for animal in animals:
        state, reason = states[animal.id]
        unrun = animal.pending and world.kernel.db.engines.write.dialect.name == "postgresql"
        assert state == ("pending" if unrun else animal.state), reason
        assert unrun or animal.state == "ready" or all(word in reason for word in animal.words), reason
    health = world.anonymous().get("/health").json
    assert health["plugins"] == {plugin: state for plugin, (state, _) in states.items()}
    well = all(state == "ready" for state, _ in states.values())
    assert health["status"] == ("healthy" if well else "degraded")

    neighbour(world, world.person())
    for plugin in plugins:
        if states[plugin][0] == "ready":
            JOURNEYS[plugin](world, world.person(plugin), tmp_path)


def test_every_plugin_has_a_journey() -> None:
    assert JOURNEYS.keys() == set(PLUGINS)


def test_among_the_ten_every_plugin_does_its_work_and_each_with_requirements_waits_once() -> None:
    states = [expected(installed(plugins)) for plugins, _ in SUBSETS]
    for plugin, candidate in installed(PLUGINS).items():
        assert candidate.manifest is not None
        seen = {each[plugin][0] for each in states if plugin in each}
        assert seen == ({"ready", "blocked"} if candidate.manifest.requires else {"ready"}), plugin
