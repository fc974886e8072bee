"""What a stream tells, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pronaflow_kernel.testing import Person, World


def project_of(person: Person, **more: Any) -> Any:
    """A project of somebody's, public unless told otherwise."""
    return person.post("/api/v1/projects", {"name": "Website", "key": "WEB", **more}).data


def add_task(person: Person, project: Any, title: str) -> str:
    """A task; answers its id."""
    return str(person.post("/api/v1/tasks", {"project_id": project["id"], "title": title}).data["id"])


class TestNotifications:
    def test_a_stream_says_first_how_many_are_unread_and_where_it_begins(
        self, listen: Any, ann: Person, notify: Callable[..., str]
    ) -> None:
        notify(ann)

        client = listen(ann)

        assert client.headers["Content-Type"] == "text/event-stream"
        assert client.headers["Cache-Control"] == "no-store"
        assert client.headers["X-Accel-Buffering"] == "no"
        assert client.raw.startswith(b"retry: 3000\n\n")
        [first] = client.told
        assert first.name == "unread_count"
        assert first.data == {"unread_count": 1}
        assert re.fullmatch(r"\d+-1", str(first.id))

    def test_new_ones_are_told_as_the_list_shows_them(
        self, listen: Any, ann: Person, notify: Callable[..., str]
    ) -> None:
        client = listen(ann)

        notify(ann, "One")
        notify(ann, "Two")
        listen.turn()

        shown = ann.get("/api/v1/notifications").data
        assert client.of("notification") == list(reversed(shown))
        assert client.of("unread_count") == [{"unread_count": 0}, {"unread_count": 2}]

    def test_nobody_hears_of_those_of_others(
        self, listen: Any, ann: Person, bob: Person, notify: Callable[..., str]
    ) -> None:
        client = listen(bob)

        notify(ann)
        listen.turn()

        assert client.of("notification") == []

    def test_reading_one_elsewhere_changes_the_count(
        self, listen: Any, ann: Person, notify: Callable[..., str]
    ) -> None:
        first = notify(ann)
        client = listen(ann)

        ann.patch(f"/api/v1/notifications/{first}/read", {})
        listen.turn()

        assert client.of("unread_count") == [{"unread_count": 1}, {"unread_count": 0}]

    def test_a_token_bound_to_a_workspace_hears_of_that_one(
        self, listen: Any, ann: Person, bob: Person, notify: Callable[..., str]
    ) -> None:
        client = listen(ann)
        [connection] = listen.hub._all
        bound = replace(connection.scope.principal, workspace_id=ann.workspace_id)
        connection.scope = replace(connection.scope, principal=bound)

        notify(ann, "Here", ann.workspace_id)
        notify(ann, "There", bob.workspace_id)
        listen.turn()

        assert [each["title"] for each in client.of("notification")] == ["Here"]


class TestEventsOfTheWorkspace:
    def test_those_that_are_asked_for_are_told_as_the_event_log_shows_them(
        self, listen: Any, ann: Person
    ) -> None:
        project = project_of(ann)
        client = listen(ann, types="task.*")

        add_task(ann, project, "Design")
        ann.patch(f"/api/v1/projects/{project['id']}", {"name": "Web site"})
        listen.turn()

        told = client.of("domain_event")
        assert {each["event_type"].partition(".")[0] for each in told} == {"task"}
        [created] = [each for each in told if each["event_type"] == "task.created"]
        assert created == ann.get(f"/api/v1/events/{created['id']}").data

    def test_without_a_filter_there_are_none(self, listen: Any, ann: Person) -> None:
        client = listen(ann)

        add_task(ann, project_of(ann), "Design")
        listen.turn()

        assert client.of("domain_event") == []

    def test_a_member_outside_a_private_project_learns_nothing(
        self, listen: Any, world: World, ann: Person
    ) -> None:
        outsider, insider = world.person(), world.person()
        for person in (outsider, insider):
            world.join(ann.workspace_id, person, "member")
        secret = project_of(ann, visibility="private")
        ann.post(f"/api/v1/projects/{secret['id']}/members", {"user_id": insider.id, "role": "member"})
        here = {"types": "*", "workspace_id": ann.workspace_id}
        client, other = listen(outsider, **here), listen(insider, **here)

        add_task(ann, secret, "Buy Initech")
        listen.turn()
        again = listen(outsider, last_event_id=client.told[0].id, **here)

        assert "Initech" in other.raw.decode()
        for heard in (client, again):
            assert heard.of("domain_event") == []
            assert secret["id"] not in heard.raw.decode()

    def test_whoever_is_taken_from_a_project_hears_nothing_that_comes_behind(
        self, listen: Any, world: World, ann: Person
    ) -> None:
        member = world.person()
        world.join(ann.workspace_id, member, "member")
        secret = project_of(ann, visibility="private")
        path = f"/api/v1/projects/{secret['id']}/members"
        ann.post(path, {"user_id": member.id, "role": "member"})
        client = listen(member, types="task.*", workspace_id=ann.workspace_id)

        add_task(ann, secret, "First")
        listen.turn()
        add_task(ann, secret, "Second")
        assert ann.delete(f"{path}/{member.id}").status < 300
        add_task(ann, secret, "Third")
        listen.turn()  # all of it in one turn

        heard = client.raw.decode()
        assert "First" in heard
        assert "Third" not in heard

    def test_what_concerns_all_of_a_workspace_is_for_those_who_run_it(
        self, listen: Any, world: World, ann: Person
    ) -> None:
        member = world.person()
        world.join(ann.workspace_id, member, "member")
        here = {"types": "workspace.*", "workspace_id": ann.workspace_id}
        client, owner = listen(member, **here), listen(ann, **here)

        ann.patch(f"/api/v1/workspaces/{ann.workspace_id}", {"name": "Elsewhere"})
        listen.turn()

        assert client.of("domain_event") == []
        assert owner.of("domain_event")

    def test_an_unknown_type_is_refused_with_those_that_there_are(self, listen: Any, ann: Person) -> None:
        refused = listen(ann, types="task.*,horse.*")

        assert refused.status == 422
        assert "task.created" in str(refused.error)
