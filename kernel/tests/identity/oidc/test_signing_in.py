"""Signing in through a provider: who gets in, as whom, and with what session."""

from __future__ import annotations

import pyotp
import pytest

from pronaflow_kernel.identity.accounts import Accounts
from pronaflow_kernel.identity.oidc.people import People

AUTH = "/api/v1/auth"
GRAVE = f"{AUTH}/identities/01890000-0000-7000-8000-000000000000"
"""Somewhere that a recent sign-in is demanded: then it is not found, else forbidden."""


@pytest.fixture(scope="session")
def trusting(new_desk):
    """The provider's second factor is enough, and accounts need a proved address."""
    return new_desk({"auth.require_email_verification": True}, trust_mfa=True)


@pytest.fixture(scope="session")
def closed(new_desk):
    """Strangers get no account."""
    return new_desk(register=False)


@pytest.fixture(scope="session")
def domestic(new_desk):
    """Only people of two domains may come."""
    return new_desk(domains=["Example.org", "example.net"])


def known(desk, account, **claims):
    """Let the owner of an account sit at the provider, with the same address."""
    return desk.somebody(email=account.email.upper(), **claims)


def proved(desk):
    """Somebody with an account whose address is proved, as somebody at the provider says too."""
    account = desk.house.resident()
    desk.house.reset_proof(account)
    body = {**desk.house.proof(account), "new_password": account.password}
    assert desk.house.post(f"{AUTH}/password-reset/confirm", body).status == 200
    return account


class TestNewPeople:
    def test_get_an_account_and_a_workspace(self, desk):
        pia = desk.somebody()
        answer = desk.sign_in().data
        assert answer["user"]["username"] == pia["preferred_username"]
        assert (answer["token_type"], answer["mfa_required"]) == ("bearer", False)
        caller = desk.world.anonymous()
        caller.token = answer["access_token"]
        me = caller.get(f"{AUTH}/me").data
        assert (me["email"], me["full_name"], me["status"]) == (pia["email"], pia["name"], "active")
        assert me["email_verified_at"] is not None
        assert [w["name"] for w in desk.workspaces(me["id"])] == [f"{pia['preferred_username']}'s Workspace"]

    def test_have_no_password_and_a_session_that_says_how_they_came(self, desk):
        desk.somebody()
        user = desk.sign_in().data["user"]
        assert desk.user(user["id"])["password_hash"] is None
        [session] = desk.sessions(user["id"])
        assert session["amr"] == ["fed"]

    def test_are_the_same_the_next_time_whatever_else_has_changed(self, desk):
        pia = desk.somebody()
        first = desk.sign_in().data["user"]
        desk.somebody(sub=pia["sub"], email="another@example.org", email_verified=False)
        assert desk.sign_in().data["user"]["id"] == first["id"]

    def test_are_written_down_in_the_ledger_without_who_they_are_elsewhere(self, desk):
        pia = desk.somebody()
        user = desk.sign_in().data["user"]
        [event] = desk.house.events_of(user["id"], "user.identity_linked")
        assert event["payload"] == {"user_id": user["id"]}
        assert event["private"] == {"issuer": desk.provider.issuer, "subject": pia["sub"]}

    @pytest.mark.parametrize(
        ("claims", "username"),
        [
            ({"preferred_username": "José Ruiz-Vega"}, "jos_ruiz_vega"),
            ({"preferred_username": "zed@example.org", "email": "zz9@example.org"}, "zed"),
            ({"preferred_username": None, "email": "anna.karenina@example.org"}, "anna_karenina"),
            ({"preferred_username": "é", "email": "a@example.org"}, "user"),
            ({"preferred_username": "x" * 200, "email": "xx@example.org"}, "x" * 30),
            ({"preferred_username": ["list"], "email": "qrs@example.org"}, "qrs"),
        ],
    )
    def test_are_called_as_at_the_provider_as_far_as_that_goes(self, desk, claims, username):
        desk.somebody(**claims)
        assert desk.sign_in().data["user"]["username"] == username

    def test_get_a_number_where_somebody_has_the_name(self, desk):
        names = []
        for _ in range(3):
            desk.somebody(preferred_username="Twin")
            names.append(desk.sign_in().data["user"]["username"])
        assert names == ["twin", "twin_2", "twin_3"]

    def test_are_one_person_when_they_come_by_two_doors_at_once(self, desk):
        desk.somebody()
        flows = [desk.flow() for _ in range(4)]
        answers = desk.house.at_once(*(lambda flow=flow: desk.callback(flow) for flow in flows))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.data["user"]["id"] for answer in answers}) == 1

    @pytest.mark.parametrize(("where", "name"), [(People, "linked"), (Accounts, "owner")])
    def test_are_one_person_whenever_the_other_door_opens(self, desk, monkeypatch, where, name):
        """One request looks before the other has stored what it looks for."""
        desk.somebody()
        first = desk.sign_in().data["user"]["id"]
        look, blind = getattr(where, name), [True]

        def too_early(*given, **by_name):
            return None if blind and blind.pop() else look(*given, **by_name)

        if where is Accounts:  # the account is there, and its link not yet
            linked = iter([None])
            really = People.linked
            monkeypatch.setattr(People, "linked", lambda *given: next(linked, really(*given)))
        monkeypatch.setattr(where, name, too_early)
        assert desk.sign_in().data["user"]["id"] == first

    @pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
    def test_need_an_address_that_the_provider_vouches_for(self, desk, claims):
        desk.somebody(**claims)
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (403, "email_not_verified_by_provider")

    @pytest.mark.parametrize("email", ["no address", "a@b@c", "x" * 330 + "@example.org"])
    def test_need_an_address_that_mail_can_be_sent_to(self, desk, email):
        desk.somebody(email=email)
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (403, "email_not_usable")

    def test_may_be_unwelcome(self, closed, opened):
        desk = opened(closed)
        pia = desk.somebody()
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (403, "unknown_account")
        account = proved(desk)
        known(desk, account, sub=pia["sub"])
        assert desk.sign_in().data["user"]["id"] == account.id

    def test_may_have_to_be_of_certain_mail_domains(self, domestic, opened):
        desk = opened(domestic)
        desk.somebody(email="nora@EXAMPLE.NET")
        assert desk.sign_in().status == 200
        for claims in (
            {"email": "eve@example.com"},
            {"email": "eve@example.org.evil.com"},
            {"email": "nell@example.org", "email_verified": False},
            {"email": None},
        ):
            desk.somebody(**claims)
            answer = desk.sign_in()
            assert (answer.status, answer.error["details"]["reason"]) == (403, "domain_not_allowed")

    def test_are_known_by_user_info_where_the_id_token_says_little(self, desk):
        pia = desk.somebody()
        desk.provider.thin = True
        assert desk.sign_in().data["user"]["email"] == pia["email"]


class TestPeopleWithAnAccount:
    def test_are_linked_by_an_address_that_both_sides_have_proved(self, desk):
        account = proved(desk)
        known(desk, account)
        assert desk.sign_in().data["user"]["id"] == account.id
        [link] = desk.links(account.id)
        assert link["subject"] == desk.provider.person["sub"]
        [event] = desk.house.events_of(account.id, "user.identity_linked")
        assert event["user_id"] == account.id

    def test_are_told_by_mail(self, desk):
        account = proved(desk)
        known(desk, account)
        desk.sign_in()
        assert "linked to OpenID Connect" in desk.house.mails(account)[-1].subject

    def test_keep_it_where_nobody_has_proved_the_address_here(self, desk):
        account = desk.house.resident()
        known(desk, account)
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (409, "account_exists")
        assert desk.links(account.id) == []

    def test_keep_it_where_the_provider_does_not_vouch_for_the_address(self, desk):
        account = proved(desk)
        known(desk, account, email_verified=False)
        taken = desk.sign_in()
        desk.somebody(email_verified=False)
        unknown = desk.sign_in()
        assert taken.status == 403
        assert taken.error["message"] == unknown.error["message"]
        assert desk.links(account.id) == []

    def test_keep_it_when_the_address_goes_to_somebody_else_at_the_provider(self, desk):
        account = proved(desk)
        known(desk, account)
        assert desk.sign_in().status == 200
        known(desk, account)  # another subject
        assert desk.sign_in().error["details"]["reason"] == "account_exists"
        assert len(desk.links(account.id)) == 1

    @pytest.mark.parametrize("status", ["suspended", "inactive", "deleted"])
    def test_stay_out_of_a_closed_one(self, desk, status):
        account = proved(desk)
        known(desk, account)
        assert desk.sign_in().status == 200
        desk.house.set_status(account, status)
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (403, f"account_{status}")
        [event] = desk.house.events_of(account.id, "user.login_failed")
        assert event["payload"]["reason"] == f"account_{status}"

    def test_stay_out_of_a_closed_one_that_was_never_linked(self, desk):
        account = proved(desk)
        desk.house.set_status(account, "suspended")
        known(desk, account)
        assert desk.sign_in().status == 403
        assert desk.links(account.id) == []


class TestTheSecondFactor:
    def with_factor(self, desk):
        """Somebody with a linked account and a factor."""
        account = proved(desk)
        known(desk, account)
        caller, _ = desk.house.signed_in(account)
        secret = caller.post(f"{AUTH}/mfa/enable").data["secret"]
        code = pyotp.TOTP(secret).at(desk.clock.now())
        assert caller.post(f"{AUTH}/mfa/confirm", {"totp_code": code}).status == 200
        desk.clock.advance(60)
        return account, secret

    def test_is_asked_for_all_the_same(self, desk):
        account, secret = self.with_factor(desk)
        desk.provider.claims["amr"] = ["pwd", "mfa"]
        answer = desk.sign_in().data
        assert (answer["mfa_required"], answer["access_token"]) == (True, None)
        body = {"mfa_token": answer["mfa_token"], "totp_code": pyotp.TOTP(secret).at(desk.clock.now())}
        assert desk.world.anonymous().post(f"{AUTH}/mfa/verify", body).data["user"]["id"] == account.id
        assert desk.sessions(account.id)[-1]["amr"] == ["fed", "otp", "mfa"]

    def test_of_the_provider_is_enough_where_the_operator_says_so(self, trusting, opened):
        desk = opened(trusting)
        account, _ = self.with_factor(desk)
        desk.provider.claims["amr"] = ["pwd", "mfa"]
        assert desk.sign_in().data["mfa_required"] is False
        assert desk.sessions(account.id)[-1]["amr"] == ["fed", "mfa"]

    @pytest.mark.parametrize("amr", [["pwd"], None, "mfa"])
    def test_is_asked_for_where_the_provider_does_not_say_that_there_was_one(self, trusting, opened, amr):
        desk = opened(trusting)
        self.with_factor(desk)
        desk.provider.claims["amr"] = amr
        if isinstance(amr, str):  # no list, as the standard demands
            assert desk.sign_in().status == 401
        else:
            assert desk.sign_in().data["mfa_required"] is True


class TestProvingAnew:
    """What needs a recent sign-in works for people without a password after a fresh one at the provider."""

    def test_is_done_by_signing_in_fresh(self, desk):
        desk.somebody()
        url = desk.start(fresh="true").data["authorization_url"]
        assert "max_age=0" in url and "prompt=login" in url
        assert desk.signed_in(fresh="true").delete(GRAVE).status == 404

    def test_is_not_done_by_signing_in_as_always(self, desk):
        desk.somebody()
        answer = desk.signed_in().delete(GRAVE)
        assert (answer.status, answer.error["details"]["reason"]) == (403, "step_up_required")

    @pytest.mark.parametrize("seconds", [None, -3600])
    def test_fails_where_the_provider_has_not_asked_anew(self, desk, seconds):
        desk.somebody()
        now = int(desk.clock.now().timestamp())
        desk.provider.claims["auth_time"] = None if seconds is None else now + seconds
        answer = desk.sign_in(fresh="true")
        assert (answer.status, answer.error["details"]["reason"]) == (401, "not_fresh")

    def test_counts_from_when_the_provider_says(self, desk):
        desk.somebody()
        now = int(desk.clock.now().timestamp())
        desk.provider.claims["auth_time"] = now - 500
        assert desk.signed_in().delete(GRAVE).status == 404
        desk.provider.claims["auth_time"] = now - 700
        desk.somebody()
        assert desk.signed_in().delete(GRAVE).status == 403

    def test_does_not_go_by_a_time_that_is_still_to_come(self, desk):
        desk.somebody()
        desk.provider.claims["auth_time"] = int(desk.clock.now().timestamp()) + 9000
        caller = desk.signed_in()
        desk.clock.advance(700)
        assert caller.delete(GRAVE).status == 403


class TestDeletion:
    def test_of_an_account_without_a_password_takes_a_fresh_sign_in(self, desk):
        pia = desk.somebody()
        first = desk.sign_in().data["user"]["id"]
        refused = desk.signed_in().request("DELETE", f"{AUTH}/me", {})
        assert (refused.status, refused.error["details"]["reason"]) == (403, "step_up_required")
        assert desk.signed_in(fresh="true").request("DELETE", f"{AUTH}/me", {}).status == 204
        assert desk.links(first) == []
        desk.provider.person = pia
        assert desk.sign_in().data["user"]["id"] != first


class TestPasswordsOfPeopleWithoutOne:
    def test_cannot_be_changed_for_there_is_none(self, desk):
        desk.somebody()
        body = {"current_password": "", "new_password": "Correct-Horse-8"}
        answer = desk.signed_in().post(f"{AUTH}/password-change", body)
        assert (answer.status, answer.error["details"]["reason"]) == (409, "no_password")

    def test_do_not_match_anything(self, desk):
        pia = desk.somebody()
        desk.sign_in()
        for password in ("", "Correct-Horse-7", "None"):
            body = {"email": pia["email"], "password": password}
            assert desk.world.anonymous().post(f"{AUTH}/login", body).status == 401

    def test_can_be_set_by_mail(self, desk):
        account = desk.house.newcomer()
        account.email = desk.somebody()["email"]
        desk.sign_in()
        body = {**desk.house.reset_proof(account), "new_password": account.password}
        assert desk.house.post(f"{AUTH}/password-reset/confirm", body).status == 200
        assert desk.house.login(account).status == 200
