"""Whoever empties the trash dies in the middle of it, and another one goes on where it was."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from .installation import Installation
from .processes import Client, until

TASKS = 250
"""Two and a half of the transactions in which the trash is emptied."""

LEFT = text("SELECT count(*) FROM core__trash")
THERE = text("SELECT count(*) FROM tasks__task")
TOLD = text("SELECT aggregate_id FROM core__event WHERE type = 'task.purged'")
API = "/api/v1"


def sent(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = client.send(method, f"{API}{path}", body)
    assert answer is not None and answer[0] < 300, answer
    return answer[1].get("data")


def fill(client: Client) -> str:
    """Put many tasks into the trash, and leave one outside; the answer is its id."""
    project = sent(client, "POST", "/projects", {"name": "Website"})["id"]
    kept = sent(client, "POST", "/tasks", {"project_id": project, "title": "Stays"})["id"]
    ids = [
        sent(client, "POST", "/tasks", {"project_id": project, "title": f"Task {number}"})["id"]
        for number in range(TASKS)
    ]
    for start in range(0, TASKS, 50):
        sent(client, "POST", "/tasks/bulk", {"action": "delete", "ids": ids[start : start + 50]})
    return str(kept)


def count(site: Installation, statement: Any) -> int:
    with site.connection() as connection:
        return int(connection.scalar(statement) or 0)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_half_done_is_done_by_the_next_one(install: Any, kind: str) -> None:
    site: Installation = install(kind)
    with site.client() as client:
        kept = fill(client)
        assert count(site, LEFT) == TASKS
        job = sent(client, "DELETE", "/archive/trash")["id"]
        until(lambda: count(site, LEFT) < TASKS, "nothing is deleted")
        site.workhorse.kill()
    half = count(site, LEFT)
    assert 0 < half < TASKS, "it died neither before nor after"
    assert count(site, THERE) == half + 1, "what is gone is gone with its item"
    site.start()
    site.settle()
    with site.client() as client:
        assert sent(client, "GET", f"/jobs/{job}")["status"] == "succeeded"
        assert sent(client, "GET", f"/tasks/{kept}")["title"] == "Stays"
    assert (count(site, LEFT), count(site, THERE)) == (0, 1)
    with site.connection() as connection:
        told = [str(each) for each in connection.scalars(TOLD)]
    assert (len(told), len(set(told))) == (TASKS, TASKS), "each told once"
