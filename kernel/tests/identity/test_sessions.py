"""Signing in and out, and what an access token opens."""

import jwt
import pytest

from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes

LOGIN = "/api/v1/auth/login"
LOGOUT = "/api/v1/auth/logout"
ME = "/api/v1/auth/me"


class TestLogin:
    def test_the_answer_is_as_documented(self, house):
        account = house.resident()

        reply = house.login(account)

        assert reply.status == 200
        assert set(reply.data) == {
            "access_token", "refresh_token", "token_type", "expires_in", "user", "mfa_required",
            "device_token", "mfa_token",
        }  # fmt: skip
        assert (reply.data["token_type"], reply.data["expires_in"]) == ("bearer", 1800)
        assert reply.data["mfa_required"] is False
        assert reply.data["user"] == {
            "id": account.id,
            "user_id": account.id,
            "email": account.email,
            "username": account.username,
            "full_name": None,
            "roles": ["user"],
        }

    def test_the_access_token_carries_the_seeds_claims_for_30_minutes(self, house):
        account = house.resident()

        token = house.login(account).data["access_token"]

        claims = jwt.decode(token, options={"verify_signature": False})
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["typ"]) == ("HS256", "JWT")
        assert (claims["sub"], claims["email"], claims["username"], claims["roles"]) == (
            account.id, account.email, account.username, ["user"],
        )  # fmt: skip
        assert claims["exp"] - claims["iat"] == 1800

    @pytest.mark.parametrize("key", ["email", "username"])
    @pytest.mark.parametrize("name", ["email", "username"])
    def test_either_name_serves_under_either_key_however_it_is_written(self, house, key, name):
        account = house.resident()

        body = {key: getattr(account, name).swapcase(), "password": account.password}

        assert house.post(LOGIN, body).status == 200

    def test_the_password_is_the_same_whichever_keyboard_typed_it(self, house):
        account = house.newcomer()
        account.password = "Caf\N{LATIN SMALL LETTER E WITH ACUTE}-Horse-77"
        house.register(account)

        assert house.login(account, password="Cafe\N{COMBINING ACUTE ACCENT}-Horse-77").status == 200
        assert house.login(account, password="Cafe-Horse-77").status == 401

    def test_unknown_names_and_wrong_passwords_look_alike(self, house):
        wrong = house.login(house.resident(), password="Wrong-Horse-77")
        unknown = house.login(house.newcomer())

        assert (wrong.status, wrong.error["code"]) == (401, "UNAUTHORIZED")
        assert wrong.json == unknown.json
        assert wrong.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"] == "Bearer"

    def test_unknown_names_and_wrong_passwords_cost_the_same_work(self, house, monkeypatch):
        hashed, match = [], PasswordHashes.match

        def counted(hashes, stored, password):
            hashed.append(stored)
            return match(hashes, stored, password)

        monkeypatch.setattr(PasswordHashes, "match", counted)
        account, nobody = house.resident(), house.newcomer()

        with house.world.statements() as for_known:
            house.login(account, password="Wrong-Horse-77")
        with house.world.statements() as for_unknown:
            house.login(nobody)

        assert [stored is None for stored in hashed] == [False, True]
        assert for_known == for_unknown

    def test_refusals_are_in_the_ledger_without_what_was_typed(self, house):
        account, nobody = house.resident(), house.newcomer()
        before = len(house.events())

        house.login(account, password="Wrong-Horse-77")
        house.login(nobody)

        wrong, unknown = house.events()[before:]
        assert wrong["type"] == unknown["type"] == "user.login_failed"
        assert wrong["payload"] == {"user_id": account.id, "reason": "wrong_password"}
        assert unknown["payload"] == {"user_id": None, "reason": "unknown_account"}
        assert wrong["private"].keys() == unknown["private"].keys() == {"ip", "user_agent"}
        assert wrong["private"]["ip"] == account.ip
        assert (wrong["actor_kind"], wrong["workspace_id"]) == ("anonymous", None)

    @pytest.mark.parametrize("status", ["inactive", "suspended"])
    def test_a_closed_account_says_so_to_who_knows_the_password(self, house, status):
        account = house.resident()
        house.set_status(account, status)

        closed = house.login(account)

        assert (closed.status, closed.error["details"]) == (403, {"reason": f"account_{status}"})
        assert house.login(account, password="Wrong-Horse-77").status == 401

    def test_an_account_that_waited_for_a_proof_opens_once_none_is_asked_for(self, house):
        account = house.resident()
        house.set_status(account, "pending_verification")

        reply = house.login(account)

        assert reply.data["user"]["roles"] == ["user"]
        assert house.user_row(account)["status"] == "active"

    def test_the_session_remembers_where_it_began(self, house):
        account = house.resident()
        caller = house.world.anonymous()

        body = {"email": account.email, "password": account.password}
        caller.request("POST", LOGIN, body, headers={"User-Agent": "curl/8" + "!" * 500})

        (session,) = house.sessions(account)
        assert session["ip"] == "127.0.0.1"
        assert session["user_agent"] == ("curl/8" + "!" * 500)[:400]
        (event,) = house.events_of(account.id, "session.started")
        assert event["session_id"] == event["aggregate_id"] == session["id"]

    def test_the_sign_in_is_noted(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        me = person.get(ME).data

        assert me["last_login_at"] == house.clock.now().isoformat().replace("+00:00", "Z")

    def test_every_field_at_fault_is_named(self, house):
        assert house.post(LOGIN, {}).faults == {"email", "password"}
        assert house.post(LOGIN, {"email": "", "password": 7, "more": 1}).faults == {
            "email",
            "password",
            "more",
        }
        assert house.post(LOGIN, {"email": "a", "username": "a", "password": "a"}).faults == {"username"}
        assert house.post(LOGIN, {"email": "n" * 321, "password": "n" * 1025}).faults == {"email", "password"}

    def test_a_hash_of_other_costs_is_replaced_at_the_next_sign_in(self, house, new_house):
        account = house.resident()
        dearer = new_house(over=house, argon2_time_cost=2)

        stored = [house.user_row(account)["password_hash"]]
        for _ in range(2):
            assert dearer.login(account).status == 200
            stored.append(house.user_row(account)["password_hash"])

        assert [",t=1," in stored[0], ",t=2," in stored[1]] == [True, True]
        assert stored[1] == stored[2]

    def test_simultaneous_sign_ins_of_one_user_all_succeed(self, house):
        account = house.resident()

        replies = house.at_once(*[lambda: house.login(account)] * 4)

        assert [reply.status for reply in replies] == [200] * 4
        assert len(house.sessions(account)) == 4


class TestAccess:
    def test_an_access_token_ends_after_30_minutes(self, house):
        person, _ = house.signed_in(house.resident())

        house.clock.advance(1799)
        assert person.get(ME).status == 200
        house.clock.advance(1)

        assert person.get(ME).status == 401

    def test_two_credentials_are_refused(self, house):
        person, _ = house.signed_in(house.resident())

        reply = person.request(
            "GET", ME, headers={"Authorization": f"Bearer {person.token}, Bearer {person.token}"}
        )

        assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST")

    @pytest.mark.parametrize(
        "header", ["Basic YTpi", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer \xfc.b.c"]
    )
    def test_what_is_no_token_is_refused(self, house, header):
        reply = house.world.anonymous().request("GET", ME, headers={"Authorization": header})

        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_a_closed_account_loses_access_at_once(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        house.set_status(account, "suspended")

        assert person.get(ME).status == 401

    def test_signing_out_ends_the_session_and_no_other(self, house):
        account = house.resident()
        person, token = house.signed_in(account)
        other, _ = house.signed_in(account)

        reply = person.post(LOGOUT)

        assert (reply.status, list(reply.data)) == (200, ["message"])
        assert person.get(ME).status == 401
        assert house.refresh(token).status == 401
        assert other.get(ME).status == 200
        (event,) = house.events_of(account.id, "session.ended")
        assert event["payload"]["reason"] == "signed_out"

    def test_nobody_signs_out_without_a_session(self, house):
        assert house.post(LOGOUT).status == 401


class TestManySessions:
    def test_the_next_sign_in_ends_the_least_recently_active(self, small):
        account = small.resident()
        people = []
        for _ in range(3):
            people.append(small.signed_in(account))
            small.clock.advance(60)
        first, token = people[0]
        first.token = small.refresh(token).data["access_token"]
        small.clock.advance(60)

        last, _ = small.signed_in(account)

        alive = [person.get(ME).status for person in (first, people[1][0], people[2][0], last)]
        assert alive == [200, 401, 200, 200]
        (event,) = small.events_of(account.id, "session.ended")
        assert event["payload"]["reason"] == "too_many_sessions"

    def test_ended_and_expired_sessions_do_not_count(self, small):
        account = small.resident()
        small.signed_in(account)
        small.clock.advance(8 * 86400)
        one, _ = small.signed_in(account)
        two, _ = small.signed_in(account)
        gone, _ = small.signed_in(account)
        gone.post(LOGOUT)

        last, _ = small.signed_in(account)

        assert [person.get(ME).status for person in (one, two, last)] == [200, 200, 200]

    def test_simultaneous_sign_ins_do_not_exceed_the_limit(self, small):
        account = small.resident()

        small.at_once(*[lambda: small.login(account)] * 5)

        assert len([row for row in small.sessions(account) if row["revoked_at"] is None]) == 3
