"""Seeing one's own sessions and ending them, and when they were last used."""

import re
from datetime import timedelta

import pytest

from pronaflow_kernel.identity.sessions.user_agents import device_name
from pronaflow_kernel.ids import new_id

LOGIN = "/api/v1/auth/login"
LOGOUT = "/api/v1/auth/logout"
SESSIONS = "/api/v1/auth/sessions"
REVOKE = "/api/v1/auth/sessions/revoke"
REVOKE_ALL = "/api/v1/auth/sessions/revoke-all"
ME = "/api/v1/auth/me"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def shown(moment):
    return moment.isoformat().replace("+00:00", "Z")


class TestList:
    def test_it_shows_where_and_how_each_session_began(self, house):
        account = house.resident()
        person = house.world.anonymous()
        body = {"email": account.email, "password": account.password}
        person.token = person.request("POST", LOGIN, body, headers={"User-Agent": FIREFOX}).data[
            "access_token"
        ]

        reply = person.get(SESSIONS)

        now = house.clock.now()
        (row,) = house.sessions(account)
        assert reply.data == {
            "sessions": [
                {
                    "id": row["id"],
                    "session_id": row["id"],
                    "user_agent": FIREFOX,
                    "ip_address": "127.0.0.1",
                    "device": "Firefox on Windows",
                    "location": None,
                    "created_at": shown(now),
                    "last_activity": shown(now),
                    "expires_at": shown(now + timedelta(days=7)),
                    "is_current": True,
                    "amr": ["pwd"],
                }
            ],
            "total": 1,
        }

    def test_the_most_recently_active_comes_first_and_one_is_current(self, house):
        account = house.resident()
        first, _ = house.signed_in(account)
        house.clock.advance(60)
        second, _ = house.signed_in(account)

        sessions = second.get(SESSIONS).data["sessions"]

        assert [each["is_current"] for each in sessions] == [True, False]
        assert [each["is_current"] for each in first.get(SESSIONS).data["sessions"]] == [False, True]

    def test_those_of_others_and_those_that_are_over_are_not_in_it(self, house):
        account = house.resident()
        house.signed_in(house.resident())
        house.signed_in(account)
        house.clock.advance(8 * 86_400)
        over, _ = house.signed_in(account)
        over.post(LOGOUT)
        person, _ = house.signed_in(account)

        assert person.get(SESSIONS).data["total"] == 1

    def test_it_takes_no_more_than_a_list_may(self, house):
        person, _ = house.signed_in(house.resident())

        with house.world.statements() as seen:
            person.get(SESSIONS)

        assert len(seen) == 2

    def test_nobody_sees_sessions_without_one(self, house):
        assert house.world.anonymous().get(SESSIONS).status == 401


class TestRevoke:
    def test_another_device_is_signed_out_at_once(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        lost, refresh = house.signed_in(account)
        (theirs,) = [e["id"] for e in lost.get(SESSIONS).data["sessions"] if e["is_current"]]

        reply = person.post(REVOKE, {"session_id": theirs})

        assert (reply.status, list(reply.data)) == (200, ["message"])
        assert [person.get(ME).status, lost.get(ME).status, house.refresh(refresh).status] == [200, 401, 401]
        (event,) = house.events_of(account.id, "session.ended")
        assert event["payload"] == {"user_id": account.id, "session_id": theirs, "reason": "revoked"}
        assert event["session_id"] != theirs

    def test_the_present_one_is_a_sign_out(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        reply = person.post(REVOKE, {"session_id": house.sessions(account)[0]["id"]})

        assert reply.data == {"message": "Signed out"}
        assert person.get(ME).status == 401
        (event,) = house.events_of(account.id, "session.ended")
        assert event["payload"]["reason"] == "signed_out"

    def test_one_of_somebody_else_looks_like_none(self, house):
        account = house.resident()
        stranger, _ = house.signed_in(house.resident())
        person, _ = house.signed_in(account)

        foreign = stranger.post(REVOKE, {"session_id": house.sessions(account)[0]["id"]})
        unknown = stranger.post(REVOKE, {"session_id": new_id()})

        assert foreign.status == unknown.status == 404
        assert foreign.error == unknown.error
        assert person.get(ME).status == 200

    def test_one_that_is_over_is_none_any_more(self, house):
        account = house.resident()
        gone, _ = house.signed_in(account)
        gone.post(LOGOUT)
        person, _ = house.signed_in(account)

        assert person.post(REVOKE, {"session_id": house.sessions(account)[0]["id"]}).status == 404

    def test_every_field_at_fault_is_named(self, house):
        person, _ = house.signed_in(house.resident())

        assert person.post(REVOKE, {}).faults == {"session_id"}
        assert person.post(REVOKE, {"session_id": "x", "more": 1}).faults == {"session_id", "more"}

    def test_all_others_end_and_are_counted(self, house):
        account = house.resident()
        others = [house.signed_in(account)[0] for _ in range(3)]
        stranger, _ = house.signed_in(house.resident())
        person, _ = house.signed_in(account)

        reply = person.post(REVOKE_ALL)

        assert reply.data == {"message": "All other sessions have ended", "revoked_count": 3}
        assert [other.get(ME).status for other in others] == [401] * 3
        assert person.get(ME).status == stranger.get(ME).status == 200
        assert person.post(REVOKE_ALL).data["revoked_count"] == 0


class TestLastSeen:
    def last_seen(self, house, account):
        return house.sessions(account)[0]["last_seen_at"]

    def test_it_is_noted_once_a_minute_and_after_the_request(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        house.world.drain()
        begun = house.clock.now()
        house.clock.advance(59)
        person.get(ME)
        house.world.drain()
        assert self.last_seen(house, account) == begun

        house.clock.advance(1)
        with house.world.statements() as seen:
            person.get(ME)
            person.get(ME)
        assert not [statement for statement in seen if not statement.startswith("SELECT")]

        with house.world.statements() as seen:
            house.world.drain()
        assert len([statement for statement in seen if statement.startswith("UPDATE")]) == 1
        assert self.last_seen(house, account) == house.clock.now()

    def test_a_note_that_comes_late_sets_nothing_back(self, house):
        account = house.resident()
        person, refresh = house.signed_in(account)
        house.clock.advance(60)
        person.get(ME)
        house.clock.advance(60)
        house.refresh(refresh)

        house.world.drain()

        assert self.last_seen(house, account) == house.clock.now()

    def test_a_failing_database_does_not_fail_the_request(self, house, monkeypatch):
        person, _ = house.signed_in(house.resident())
        house.world.drain()
        house.clock.advance(60)

        def away(*_, **__):
            raise OSError("the disk is full")

        monkeypatch.setattr(type(house.world.kernel.db), "write", away)

        assert person.get(ME).status == 200
        house.world.drain()

    def test_activity_decides_which_session_ends_for_a_new_one(self, small):
        account = small.resident()
        people = [small.signed_in(account)[0] for _ in range(3)]
        for person in (people[2], people[0]):
            small.clock.advance(60)
            person.get(ME)
            small.world.drain()

        small.signed_in(account)

        assert [person.get(ME).status for person in people] == [200, 401, 200]


AGENTS = {
    FIREFOX: "Firefox on Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15": "Safari on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/126.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Mobile Safari/537.36": "Chrome on Android",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36 Edg/126.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36 OPR/110.0.0.0": "Opera on Windows",
    "Mozilla/5.0 (Windows NT 10.0)": "Windows",
    "Mozilla/5.0": None,
    "curl/8.5.0": "curl",
    "python-requests/2.32.3": "python-requests",
    "okhttp": "okhttp",
    "<script>alert(1)</script>": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: re.sub(r"\W+", "-", str(agent))[-40:])
def test_a_device_has_a_readable_name_or_none(agent):
    assert device_name(agent) == AGENTS[agent]
