"""Staying signed in: refresh tokens, each of which works once."""

import base64
import zlib
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.fernet import InvalidToken

from pronaflow_kernel.identity.sessions import refresh_tokens

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
    house.clock.advance(10)

    reply = house.refresh(token)

    assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
    assert person.get(ME).status == 401
    assert house.refresh(successor).status == 401
    (event,) = house.events_of(account.id, "session.ended")
    assert event["payload"]["reason"] == "token_reuse"


def test_showing_it_again_and_again_is_one_event_and_one_mail(house):
    account = house.resident()
    _, token = house.signed_in(account)
    house.refresh(token)
    house.clock.advance(10)
    for _ in range(4):
        house.refresh(token)

    assert len(house.events_of(account.id, "session.ended")) == 1
    (mail,) = house.mails(account)
    assert mail.subject.startswith("One of your sessions has ended")


def test_other_sessions_of_the_user_go_on(house):
    account = house.resident()
    _, token = house.signed_in(account)
    other, _ = house.signed_in(account)

    first = house.refresh(token).data["refresh_token"]
    house.refresh(first), house.refresh(token)

    assert len(house.events_of(account.id, "session.ended")) == 1
    assert other.get(ME).status == 200


class TestGrace:
    """A request that was sent twice is no theft (security.md 2.6)."""

    def test_a_twin_gets_the_same_successor_and_an_access_token_of_its_own(self, house):
        person, token = house.signed_in(house.resident())
        first = house.refresh(token).data
        house.clock.advance(9)

        second = house.refresh(token)

        assert second.status == 200
        assert second.data["refresh_token"] == first["refresh_token"]
        assert second.data["access_token"] != first["access_token"]
        for each in (first, second.data):
            person.token = each["access_token"]
            assert person.get(ME).status == 200

    def test_the_chain_goes_on_from_there(self, house):
        _, token = house.signed_in(house.resident())
        for _ in range(3):
            house.refresh(token)
            token = house.refresh(token).data["refresh_token"]

        assert house.refresh(token).status == 200

    def test_it_ends_with_the_first_use_of_the_successor(self, house):
        account = house.resident()
        person, token = house.signed_in(account)
        successor = house.refresh(token).data["refresh_token"]
        assert house.refresh(successor).status == 200

        assert house.refresh(token).status == 401

        assert person.get(ME).status == 401

    def test_what_is_stored_for_it_opens_only_with_the_used_token_and_is_blanked(self, house):
        account = house.resident()
        _, token = house.signed_in(account)

        successor = house.refresh(token).data["refresh_token"]

        first, second = house.refresh_tokens(account)
        assert refresh_tokens.unseal(first["successor"], token) == successor
        with pytest.raises(InvalidToken):
            refresh_tokens.unseal(first["successor"], successor)
        assert second["successor"] is None
        house.refresh(successor)
        assert [row["successor"] is None for row in house.refresh_tokens(account)] == [True, False, True]

    def test_an_operator_may_do_without(self, new_house):
        strict = new_house(refresh_grace=0)
        person, token = strict.signed_in(strict.resident())
        strict.refresh(token)

        assert strict.refresh(token).status == 401
        assert person.get(ME).status == 401

    def test_a_closed_account_gets_no_second_answer(self, house):
        account = house.resident()
        _, token = house.signed_in(account)
        house.refresh(token)

        house.set_status(account, "suspended")

        assert house.refresh(token).status == 401

    def test_of_20_at_the_same_moment_one_rotates_and_all_get_the_same_answer(self, house):
        """50 rounds; what the tokens say of a round is told from the rows."""
        account = house.resident()
        _, token = house.signed_in(account)

        for turn in range(1, 51):
            replies = house.at_once(*[lambda shown=token: house.refresh(shown)] * 20)

            assert [reply.status for reply in replies] == [200] * 20
            successors = {reply.data["refresh_token"] for reply in replies}
            assert len(successors) == 1
            assert len({reply.data["access_token"] for reply in replies}) == 20
            assert [row["generation"] for row in house.refresh_tokens(account)] == list(range(turn + 1))
            token = successors.pop()

        assert house.events_of(account.id, "session.ended") == []


def test_it_lives_7_days_from_the_last_one(house):
    _, token = house.signed_in(house.resident())
    week = timedelta(days=7).total_seconds()

    house.clock.advance(week - 1)
    token = house.refresh(token).data["refresh_token"]
    house.clock.advance(week - 1)
    token = house.refresh(token).data["refresh_token"]
    house.clock.advance(week)

    assert house.refresh(token).status == 401


def test_one_that_was_never_used_expires_without_ending_the_session(house):
    account = house.resident()
    _, token = house.signed_in(account)
    house.clock.advance(timedelta(days=7).total_seconds())

    assert house.refresh(token).status == 401

    assert house.events_of(account.id, "session.ended") == []


def test_one_that_was_used_and_has_expired_ends_nothing(house):
    account = house.resident()
    _, first = house.signed_in(account)
    token = first
    for _ in range(7):
        token = house.refresh(token).data["refresh_token"]
        house.clock.advance(86_400)

    assert house.refresh(first).status == 401
    assert house.refresh(token).status == 200


def test_the_operator_sets_how_long_a_session_lives(new_house):
    house = new_house(session_ttl=3600)
    _, token = house.signed_in(house.resident())
    house.clock.advance(3599)
    token = house.refresh(token).data["refresh_token"]

    house.clock.advance(1)

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


def test_an_account_that_was_closed_for_a_while_goes_on_with_its_token(house):
    account = house.resident()
    _, token = house.signed_in(account)
    house.set_status(account, "suspended")
    assert house.refresh(token).status == 401
    house.clock.advance(60)
    house.set_status(account, "active")

    reply = house.refresh(token)

    assert house.refresh(reply.data["refresh_token"]).status == 200
    assert house.mails(account) == []


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

    assert refresh_tokens.parse(token) == ("01890a5d-ac96-774b-bcce-b302099a8057", generation)


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
