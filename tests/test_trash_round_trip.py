"""Every resource type that keeps trash comes back as it was, whoever brings it, and a third party's, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from pronaflow_kernel.api import KeptFile, Scope
from pronaflow_kernel.own_work import own_work
from pronaflow_kernel.plugins.discovery import GROUP, Candidate, discover
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.zoo import NEIGHBOUR

ROOT = Path(__file__).parents[1]
HELLO = EntryPoint("hello", "pronaflow_hello.plugin:HelloPlugin", GROUP)
API = "/api/v1"
TRASH = f"{API}/archive/trash"

Made = tuple[str, list[str]]
"""The id of a record, and the addresses that show it and what is in it."""


@pytest.fixture
def site(new_world: Callable[..., World], zoo: Callable[..., list[Candidate]]) -> Iterator[World]:
    """A server with all plugins, the example of a third party's and another one's resource type."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "contrib/hello-plugin/src"))
        yield new_world(candidates=[*discover(), *discover([HELLO]), *zoo(NEIGHBOUR)])


def make(person: Person, path: str, **body: object) -> str:
    reply = person.post(f"{API}{path}", body)
    assert reply.status == 201, reply.json
    return str(reply.data["id"])


def project(person: Person) -> Made:
    made = make(person, "/projects", name="Website", key="WEB", tags=["one"])
    task = make(person, "/tasks", project_id=made, title="Design UI")
    make(person, f"/tasks/{task}/comments", content="Looks good")
    inside = [f"/projects/{made}/members", f"/tasks/lists?project_id={made}", f"/tasks/{task}"]
    return made, [f"/projects/{made}", *inside, f"/tasks/{task}/comments"]


def task(person: Person) -> Made:
    home = make(person, "/projects", name="Website", key="WEB")
    made = make(person, "/tasks", project_id=home, title="Design UI", tags=["ui"], assigned_to=person.id)
    make(person, f"/tasks/{made}/comments", content="Looks good")
    make(person, f"/tasks/{made}/subtasks", title="Draw")
    shown = [f"/tasks/{made}", f"/tasks/{made}/comments", f"/tasks/{made}/subtasks", f"/projects/{home}"]
    return made, shown


def task_list(person: Person) -> Made:
    home = make(person, "/projects", name="Website", key="WEB")
    made = make(person, "/tasks/lists", project_id=home, name="Later")
    tasks = [make(person, "/tasks", task_list_id=made, title=title) for title in ("One", "Two")]
    shown = [f"/tasks/lists/{made}", f"/tasks/lists?project_id={home}", f"/tasks?task_list_id={made}"]
    return made, [*shown, *(f"/tasks/{each}" for each in tasks), f"/projects/{home}"]


def pebble(person: Person) -> Made:
    made = make(person, "/neighbour/pebbles", title="Grey")
    return made, [f"/neighbour/pebbles/{made}", "/neighbour/pebbles"]


MAKERS: dict[str, Callable[[Person], Made]] = {
    "project": project,
    "task": task,
    "task_list": task_list,
    "pebble": pebble,
}
"""One for each resource type that keeps trash; a type without one fails the test below."""

KEPT = select(func.count()).select_from(KeptFile.__table__)

MOVING = {"version", "updated_at"}
"""What tells that a record was written, which it was."""


def plain(shown: Any) -> Any:
    """What is shown, but for traces of the way to the trash and back."""
    if isinstance(shown, dict):
        return {key: plain(value) for key, value in shown.items() if key not in MOVING}
    return [plain(each) for each in shown] if isinstance(shown, list) else shown


def look(person: Person, addresses: list[str]) -> list[Any]:
    found = []
    for address in addresses:
        path, _, query = address.partition("?")
        reply = person.get(f"{API}{path}", **dict(pair.split("=") for pair in query.split("&") if pair))
        assert reply.status == 200, f"{address}: {reply.json}"
        found.append(plain(reply.data))
    return found


def test_every_resource_type_that_keeps_trash_is_tried(site: World) -> None:
    assert {name for name, kind in site.kernel.resources.items() if kind.keeps_trash} == MAKERS.keys()


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_all_that_was_there_before_is_there_after(site: World, kind: str) -> None:
    ann = site.person()
    record, addresses = MAKERS[kind](ann)
    site.drain()
    before = look(ann, addresses)
    put = ann.post(TRASH, {"resource_type": kind, "resource_id": record})
    assert put.status == 201, put.json
    if addresses:
        assert ann.get(f"{API}{addresses[0]}").status == 404
    assert ann.post(TRASH, {"resource_type": kind, "resource_id": record}).status == 409
    site.drain()
    back = ann.post(f"{TRASH}/{put.data['id']}/restore")
    assert (back.status, back.data["id"], back.data["status"]) == (200, record, "active")
    site.drain()
    assert look(ann, addresses) == before
    assert ann.get(TRASH).data == []


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_nothing_of_it_is_there_once_it_is_gone_for_good(site: World, kind: str) -> None:
    ann = site.person()
    record, _ = MAKERS[kind](ann)
    item = ann.post(TRASH, {"resource_type": kind, "resource_id": record}).data["id"]
    assert ann.delete(f"{TRASH}/{item}").status == 204
    assert ann.post(f"{TRASH}/{item}/restore").status == 404
    assert ann.post(TRASH, {"resource_type": kind, "resource_id": record}).status == 404
    told = [each["type"] for each in site.events(ann.workspace_id)]
    assert told.count(f"{kind}.purged") == 1


def test_what_a_plugin_adds_to_a_task_comes_back_with_it(site: World) -> None:
    ann = site.person()
    record, [address, *_] = task(ann)
    site.drain()
    item = ann.post(TRASH, {"resource_type": "task", "resource_id": record}).data["id"]
    assert ann.post(f"{TRASH}/{item}/restore").status == 200
    assert ann.get(f"{API}{address}").data["ext"]["hello"] == {"greeted": True}


def test_files_of_what_is_gone_for_good_go_too(site: World) -> None:
    ann = site.person()
    record, _ = task(ann)
    form = {"file": (BytesIO(b"%PDF-1.4 rare words"), "plan.pdf")}
    headers = {"Authorization": f"Bearer {ann.token}"}
    url = f"{API}/tasks/{record}/files"
    sent = ann.client.post(url, data=form, headers=headers, content_type="multipart/form-data")
    assert sent.status_code == 201, sent.json
    item = ann.post(TRASH, {"resource_type": "task", "resource_id": record}).data["id"]
    assert ann.delete(f"{TRASH}/{item}").status == 204

    def kept() -> int:
        with site.kernel.db.read(Scope.system()) as reader:
            return int(reader.value(KEPT))

    assert kept() == 1
    site.clock.advance(3 * 86_400)
    for job in own_work(site.kernel):
        if job.name == "remove_orphaned_files":
            with site.kernel.db.read(Scope.system()) as reader:
                job.run(reader, {})  # type: ignore[arg-type]
    site.drain()
    assert kept() == 0
