"""Staying signed in: refresh tokens, each of which works once."""

import base64
import zlib
from datetime import timedelta
from uuid import UUID

import pytest

from pronaflow_kernel.identity import refresh_tokens

REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/auth/me"


def test_a_refresh_token_is_replaced(house):
    account = house.resident()
    person, token = house.signed_in(account)
    house.clock.advance(3600)

    reply = house.refresh(token)

    assert reply.status == 200
    assert set(reply.data) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert reply.data["refresh_token"] != token
    person.token = reply.data["access_token"]
    assert person.get(ME).status == 200
    (session,) = house.sessions(account)
    assert session["last_seen_at"] == house.clock.now()


def test_a_used_one_ends_the_session(house):
    account = house.resident()
    person, token = house.signed_in(account)
    successor = house.refresh(token).data["refresh_token"]

    reply = house.refresh(token)

    assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
    assert person.get(ME).status == 401
    assert house.refresh(successor).status == 401
    (event,) = house.events_of(account.id, "session.ended")
    assert event["payload"]["reason"] == "token_reuse"


def test_showing_it_again_and_again_is_one_event(house):
    account = house.resident()
    _, token = house.signed_in(account)
    for _ in range(4):
        house.refresh(token)

    assert len(house.events_of(account.id, "session.ended")) == 1


def test_other_sessions_of_the_user_go_on(house):
    account = house.resident()
    _, token = house.signed_in(account)
    other, _ = house.signed_in(account)

    house.refresh(token), house.refresh(token)

    assert other.get(ME).status == 200


def test_of_two_at_the_same_moment_one_wins_and_the_other_counts_as_theft(house):
    account = house.resident()
    person, token = house.signed_in(account)

    replies = house.at_once(*[lambda: house.refresh(token)] * 2)

    assert sorted(reply.status for reply in replies) == [200, 401]
    assert person.get(ME).status == 401


def test_it_lives_7_days_from_the_last_one(house):
    _, token = house.signed_in(house.resident())
    week = timedelta(days=7).total_seconds()

    house.clock.advance(week - 1)
    token = house.refresh(token).data["refresh_token"]
    house.clock.advance(week - 1)
    token = house.refresh(token).data["refresh_token"]
    house.clock.advance(week)

    assert house.refresh(token).status == 401


def test_a_session_ends_30_days_after_the_sign_in_whatever_is_refreshed(house):
    _, token = house.signed_in(house.resident())
    for _ in range(5):
        house.clock.advance(6 * 86400)
        reply = house.refresh(token)
        token = reply.json.get("data", {}).get("refresh_token")

    assert reply.status == 401


def test_a_closed_account_cannot_refresh(house):
    account = house.resident()
    _, token = house.signed_in(account)

    house.set_status(account, "inactive")

    assert house.refresh(token).status == 401


def test_the_form_is_the_session_the_generation_a_secret_and_a_checksum(house):
    account = house.resident()
    _, token = house.signed_in(account)

    raw = base64.urlsafe_b64decode(token.removeprefix("pr1.") + "==")

    (session,) = house.sessions(account)
    assert token.startswith("pr1.")
    assert raw[:16] == UUID(session["id"]).bytes
    assert raw[16:17] == b"\0"
    assert len(raw) == 16 + 1 + 32 + 4
    assert zlib.crc32(raw[:-4]).to_bytes(4, "big") == raw[-4:]


@pytest.mark.parametrize("generation", [0, 1, 127, 128, 300, 2**31])
def test_any_generation_has_a_good_form(generation):
    token = refresh_tokens.make("01890a5d-ac96-774b-bcce-b302099a8057", generation)

    assert refresh_tokens.well_formed(token)


def test_junk_never_reaches_the_database(house):
    _, token = house.signed_in(house.resident())
    flipped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    junk = ["x", "pr1.", "pr1.AAAA", token[:-1], token + "A", token.removeprefix("pr1."), flipped]
    junk += [
        token[:9] + "ü" + token[10:],
        token.replace("pr1.", "pr2."),
        f" {token}",
        "pr1." + "A" * 1000,
    ]

    with house.world.statements() as seen:
        replies = [house.refresh(text) for text in junk]

    assert {reply.status for reply in replies} == {401}
    assert seen == []


def test_a_well_formed_stranger_opens_no_transaction(house):
    stranger = refresh_tokens.make("01890a5d-ac96-774b-bcce-b302099a8057", 0)

    with house.world.statements() as seen:
        assert house.refresh(stranger).status == 401

    assert [statement.split()[0] for statement in seen] == ["SELECT"]


def test_every_field_at_fault_is_named(house):
    assert house.post(REFRESH, {}).faults == {"refresh_token"}
    assert house.post(REFRESH, {"refresh_token": None, "more": 1}).faults == {"refresh_token", "more"}
    assert house.refresh("x" * 1025).faults == {"refresh_token"}
