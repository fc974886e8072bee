"""Links between accounts and identities at the provider: made, shown and taken away by their owners."""

from __future__ import annotations

import threading

import pytest

from pronaflow_kernel.identity.models import IdentityLink, User
from pronaflow_kernel.persistence.scope import Scope

AUTH = "/api/v1/auth"


@pytest.fixture
def ann(desk):
    """Somebody with a password and a session."""
    account = desk.house.resident()
    account.caller, _ = desk.house.signed_in(account)
    return account


def set_password(desk, account):
    """By mail, which proves the address."""
    account.password += "x"
    body = {**desk.house.reset_proof(account), "new_password": account.password}
    assert desk.house.post(f"{AUTH}/password-reset/confirm", body).status == 200


class TestAddressesThatResemble:
    """`normal` makes them one, but they may be two people's."""

    def test_take_nobodys_account(self, desk):
        account = desk.house.newcomer()
        account.email = f"{account.username}@gross.example"
        account.id = desk.house.register(account).data["id"]
        set_password(desk, account)
        desk.somebody(email=f"{account.username}@groß.example")
        answer = desk.sign_in()
        assert (answer.status, answer.error["details"]["reason"]) == (409, "account_exists")
        desk.somebody(email=account.email.upper())
        assert desk.sign_in().data["user"]["id"] == account.id

    def test_are_not_of_a_domain_that_may_come(self, new_desk, opened):
        desk = opened(new_desk(domains=["Gross.example"]))
        desk.somebody(email="eve@groß.example")
        assert desk.sign_in().error["details"]["reason"] == "domain_not_allowed"
        desk.somebody(email="nora@GROSS.example")
        assert desk.sign_in().status == 200


class TestLinking:
    def test_lets_the_owner_sign_in_through_the_provider(self, desk, ann):
        desk.somebody(email="quite.another@example.org")
        link = desk.link(ann.caller).data
        assert (link["provider"], link["name"]) == ("oidc", "OpenID Connect")
        assert desk.sign_in().data["user"]["id"] == ann.id

    def test_needs_no_address_from_the_provider(self, desk, ann):
        desk.somebody(email=None)
        assert desk.link(ann.caller).status == 200

    def test_is_told_by_mail_and_in_the_ledger(self, desk, ann):
        desk.somebody()
        desk.link(ann.caller)
        assert "linked to OpenID Connect" in desk.house.mails(ann)[-1].subject
        assert len(desk.house.events_of(ann.id, "user.identity_linked")) == 1

    def test_twice_is_done_once(self, desk, ann):
        desk.somebody()
        first, second = desk.link(ann.caller).data, desk.link(ann.caller).data
        assert first == second
        assert len(desk.links(ann.id)) == 1

    def test_at_once_is_done_once(self, desk, ann):
        desk.somebody()
        flows = [desk.flow().body() for _ in range(3)]
        answers = desk.house.at_once(
            *(lambda body=body: ann.caller.post(f"{AUTH}/oauth/oidc/link", body) for body in flows)
        )
        assert [answer.status for answer in answers] == [200] * 3
        assert len(desk.links(ann.id)) == 1

    def test_takes_nobody_elses_identity(self, desk, ann):
        desk.somebody()
        owner = desk.sign_in().data["user"]["id"]
        answer = desk.link(ann.caller)
        assert (answer.status, answer.error["details"]["reason"]) == (409, "linked_elsewhere")
        assert [len(desk.links(user)) for user in (owner, ann.id)] == [1, 0]

    def test_needs_a_recent_sign_in(self, desk, ann):
        desk.somebody()
        desk.clock.advance(601)
        answer = desk.link(ann.caller)
        assert (answer.status, answer.error["details"]["reason"]) == (403, "step_up_required")

    def test_needs_a_session(self, desk):
        desk.somebody()
        assert desk.link(desk.world.anonymous()).status == 401


class TestTheList:
    def test_shows_ones_own(self, desk, ann):
        pia = desk.somebody()
        desk.link(ann.caller)
        [shown] = ann.caller.get(f"{AUTH}/identities").data
        assert shown.keys() == {"id", "provider", "name", "issuer", "subject", "created_at"}
        assert (shown["issuer"], shown["subject"]) == (desk.provider.issuer, pia["sub"])

    def test_is_empty_for_others(self, desk, ann):
        desk.somebody()
        desk.link(ann.caller)
        other, _ = desk.house.signed_in(desk.house.resident())
        assert other.get(f"{AUTH}/identities").data == []

    def test_names_no_provider_that_is_not_asked_any_more(self, desk, ann, new_house):
        desk.somebody()
        desk.link(ann.caller)
        later = new_house(over=desk.house)
        caller, _ = later.signed_in(ann)
        [shown] = caller.get(f"{AUTH}/identities").data
        assert (shown["provider"], shown["name"], shown["issuer"]) == (None, None, desk.provider.issuer)


class TestUnlinking:
    def test_closes_the_way_in(self, desk, ann):
        desk.somebody(email_verified=False)
        link = desk.link(ann.caller).data
        assert ann.caller.delete(f"{AUTH}/identities/{link['id']}").status == 204
        assert desk.sign_in().status == 403
        assert "not linked to OpenID Connect any more" in desk.house.mails(ann)[-1].subject
        assert len(desk.house.events_of(ann.id, "user.identity_unlinked")) == 1

    def test_is_for_the_owner_only(self, desk, ann):
        desk.somebody()
        link = desk.link(ann.caller).data
        other, _ = desk.house.signed_in(desk.house.resident())
        assert other.delete(f"{AUTH}/identities/{link['id']}").status == 404
        assert len(desk.links(ann.id)) == 1

    def test_is_done_for_who_first_proves_the_address_by_setting_a_password(self, desk, ann):
        """Whoever opened the account with somebody else's address does not come back through a provider."""
        desk.somebody(email_verified=False)
        desk.link(ann.caller)
        assert desk.user(ann.id)["email_verified_at"] is None

        set_password(desk, ann)

        assert desk.sign_in().status == 403
        assert len(desk.house.events_of(ann.id, "user.identity_unlinked")) == 1

    def test_is_not_done_for_who_has_proved_it_before(self, desk, ann):
        set_password(desk, ann)
        ann.caller, _ = desk.house.signed_in(ann)
        desk.somebody()
        desk.link(ann.caller)

        set_password(desk, ann)

        assert desk.sign_in().data["user"]["id"] == ann.id

    def test_needs_a_recent_sign_in(self, desk, ann):
        desk.somebody()
        link = desk.link(ann.caller).data
        desk.clock.advance(601)
        assert ann.caller.delete(f"{AUTH}/identities/{link['id']}").status == 403

    def test_does_not_close_the_last_way_in(self, desk):
        desk.somebody()
        caller = desk.signed_in(fresh="true")
        [link] = caller.get(f"{AUTH}/identities").data
        answer = caller.delete(f"{AUTH}/identities/{link['id']}")
        assert (answer.status, answer.error["details"]["reason"]) == (409, "last_sign_in")

    def test_of_two_at_once_leaves_one(self, desk):
        desk.somebody()
        caller = desk.signed_in(fresh="true")
        desk.somebody()
        desk.link(caller)
        user_id = caller.get(f"{AUTH}/me").data["id"]
        first, second = desk.links(user_id)
        answers = []
        with desk.world.kernel.db.write(Scope.system()) as uow:
            uow.get(User, user_id, lock=True)
            later = threading.Thread(
                target=lambda: answers.append(caller.delete(f"{AUTH}/identities/{second['id']}"))
            )
            later.start()
            later.join(0.3)  # it waits for us: what it does without waiting would be wrong
            uow.remove(IdentityLink, first)
        later.join()
        assert [answer.status for answer in answers] == [409]
