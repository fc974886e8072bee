"""Wrong present passwords when the password is changed: they are counted too (security.md 2.7)."""

from pronaflow_kernel.errors import ServiceUnavailable
from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes

from .guessing import CHANGE, CONFIRM, NEW, WRONG, reason


class TestChangingThePassword:
    def test_wrong_present_passwords_are_counted(self, house, compared):
        account = house.resident()
        person, _ = house.signed_in(account)
        wrong = {"current_password": WRONG, "new_password": NEW}
        right = {"current_password": account.password, "new_password": NEW}

        replies = house.at_once(*[lambda: person.post(CHANGE, wrong)] * 12)

        assert sorted(reply.status for reply in replies) == [422] * 5 + [429] * 7
        assert compared.count(WRONG) == 5
        refused = person.post(CHANGE, right)
        assert reason(refused) == (429, "too_many_failures")
        assert refused.headers["Retry-After"] == "900"
        assert house.login(account).status == 200
        house.clock.advance(900)
        assert person.post(CHANGE, right).status == 200

    def test_the_right_one_forgets_them(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        weak = {"current_password": account.password, "new_password": "x"}
        for _ in range(3):
            for _ in range(4):
                assert person.post(CHANGE, {**weak, "current_password": WRONG}).status == 422
            assert person.post(CHANGE, weak).faults == {"new_password"}

    def test_a_new_password_by_mail_forgets_them_as_the_refusal_says(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        for _ in range(5):
            person.post(CHANGE, {"current_password": WRONG, "new_password": NEW})
        refused = person.post(CHANGE, {"current_password": account.password, "new_password": NEW})
        assert (refused.status, "set a new one by mail" in refused.error["message"]) == (429, True)

        house.post(CONFIRM, {**house.reset_proof(account), "new_password": NEW})

        account.password = NEW
        person, _ = house.signed_in(account)
        body = {"current_password": NEW, "new_password": "Yet-Another-Horse-9"}
        assert person.post(CHANGE, body).status == 200

    def test_what_could_not_be_compared_does_not_count(self, house, monkeypatch):
        account = house.resident()
        person, _ = house.signed_in(account)
        body = {"current_password": account.password, "new_password": NEW}

        def busy(_hashes, _stored, _password):
            raise ServiceUnavailable

        with monkeypatch.context() as patch:
            patch.setattr(PasswordHashes, "match", busy)
            assert {person.post(CHANGE, body).status for _ in range(9)} == {503}
        assert person.post(CHANGE, body).status == 200
