"""A plugin whose code is gone leaves its data behind, and that harms nobody; data taken out comes back whole.

Each plugin is left out in turn, with those that require it, on a database that all of them have filled. The
others must create, trash, purge and erase as ever, and when it is installed again all must fit together.
Then the data of all of them is taken out into bundles, and restored on either kind of database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, column, delete, func, select, table

from pronaflow_kernel.api import Membership, Scope, User, Workspace, tenancy, unscoped
from pronaflow_kernel.identity.demo_people import remove_person
from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.persistence.bundles import Bundle, read
from pronaflow_kernel.persistence.engines import open_engines
from pronaflow_kernel.persistence.holdings import look, revisions
from pronaflow_kernel.persistence.migrations import Chain
from pronaflow_kernel.persistence.portable import Codec
from pronaflow_kernel.persistence.removal import bring_back, take_out
from pronaflow_kernel.plugins.discovery import GROUP, Candidate, discover
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.postgres import create_database
from pronaflow_kernel.testing.world import migrate_all

ROOT = Path(__file__).parents[1]
HELLO = EntryPoint("hello", "pronaflow_hello.plugin:HelloPlugin", GROUP)
FIRST_PARTY = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))
MAPPING = (
    'source = "s"\nid = "Id"\nproject = { key = "IMP", name = "Imported" }\nfields.title.column = "Title"\n'
)
NOTIFICATIONS = "/api/v1/notifications"
WORKSPACES, PROJECTS, TASKS = "/api/v1/workspaces", "/api/v1/projects", "/api/v1/tasks"
POLICIES = "/api/v1/archive/policies"
TOKENS = "/api/v1/integration/tokens"
VIEWS = "/api/v1/preferences/views"


@pytest.fixture(scope="module", autouse=True)
def _hello_is_found() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "contrib/hello-plugin/src"))
        yield


def installed() -> dict[str, Candidate]:
    """The first-party plugins and hello."""
    found = [candidate for candidate in discover() if candidate.id in FIRST_PARTY]
    return {each.id: each for each in [*found, *discover([HELLO])]}


def requiring(plugin: str) -> set[str]:
    """The plugin and all that require it, directly or through others."""
    found = {plugin}
    candidates = installed().values()
    while more := {
        c.id for c in candidates if c.id not in found and c.manifest and found & c.manifest.requires.keys()
    }:
        found |= more
    return found


@dataclass
class Story:
    """Who and what is in the database.

    Arguments:
        ann: owner of the workspace; bob: a member of it who is erased later, and owns a workspace himself.
        kept, doomed: projects; of the doomed everything is purged.
        tasks: ids of the tasks that stay.
        doomed_tasks: of those that are purged one by one.
    """

    ann: Person
    bob: Person
    kept: dict[str, Any]
    doomed: dict[str, Any]
    tasks: list[str] = field(default_factory=list)
    doomed_tasks: list[str] = field(default_factory=list)

    def seen_by(self, world: World) -> Story:
        """The same people, calling another server."""
        people = {
            name: replace(getattr(self, name), client=world.app.test_client()) for name in ("ann", "bob")
        }
        return replace(self, **people)


def fill(world: World, folder: Path) -> Story:
    """Give every plugin something to keep, tied to things that will go and things that stay."""
    ann, bob = world.person("ann"), world.person("bob")
    own = bob.post(PROJECTS, {"name": "Bob's own"}).data
    for person in (ann, bob):
        token = person.post(TOKENS, {"name": "Bot", "scopes": ["read:projects"]}).data["token"]
        assert replace(person, token=token).get(PROJECTS).status == 200
    bob.post(TASKS, {"project_id": own["id"], "title": "Alone", "tags": ["private"]})
    home = bob.workspace_id
    world.join(ann.workspace_id, bob, "member")
    ann.post(f"{WORKSPACES}/{ann.workspace_id}/invitations", {"email": "carl@example.com", "role": "member"})
    ann.patch(f"{WORKSPACES}/{ann.workspace_id}/settings", {"timezone": "Europe/Berlin"})
    for person in (ann, bob):
        view = {"name": "Open", "resource": "tasks", "workspace_id": ann.workspace_id, "shared": True}
        assert person.post(VIEWS, view).status == 201
    assert ann.put(POLICIES, {"is_enabled": True, "trash_retention_days": 40}).status == 200
    kept = ann.post(PROJECTS, {"name": "Kept"}).data
    doomed = ann.post(PROJECTS, {"name": "Doomed", "visibility": "private"}).data
    story = Story(ann, bob, kept, doomed)
    for project in (kept, doomed):
        ann.post(f"{PROJECTS}/{project['id']}/members", {"user_id": bob.id, "role": "member"})
        for number in range(4):
            body = {"title": f"Write chapter {number}", "tags": ["book"], "assigned_to": bob.id}
            task = ann.post(TASKS, {"project_id": project["id"], **body}).data
            bob.post(f"{TASKS}/{task['id']}/comments", {"content": f"Remark {number}"})
            (story.tasks if project is kept else story.doomed_tasks).append(task["id"])
    ann.patch(f"{TASKS}/{story.tasks[0]}", {"status": "completed"})
    story.doomed_tasks.append(story.tasks.pop())
    for task_id in story.doomed_tasks[-2:]:  # one of each project, into the trash
        assert ann.delete(f"{TASKS}/{task_id}").status == 200
    (folder / "m.toml").write_text(MAPPING)
    (folder / "f.csv").write_text("Id,Title\n1,First\n2,Second\n")
    command = ["import", "csv", str(folder / "f.csv"), "--mapping", str(folder / "m.toml")]
    assert world.run("importer", *command, "--user", ann.username).exit_code == 0
    world.drain()
    bob.workspace_id = home
    return story


def use(world: World, story: Story) -> None:
    """Whatever the plugins that are there can do: create, change, trash and purge, new things and old."""
    ann, here = story.ann, world.kernel.plugins
    if "projects" in here:
        made = ann.post(PROJECTS, {"name": "Meanwhile"}).data
        if "tasks" in here:
            use_tasks(world, story, made)
        for project_id in (made["id"], story.doomed["id"]):
            discard(world, ann, "project", f"{PROJECTS}/{project_id}")
        listed = {each["id"] for each in ann.get(PROJECTS).data}
        assert story.kept["id"] in listed
        assert listed.isdisjoint({made["id"], story.doomed["id"]})
    if "integrations" in here:
        ann.post(TOKENS, {"name": "Meanwhile", "scopes": ["read:projects"]})
        assert "Bot" in {each["name"] for each in ann.get(TOKENS).data}
    if "personalization" in here:
        ann.post(VIEWS, {"name": "Meanwhile", "resource": "tasks"})
        assert {"Open", "Meanwhile"} <= {each["name"] for each in ann.get(VIEWS).data}
    if "notifications" in here:
        assert "task_commented" in {each["type"] for each in ann.get(NOTIFICATIONS).data}
        assert ann.post(f"{NOTIFICATIONS}/mark-all-read").status == 200
        assert ann.get(f"{NOTIFICATIONS}/unread-count").data == {"unread_count": 0}
    if "workspaces" in here:
        assert ann.patch(f"{WORKSPACES}/{ann.workspace_id}", {"name": "Renamed"}).status == 200
        second = ann.post(WORKSPACES, {"name": "Second"}).data
        assert ann.delete(f"{WORKSPACES}/{second['id']}").status == 200
    world.drain()


def use_tasks(world: World, story: Story, project: dict[str, Any]) -> None:
    """Create, trash and purge tasks: one made now, and one made when everybody was there."""
    made = story.ann.post(TASKS, {"project_id": project["id"], "title": "Meanwhile"}).data
    story.ann.post(TASKS, {"project_id": story.kept["id"], "title": "Meanwhile, too"})
    world.drain()
    for task_id in (made["id"], story.doomed_tasks[0]):
        discard(world, story.ann, "task", f"{TASKS}/{task_id}")


def discard(world: World, person: Person, resource: str, url: str) -> None:
    """Trash a record that is still there, and do what the end of its time there does."""
    if person.get(url).status == 200:
        assert person.delete(url).status == 200
        with world.kernel.db.write(Scope.system(person.workspace_id)) as uow:
            world.kernel.trash.purge(uow, resource, url.rpartition("/")[2])
        assert person.get(url).status == 404


def erase(world: World, person: Person) -> None:
    """Let a person go: their own workspace, their place in others, their account."""
    memberships = select(Membership.workspace_id).where(Membership.user_id == person.id)
    with world.kernel.db.engines.read.connect() as connection:
        found = look_past(connection).scalars(memberships).all()
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.hooks.erase_user_data(uow, person.id)
    for workspace_id in found:
        with world.kernel.db.write(Scope.system(workspace_id)) as uow:
            row = uow.get(Workspace, workspace_id)
            if row["owner_id"] == person.id:
                tenancy.purge_workspace(uow, row)
            else:
                tenancy.remove_member(uow, tenancy.member(uow, person.id))
    world.drain()
    with world.kernel.db.engines.write.begin() as connection:
        look_past(connection).execute(delete(Membership).where(Membership.user_id == person.id))
    with world.kernel.db.write(Scope.system()) as uow:
        remove_person(uow, uow.get(User, person.id))


def look_past(connection: Connection) -> Connection:
    """The connection past the tenant rule."""
    return unscoped("a test looks at everything", connection)


def astray(world: World) -> list[str]:
    """Rows that point at nothing, whether a key says so or only the name of a column, and empty trash."""
    targets = {
        "workspace_id": "core__workspace",
        "project_id": "projects__project",
        "task_id": "tasks__task",
        "task_list_id": "tasks__list",
        "tag_id": "workspaces__tag",
        "comment_id": "tasks__comment",
    }
    trashed = {"project": "projects__project", "task": "tasks__task", "task_list": "tasks__list"}
    found: list[str] = []
    with world.kernel.db.engines.read.connect() as plain:
        connection = look_past(plain)
        for plugin in installed():
            for held in look(connection, plugin).tables:
                pairs = [(name, target) for name, target in targets.items() if name in held.columns]
                found += [f"{held.name}.{n}" for n, t in pairs if lost(connection, held.name, n, t)]
        for resource, target in trashed.items():
            condition = column("resource_type") == resource
            if lost(connection, "core__trash", "resource_id", target, condition):
                found.append(f"core__trash: {resource}")
    return found


def lost(connection: Connection, name: str, reference: str, target: str, *conditions: Any) -> int:
    """How many rows of a table refer to no row of another one."""
    rows, others = table(name, column(reference)), table(target, column("id"))
    gone = rows.c[reference].is_not(None) & rows.c[reference].not_in(select(others.c.id))
    return connection.scalar(select(func.count()).select_from(rows).where(gone, *conditions)) or 0


def counted(world: World, workspace_id: str) -> tuple[list[Any], list[Any]]:
    """Per project, what the counters of tasks say, and what there is."""
    counter, task = "tasks__counter", "tasks__task"
    says = (
        select(column("project_id"), column("total")).select_from(table(counter)).where(column("total") > 0)
    )
    there = (
        select(column("project_id"), func.count())
        .select_from(table(task))
        .where(column("lifecycle") != "trashed")
        .group_by(column("project_id"))
    )
    with world.kernel.db.engines.read.connect() as connection:
        both = [look_past(connection).execute(statement).all() for statement in (says, there)]
    first, second = (sorted(map(tuple, rows), key=str) for rows in both)
    return first, second


def check_together(world: World, story: Story) -> None:
    """All are there again, and lists, details, search and additions answer."""
    ann = story.ann
    assert world.anonymous().get("/health").json["status"] == "healthy"
    for plugin, status in world.kernel.plugins.items():
        assert status.state == "ready", status.reason
        metadata = world.kernel.contributions[plugin].models
        assert drift(world.kernel.db.engines.write, metadata, plugin) == [], plugin
    assert astray(world) == []
    says, there = counted(world, ann.workspace_id)
    assert says == there != []
    settings = ann.get(f"{WORKSPACES}/{ann.workspace_id}/settings").data["settings"]
    assert settings["timezone"] == "Europe/Berlin"
    assert ann.get(f"{PROJECTS}/{story.kept['id']}").data["name"] == "Kept"
    found = {each["id"] for each in ann.get(TASKS).data}
    assert set(story.tasks) <= found
    assert found.isdisjoint(story.doomed_tasks)
    assert set(story.tasks) == {each["id"] for each in ann.get(TASKS, search="chapter").data}
    for task_id in story.tasks:
        assert ann.get(f"{TASKS}/{task_id}").data["ext"] == {"hello": {"greeted": True}}
        assert len(ann.get(f"{TASKS}/{task_id}/comments").data) == 1
    assert ann.post(TASKS, {"project_id": story.kept["id"], "title": "After all"}).status == 201
    world.drain()
    assert counted(world, ann.workspace_id)[0] == counted(world, ann.workspace_id)[1]


@pytest.mark.parametrize("plugin", [*FIRST_PARTY, "hello"])
def test_without_a_plugin_the_others_go_on_and_it_can_come_back(
    plugin: str, new_world: Callable[..., World], new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    everybody = new_world(candidates=[*installed().values()], database_url=url)
    story = fill(everybody, tmp_path)
    everybody.close()

    others = [candidate for each, candidate in installed().items() if each not in requiring(plugin)]
    without = new_world(candidates=others, database_url=url)
    assert without.anonymous().get("/health").json["status"] == "healthy"
    use(without, story.seen_by(without))
    erase(without, story.bob)
    assert astray(without) == []
    without.close()

    again = new_world(candidates=[*installed().values()], database_url=url)
    story = story.seen_by(again)
    use(again, story)  # and what could not be purged then
    check_together(again, story)


def seen(world: World, story: Story) -> dict[str, Any]:
    """What ann reads of everything, by path."""
    ann = story.ann
    paths = [
        f"{WORKSPACES}/{ann.workspace_id}{what}" for what in ("", "/settings", "/invitations", "/members")
    ]
    paths += [PROJECTS, TOKENS, NOTIFICATIONS, POLICIES, "/api/v1/hello"]
    for project in (story.kept, story.doomed):
        paths += [f"{PROJECTS}/{project['id']}{what}" for what in ("", "/members")]
    for task_id in story.tasks:
        paths += [f"{TASKS}/{task_id}{what}" for what in ("", "/comments")]
    searches = [{"ext": "hello"}, {"search": "chap*"}, {"search": "write 2"}]
    return {path: ann.get(path).data for path in paths} | {
        str(query): ann.get(TASKS, **query).data for query in searches
    }


def take_everything_out(url: str, folder: Path) -> None:
    """Uninstall all plugins, those first that nothing refers to."""
    engines = open_engines(url)
    for plugin in (
        "hello",
        "archiving",
        "marketplace",
        "integrations",
        "notifications",
        "personalization",
        "importer",
        "tasks",
        "projects",
        "workspaces",
    ):
        about = Bundle(plugin, f"pronaflow-{plugin}", "0.1.0", None, "0.1.0", "2026-03-02T09:00:00Z", "")
        take_out(engines.write, plugin, folder / plugin, about)
    with engines.read.connect() as connection:
        assert revisions(connection).keys() == {"core"}
    engines.dispose()


def move_people(source: str, target: str) -> None:
    """Copy accounts and workspaces, which are the kernel's and in no plugin's bundle."""
    migrate_all(target, [])
    here, there = open_engines(source), open_engines(target)
    with here.write.begin() as old, there.write.begin() as new:
        for held in look(old, "core").tables:
            if held.name in ("core__user", "core__session", "core__workspace", "core__membership"):
                rows = Codec(held, old.dialect.name).rows(old)
                [other] = [each for each in look(new, "core").tables if each.name == held.name]
                Codec(other, new.dialect.name).writer(new)(list(rows))
    for engines in (here, there):
        engines.dispose()


@pytest.mark.parametrize(
    ("here", "there"),
    [("sqlite", None), ("postgresql", None), ("sqlite", "postgresql"), ("postgresql", "sqlite")],
)
def test_the_data_of_all_plugins_goes_into_bundles_and_comes_back_whole(
    here: str, there: str | None, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    def database(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'pronaflow.sqlite3'}"
        return create_database(request.getfixturevalue("postgres_server"))

    url = database(here)
    before = World(url, tmp_path, candidates=[*installed().values()])
    story = fill(before, tmp_path)
    shown = seen(before, story)
    before.close()
    take_everything_out(url, tmp_path / "out")
    if there is not None:
        source, url = url, database(there)
        move_people(source, url)

    engines = open_engines(url)
    for plugin in (
        "workspaces",
        "projects",
        "tasks",
        "importer",
        "personalization",
        "notifications",
        "integrations",
        "marketplace",
        "archiving",
        "hello",
    ):
        bundle = read(tmp_path / "out" / plugin)
        chain = Chain(plugin, installed()[plugin].package)
        assert bring_back(engines.write, chain, tmp_path / "out" / plugin, bundle).left_out == {}
    engines.dispose()
    after = World(url, tmp_path, candidates=[*installed().values()])
    story = story.seen_by(after)
    assert seen(after, story) == shown
    use(after, story)
    check_together(after, story)
    after.close()
