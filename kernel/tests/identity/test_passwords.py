"""Changing a password, and setting a forgotten one anew."""

import pytest

from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes

CHANGE = "/api/v1/auth/password-change"
RESET = "/api/v1/auth/password-reset"
CONFIRM = "/api/v1/auth/password-reset/confirm"
ME = "/api/v1/auth/me"
NEW = "Battery-Staple-8"


class TestChange:
    def body(self, account, **changes):
        return {"current_password": account.password, "new_password": NEW, **changes}

    def test_the_new_one_works_and_the_old_one_does_not(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        reply = person.post(CHANGE, self.body(account))

        assert (reply.status, list(reply.data)) == (200, ["message"])
        assert house.login(account).status == 401
        account.password = NEW
        again, _ = house.signed_in(account)
        assert again.get(ME).status == 200

    def test_this_session_goes_on_and_all_others_end(self, house):
        account = house.resident()
        person, token = house.signed_in(account)
        other, others_token = house.signed_in(account)

        person.post(CHANGE, self.body(account))

        assert [person.get(ME).status, other.get(ME).status] == [200, 401]
        assert [house.refresh(token).status, house.refresh(others_token).status] == [200, 401]
        (ended,) = house.events_of(account.id, "session.ended")
        assert ended["payload"]["reason"] == "password_changed"
        assert len(house.events_of(account.id, "user.password_changed")) == 1

    def test_the_owner_hears_of_it(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        person.post(CHANGE, self.body(account))

        assert house.mails(account)[-1].subject.startswith("Your password was changed")

    def test_a_link_that_was_asked_for_before_stops_working(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        proof = house.reset_proof(account)

        person.post(CHANGE, self.body(account))

        reply = house.post(CONFIRM, {**proof, "new_password": "Another-Horse-9"})
        assert reply.error["details"]["reason"] == "invalid"

    def test_the_present_one_must_be_known(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        reply = person.post(CHANGE, self.body(account, current_password="Wrong-Horse-77"))

        assert reply.faults == {"current_password"}
        assert house.login(account).status == 200
        (event,) = house.events_of(account.id, "user.login_failed")
        assert event["payload"]["reason"] == "wrong_current_password"

    def test_every_field_at_fault_is_named(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        wrong = self.body(account, current_password="x", new_password=f"Aa1!{account.username}")
        assert person.post(CHANGE, {}).faults == {"current_password", "new_password"}
        assert person.post(CHANGE, {"more": 1, "new_password": 7}).faults == {
            "current_password", "new_password", "more",
        }  # fmt: skip
        assert person.post(CHANGE, wrong).faults == {"current_password", "new_password"}

    def test_it_takes_a_session(self, house):
        account = house.resident()

        assert house.post(CHANGE, self.body(account)).status == 401

    def test_a_sign_in_with_the_old_one_that_was_under_way_opens_nothing(self, house, monkeypatch):
        account = house.resident()
        person, _ = house.signed_in(account)
        match = PasswordHashes.match

        def match_just_before_the_change(hashes, stored, password):
            monkeypatch.setattr(PasswordHashes, "match", match)
            matches = match(hashes, stored, password)
            assert person.post(CHANGE, self.body(account)).status == 200
            return matches

        monkeypatch.setattr(PasswordHashes, "match", match_just_before_the_change)
        late, token = house.signed_in(account)

        assert late.get(ME).status == 401
        assert house.refresh(token).status == 401

    def test_of_two_sessions_that_change_it_at_the_same_moment_one_stays(self, house):
        account = house.resident()
        one, _ = house.signed_in(account)
        two, _ = house.signed_in(account)

        replies = house.at_once(
            lambda: one.post(CHANGE, self.body(account)),
            lambda: two.post(CHANGE, self.body(account, new_password="Another-Horse-9")),
        )

        won = [reply.status == 200 for reply in replies]
        assert sorted(won) == [False, True]
        assert [one.get(ME).status, two.get(ME).status] == [200 if w else 401 for w in won]
        assert house.login(account, password=NEW if won[0] else "Another-Horse-9").status == 200


class TestReset:
    def test_a_link_sets_a_new_one_and_ends_all_sessions(self, house):
        account = house.resident()
        person, token = house.signed_in(account)

        reply = house.post(CONFIRM, {**house.reset_proof(account), "new_password": NEW})

        assert (reply.status, list(reply.data)) == (200, ["message"])
        assert person.get(ME).status == 401
        assert house.refresh(token).status == 401
        assert house.login(account).status == 401
        assert house.login(account, password=NEW).status == 200
        assert house.mails(account)[-1].subject.startswith("Your password was changed")

    def test_the_mail_holds_a_link_whose_token_no_server_sees(self, house):
        account = house.resident()
        proof = house.reset_proof(account)

        mail = house.mails(account)[-1]

        assert (
            f"http://localhost:8000/reset-password#user_id={account.id}&token={proof['token']}" in mail.text
        )
        assert "within 15 minutes" in mail.text

    def test_the_mail_goes_to_the_address_on_file_however_it_was_asked_for(self, house):
        account = house.resident()

        house.post(RESET, {"email": account.email.upper()})

        assert len(house.mails(account)) == 1
        assert house.world.outbox.to(account.email.upper()) == []

    def test_a_link_works_for_15_minutes(self, house):
        early, late = house.resident(), house.resident()
        proofs = {account.id: house.reset_proof(account) for account in (early, late)}

        house.clock.advance(899)
        assert house.post(CONFIRM, {**proofs[early.id], "new_password": NEW}).status == 200
        house.clock.advance(1)
        reply = house.post(CONFIRM, {**proofs[late.id], "new_password": NEW})

        assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST")
        assert reply.error["details"] == {"field": "token", "reason": "expired"}
        assert house.login(late).status == 200

    def test_a_link_works_once(self, house):
        account = house.resident()
        proof = house.reset_proof(account)
        house.post(CONFIRM, {**proof, "new_password": NEW})

        reply = house.post(CONFIRM, {**proof, "new_password": "Another-Horse-9"})

        assert (reply.status, reply.error["details"]["reason"]) == (400, "used")
        assert house.login(account, password=NEW).status == 200

    def test_of_two_uses_at_the_same_moment_one_works(self, house):
        account = house.resident()
        proof = house.reset_proof(account)
        passwords = [NEW, "Another-Horse-9"]

        replies = house.at_once(
            *[lambda p=p: house.post(CONFIRM, {**proof, "new_password": p}) for p in passwords]
        )

        assert sorted(reply.status for reply in replies) == [200, 400]
        logins = [house.login(account, password=password).status for password in passwords]
        assert logins == [200 if reply.status == 200 else 401 for reply in replies]

    def test_whoever_asks_again_voids_no_link_and_the_first_use_voids_all(self, house):
        account = house.resident()
        former, latest = house.reset_proof(account), house.reset_proof(account)

        assert house.post(CONFIRM, {**former, "new_password": NEW}).status == 200
        assert house.post(CONFIRM, {**latest, "new_password": NEW}).status == 400

    def test_nobody_is_flooded_with_links(self, house):
        account = house.resident()
        proofs = [house.reset_proof(account) for _ in range(8)]
        assert len(house.mails(account)) == 5
        assert house.post(CONFIRM, {**proofs[0], "new_password": NEW}).status == 200

    def test_when_links_have_expired_there_are_new_ones(self, house):
        account = house.resident()
        for _ in range(5):
            house.reset_proof(account)
        house.clock.advance(900)
        assert house.post(CONFIRM, {**house.reset_proof(account), "new_password": NEW}).status == 200

    def test_a_weak_password_does_not_use_the_link_up(self, house):
        account = house.resident()
        proof = house.reset_proof(account)

        weak = house.post(CONFIRM, {**proof, "new_password": f"Aa1!{account.username}"})

        assert weak.faults == {"new_password"}
        assert house.post(CONFIRM, {**proof, "new_password": NEW}).status == 200

    def test_without_a_good_token_nothing_is_said_about_the_password(self, house):
        account = house.resident()

        body = {"user_id": account.id, "token": "x", "new_password": f"Aa1!{account.username}"}

        assert house.post(CONFIRM, body).error["details"]["reason"] == "invalid"

    def test_asking_answers_the_same_for_an_unknown_address(self, house):
        account = house.resident()

        with house.world.statements() as for_known:
            known = house.post(RESET, {"email": account.email})
        with house.world.statements() as for_unknown:
            unknown = house.post(RESET, {"email": house.newcomer().email})

        assert known.status == unknown.status == 200
        assert known.json == unknown.json
        assert for_known == for_unknown

    def test_nobody_else_gets_a_mail(self, house):
        account = house.newcomer()

        house.post(RESET, {"email": account.email})

        assert house.mails(account) == []

    def test_it_proves_the_address_too(self, gated):
        account = gated.newcomer()
        gated.register(account)

        assert gated.post(CONFIRM, {**gated.reset_proof(account), "new_password": NEW}).status == 200

        assert gated.login(account, password=NEW).status == 200

    def test_every_field_at_fault_is_named(self, house):
        assert house.post(RESET, {}).faults == {"email"}
        assert house.post(RESET, {"email": "nina", "more": 1}).faults == {"email", "more"}
        assert house.post(CONFIRM, {}).faults == {"user_id", "token", "new_password"}
        assert house.post(CONFIRM, {"user_id": 1, "token": 1, "new_password": 1, "more": 1}).faults == {
            "user_id", "token", "new_password", "more",
        }  # fmt: skip


@pytest.mark.parametrize("path", [CHANGE, RESET, CONFIRM])
def test_a_body_that_is_no_object_is_refused(house, path):
    person, _ = house.signed_in(house.resident())

    assert person.request("POST", path, data=b"[]").status == 422
    assert person.request("POST", path, data=b"{").status == 400
