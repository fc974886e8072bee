"""From where a stream goes on, when it ends, and how many there may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

TICKETS = "/api/v1/notifications/stream-ticket"


def rename(person: Person, project: Any, name: str) -> None:
    """Something that happens in a project."""
    assert person.patch(f"/api/v1/projects/{project['id']}", {"name": name}).status == 200


@pytest.fixture
def project(ann: Person) -> Any:
    """A public project of ann's."""
    return ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data


class TestGoingOn:
    def test_nothing_is_lost_and_nothing_said_twice(
        self, listen: Any, ann: Person, project: Any, notify: Callable[..., str]
    ) -> None:
        heard = [listen(ann, types="project.*")]
        for number in range(5):
            rename(ann, project, f"Site {number}")
            notify(ann, f"Note {number}")
            listen.turn()
            if number % 2:
                heard[-1].open = False
                rename(ann, project, f"Missed {number}")
                notify(ann, f"Missed {number}")
                listen.turn()
                heard.append(listen(ann, types="project.*", last_event_id=heard[-1].last_id))

        told = [each for client in heard for each in client.told]
        notes = [each.data["title"] for each in told if each.name == "notification"]
        names = [each.data["payload"]["name"] for each in told if each.name == "domain_event"]
        assert notes == ["Note 0", "Note 1", "Missed 1", "Note 2", "Note 3", "Missed 3", "Note 4"]
        assert names == ["Site 0", "Site 1", "Missed 1", "Site 2", "Site 3", "Missed 3", "Site 4"]
        ids = [each.id for each in told if each.id is not None and each.name != "unread_count"]
        assert len(set(ids)) == len(ids)
        assert [each for each in told if each.name == "reset"] == []

    def test_any_place_will_do(
        self, listen: Any, ann: Person, project: Any, notify: Callable[..., str]
    ) -> None:
        client = listen(ann, types="project.*")
        for number in range(3):
            rename(ann, project, f"Site {number}")
            notify(ann)
        listen.turn()
        [first, *rest] = [each for each in client.told if each.id is not None]

        for seen, place in enumerate([first, *rest]):
            again = listen(ann, types="project.*", last_event_id=place.id)
            after = [each for each in again.told if each.name in ("notification", "domain_event")]
            assert [each.data for each in after] == [each.data for each in rest[seen:]]
            again.open = False

    def test_the_header_of_browsers_says_the_same(
        self, listen: Any, ann: Person, notify: Callable[..., str]
    ) -> None:
        place = listen(ann).last_id
        notify(ann)

        assert len(listen(ann, headers={"Last-Event-ID": place}).of("notification")) == 1

    @pytest.mark.parametrize("place", ["{event}9-0", "{event}-9"], ids=["event", "notification"])
    def test_a_place_that_is_yet_to_come_is_a_reset(self, listen: Any, ann: Person, place: str) -> None:
        here = listen(ann).last_id

        client = listen(ann, last_event_id=place.format(event=here.partition("-")[0]))

        assert client.of("reset") == [{"reason": "unknown"}]
        assert client.last_id == here

    @pytest.mark.parametrize(
        "place", ["7", "a-b", "-1-2", "1-2-3", "1" * 19 + "-1", "\uff11-\uff11", "x" * 50]
    )
    def test_what_is_no_place_is_refused(self, listen: Any, ann: Person, place: str) -> None:
        assert listen(ann, last_event_id=place).status == 422

    def test_a_day_later_it_is_a_reset(
        self, listen: Any, ann: Person, project: Any, notify: Callable[..., str]
    ) -> None:
        place = listen(ann).last_id
        rename(ann, project, "Old")
        notify(ann)
        listen.later(25 * 3600)
        ann.token = listen.world.token(ann.id)

        assert listen(ann, last_event_id=place).of("reset") == [{"reason": "too_old"}]
        assert listen(ann, last_event_id=place, types="project.*").of("reset") == [{"reason": "too_old"}]

    def test_so_it_is_for_more_than_500(self, listen: Any, ann: Person, notify: Callable[..., str]) -> None:
        place = listen(ann).last_id
        for _ in range(501):
            notify(ann)

        assert listen(ann, last_event_id=place).of("reset") == [{"reason": "too_old"}]


class TestSlowClients:
    def test_they_hear_all_of_it_later(self, listen: Any, ann: Person, notify: Callable[..., str]) -> None:
        client = listen(ann)
        client.takes = False
        for _ in range(20):
            notify(ann)
        listen.turn()
        client.takes = True
        listen.turn()

        assert len(client.of("notification")) == 20

    def test_beyond_a_hundred_they_are_told_to_read_anew(
        self, listen: Any, ann: Person, bob: Person, notify: Callable[..., str]
    ) -> None:
        slow, quick = listen(ann), listen(ann)
        slow.takes = False
        for _ in range(120):
            notify(ann)
            listen.turn()
        slow.takes = True
        listen.turn()

        assert len(quick.of("notification")) == 120
        assert slow.of("reset") == [{"reason": "too_slow"}]
        assert len(slow.of("notification")) < 100
        # What it has heard since the reset and what it goes on with are all that came behind.
        assert slow.last_id == quick.last_id


class TestTheEnd:
    def test_fifteen_seconds_of_silence_bring_a_comment(self, listen: Any, ann: Person) -> None:
        client = listen(ann)
        before = client.raw
        listen.later(14)
        assert client.raw == before
        listen.later(1)
        assert client.raw == before + b": still here\n\n"

    def test_after_half_an_hour(self, listen: Any, ann: Person) -> None:
        client = listen(ann)
        listen.later(1799)
        assert client.open
        listen.later(1)
        assert not client.open

    def test_with_the_access_token(self, listen: Any, world: World, bob: Person) -> None:
        client = listen(bob)
        [connection] = listen.hub._all
        connection.again = lambda reader: connection.scope
        connection.ends_at = min(connection.ends_at, world.clock.now())
        listen.turn()

        assert not client.open

    def test_at_once_with_the_session(self, listen: Any, world: World) -> None:
        person = world.person()
        client = listen(person)
        assert person.post("/api/v1/auth/logout").status < 300
        listen.turn()

        assert not client.open

    def test_at_once_with_the_membership(self, listen: Any, world: World, ann: Person) -> None:
        member = world.person()
        world.join(ann.workspace_id, member, "member")
        client = listen(member, workspace_id=ann.workspace_id)
        assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{member.id}").status < 300
        listen.turn()

        assert not client.open

    def test_within_a_minute_whatever_nobody_told(self, listen: Any, ann: Person) -> None:
        client = listen(ann)
        [connection] = listen.hub._all
        asked = []
        connection.again = lambda reader: asked.append(1) or connection.scope
        listen.later(59)
        assert asked == []
        listen.later(1)
        assert asked == [1]
        assert client.open

    def test_when_the_plugin_is_switched_off(self, listen: Any, world: World, ann: Person) -> None:
        client = listen(ann)
        world.kernel.switches.set("notifications", False, ann.workspace_id)
        try:
            listen.turn()
            assert not client.open
        finally:
            world.kernel.switches.set("notifications", True, ann.workspace_id)


class TestBounds:
    def test_five_a_person(self, listen: Any, ann: Person, bob: Person) -> None:
        clients = [listen(ann) for _ in range(5)]

        refused = listen(ann)
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert listen(bob).status == 200

        clients[0].open = False
        assert listen(ann).status == 200

    def test_as_many_a_process_as_the_settings_say(
        self, listen: Any, ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listen.hub, "_most", 1)
        listen(ann)

        refused = listen(bob)
        assert refused.status == 503
        assert "Retry-After" in refused.headers

    def test_a_server_that_holds_no_connections_keeps_none(self, listen: Any, ann: Person) -> None:
        refused = listen(ann, held=False)

        assert refused.status == 503
        assert "pronaflow stream" in refused.error["message"]
        listen.turn()
        assert len(listen.hub) == 0


class TestTickets:
    def test_one_opens_one_stream(self, listen: Any, world: World, ann: Person) -> None:
        ticket = ann.post(TICKETS).data["ticket"]
        nobody = world.anonymous()

        assert listen(nobody, ticket=ticket).status == 200
        assert listen(nobody, ticket=ticket).status == 401

    def test_within_thirty_seconds(self, listen: Any, world: World, ann: Person) -> None:
        ticket = ann.post(TICKETS).data["ticket"]
        world.clock.advance(30)

        assert listen(world.anonymous(), ticket=ticket).status == 401

    def test_only_a_stream(self, world: World, ann: Person) -> None:
        ticket = ann.post(TICKETS).data["ticket"]
        nobody = world.anonymous()

        assert nobody.get("/api/v1/notifications", ticket=ticket).status == 401
        nobody.token = ticket
        assert nobody.get("/api/v1/notifications").status == 401

    def test_the_stream_ends_with_the_session_that_asked(self, listen: Any, world: World) -> None:
        person = world.person()
        client = listen(world.anonymous(), ticket=person.post(TICKETS).data["ticket"])
        person.post("/api/v1/auth/logout")
        listen.turn()

        assert not client.open

    def test_the_access_token_is_never_taken_from_the_address(
        self, listen: Any, world: World, ann: Person
    ) -> None:
        assert listen(world.anonymous(), access_token=ann.token).status in (401, 422)
        assert listen(world.anonymous(), ticket=str(ann.token)[:100]).status == 401
