"""The people picker: `GET /api/v1/users`."""

import pytest
from sqlalchemy import update

from pronaflow_kernel.identity.models import User
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.tenancy.models import Workspace
from pronaflow_kernel.tenancy.service import member, remove_member, trash_workspace

PATH = "/api/v1/users"


@pytest.fixture
def ann(world):
    return world.person("ann")


@pytest.fixture
def bob(world, ann):
    """A viewer in Ann's workspace."""
    made = world.person("bob")
    world.join(ann.workspace_id, made, "viewer")
    return made


@pytest.fixture
def eve(world):
    """Nobody's colleague."""
    return world.person("eve")


def change(world, person, **values):
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(update(User).where(User.id == person.id).values(**values))


def found(caller, **query):
    """Ids of those whom a search shows."""
    return {row["id"] for row in caller.get(PATH, **query).data}


def test_everybody_who_shares_a_workspace_is_shown_and_the_caller_too(ann, bob, eve):
    rows = ann.get(PATH).data

    assert {row["id"] for row in rows} == {ann.id, bob.id}
    assert rows[1] == {
        "id": bob.id,
        "user_id": bob.id,
        "username": bob.username,
        "full_name": "Bob",
        "email": bob.email,
        "avatar_url": None,
    }
    assert found(bob) == {ann.id, bob.id}
    assert found(eve) == {eve.id}


def test_people_of_several_common_workspaces_are_shown_once(world, ann, bob):
    host, other = world.person("host"), world.person("tom")
    world.join(other.workspace_id, ann, "viewer")
    world.join(host.workspace_id, ann, "member"), world.join(host.workspace_id, bob, "member")

    people = [row["id"] for row in ann.get(PATH).data]

    assert sorted(people) == sorted({ann.id, bob.id, host.id, other.id})
    # Two who both work with Ann are strangers to each other.
    assert other.id not in found(bob)


def test_a_workspace_narrows_it(world, ann, bob):
    tom = world.person("tom")
    toms = tom.workspace_id
    world.join(toms, ann, "viewer")

    assert found(ann, workspace_id=toms) == {ann.id, tom.id}
    assert found(ann) == {ann.id, bob.id, tom.id}


def test_a_workspace_that_is_not_the_callers_looks_like_none(ann, eve):
    foreign = eve.get(PATH, workspace_id=ann.workspace_id)
    missing = eve.get(PATH, workspace_id="0190aaaa-0000-7000-8000-000000000000")

    assert foreign.status == missing.status == 404
    assert foreign.json["error"]["code"] == missing.json["error"]["code"]
    assert eve.get(PATH, workspace_id="x").faults == {"workspace_id"}


def test_who_has_left_is_not_shown_and_sees_nobody(world, ann, bob):
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        remove_member(uow, member(uow, bob.id))

    assert found(ann) == {ann.id}
    assert found(bob) == {bob.id}


def test_a_trashed_workspace_connects_nobody(world, ann, bob):
    tom = world.person("tom")
    home, toms = tom.workspace_id, world.person("host").workspace_id
    world.join(toms, tom, "member"), world.join(toms, ann, "member")
    assert tom.id in found(ann)

    with world.kernel.db.write(Scope.system(toms)) as uow:
        trash_workspace(uow, uow.get(Workspace, toms))

    assert tom.id not in found(ann)
    assert found(tom, workspace_id=home) == {tom.id}


@pytest.mark.parametrize("status", ["inactive", "suspended", "deleted", "pending_verification"])
def test_accounts_that_are_not_active_are_not_shown(world, ann, bob, status):
    change(world, bob, status=status)

    assert found(ann) == {ann.id}


class TestSearch:
    @pytest.fixture
    def anh(self, world, bob):
        change(
            world,
            bob,
            full_name="Nguyễn Văn Ánh",
            email_norm=f"van.anh@{bob.username}.example.org",
        )
        return bob

    @pytest.mark.parametrize(
        "search", ["nguyễn", "VĂN", "ánh", "văn ánh", "Ánh", "  Ánh ", "van.a", "VAN.ANH@B"]
    )
    def test_names_are_found_by_any_part_and_addresses_by_their_beginning(self, ann, anh, search):
        assert found(ann, search=search) == {anh.id}

    def test_user_names_are_found_by_any_part(self, ann, anh):
        assert found(ann, search=anh.username[1:].upper()) == {anh.id}

    @pytest.mark.parametrize("search", ["anh@", "example.org", "%", "_v", "\\", "zzz", "'; --"])
    def test_what_is_not_there_is_not_found(self, ann, anh, search):
        assert found(ann, search=search) == set()

    def test_strangers_are_not_found_by_their_exact_name(self, ann, eve):
        for search in (eve.username, eve.email, "Eve"):
            assert found(ann, search=search) == set()

    def test_a_search_and_a_workspace_are_both_held(self, world, ann, anh):
        tom = world.person("tom")
        toms = tom.workspace_id
        world.join(toms, ann, "viewer")

        assert found(ann, search="ánh", workspace_id=toms) == set()

    def test_nothing_looked_for_is_everybody(self, ann, bob):
        assert found(ann, search=" ") == {ann.id, bob.id}

    def test_what_is_too_long_is_refused(self, ann):
        assert ann.get(PATH, search="x" * 101, colour="red").faults == {"search", "colour"}


def test_it_is_paged_as_every_list(world, ann):
    others = [world.person(name) for name in ("cara", "dora", "edda")]
    for other in others:
        world.join(ann.workspace_id, other, "member")

    first = ann.get(PATH, page_size=2)
    cursor = first.json["pagination"]["next_cursor"]
    rest = ann.get(PATH, page_size=2, cursor=cursor).data

    assert first.json["pagination"]["total"] == 4
    names = [row["full_name"] for row in [*first.data, *rest]]
    assert names == ["Ann", "Cara", "Dora", "Edda"]
    backwards = ann.get(PATH, sort="-username").data
    assert [row["username"] for row in backwards] == sorted(
        (row["username"] for row in backwards), reverse=True
    )


def test_it_takes_at_most_six_statements(world, ann, bob):
    with world.statements() as seen:
        ann.get(PATH, workspace_id=ann.workspace_id, search="b", page_size=1)

    assert len(seen) <= 6


def test_it_takes_a_session(world):
    assert world.anonymous().get(PATH).status == 401
