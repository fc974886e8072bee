"""The first administrator."""

import re

import pytest

from pronaflow_kernel.errors import Conflict, ValidationFailed
from pronaflow_kernel.identity.admin import Admin
from pronaflow_kernel.persistence.scope import Scope

SETUP = "/api/v1/auth/setup"
ME = "/api/v1/auth/me"


@pytest.fixture
def empty(new_house):
    """A server that nobody uses yet."""
    return new_house()


def within(house, act):
    """What `act(admin, uow)` answers, committed."""
    with house.world.kernel.db.write(Scope.system(), origin="system") as uow:
        return act(Admin(house.world.kernel), uow)


def link(house):
    return within(house, lambda admin, uow: admin.issue_setup_link(uow))


def token_of(url):
    return re.fullmatch(r"http://localhost:8000/setup#token=([\w-]{43})", url)[1]


def body(house, account, token):
    return {
        "token": token,
        "email": account.email,
        "username": account.username,
        "password": account.password,
    }


class TestSetupLink:
    def test_it_makes_the_first_administrator(self, empty):
        account = empty.newcomer()

        reply = empty.post(SETUP, body(empty, account, token_of(link(empty))))

        assert reply.status == 201
        assert (reply.data["status"], reply.data["roles"]) == ("active", ["user", "admin"])
        assert reply.data["email_verified_at"] == reply.data["created_at"]
        person, _ = empty.signed_in(account)
        assert person.get(ME).data["roles"] == ["user", "admin"]
        assert person.get("/api/v1/auth/me").data["id"] == reply.data["user_id"]

    def test_it_works_once_and_for_one(self, empty):
        token = token_of(link(empty))

        replies = empty.at_once(
            *[
                lambda a=a: empty.post(SETUP, body(empty, a, token))
                for a in (empty.newcomer(), empty.newcomer())
            ]
        )

        assert sorted(reply.status for reply in replies) == [201, 400]
        assert empty.post(SETUP, body(empty, empty.newcomer(), token)).error["details"]["reason"] == "used"

    def test_it_works_for_24_hours(self, empty):
        token = token_of(link(empty))

        empty.clock.advance(24 * 3600)
        reply = empty.post(SETUP, body(empty, empty.newcomer(), token))

        assert (reply.status, reply.error["details"]) == (400, {"field": "token", "reason": "expired"})

    def test_a_new_one_replaces_the_former(self, empty):
        former, latest = token_of(link(empty)), token_of(link(empty))

        assert (
            empty.post(SETUP, body(empty, empty.newcomer(), former)).error["details"]["reason"] == "invalid"
        )
        assert empty.post(SETUP, body(empty, empty.newcomer(), latest)).status == 201

    def test_there_is_none_once_an_administrator_exists(self, empty):
        token = token_of(link(empty))
        account = empty.newcomer()
        within(
            empty,
            lambda admin, uow: admin.create_admin(uow, account.email, account.username, account.password),
        )

        assert link(empty) is None
        late = empty.post(SETUP, body(empty, empty.newcomer(), token))
        assert (late.status, late.error["code"]) == (409, "CONFLICT")

    def test_other_users_do_not_count(self, empty):
        empty.resident()

        assert link(empty) is not None

    def test_a_mistake_does_not_use_it_up(self, empty):
        token, account, other = token_of(link(empty)), empty.newcomer(), empty.resident()

        weak = empty.post(SETUP, {**body(empty, account, token), "password": "short", "username": "n"})
        taken = empty.post(SETUP, {**body(empty, account, token), "email": other.email})

        assert weak.faults == {"password", "username"}
        assert (taken.status, taken.error["details"]["field"]) == (409, "email")
        assert empty.post(SETUP, body(empty, account, token)).status == 201

    def test_every_field_at_fault_is_named(self, empty):
        assert empty.post(SETUP, {}).faults == {"token", "email", "username", "password"}
        assert empty.post(SETUP, {"token": "", "full_name": "x"}).faults == {
            "token", "email", "username", "password", "full_name",
        }  # fmt: skip


class TestCommandLine:
    def test_it_makes_as_many_administrators_as_asked_for(self, gated):
        for account in (gated.newcomer(), gated.newcomer()):
            row = within(
                gated, lambda admin, uow, a=account: admin.create_admin(uow, a.email, a.username, a.password)
            )
            assert row["is_system_admin"]
            assert gated.login(account).data["user"]["roles"] == ["user", "admin"]
            (event,) = [e for e in gated.events("user.registered") if e["aggregate_id"] == row["id"]]
            assert event["actor_kind"] == "system"

    def test_everything_that_is_wrong_is_named(self, house):
        with pytest.raises(ValidationFailed) as caught:
            within(house, lambda admin, uow: admin.create_admin(uow, "nina", "n", "short"))

        assert {problem.field for problem in caught.value.problems} == {"email", "username", "password"}

    def test_a_taken_name_is_refused(self, house):
        account = house.resident()

        with pytest.raises(Conflict):
            within(
                house, lambda admin, uow: admin.create_admin(uow, account.email, "Somebody", account.password)
            )


class TestBootstrap:
    @pytest.fixture
    def named(self, new_database, tmp_path):
        """Makes a server whose settings name an administrator."""
        from pronaflow_kernel.testing import World

        worlds = []

        def make(email, password="Correct-Horse-7"):
            settings = {"bootstrap.admin_email": email, "bootstrap.admin_password": password}
            worlds.append(World(new_database(), tmp_path, settings, candidates=[]))
            return worlds[-1]

        yield make
        for world in worlds:
            world.close()

    def bootstrap(self, world):
        with world.kernel.db.write(Scope.system(), origin="system") as uow:
            return Admin(world.kernel).bootstrap(uow)

    @pytest.mark.parametrize(
        ("address", "email", "username"),
        [
            ("nina.noor@example.com", "nina.noor@example.com", "nina_noor"),
            ("Nina Noor <nina@example.com>", "nina@example.com", "nina"),
            ("it@example.com", "it@example.com", "it_admin"),
            (f"{'n' * 40}@example.com", f"{'n' * 40}@example.com", "n" * 30),
        ],
    )
    def test_the_settings_make_the_first_administrator(self, named, address, email, username):
        world = named(address)

        row = self.bootstrap(world)

        assert (row["email"], row["username"], row["is_system_admin"]) == (email, username, True)
        login = world.anonymous().post("/api/v1/auth/login", {"email": email, "password": "Correct-Horse-7"})
        assert login.data["user"]["roles"] == ["user", "admin"]

    def test_a_second_start_changes_nothing(self, named):
        world = named("nina@example.com")

        assert self.bootstrap(world) is not None
        assert self.bootstrap(world) is None

    def test_where_people_are_already_it_does_nothing(self, named):
        world = named("nina@example.com")
        world.person()

        assert self.bootstrap(world) is None

    def test_without_the_settings_it_does_nothing(self, empty):
        assert within(empty, lambda admin, uow: admin.bootstrap(uow)) is None

    def test_a_weak_password_is_refused(self, named):
        with pytest.raises(ValidationFailed):
            self.bootstrap(named("nina@example.com", "weak"))
