"""Deleting one's account: who may, what goes, what stays, and that nothing goes halfway."""

import json

import pyotp
from sqlalchemy import select

from pronaflow_kernel.identity.models import User
from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes
from pronaflow_kernel.models import CoreBase
from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.tenancy.models import Membership, Workspace
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.tenancy.service import add_member, change_role, member

ME = "/api/v1/auth/me"


def delete(person, account, **shown):
    return person.request("DELETE", ME, {"password": account.password, **shown})


def workspaces(house, account):
    statement = (
        select(Workspace.__table__, Membership.role, Membership.is_active.label("present"))
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == account.id)
    )
    with house.world.kernel.db.read(Scope.system()) as reader:
        return reader.all(unscoped("a test looks at all workspaces", statement))


def joined(house, host, guest, role="member"):
    """Make somebody a member of another one's workspace; its id."""
    [place] = [row for row in workspaces(house, host) if row["role"] == "owner"]
    with house.world.kernel.db.write(Scope.system(place["id"])) as uow:
        add_member(uow, guest.id, role)
    return place["id"]


def texts(world):
    """Every value of every table of the kernel, as text, with where it stands."""
    engine = open_bare(world.database_url)
    try:
        with engine.connect() as connection:
            for table in CoreBase.metadata.sorted_tables:
                for row in connection.execute(select(table)).mappings():
                    for name, value in row.items():
                        yield f"{table.name}.{name}", text(value).lower()
    finally:
        engine.dispose()


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, default=str, ensure_ascii=False)


class TestAsking:
    def test_the_password_is_enough(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        answer = delete(person, account)

        assert (answer.status, answer.body) == (204, b"")

    def test_a_wrong_one_is_not(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        assert person.request("DELETE", ME, {"password": "Wrong-Horse-77"}).faults == {"password"}
        assert person.request("DELETE", ME, {}).faults == {"password"}
        assert person.get(ME).status == 200

    def test_where_a_factor_is_asked_for_it_is_asked_for_here(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        secret = person.post("/api/v1/auth/mfa/enable").data["secret"]
        app = pyotp.TOTP(secret)
        person.post("/api/v1/auth/mfa/confirm", {"totp_code": app.at(house.clock.now())})
        house.clock.advance(601)

        refused = delete(person, account)
        assert (refused.status, refused.error["details"]["reason"]) == (403, "step_up_required")
        assert delete(person, account, totp_code=app.at(house.clock.now())).status == 204

    def test_who_has_no_password_must_have_signed_in_lately(self, house):
        person = house.world.person("pia")
        house.clock.advance(601)
        assert person.request("DELETE", ME, {}).error["details"]["reason"] == "step_up_required"
        person.token = house.world.token(person.id)
        assert person.request("DELETE", ME, {}).status == 204

    def test_a_stranger_is_nobody(self, house):
        assert house.world.anonymous().request("DELETE", ME, {"password": "x"}).status == 401


class TestWhatGoes:
    def test_nobody_can_sign_in_any_more_and_sessions_are_over(self, house):
        account = house.resident()
        person, refresh_token = house.signed_in(account)
        other, _ = house.signed_in(account)

        delete(person, account)

        assert (person.get(ME).status, other.get(ME).status) == (401, 401)
        assert house.refresh(refresh_token).status == 401
        assert house.login(account).status == 401
        assert house.login(account, email=f"{account.id}@invalid").status == 401

    def test_the_account_stays_without_a_name(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        person.patch(ME, {"full_name": "Nina Nova", "job_title": "Novelist"})

        delete(person, account)

        row = house.user_row(account)
        assert (row["full_name"], row["status"]) == ("Deleted User", "deleted")
        assert row["username"].startswith("deleted.")
        assert [row[name] for name in ("password_hash", "job_title", "avatar_url")] == [None] * 3

    def test_address_and_user_name_are_free_again(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        delete(person, account)
        assert house.register(account).status == 201

    def test_nobody_can_take_beforehand_what_the_account_is_called_then(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        delete(person, account)
        row = house.user_row(account)
        squatter = house.register(house.newcomer(), email=row["email"], username=row["username"])
        assert squatter.faults == {"email", "username"}

    def test_no_value_of_any_table_tells_who_it_was(self, house):
        """With a word in names, address and network, after all that the kernel writes about people."""
        mark, network = "narwhal", "203.0.113"
        account = house.newcomer()
        account.email, account.username, account.ip = f"{mark}@example.com", f"{mark}_1", f"{network}.7"
        account.id = house.register(account, full_name=f"Nina {mark}").data["id"]
        colleague = house.resident()
        joined(house, colleague, account)
        home = joined(house, account, colleague)
        with house.world.kernel.db.write(Scope.system(home)) as uow:
            change_role(uow, member(uow, colleague.id), "owner")
        house.register(account)  # somebody tries to register with the address
        house.login(account, password="Wrong-Horse-77")
        person, _ = house.signed_in(account)
        person.client.environ_base["REMOTE_ADDR"] = account.ip
        person.patch(ME, {"username": f"{mark}_2", "job_title": mark, "avatar_url": f"https://x.org/{mark}"})
        secret = person.post("/api/v1/auth/mfa/enable").data["secret"]
        app = pyotp.TOTP(secret)
        person.post("/api/v1/auth/mfa/confirm", {"totp_code": app.at(house.clock.now())})
        house.login(account)  # leaves a password that waits for its factor
        house.post("/api/v1/auth/password-reset", {"email": account.email})
        house.mails(account)
        found = {place for place, value in texts(house.world) if mark in value or network in value}
        assert found >= {
            "core__user.email", "core__session.ip", "core__event_private.data", "core__workspace.name",
            "core__event.payload", "core__mfa_challenge.ip",
        }  # fmt: skip

        assert delete(person, account).status == 204

        house.world.drain()
        assert [place for place, value in texts(house.world) if mark in value or network in value] == []

    def test_a_workspace_of_their_own_goes_with_all_that_the_ledger_tells_of_it(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        [home] = workspaces(house, account)

        delete(person, account)

        assert workspaces(house, account) == []
        inside = [row for row in house.events() if row["workspace_id"] == home["id"]]
        assert {row["type"] for row in inside} >= {"workspace.created", "workspace.member.added"}
        assert all(row["payload"] == {} and row["changes"] is None for row in inside)

    def test_one_in_the_trash_too(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        [home] = workspaces(house, account)
        with house.world.kernel.db.write(Scope.system(home["id"])) as uow:
            uow.update(Workspace, uow.get(Workspace, home["id"]), {"lifecycle": "trashed"})
        assert delete(person, account).status == 204
        assert workspaces(house, account) == []

    def test_the_owner_is_told_by_mail(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        delete(person, account)
        assert house.mails(account)[-1].subject.startswith("Your account was deleted")

    def test_the_ledger_tells_that_it_happened(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        delete(person, account)
        [event] = house.events_of(account.id, "user.deleted")
        assert (event["payload"]["by"], event["private"]) == ("owner", None)


class TestWhatStays:
    def test_memberships_end_and_the_workspace_goes_on(self, house):
        account, host = house.resident(), house.resident()
        person, _ = house.signed_in(account)
        place = joined(house, host, account)

        delete(person, account)

        with house.world.kernel.db.read(Scope.system(place)) as reader:
            assert reader.get(Workspace, place)["owner_id"] == host.id
        assert [row["present"] for row in workspaces(house, account)] == [False]
        [event] = house.events_of(account.id, "workspace.member.removed")
        assert event["workspace_id"] == place

    def test_another_owner_takes_over(self, house):
        account, heir = house.resident(), house.resident()
        person, _ = house.signed_in(account)
        place = joined(house, account, heir, "owner")
        delete(person, account)
        with house.world.kernel.db.read(Scope.system(place)) as reader:
            row = reader.get(Workspace, place)
        assert (row["owner_id"], row["name"]) == (heir.id, "Workspace")

    def test_other_people_keep_everything(self, house):
        account, other = house.resident(), house.resident()
        person, _ = house.signed_in(account)
        stranger, _ = house.signed_in(other)
        stranger.patch(ME, {"full_name": "Otto Other"})
        before = (house.user_row(other), house.sessions(other), house.events_of(other.id))
        delete(person, account)
        assert (house.user_row(other), house.sessions(other), house.events_of(other.id)) == before


class TestRefusals:
    def test_the_only_owner_of_a_shared_workspace(self, house):
        account, colleague = house.resident(), house.resident()
        person, _ = house.signed_in(account)
        place = joined(house, account, colleague, "admin")

        refused = delete(person, account)

        assert (refused.status, refused.error["details"]["reason"]) == (409, "sole_owner")
        assert [each["id"] for each in refused.error["details"]["workspaces"]] == [place]
        assert person.get(ME).data["email"] == account.email

    def test_another_owner_whose_account_is_closed_does_not_count(self, house):
        account, colleague = house.resident(), house.resident()
        person, _ = house.signed_in(account)
        joined(house, account, colleague, "owner")
        house.set_status(colleague, "suspended")
        assert delete(person, account).status == 409

    def test_the_last_administrator(self, new_house):
        house = new_house(require_email_verification=False)
        account = house.resident()
        person, _ = house.signed_in(account)
        with house.world.kernel.db.write(Scope.system()) as uow:
            uow.update(User, uow.get(User, account.id), {"is_system_admin": True})
        assert delete(person, account).error["details"]["reason"] == "last_admin"
        house.world.administrator()
        assert delete(person, account).status == 204


class TestAtTheSameMoment:
    def test_of_five_deletions_one_succeeds_and_one_mail_goes(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)

        answers = house.at_once(*[lambda: delete(person, account) for _ in range(5)])

        statuses = sorted(answer.status for answer in answers)
        assert statuses[0] == 204
        assert set(statuses[1:]) <= {401, 404, 429}
        mails = [mail.subject for mail in house.mails(account) if "was deleted" in mail.subject]
        assert len(mails) == len(house.events_of(account.id, "user.deleted")) == 1

    def test_of_two_last_administrators_one_stays(self, new_house):
        house = new_house(require_email_verification=False)
        accounts = [house.resident(), house.resident()]
        with house.world.kernel.db.write(Scope.system()) as uow:
            for account in accounts:
                uow.update(User, uow.get(User, account.id), {"is_system_admin": True})
        callers = [(house.signed_in(account)[0], account) for account in accounts]

        answers = house.at_once(*(lambda who=who: delete(*who) for who in callers))

        assert sorted(answer.status for answer in answers) == [204, 409]

    def test_a_sign_in_whose_password_was_compared_before_leaves_nothing(self, house, monkeypatch):
        account = house.resident()
        person, _ = house.signed_in(account)
        compare = PasswordHashes.match

        def slow(self, stored, password):
            right = compare(self, stored, password)
            monkeypatch.setattr(PasswordHashes, "match", compare)
            assert delete(person, account).status == 204
            return right

        monkeypatch.setattr(PasswordHashes, "match", slow)

        assert house.login(account).status == 401
        assert house.sessions(account) == []
