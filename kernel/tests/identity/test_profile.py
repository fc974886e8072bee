"""One's own account."""

import pytest

from pronaflow_kernel.testing import PatchSuite

ME = "/api/v1/auth/me"


@pytest.fixture
def account(house):
    return house.resident()


@pytest.fixture
def person(house, account):
    return house.signed_in(account)[0]


def test_it_shows_the_account_as_documented(house, account, person):
    now = house.clock.now().isoformat().replace("+00:00", "Z")

    assert person.get(ME).data == {
        "id": account.id,
        "user_id": account.id,
        "email": account.email,
        "username": account.username,
        "full_name": None,
        "status": "active",
        "email_verified_at": None,
        "mfa_enabled": False,
        "roles": ["user"],
        "avatar_url": None,
        "job_title": None,
        "last_login_at": now,
        "created_at": now,
        "updated_at": now,
    }


def test_nobody_without_a_token_sees_one(house):
    assert house.world.anonymous().get(ME).status == 401
    assert house.world.anonymous().patch(ME, {}).status == 401


def test_a_change_shows_in_the_answer_and_in_the_next_read(house, account, person):
    changes = {
        "full_name": "Nina Noor",
        "username": f"{account.username}_x",
        "avatar_url": "https://example.com/nina.png",
        "job_title": "developer",
    }
    house.clock.advance(5)

    reply = person.patch(ME, changes)

    assert {key: reply.data[key] for key in changes} == changes
    assert reply.data["updated_at"] == house.clock.now().isoformat().replace("+00:00", "Z")
    assert person.get(ME).data == reply.data


def test_what_changed_is_in_the_ledger_with_the_values_apart(house, account, person):
    person.patch(ME, {"full_name": "Nina Noor", "job_title": None})

    (event,) = house.events_of(account.id, "user.updated")
    assert event["payload"] == {"user_id": account.id, "fields_changed": ["full_name"]}
    assert event["changes"] is None
    assert event["private"] == {"changes": {"full_name": {"old": None, "new": "Nina Noor"}}}


def test_null_clears(person):
    person.patch(ME, {"full_name": "Nina", "avatar_url": "http://localhost/n.png", "job_title": "developer"})

    cleared = person.patch(ME, {"full_name": None, "avatar_url": None, "job_title": None}).data

    assert [cleared[key] for key in ("full_name", "avatar_url", "job_title")] == [None] * 3


@pytest.mark.parametrize("same", [{}, {"full_name": None}])
def test_a_patch_that_changes_nothing_writes_nothing(house, account, person, same):
    before = person.get(ME).data
    house.clock.advance(5)

    assert person.patch(ME, same).data == before
    assert house.events_of(account.id, "user.updated") == []


def test_a_taken_user_name_is_refused_however_it_is_written(house, account, person):
    other = house.resident()

    reply = person.patch(ME, {"username": other.username.swapcase()})

    assert (reply.status, reply.error["code"]) == (409, "CONFLICT")
    assert reply.error["details"]["field"] == "username"


def test_ones_own_user_name_may_change_its_case(account, person):
    assert person.patch(ME, {"username": account.username.swapcase()}).status == 200


def test_of_two_who_take_a_name_at_the_same_moment_one_gets_it(house):
    people = [house.signed_in(house.resident())[0] for _ in range(2)]
    name = house.newcomer().username

    replies = house.at_once(*[lambda p=p: p.patch(ME, {"username": name}) for p in people])

    assert sorted(reply.status for reply in replies) == [200, 409]


def test_every_field_at_fault_is_named(person):
    wrong = {
        "full_name": "n" * 101,
        "username": None,
        "avatar_url": "javascript:alert(1)",
        "job_title": 7,
        "email": "x@example.com",
        "status": "active",
        "roles": ["admin"],
    }

    assert person.patch(ME, wrong).faults == set(wrong)


class TestPatches(PatchSuite):
    patch = {"full_name": "Ann Other", "job_title": "Cook"}
    clears = {"full_name": "Ann Other", "avatar_url": "https://example.com/ann.png", "job_title": "Cook"}
    versioned = False

    @pytest.fixture
    def world(self, house):
        return house.world

    @pytest.fixture
    def ann(self, person):
        return person

    @pytest.fixture
    def record(self, ann):
        return ann.get(ME).data

    def url(self, record):
        return ME
