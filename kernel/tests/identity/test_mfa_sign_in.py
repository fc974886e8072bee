"""Signing in in two steps (security.md 2.6, modules.md 1.1)."""

import pytest

from pronaflow_kernel.identity.mfa.models import Challenge, Factor, RecoveryCode

from .two_step import ME, MFA, App, challenged, enrolled, rows, signed_in, verify


class TestSigningIn:
    def test_the_password_gives_a_token_for_the_second_step_and_nothing_else(self, house):
        account, _, _ = enrolled(house)
        before = len(house.sessions(account))

        answer = house.login(account).data

        assert answer == {
            "access_token": None,
            "refresh_token": None,
            "token_type": "bearer",
            "expires_in": None,
            "user": None,
            "mfa_required": True,
            "mfa_token": answer["mfa_token"],
            "device_token": None,
        }
        assert len(house.sessions(account)) == before

    @pytest.mark.parametrize("key", ["totp_code", "otp_code"])
    @pytest.mark.parametrize("name", ["mfa_token", "session_id"])
    def test_the_code_gives_the_session(self, house, key, name):
        account, _, app = enrolled(house)
        token = challenged(house, account)

        answer = house.post(f"{MFA}/verify", {name: token, key: app.next_code()}).data

        assert (answer["mfa_required"], answer["mfa_token"]) == (False, None)
        assert answer["user"]["id"] == account.id
        assert answer["device_token"].startswith("pd1.")
        person = house.world.anonymous()
        person.token = answer["access_token"]
        assert person.get(ME).status == 200
        assert house.refresh(answer["refresh_token"]).status == 200
        assert house.sessions(account)[-1]["amr"] == ["pwd", "otp", "mfa"]

    def test_a_wrong_password_does_not_tell_of_the_factor(self, house):
        account, _, _ = enrolled(house)
        other = house.resident()

        answers = [house.login(each, password="Wrong-Horse-77") for each in (account, other)]

        assert answers[0].status == 401
        assert answers[0].json == answers[1].json

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_clocks_may_differ_by_a_step(self, house, steps):
        account, _, app = enrolled(house)
        house.clock.advance(90)
        token = challenged(house, account)
        assert verify(house, token, totp_code=app.code(steps)).status == 200

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_but_not_by_two(self, house, steps):
        account, _, app = enrolled(house)
        house.clock.advance(90)
        token = challenged(house, account)
        assert verify(house, token, totp_code=app.code(steps)).status == 401

    def test_blanks_in_a_code_are_dropped(self, house):
        account, _, app = enrolled(house)
        code = app.next_code()
        assert verify(house, challenged(house, account), totp_code=f"{code[:3]} {code[3:]}").status == 200

    def test_a_code_works_once_and_none_of_an_earlier_step_afterwards(self, house):
        account, _, app = enrolled(house)
        house.clock.advance(60)
        first, second = (challenged(house, account) for _ in range(2))
        assert verify(house, first, totp_code=app.code()).status == 200

        assert verify(house, second, totp_code=app.code()).status == 401
        assert verify(house, second, totp_code=app.code(-1)).status == 401
        assert verify(house, second, totp_code=app.code(1)).status == 200

    def test_a_challenge_works_once(self, house):
        account, _, app = enrolled(house)
        token = challenged(house, account)
        assert verify(house, token, totp_code=app.next_code()).status == 200
        assert verify(house, token, totp_code=app.next_code()).error["details"]["reason"] == "challenge_over"

    def test_it_ends_after_five_minutes(self, house):
        account, _, app = enrolled(house)
        early, late = challenged(house, account), challenged(house, account)
        house.clock.advance(299)
        assert verify(house, early, totp_code=app.code()).status == 200
        house.clock.advance(1)
        assert verify(house, late, totp_code=app.code(1)).error["details"]["reason"] == "challenge_over"

    def test_it_bears_five_codes(self, house):
        account, _, app = enrolled(house)
        token = challenged(house, account)
        answers = [verify(house, token, totp_code=app.wrong()) for _ in range(5)]
        assert [answer.status for answer in answers] == [401] * 5
        left = [answer.error["details"].get("attempts_left") for answer in answers]
        assert left == [4, 3, 2, 1, None]
        assert verify(house, token, totp_code=app.next_code()).error["details"]["reason"] == "challenge_over"

    def test_a_new_password_voids_it(self, house):
        account, _, app = enrolled(house)
        token = challenged(house, account)
        proof = house.reset_proof(account)
        house.post("/api/v1/auth/password-reset/confirm", {**proof, "new_password": "Other-Horse-88"})
        assert verify(house, token, totp_code=app.next_code()).status == 401

    def test_a_new_password_does_not_replace_the_factor(self, house):
        account, _, app = enrolled(house)
        proof = house.reset_proof(account)
        house.post("/api/v1/auth/password-reset/confirm", {**proof, "new_password": "Other-Horse-88"})

        answer = house.login(account, password="Other-Horse-88").data

        assert (answer["mfa_required"], answer["access_token"]) == (True, None)
        assert verify(house, answer["mfa_token"], totp_code=app.next_code()).status == 200

    def test_a_closed_account_stays_closed(self, house):
        account, _, app = enrolled(house)
        token = challenged(house, account)
        house.set_status(account, "suspended")
        assert verify(house, token, totp_code=app.next_code()).status == 401

    def test_a_wrong_code_is_written_down(self, house):
        account, _, app = enrolled(house)
        verify(house, challenged(house, account), totp_code=app.wrong())
        [event] = house.events_of(account.id, "user.login_failed")
        assert event["payload"]["reason"] == "wrong_code"
        assert event["private"]["ip"] == "127.0.0.1"


class TestWhoMayFinish:
    """A challenge belongs to whoever gave the password."""

    def call(self, house, body, ip, program=None):
        headers = {"User-Agent": program} if program else {}
        return house.caller(ip).request("POST", f"{MFA}/verify", body, headers=headers).status

    def test_the_address_is_enough_from_where_the_password_came(self, house):
        account, _, app = enrolled(house)
        challenged(house, account)
        body = {"email": account.email.upper(), "totp_code": app.next_code()}
        assert self.call(house, body, account.ip) == 200

    def test_and_not_from_another_address_or_program(self, house):
        account, _, app = enrolled(house)
        challenged(house, account)
        body = {"email": account.email, "totp_code": app.next_code()}
        assert self.call(house, body, "198.51.100.7") == 401
        assert self.call(house, body, account.ip, "thief") == 401
        assert self.call(house, body, account.ip) == 200

    def test_the_token_is_good_in_another_network_but_not_in_another_program(self, house):
        account, _, app = enrolled(house)
        body = {"mfa_token": challenged(house, account), "totp_code": app.next_code()}
        assert self.call(house, body, account.ip, "thief") == 401
        assert self.call(house, body, "198.51.100.7") == 200

    def test_an_address_without_an_open_sign_in_looks_like_one_that_nobody_has(self, house):
        account, _, app = enrolled(house)
        answers = [
            house.post(f"{MFA}/verify", {"email": email, "totp_code": app.code()})
            for email in (account.email, house.resident().email, "nobody@example.com")
        ]
        assert [answer.status for answer in answers] == [401] * 3
        assert answers[0].json == answers[1].json == answers[2].json

    def test_one_sign_in_is_named(self, house):
        assert house.post(f"{MFA}/verify", {"totp_code": "123456"}).faults == {"mfa_token"}
        body = {"totp_code": "123456", "mfa_token": "x", "email": "y"}
        assert house.post(f"{MFA}/verify", body).faults == {"email"}


class TestLock:
    def lock(self, house, account, app):
        """Ten wrong codes; the answer to the last."""
        for number in range(10):
            if number % 4 == 0:
                token = challenged(house, account)
            answer = verify(house, token, totp_code=app.wrong())
        return answer

    def test_ten_wrong_codes_lock_the_app_for_an_hour(self, house):
        account, _, app = enrolled(house)
        spare = challenged(house, account)

        answer = self.lock(house, account, app)

        assert (answer.status, answer.error["details"]["reason"]) == (429, "mfa_locked")
        assert answer.headers["Retry-After"] == "3600"
        assert verify(house, spare, totp_code=app.next_code()).error["details"]["reason"] == "challenge_over"
        assert verify(house, challenged(house, account), totp_code=app.next_code()).status == 429
        house.clock.advance(3600)
        assert verify(house, challenged(house, account), totp_code=app.next_code()).status == 200

    def test_the_owner_is_told(self, house):
        account, _, app = enrolled(house)
        self.lock(house, account, app)
        assert house.mails(account)[-1].subject.startswith("Too many wrong codes")
        assert len(house.events_of(account.id, "mfa.locked")) == 1

    def test_a_recovery_code_opens_all_the_same(self, house):
        account, _, app = enrolled(house)
        self.lock(house, account, app)
        assert verify(house, challenged(house, account), backup_code=app.recovery[0]).status == 200

    def test_a_right_code_forgets_the_wrong_ones(self, house):
        account, _, app = enrolled(house)
        for _ in range(3):
            token = challenged(house, account)
            for _ in range(4):
                assert verify(house, token, totp_code=app.wrong()).status == 401
            assert verify(house, token, totp_code=app.next_code()).status == 200

    def test_wrong_codes_do_not_count_as_wrong_passwords(self, house):
        account, _, app = enrolled(house)
        self.lock(house, account, app)
        assert house.login(account).status == 200

    def test_a_used_code_is_refused_but_is_no_guess(self, house):
        account, _, app = enrolled(house)
        house.clock.advance(60)
        used = app.code()
        assert verify(house, challenged(house, account), totp_code=used).status == 200
        answers = []
        for _ in range(3):
            token = challenged(house, account)
            answers += [verify(house, token, totp_code=used).status for _ in range(4)]
        assert answers == [401] * 12


class TestRecoveryCodes:
    def test_each_works_once_however_it_is_written(self, house):
        account, _, app = enrolled(house)
        code = app.recovery[3]

        assert (
            verify(house, challenged(house, account), backup_code=code.upper().replace("-", " ")).status
            == 200
        )
        assert verify(house, challenged(house, account), backup_code=code).status == 401
        assert verify(house, challenged(house, account), backup_code=app.recovery[4]).status == 200

    def test_using_one_is_announced_and_mailed(self, house):
        account, _, app = enrolled(house)
        verify(house, challenged(house, account), backup_code=app.recovery[0])
        [event] = house.events_of(account.id, "mfa.recovery_code_used")
        assert event["payload"]["remaining"] == 9
        assert "Codes left: 9" in house.mails(account)[-1].text

    def test_another_ones_code_does_not_work(self, house):
        account, _, _ = enrolled(house)
        _, _, other = enrolled(house)
        assert verify(house, challenged(house, account), backup_code=other.recovery[0]).status == 401

    def test_left_ones_are_counted_and_masked(self, house):
        account, _, app = enrolled(house)
        verify(house, challenged(house, account), backup_code=app.recovery[0])
        person = signed_in(house, account, app)
        assert person.get(f"{MFA}/backup-codes").data == {"remaining": 9, "backup_codes": ["********"] * 9}

    def test_new_ones_void_the_old(self, house):
        account, person, app = enrolled(house)

        codes = person.post(f"{MFA}/regenerate-backup-codes", {"password": account.password}).data[
            "backup_codes"
        ]

        assert len(set(codes) - set(app.recovery)) == 10
        assert verify(house, challenged(house, account), backup_code=app.recovery[0]).status == 401
        assert verify(house, challenged(house, account), backup_code=codes[0]).status == 200
        assert len(house.events_of(account.id, "mfa.recovery_codes_replaced")) == 1

    def test_there_are_none_without_a_factor(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        refused = person.post(f"{MFA}/regenerate-backup-codes", {"password": account.password})
        assert (refused.status, refused.error["details"]["reason"]) == (409, "mfa_disabled")


class TestAtTheSameMoment:
    def test_of_twenty_sign_ins_with_one_code_one_succeeds(self, house):
        account, _, app = enrolled(house)
        house.clock.advance(60)
        code = app.code()
        tokens = [challenged(house, account) for _ in range(20)]

        answers = house.at_once(
            *[lambda token=token: verify(house, token, totp_code=code) for token in tokens]
        )

        assert sorted(answer.status for answer in answers) == [200] + [401] * 19
        assert house.events_of(account.id, "mfa.locked") == []

    def test_of_twenty_sign_ins_with_one_recovery_code_one_succeeds(self, house):
        account, _, app = enrolled(house)
        tokens = [challenged(house, account) for _ in range(20)]
        code = app.recovery[0]

        answers = house.at_once(
            *[lambda token=token: verify(house, token, backup_code=code) for token in tokens]
        )

        # The others count as wrong: the tenth of them locks the app and ends what is left.
        assert [answer.status for answer in answers].count(200) == 1
        assert len([row for row in rows(house, RecoveryCode, account.id) if row["used_at"]]) == 1

    def test_of_twenty_wrong_codes_ten_are_compared(self, house):
        account, _, app = enrolled(house)
        tokens = [challenged(house, account) for _ in range(20)]
        wrong = app.wrong()

        answers = house.at_once(
            *[lambda token=token: verify(house, token, totp_code=wrong) for token in tokens]
        )

        reasons = [answer.error["details"]["reason"] for answer in answers]
        assert (reasons.count("wrong_code"), reasons.count("mfa_locked")) == (9, 1)
        assert reasons.count("challenge_over") == 10
        assert rows(house, Challenge, account.id) == []

    def test_begun_twice_one_of_them_counts(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        answers = house.at_once(*[lambda: person.post(f"{MFA}/enable") for _ in range(4)])

        [factor] = rows(house, Factor, account.id)
        place = f"core__mfa_factor.secret/{factor['id']}"
        stored = house.world.kernel.keys.decrypt(factor["secret"], bound_to=place)
        [app] = [App(house, each.data["secret"]) for each in answers if each.data["secret"] == stored]
        assert person.post(f"{MFA}/confirm", {"totp_code": app.code()}).status == 200
        assert len(rows(house, RecoveryCode, account.id)) == 10
