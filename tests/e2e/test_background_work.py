"""What a change leaves to be done is done, in each of the three ways to run: SQLite in one process,
PostgreSQL in one process, and PostgreSQL with Redis and workers.
"""

from __future__ import annotations

import email
import email.policy
import json

import pytest

from .server import PATIENCE, Caller, Site, wait_for


def mails(site: Site) -> list[str]:
    """The subjects of all mails so far, each with its receiver."""
    found = sorted((site.folder / "data" / "mail").glob("*.eml"))
    messages = [email.message_from_bytes(each.read_bytes(), policy=email.policy.default) for each in found]
    return [f"{message['To']}: {message['Subject']}" for message in messages]


def lag(site: Site) -> list[str]:
    """What is not done yet."""
    told = json.loads(site.run("events", "lag", "--json"))
    busy = [each["kind"] for each in told["kinds"] if each["jobs"]["ready"] or each["jobs"]["leased"]]
    return busy + ["events"] * told["unplaced"]


@pytest.fixture(scope="module")
def ada(site):
    """Somebody with a project."""
    with Caller(site.server()) as caller:
        caller.sign_up("ada")
        project = caller.post("/api/v1/projects", {"name": "Website"}).data["id"]
        yield caller, project


def test_a_mail_is_sent_once(site: Site, ada) -> None:
    caller, _ = ada
    caller.post("/api/v1/auth/password-reset", {"email": "ada@example.com"})
    sent = wait_for(lambda: mails(site), lambda found: any("Set a new password" in each for each in found))
    assert [each for each in sent if "Set a new password" in each] == [
        "ada@example.com: Set a new password - PronaFlow"
    ]


def test_nothing_is_left_behind_and_the_bus_is_as_it_should_be(site: Site, ada) -> None:
    caller, project = ada
    for number in range(30):
        assert caller.post("/api/v1/tasks", {"project_id": project, "title": f"Task {number}"}).status == 201
    wait_for(lambda: lag(site), lambda left: not left)
    assert site.run("events", "verify")


def test_a_server_that_is_killed_leaves_its_mail_to_the_next_one(site: Site) -> None:
    before, server = len(mails(site)), site.server()
    with Caller(server) as caller:
        caller.post("/api/v1/auth/password-reset", {"email": "ada@example.com"})
    server.kill()
    server.process.wait(PATIENCE)
    site.server()
    wait_for(lambda: len(mails(site)), lambda count: count == before + 1)
