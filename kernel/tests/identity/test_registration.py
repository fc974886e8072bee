"""Registration: who gets an account, and what is said about those that exist."""

import pytest
from sqlalchemy import select

from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.tenancy.models import Membership, Workspace
from pronaflow_kernel.tenancy.rule import unscoped

REGISTER = "/api/v1/auth/register"
VERIFY = "/api/v1/auth/verify-email"
RESEND = "/api/v1/auth/resend-verification"


def workspaces_of(house, user_id):
    statement = (
        select(Workspace.name, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user_id)
    )
    with house.world.kernel.db.read(Scope.system()) as reader:
        return reader.all(unscoped("a test looks at all memberships of a user", statement))


class TestOpen:
    """Where no proof of the address is asked for."""

    def test_the_answer_shows_the_account_as_documented(self, house):
        account = house.newcomer()

        reply = house.register(account, full_name=" Nina Noor ")

        assert reply.status == 201
        assert reply.data == {
            "id": reply.data["user_id"],
            "user_id": reply.data["id"],
            "email": account.email,
            "username": account.username,
            "full_name": "Nina Noor",
            "status": "active",
            "email_verified_at": None,
            "roles": ["user"],
            "created_at": house.clock.now().isoformat().replace("+00:00", "Z"),
        }

    def test_the_account_is_open_at_once_and_no_mail_is_sent(self, house):
        account = house.newcomer()
        house.register(account)

        assert house.login(account).status == 200
        assert house.mails(account) == []

    def test_the_first_workspace_is_named_after_its_owner(self, house):
        account = house.resident()

        assert workspaces_of(house, account.id) == [
            {"name": f"{account.username}'s Workspace", "role": "owner"}
        ]

    def test_the_longest_user_name_leaves_room_for_the_workspace(self, house):
        account = house.newcomer()
        account.username = f"{account.username}_".ljust(30, "n")

        user_id = house.register(account).data["id"]

        assert workspaces_of(house, user_id)[0]["name"] == f"{account.username}'s Workspace"

    def test_it_is_in_the_ledger_as_the_users_own_act(self, house):
        account = house.resident()

        (event,) = house.events_of(account.id, "user.registered")
        assert (event["aggregate_id"], event["actor_kind"], event["user_id"]) == (
            account.id,
            "user",
            account.id,
        )
        assert event["payload"] == {"user_id": account.id}
        assert (event["workspace_id"], event["public"]) == (None, False)

    @pytest.mark.parametrize(
        "same",
        [str.upper, str.lower, lambda text: text.replace("a", "\N{FULLWIDTH LATIN SMALL LETTER A}")],
        ids=["upper", "lower", "fullwidth"],
    )
    def test_an_address_is_taken_however_it_is_written(self, house, same):
        account, other = house.resident(), house.newcomer()
        local, domain = account.email.split("@")
        other.email = f"{local}@{same(domain)}"

        reply = house.register(other)

        assert (reply.status, reply.error["code"]) == (409, "CONFLICT")
        assert [error["field"] for error in reply.error["details"]["errors"]] == ["email"]

    def test_a_user_name_is_taken_however_it_is_written(self, house):
        account, other = house.resident(), house.newcomer()
        other.username = account.username.swapcase()

        reply = house.register(other)

        assert reply.status == 409
        assert [error["field"] for error in reply.error["details"]["errors"]] == ["username"]

    def test_both_taken_values_are_named(self, house):
        account = house.resident()

        reply = house.register(account, email=account.email.upper())

        assert reply.status == 409
        assert reply.error["details"]["field"] == "email"
        assert {error["field"] for error in reply.error["details"]["errors"]} == {"email", "username"}

    def test_dots_and_tags_in_an_address_make_another_one(self, house):
        account = house.resident()
        local, domain = account.email.split("@")

        for email in (f"{local}+tag@{domain}", f"{local.replace('.', '')}@{domain}"):
            other = house.newcomer()
            other.email = email
            assert house.register(other).status == 201

    def test_of_two_at_the_same_moment_one_gets_the_address(self, house):
        one, two = house.newcomer(), house.newcomer()
        two.email = one.email.upper()

        replies = house.at_once(lambda: house.register(one), lambda: house.register(two))

        assert sorted(reply.status for reply in replies) == [201, 409]
        refused = next(reply for reply in replies if reply.status == 409)
        assert [error["field"] for error in refused.error["details"]["errors"]] == ["email"]


class TestInput:
    def test_every_missing_field_is_named(self, house):
        assert house.post(REGISTER, {}).faults == {"email", "username", "password"}

    def test_every_field_at_fault_is_named_at_once(self, house):
        body = {"email": "nina", "username": "n", "password": "short", "full_name": "n" * 101, "more": 1}

        assert house.post(REGISTER, body).faults == set(body)

    @pytest.mark.parametrize("key", ["id", "status", "roles", "is_system_admin", "email_verified_at"])
    def test_nobody_sets_what_the_server_owns(self, house, key):
        assert house.register(house.newcomer(), **{key: None}).faults == {key}

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "nina",
            "nina@",
            "@example.com",
            "nina@example..com",
            "Nina <nina@example.com>",
            "nina@example.com, otto@example.com",
            "nina@example.com\r\nBcc: otto@example.com",
            "n\N{LATIN SMALL LETTER I WITH DIAERESIS}na@example.com",
            "n" * 310 + "@example.com",
            None,
            7,
        ],
    )
    def test_what_no_mail_can_reach_is_no_address(self, house, email):
        assert house.register(house.newcomer(), email=email).faults == {"email"}

    @pytest.mark.parametrize(
        "username", ["", "ab", "n" * 31, "nina noor", "nina-noor", "nïna", "nina\n", "@nina", None]
    )
    def test_a_user_name_has_3_to_30_letters_digits_and_underscores(self, house, username):
        assert house.register(house.newcomer(), username=username).faults == {"username"}

    def test_blanks_around_an_address_do_not_count(self, house):
        account = house.newcomer()

        assert house.register(account, email=f"  {account.email} ").data["email"] == account.email

    def test_every_class_that_the_password_lacks_is_named(self, house):
        reply = house.register(house.newcomer(), password="............")

        messages = " ".join(error["message"] for error in reply.error["details"]["errors"])
        assert reply.faults == {"password"}
        for missing in ("upper-case", "lower-case", "digit"):
            assert missing in messages
        assert "special" not in messages

    @pytest.mark.parametrize("part", ["username", "email"])
    def test_a_password_may_not_contain_who_it_belongs_to(self, house, part):
        account = house.newcomer()
        name = getattr(account, part).split("@")[0]

        reply = house.register(account, password=f"Aa1!{name.swapcase()}Aa1!")

        assert reply.faults == {"password"}


class TestGated:
    """Where the address must be proved first."""

    def test_the_account_waits_for_its_proof(self, gated):
        account = gated.newcomer()

        reply = gated.register(account)

        assert reply.status == 201
        assert (reply.data["status"], reply.data["roles"]) == ("pending_verification", [])
        refused = gated.login(account)
        assert (refused.status, refused.error["code"]) == (403, "FORBIDDEN")
        assert refused.error["details"] == {"reason": "email_not_verified"}

    def test_the_mail_holds_a_link_whose_token_no_server_sees(self, gated):
        account = gated.newcomer()
        user_id = gated.register(account).data["id"]

        proof = gated.proof(account)

        (mail,) = gated.mails(account)
        assert proof["user_id"] == user_id
        assert f"http://localhost:8000/verify-email#user_id={user_id}&token={proof['token']}" in mail.text
        assert "within 24 hours" in mail.text

    @pytest.mark.parametrize(
        ("asked", "subject"),
        [
            ({}, "Prove your mail address"),
            ({"Accept-Language": "vi, en;q=0.5"}, "Xác minh địa chỉ email của bạn"),
            ({"Accept-Language": "en-GB, vi;q=0.5"}, "Prove your mail address"),
            ({"Accept-Language": "tlh"}, "Prove your mail address"),
        ],
        ids=["nothing", "Vietnamese", "English", "one that nobody speaks"],
    )
    def test_the_mail_is_in_the_language_that_the_request_asks_for(self, gated, asked, subject):
        account = gated.newcomer()
        body = {"email": account.email, "username": account.username, "password": account.password}
        somebody = gated.world.anonymous()

        somebody.request("POST", REGISTER, body, headers=asked)
        account.id = gated.proof(account)["user_id"]
        somebody.request("POST", RESEND, {"user_id": account.id}, headers=asked)

        assert [mail.subject for mail in gated.mails(account)] == [f"{subject} - PronaFlow"] * 2

    def test_the_proof_opens_the_account(self, gated):
        account = gated.newcomer()
        account.id = gated.register(account).data["id"]

        reply = gated.post(VERIFY, gated.proof(account))

        assert (reply.status, list(reply.data)) == (200, ["message"])
        person, _ = gated.signed_in(account)
        me = person.get("/api/v1/auth/me").data
        assert (me["status"], me["email_verified_at"]) == ("active", me["created_at"])
        (event,) = gated.events_of(account.id, "user.verified")
        assert event["user_id"] == account.id

    def test_the_proof_signs_nobody_in(self, gated):
        account = gated.newcomer()
        gated.register(account)

        assert "token" not in gated.post(VERIFY, gated.proof(account)).body.decode()

    def test_a_proof_works_once(self, gated):
        account = gated.newcomer()
        gated.register(account)
        proof = gated.proof(account)
        gated.post(VERIFY, proof)

        again = gated.post(VERIFY, proof)

        assert (again.status, again.error["code"]) == (400, "INVALID_REQUEST")
        assert again.error["details"] == {"field": "token", "reason": "used"}

    def test_of_two_uses_at_the_same_moment_one_works(self, gated):
        account = gated.newcomer()
        gated.register(account)
        proof = gated.proof(account)

        replies = gated.at_once(*[lambda: gated.post(VERIFY, proof)] * 2)

        assert sorted(reply.status for reply in replies) == [200, 400]

    def test_a_proof_works_for_24_hours(self, gated):
        late, early = gated.newcomer(), gated.newcomer()
        for account in (late, early):
            gated.register(account)
        proofs = {account.email: gated.proof(account) for account in (late, early)}

        gated.clock.advance(24 * 3600 - 1)
        assert gated.post(VERIFY, proofs[early.email]).status == 200
        gated.clock.advance(1)
        reply = gated.post(VERIFY, proofs[late.email])

        assert (reply.status, reply.error["details"]["reason"]) == (400, "expired")
        assert gated.login(late).status == 403

    def test_somebody_elses_token_proves_nothing(self, gated):
        one, two = gated.newcomer(), gated.newcomer()
        gated.register(one), gated.register(two)

        reply = gated.post(VERIFY, {**gated.proof(one), "user_id": gated.proof(two)["user_id"]})

        assert (reply.status, reply.error["details"]["reason"]) == (400, "invalid")

    def test_a_token_for_a_new_password_proves_no_address(self, gated):
        account = gated.newcomer()
        gated.register(account)

        reply = gated.post(VERIFY, gated.reset_proof(account))

        assert reply.error["details"]["reason"] == "invalid"

    def test_every_field_at_fault_is_named(self, gated):
        assert gated.post(VERIFY, {}).faults == {"user_id", "token"}
        assert gated.post(VERIFY, {"user_id": "7", "token": "", "more": 1}).faults == {
            "user_id",
            "token",
            "more",
        }

    @pytest.mark.parametrize("key", ["email", "user_id"])
    def test_a_new_mail_does_not_void_the_former_one(self, gated, key):
        account = gated.newcomer()
        account.id = gated.register(account).data["id"]
        former = gated.proof(account)

        asked = {"email": account.email.upper(), "user_id": account.id}[key]
        assert gated.post(RESEND, {key: asked}).status == 200
        latest = gated.proof(account)

        assert latest != former
        assert gated.post(VERIFY, former).status == 200

    def test_a_proved_address_gets_no_further_mail(self, gated):
        account = gated.resident()
        before = len(gated.mails(account))

        assert gated.post(RESEND, {"email": account.email}).status == 200

        assert len(gated.mails(account)) == before

    def test_asking_again_answers_the_same_for_an_unknown_address(self, gated):
        account = gated.newcomer()
        gated.register(account)

        known, unknown = (
            gated.post(RESEND, {"email": email}) for email in (account.email, gated.newcomer().email)
        )

        assert (known.status, known.json) == (unknown.status, unknown.json)

    def test_asking_again_needs_one_name(self, gated):
        assert gated.post(RESEND, {}).faults == {"email"}
        assert gated.post(RESEND, {"email": "nina", "user_id": "7"}).faults == {"email", "user_id"}
        both = {"email": "nina@example.com", "user_id": "01890a5d-ac96-774b-bcce-b302099a8057"}
        assert gated.post(RESEND, both).faults == {"user_id"}
