"""What the plugin promises."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.persistence.engines import open_bare

HELLO = "/api/v1/hello"


@pytest.fixture
def task(world, ann):
    """A task of ann's, after the plugin has heard of it."""
    project = ann.post("/api/v1/projects", {"name": "Website"}).data
    made = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Say hello"}).data
    world.drain()
    return made


def test_the_caller_is_greeted_by_name(ann):
    assert ann.get(HELLO).data == {"greeting": f"Hello, {ann.username}!", "greeted": 0}


def test_the_tasks_that_somebody_made_are_counted(ann, task):
    assert ann.get(HELLO).data["greeted"] == 1


def test_the_count_tells_nobody_of_tasks_of_others(world, ann, bob):
    project = ann.post("/api/v1/projects", {"name": "Secret", "visibility": "private"}).data
    ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Hide"})
    world.join(ann.workspace_id, bob, "member")
    world.drain()
    assert bob.get(HELLO, workspace_id=ann.workspace_id).data["greeted"] == 0


def test_other_workspaces_do_not_count(ann, bob, task):
    assert bob.get(HELLO).data["greeted"] == 0
    assert bob.get(HELLO, workspace_id=ann.workspace_id).status == 404


def test_a_task_shows_that_it_was_greeted(ann, task):
    assert ann.get(f"/api/v1/tasks/{task['id']}").data["ext"] == {"hello": {"greeted": True}}


def test_a_list_shows_it_to_those_who_ask(ann, task):
    [plain] = ann.get("/api/v1/tasks").data
    [extended] = ann.get("/api/v1/tasks", ext="hello").data
    assert "ext" not in plain
    assert extended["ext"] == {"hello": {"greeted": True}}


def test_nobody_is_greeted_without_a_token(world):
    assert world.anonymous().get(HELLO).status == 401


def test_a_greeting_goes_with_its_task(world, ann, task):
    engine = open_bare(world.database_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys = on"))
        connection.execute(text("DELETE FROM tasks__task WHERE id = :id"), {"id": task["id"]})
    engine.dispose()
    assert ann.get(HELLO).data["greeted"] == 0


def test_the_migration_leads_to_the_model(world):
    from pronaflow_hello.plugin import Greeting

    assert drift(world.kernel.db.engines.write, Greeting.metadata, "hello") == []


def test_it_has_at_most_sixty_lines():
    source = Path(__file__).parents[1] / "src"
    assert sum(len(file.read_text().splitlines()) for file in source.rglob("*.py")) <= 60
