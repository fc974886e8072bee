"""With `hide_existing_accounts` nobody learns which addresses and names have an account."""

import pytest

from pronaflow_kernel.identity.accounts import Accounts
from pronaflow_kernel.ids import new_id

VERIFY = "/api/v1/auth/verify-email"


def body_of(reply, account):
    """An answer without what was sent."""
    sent = {"email": account.email, "username": account.username}
    assert {key: reply.data[key] for key in sent} == sent
    return {**reply.json, "data": {key: value for key, value in reply.data.items() if key not in sent}}


def headers_of(reply):
    own = ("X-Request-Id", "Content-Length")
    return {name: value for name, value in reply.headers.items() if name not in own}


def test_a_free_and_a_taken_address_get_the_same_answer(discreet):
    taken, free = discreet.newcomer(), discreet.newcomer()
    taken.email = discreet.resident().email

    replies = {account.email: discreet.register(account) for account in (free, taken)}

    assert {reply.status for reply in replies.values()} == {201}
    assert replies[free.email].data["id"] is None
    bodies = [body_of(replies[account.email], account) for account in (free, taken)]
    assert bodies[0] == bodies[1]
    assert headers_of(replies[free.email]) == headers_of(replies[taken.email])


def test_until_it_is_answered_nothing_differs(discreet):
    """What is done for a new account takes longer than what is done for one that is there."""
    taken, free = discreet.newcomer(), discreet.newcomer()
    taken.email = discreet.resident().email

    with discreet.world.statements() as for_taken:
        discreet.register(taken)
    with discreet.world.statements() as for_free:
        discreet.register(free)

    assert for_taken == for_free


def test_until_an_account_is_locked_nothing_differs_either(discreet):
    """Its owner gets a mail, which must not show in how long the answer takes."""
    known, unknown = discreet.resident(), discreet.newcomer()
    seen = []
    for account in (known, unknown):
        with discreet.world.statements() as statements:
            for _ in range(6):
                discreet.login(account, password="Wrong-Horse-77")
        seen.append(statements)

    assert seen[0] == seen[1]
    assert discreet.mails(known)[-1].subject.startswith("Failed sign-ins to your account")


def test_the_owner_of_a_taken_address_hears_of_it(discreet):
    owner, intruder = discreet.resident(), discreet.newcomer()
    intruder.email = owner.email.lower()

    discreet.register(intruder)

    mail = discreet.mails(owner)[-1]
    assert mail.subject.startswith("You have an account already")
    assert owner.username in mail.text
    assert discreet.login(intruder, password="Wrong-Horse-77").status == 401
    (event,) = discreet.events("user.registration_refused")[-1:]
    assert event["payload"] == {"user_id": owner.id, "reason": "email_taken"}


def test_who_chose_a_taken_user_name_hears_of_it_by_mail(discreet):
    owner, newcomer = discreet.resident(), discreet.newcomer()
    newcomer.username = owner.username.lower()

    assert discreet.register(newcomer).status == 201

    assert discreet.mails(newcomer)[-1].subject.startswith("Please choose another user name")
    assert discreet.login(newcomer).status == 401


@pytest.mark.parametrize("taken", ["email", "username"])
def test_strangers_cannot_flood_a_mailbox_by_registering(discreet, taken):
    account = discreet.resident()
    reader = account if taken == "email" else discreet.newcomer()
    said = {"email": reader.email, taken: getattr(account, taken)}
    before = len(discreet.mails(reader))

    for _ in range(8):
        assert discreet.register(discreet.newcomer(), **said).status == 201

    assert len(discreet.mails(reader)) - before == 5
    discreet.clock.advance(3600)
    discreet.register(discreet.newcomer(), **said)
    assert len(discreet.mails(reader)) - before == 6


def test_a_new_account_cannot_be_told_by_signing_in(discreet):
    taken, free = discreet.newcomer(), discreet.newcomer()
    taken.email = discreet.resident().email
    discreet.register(taken, password="Other-Horse-77"), discreet.register(free)

    one = discreet.login(taken, password="Other-Horse-77")
    two = discreet.login(free)

    assert one.status == two.status == 401
    assert one.json == two.json


def test_the_proof_opens_the_account(discreet):
    assert discreet.login(discreet.resident()).status == 200


def test_of_two_at_the_same_moment_both_hear_the_same(discreet):
    one, two = discreet.newcomer(), discreet.newcomer()
    two.email = one.email

    replies = discreet.at_once(lambda: discreet.register(one), lambda: discreet.register(two))

    assert [reply.status for reply in replies] == [201, 201]
    subjects = sorted(mail.subject.partition(" - ")[0] for mail in discreet.mails(one))
    assert subjects == ["Prove your mail address", "You have an account already"]


@pytest.mark.parametrize("times", [1, 2], ids=["before the check", "before it is stored"])
def test_an_address_that_is_taken_just_before_is_found(discreet, monkeypatch, times):
    one, two = discreet.newcomer(), discreet.newcomer()
    two.email = one.email
    for account in (one, two):
        assert discreet.register(account).status == 201
    named, asked = Accounts.named, []

    def blind_at_first(accounts, reader, email, username):
        asked.append(username)
        return [] if asked.count(two.username) <= times else named(accounts, reader, email, username)

    monkeypatch.setattr(Accounts, "named", blind_at_first)

    assert [mail.subject.partition(" - ")[0] for mail in discreet.mails(one)] == [
        "Prove your mail address",
        "You have an account already",
    ]


def test_hiding_accounts_implies_the_proof(new_house):
    house = new_house(require_email_verification=False, hide_existing_accounts=True)
    account = house.newcomer()
    house.register(account)

    assert house.login(account).status == 401
    assert house.post(VERIFY, house.proof(account)).status == 200
    assert house.login(account).status == 200


ASKED = {
    "login": lambda who: ("login", {"email": who.email, "password": "Wrong-Horse-77"}),
    "login-by-name": lambda who: ("login", {"username": who.username, "password": "Wrong-Horse-77"}),
    "login-with-device": lambda who: (
        "login", {"email": who.email, "password": "Wrong-Horse-77", "device_token": "pd1." + "A" * 75}
    ),
    "register": lambda who: (
        "register", {"email": who.email, "username": who.username, "password": who.password}
    ),
    "register-name": lambda who: (
        "register", {"email": f"x{who.email}", "username": who.username, "password": who.password}
    ),
    "resend": lambda who: ("resend-verification", {"email": who.email}),
    "resend-by-id": lambda who: ("resend-verification", {"user_id": who.id}),
    "forgot": lambda who: ("password-reset", {"email": who.email}),
    "reset": lambda who: (
        "password-reset/confirm", {"user_id": who.id, "token": "x", "new_password": "Battery-Staple-8"}
    ),
    "verify": lambda who: ("verify-email", {"user_id": who.id, "token": "x"}),
}  # fmt: skip


class TestAnswers:
    """Every public route that names an account, asked about one that there is and one that there is not."""

    def unproved(self, house):
        account = house.newcomer()
        house.register(account)
        account.id = house.proof(account)["user_id"]
        return account

    def closed(self, house):
        account = house.resident()
        house.set_status(account, "suspended")
        return account

    def besieged(self, house):
        """Somebody whose account is locked for everybody in the network."""
        account = house.resident()
        for _ in range(5):
            house.login(account, password="Wrong-Horse-77")
        return account

    def nobody(self, house, times):
        """Somebody without an account, who was also tried in vain."""
        account = house.newcomer()
        account.id = new_id()
        for _ in range(times):
            house.login(account, password="Wrong-Horse-77")
        return account

    def asked(self, house, who, route):
        path, body = ASKED[route](who)
        reply = house.caller(who.ip).post(f"/api/v1/auth/{path}", body)
        text = reply.body.decode()
        for private in (who.email, who.username, reply.headers["X-Request-Id"]):
            text = text.replace(private, "*" * len(private))
        others = [(name, value) for name, value in reply.headers if name != "X-Request-Id"]
        return reply.status, text.replace("*", ""), [pair for pair in others if pair[0] != "Content-Length"]

    @pytest.mark.parametrize("route", ASKED)
    @pytest.mark.parametrize("state", ["resident", "unproved", "closed", "besieged"])
    def test_status_body_and_headers_are_those_for_an_account_that_is_not_there(self, discreet, route, state):
        known = discreet.resident() if state == "resident" else getattr(self, state)(discreet)
        unknown = self.nobody(discreet, 5 if state == "besieged" else 0)

        assert self.asked(discreet, known, route) == self.asked(discreet, unknown, route)

    @pytest.mark.parametrize("route", ["register", "resend", "forgot", "login"])
    def test_no_mail_is_sent_before_the_answer(self, discreet, route):
        known = discreet.resident()
        discreet.mails(known)
        before = len(discreet.world.outbox.mails)

        self.asked(discreet, known, route)

        assert len(discreet.world.outbox.mails) == before
