"""Threads, mentions and history of comments (modules.md 4.1, 4.4 rule 13)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, World

TASKS = "/api/v1/tasks"


@pytest.fixture
def url(task: Any) -> str:
    """The comments of ann's task."""
    return f"{TASKS}/{task['id']}/comments"


@pytest.fixture
def say(ann: Person, url: str) -> Callable[..., Any]:
    """Says something: `say("Hm", parent_comment_id=…)`."""
    return lambda content="Hm", **values: ann.post(url, {"content": content, **values}).data


class TestThreads:
    """One level: who answers an answer answers in its thread."""

    def test_answers_stand_under_what_began(self, ann: Person, url: str, say: Callable[..., Any]) -> None:
        first, other = say("First"), say("Other")
        answer = say("Answer", parent_comment_id=first["id"])
        again = say("Again", parent_comment_id=answer["id"])
        assert (first["parent_comment_id"], answer["parent_comment_id"]) == (None, first["id"])
        assert again["parent_comment_id"] == first["id"]
        counts = {row["content"]: row["replies_count"] for row in ann.get(url).data}
        assert counts == {"First": 2, "Other": 0, "Answer": 0, "Again": 0}

        def shown(**query: Any) -> list[str]:
            page = ann.get(url, **query)
            assert page.json["pagination"]["total"] == len(page.data)
            return [row["content"] for row in page.data]

        assert shown(thread=first["id"]) == ["First", "Answer", "Again"]
        assert shown(thread=other["id"]) == ["Other"]
        assert shown(thread=new_id()) == []
        assert shown(top_level="true") == ["First", "Other"]
        assert shown(top_level="false") == ["Answer", "Again"]

    def test_a_deleted_beginning_keeps_its_answers(
        self, ann: Person, task: Any, url: str, say: Callable[..., Any]
    ) -> None:
        first = say("First")
        answer = say("Answer", parent_comment_id=first["id"])
        ann.delete(f"{TASKS}/comments/{first['id']}")
        thread = ann.get(url, thread=first["id"]).data
        assert [(row["is_deleted"], row["content"]) for row in thread] == [(True, None), (False, "Answer")]
        assert thread[0]["replies_count"] == 1
        assert say("Again", parent_comment_id=answer["id"])["parent_comment_id"] == first["id"]
        reply = ann.post(url, {"content": "x", "parent_comment_id": first["id"]})
        assert reply.faults == {"parent_comment_id"}
        ann.delete(f"{TASKS}/comments/{answer['id']}")
        assert ann.get(url, thread=first["id"]).data[0]["replies_count"] == 1
        assert ann.get(f"{TASKS}/{task['id']}").data["comments_count"] == 1

    def test_a_parent_is_a_comment_on_the_same_task(
        self, ann: Person, bob: Person, project: Any, url: str
    ) -> None:
        elsewhere = ann.post(TASKS, {"project_id": project["id"], "title": "Other"}).data["id"]
        there = ann.post(f"{TASKS}/{elsewhere}/comments", {"content": "There"}).data["id"]
        for parent in (there, new_id()):
            reply = ann.post(url, {"content": "x", "parent_comment_id": parent})
            assert reply.faults == {"parent_comment_id"}
            assert reply.error["details"]["errors"][0]["code"] == "not_found"
        assert ann.post(url, {"content": "x", "parent_comment_id": 5}).faults == {"parent_comment_id"}
        own = ann.post(url, {"content": "x"}).data["id"]
        body = {"parent_comment_id": None}
        assert ann.patch(f"{TASKS}/comments/{own}", body).faults == {"parent_comment_id"}, "threads stay"


class TestMentions:
    """Who sees the project can be mentioned; ids alone are told."""

    def test_they_are_stored_shown_and_told(
        self, ann: Person, say: Callable[..., Any], colleague: Any, events: Callable[[str], list[Any]]
    ) -> None:
        one, two = colleague(), colleague()
        said = say("Look", mentions=[two.id, one.id, two.id])
        path = f"{TASKS}/comments/{said['id']}"
        assert said["mentions"] == ann.get(path).data["mentions"] == [two.id, one.id]
        changed = ann.patch(path, {"mentions": [one.id]}).data
        assert (changed["mentions"], changed["edit_count"], changed["edited_at"]) == ([one.id], 0, None)
        told = events(said["id"])
        assert [row["payload"]["mentions"] for row in told] == [[two.id, one.id], [one.id]]
        assert told[1]["changes"] == {"mentions": {"old": [two.id, one.id], "new": [one.id]}}
        assert said["author_id"] == told[0]["payload"]["author_id"]

    def test_only_who_sees_the_project(self, ann: Person, bob: Person, colleague: Any) -> None:
        body = {"name": "Secret", "key": "SEC", "visibility": "private"}
        project = ann.post("/api/v1/projects", body).data["id"]
        task = ann.post(TASKS, {"project_id": project, "title": "Hush"}).data["id"]
        url = f"{TASKS}/{task}/comments"
        member, outsider = colleague(project), colleague()
        reply = ann.post(url, {"content": "x", "mentions": [member.id, outsider.id, bob.id, new_id()]})
        assert reply.faults == {"mentions.1", "mentions.2", "mentions.3"}
        said = ann.post(url, {"content": "x", "mentions": [member.id]}).data
        ann.delete(f"/api/v1/projects/{project}/members/{member.id}")
        kept = ann.patch(f"{TASKS}/comments/{said['id']}", {"content": "y", "mentions": [member.id]})
        assert kept.data["mentions"] == [member.id], "who has left since then stays mentioned"

    @pytest.mark.parametrize(
        "mentions", [None, "ann", ["ann"], [5], ["00000000-0000-7000-8000-000000000000"] * 51]
    )
    def test_bad_ones_are_refused(self, ann: Person, url: str, mentions: Any) -> None:
        faults = ann.post(url, {"content": "x", "mentions": mentions}).faults
        assert faults in ({"mentions"}, {"mentions.0"})

    def test_a_tombstone_mentions_nobody(
        self, ann: Person, url: str, say: Callable[..., Any], colleague: Any
    ) -> None:
        ann.delete(f"{TASKS}/comments/{say('x', mentions=[colleague().id])['id']}")
        assert ann.get(url).data[0]["mentions"] == []


class TestHistory:
    """What was said before, for its author and who moderates."""

    def test_it_tells_every_text(self, world: World, ann: Person, say: Callable[..., Any]) -> None:
        path = f"{TASKS}/comments/{say('One')['id']}"
        for text in ("Two", "Three"):
            world.clock.advance(60)
            ann.patch(path, {"content": text})
        versions = ann.get(f"{path}/history").data
        assert [row["content"] for row in versions] == ["Two", "One"]
        assert {row["replaced_by"] for row in versions} == {ann.id}
        assert {row["replaced_by_username"] for row in versions} == {ann.username}
        assert ann.get(path).data["edit_count"] == 2
        ann.delete(path)
        assert [row["content"] for row in ann.get(f"{path}/history").data] == ["Three", "Two", "One"]

    def test_others_do_not_read_it(
        self, ann: Person, bob: Person, project: Any, url: str, colleague: Any
    ) -> None:
        author, manager, member, outsider = (
            colleague(project["id"]),
            colleague(project["id"], "manager"),
            colleague(project["id"]),
            colleague(),
        )
        said = author.post(url, {"content": "One"}).data["id"]
        author.patch(f"{TASKS}/comments/{said}", {"content": "Two"})
        path = f"{TASKS}/comments/{said}/history"
        statuses = [person.get(path).status for person in (author, manager, ann, member, outsider, bob)]
        assert statuses == [200, 200, 200, 403, 403, 404]
        assert ann.get(f"{TASKS}/comments/{new_id()}/history").status == 404


def at_once(world: World, ann: Person, action: Callable[[Person, int], int], count: int) -> list[int]:
    """The statuses of what a person does at several devices at the same time."""

    def act(number: int) -> int:
        return action(replace(ann, client=Flask.test_client(world.app)), number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def test_no_edit_at_the_same_time_is_lost(world: World, ann: Person, say: Callable[..., Any]) -> None:
    path = f"{TASKS}/comments/{say('0')['id']}"
    texts = [str(number) for number in range(1, 4)]
    edits = at_once(world, ann, lambda person, n: person.patch(path, {"content": texts[n]}).status, 3)
    assert edits == [200] * 3
    now = ann.get(path).data
    before = [row["content"] for row in ann.get(f"{path}/history").data]
    assert now["edit_count"] == 3
    assert sorted([now["content"], *before]) == ["0", *texts]


def test_comments_at_the_same_time_are_all_counted(
    world: World, ann: Person, task: Any, url: str, say: Callable[..., Any]
) -> None:
    first = say("First")
    gone = [say(str(number))["id"] for number in range(2)]

    def act(person: Person, number: int) -> int:
        if number < 2:
            return person.delete(f"{TASKS}/comments/{gone[number]}").status
        return person.post(url, {"content": "x", "parent_comment_id": first["id"]}).status

    assert at_once(world, ann, act, 5) == [200, 200, 201, 201, 201]
    assert ann.get(f"{TASKS}/{task['id']}").data["comments_count"] == 4
    assert ann.get(f"{TASKS}/comments/{first['id']}").data["replies_count"] == 3


@pytest.mark.parametrize(
    ("status", "allowed", "expected"),
    [("completed", True, 201), ("completed", False, 409), ("on_hold", True, 409), ("cancelled", True, 409)],
)
def test_a_project_may_take_comments_after_its_end(
    ann: Person, project: Any, url: str, say: Callable[..., Any], status: str, allowed: bool, expected: int
) -> None:
    said = f"{TASKS}/comments/{say()['id']}"
    settings = f"/api/v1/projects/{project['id']}/settings"
    assert ann.request("PUT", settings, {"allow_comments_after_done": allowed}).status == 200
    body = {"status": status, "cancellation_reason": "Money"}
    assert ann.patch(f"/api/v1/projects/{project['id']}/status", body).status == 200
    later = 200 if expected == 201 else expected
    assert ann.post(url, {"content": "Well done"}).status == expected
    assert ann.patch(said, {"content": "Better"}).status == later
    assert ann.delete(said).status == later
