"""Registration with `hide_existing_accounts`, where nobody is to learn which addresses have an account."""

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


def test_hiding_accounts_implies_the_proof(new_house):
    house = new_house(require_email_verification=False, hide_existing_accounts=True)
    account = house.newcomer()
    house.register(account)

    assert house.login(account).status == 401
    assert house.post(VERIFY, house.proof(account)).status == 200
    assert house.login(account).status == 200
