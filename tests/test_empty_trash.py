"""The daily job that empties the trash, on a server with all plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.own_work import own_work
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.walk import Rows

API = "/api/v1"
MONTH = 31 * 86_400
"""Thirty days in the trash, and the midnight after them."""
WORD = "xenolith"

KEPT = {"core__event", "core__job", "core__delivery", "core__file"}
"""Tables that outlast a workspace: what happened, what the bus has to do, and files until they are found."""


@dataclass
class Story:
    """Somebody's workspace, with a project and a task in it that has all kinds of things."""

    world: World
    person: Person
    project: str
    task: str

    @property
    def workspace(self) -> str:
        return self.person.workspace_id

    def make(self, path: str, **body: object) -> str:
        reply = self.person.post(f"{API}{path}", body)
        assert reply.status == 201, reply.json
        return str(reply.data["id"])


@pytest.fixture
def story(new_world: Callable[..., World]) -> Story:
    """On a server of its own, whose clock runs a month ahead."""
    world = new_world()
    story = Story(world, world.person(), "", "")
    here = f"/workspaces/{story.workspace}"
    story.project = story.make("/projects", name=WORD, key="XEN", workspace_id=story.workspace)
    story.task = story.make("/tasks", project_id=story.project, title=WORD, tags=[WORD])
    story.make(f"/tasks/{story.task}/comments", content=WORD)
    story.make(f"{here}/tags", name="Other")
    story.make(f"{here}/invitations", email=f"{WORD}@example.com", message=WORD)
    assert story.person.patch(f"{API}{here}/settings", {"timezone": "Asia/Tokyo"}).status == 200
    world.drain()
    return story


@pytest.fixture
def rows(story: Story) -> Iterator[Rows]:
    opened = Rows(story.world.database_url)
    yield opened
    opened.close()


def empty(world: World) -> None:
    [job] = [each for each in own_work(world.kernel) if each.name == "empty_trash"]
    with world.kernel.db.read(Scope.system()) as reader:
        job.run(reader, {})


def test_a_workspace_goes_with_all_that_is_in_it(story: Story, rows: Rows) -> None:
    before = {table for table, found in rows.of(story.workspace).items() if found}
    assert {"projects__project", "tasks__task", "tasks__task_tag", "workspaces__tag"} <= before
    assert {"workspaces__invitation", "workspaces__settings", "tasks__comment"} <= before
    path = f"{API}/workspaces/{story.workspace}"
    assert story.person.delete(path).status == 200
    story.world.clock.advance(MONTH)
    empty(story.world)
    after = rows.of(story.workspace)
    assert {table for table, found in after.items() if found} <= KEPT
    assert WORD not in str(after["core__event"])
    assert story.person.post(f"{path}/restore").status == 404


def test_records_in_the_trash_go_and_all_others_stay(story: Story, rows: Rows) -> None:
    other = story.make("/projects", name="Other", key="OTH", workspace_id=story.workspace)
    alone = story.make("/tasks", project_id=other, title="x", tags=[WORD])
    stays = story.make("/tasks", project_id=other, title="y", tags=[WORD])
    assert story.person.delete(f"{API}/tasks/{alone}").status == 200
    assert story.person.delete(f"{API}/projects/{story.project}").status == 200
    story.world.clock.advance(MONTH)
    empty(story.world)
    after = rows.of(story.workspace)
    left = str([after[table] for table in after if table not in KEPT])
    assert [each in left for each in (story.project, story.task, alone, other, stays)] == [False] * 3 + [
        True
    ] * 2
    assert after["core__trash"] == []
    assert story.person.get(f"{API}/tasks/{stays}").data["tags"] == [WORD]
