"""Preferences: what people choose, over what their workspace and the server choose for them."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from pronaflow_kernel.errors import NotFound
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.identity.leaving.personal_data import collect
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.preferences.locales import Locale
from pronaflow_kernel.preferences.merging import differing, leaves, merged, nested
from pronaflow_kernel.preferences.models import Preference, PreferencePolicy
from pronaflow_kernel.preferences.preferences import Policy
from pronaflow_kernel.tenancy.models import Workspace
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.tenancy.service import purge_workspace

EVENING = datetime(2026, 3, 1, 21, 5, tzinfo=UTC)


@pytest.fixture
def ann(world):
    return world.person("ann")


@pytest.fixture
def bob(world, ann):
    made = world.person("bob")
    world.join(ann.workspace_id, made, "member")
    return made


@pytest.fixture
def preferences(world):
    return world.kernel.preferences


@pytest.fixture
def change(world, preferences):
    """Change somebody's preferences, each time in a transaction of its own."""

    def do(person, section, changes):
        with world.kernel.db.write(Scope.system()) as uow:
            return preferences.change(uow, section, person.id, changes)

    return do


@pytest.fixture
def policy(world, ann, preferences):
    """Set the policy of Ann's workspace."""

    def do(values, mandatory=()):
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            return preferences.set_policy(uow, "locale", values, mandatory)

    return do


@pytest.fixture
def locale(world, preferences):
    """How to address somebody, in a workspace or in none."""

    def do(person, workspace_id=None):
        with world.kernel.db.read(Scope.system(workspace_id)) as reader:
            return preferences.locales(reader, [person.id])[person.id]

    return do


def told(world, event_type):
    """The ledger's rows of a type, in order."""
    statement = select(EventRow.__table__).where(EventRow.type == event_type).order_by(EventRow.seq)
    with world.kernel.db.read(Scope.system()) as reader:
        return reader.all(unscoped("a test looks everywhere", statement))


def chosen(world, *people, section="locale"):
    with world.kernel.db.read(Scope.system()) as reader:
        return world.kernel.preferences.of(reader, section, [person.id for person in people])


def test_whoever_has_chosen_nothing_is_told_too_and_nothing_is_written(world, ann, bob, change):
    change(bob, "locale", {"language": "vi-VN"})

    found = chosen(world, ann, bob)

    assert (found[ann.id].values, found[ann.id].version, found[ann.id].updated_at) == ({}, 0, None)
    assert (found[bob.id].values, found[bob.id].version) == ({"language": "vi-VN"}, 1)
    with world.kernel.db.read(Scope.system()) as reader:
        count = select(func.count()).select_from(Preference).where(Preference.user_id.in_([ann.id, bob.id]))
        assert reader.value(count) == 1


def test_the_id_is_the_same_before_and_after_the_first_choice(world, ann, change):
    before = chosen(world, ann)[ann.id].id

    assert change(ann, "locale", {"language": "vi-VN"}).id == before
    assert chosen(world, ann, section="notifications")[ann.id].id != before


def test_changes_are_merged_key_by_key_and_null_brings_a_default_back(ann, change):
    change(ann, "notifications", {"quiet_hours": {"enabled": True, "start": "22:00"}, "sound_enabled": False})
    after = change(
        ann, "notifications", {"quiet_hours": {"start": None, "end": "08:00"}, "sound_enabled": None}
    )

    assert after.values == {"quiet_hours": {"enabled": True, "end": "08:00"}}
    assert change(ann, "notifications", {"quiet_hours": {"enabled": None, "end": None}}).values == {}


def test_a_change_that_changes_nothing_is_not_written_and_not_told(world, ann, change):
    change(ann, "locale", {"language": "vi-VN"})
    count = len(told(world, "preferences.updated"))

    assert change(ann, "locale", {"language": "vi-VN"}).version == 1
    assert change(ann, "notifications", {"sound_enabled": None}).version == 0
    assert len(told(world, "preferences.updated")) == count


def test_the_ledger_tells_which_keys_changed_and_never_to_what(world, ann, change):
    change(ann, "personalization", {"accessibility": {"high_contrast": True}, "theme": "dark"})

    event = told(world, "preferences.updated")[-1]
    assert event["payload"] == {
        "user_id": ann.id,
        "section": "personalization",
        "keys": ["accessibility.high_contrast", "theme"],
    }
    assert (event["workspace_id"], event["changes"], event["public"]) == (None, None, False)


def test_what_people_choose_is_in_no_workspaces_log(world, ann, preferences):
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        preferences.change(uow, "locale", ann.id, {"language": "vi-VN"})
        assert uow.scope.workspace_id == ann.workspace_id

    assert told(world, "preferences.updated")[-1]["workspace_id"] is None


def test_nobody_has_no_preferences(world, preferences):
    with pytest.raises(NotFound), world.kernel.db.write(Scope.system()) as uow:
        preferences.change(uow, "locale", new_id(), {"language": "vi-VN"})


def test_two_first_choices_at_once_are_both_kept(world, ann, change):
    both = [
        threading.Thread(target=change, args=(ann, "locale", each))
        for each in ({"language": "vi-VN"}, {"timezone": "Asia/Tokyo"})
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert chosen(world, ann)[ann.id].values == {"language": "vi-VN", "timezone": "Asia/Tokyo"}


def test_many_users_take_one_statement(world, ann):
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader, world.statements() as statements:
        found = world.kernel.preferences.locales(reader, [ann.id, *(new_id() for _ in range(500))])

    assert len(found) == 501
    assert len(statements) == 2  # the policy, and the users


def test_somebody_is_addressed_as_they_chose_else_as_their_workspace_chose_else_as_the_server_says(
    ann, change, policy, locale
):
    assert (locale(ann).language, locale(ann).timezone.key) == ("en-US", "UTC")

    policy({"timezone": "Asia/Tokyo", "language": "vi-VN"})
    there = locale(ann, ann.workspace_id)
    assert (there.language, there.timezone.key, there.date_format) == ("vi-VN", "Asia/Tokyo", "DD/MM/YYYY")
    assert locale(ann).timezone.key == "UTC"

    change(ann, "locale", {"timezone": "Europe/Berlin", "date_format": "YYYY-MM-DD"})
    there = locale(ann, ann.workspace_id)
    assert (there.language, there.timezone.key, there.date_format) == ("vi-VN", "Europe/Berlin", "YYYY-MM-DD")


def test_what_is_mandatory_wins(ann, change, policy, locale):
    change(ann, "locale", {"language": "vi-VN", "timezone": "Europe/Berlin"})
    policy({"timezone": "Asia/Tokyo", "language": "en-US"}, ["timezone"])

    there = locale(ann, ann.workspace_id)
    assert (there.language, there.timezone.key) == ("vi-VN", "Asia/Tokyo")


def test_a_policy_is_replaced_as_a_whole_and_told_by_its_keys(world, ann, policy):
    assert policy({"timezone": "Asia/Tokyo"}, ["timezone"]).version == 1
    assert policy({"timezone": "Asia/Tokyo"}, ["timezone"]).version == 1
    assert policy({"language": "vi-VN"}).version == 2

    event = told(world, "preferences.policy.updated")[-1]
    assert event["payload"] == {
        "workspace_id": ann.workspace_id,
        "section": "locale",
        "keys": ["language", "timezone"],
    }


def test_a_zone_that_the_machine_no_longer_knows_counts_as_not_chosen(ann, change, locale):
    change(ann, "locale", {"timezone": "Mars/Olympus_Mons"})

    assert locale(ann).timezone.key == "UTC"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"language": "en-US", "timezone": "UTC"}, "03/01/2026 09:05 PM (UTC)"),
        ({"language": "vi-VN", "timezone": "Asia/Ho_Chi_Minh"}, "02/03/2026 04:05 (Asia/Ho_Chi_Minh)"),
        ({"language": "de-DE", "timezone": "UTC"}, "2026-03-01 21:05 (UTC)"),
        ({"language": "vi-VN", "timezone": "UTC", "time_format": "12h"}, "01/03/2026 09:05 PM (UTC)"),
    ],
    ids=["english", "vietnamese", "another language", "a clock of one's own"],
)
def test_a_moment_is_told_by_the_readers_clock_and_in_the_readers_way(values, shown):
    assert Locale.of(values).moment(EVENING) == shown


def test_personal_data_names_what_was_chosen(world, ann, change):
    change(ann, "locale", {"language": "vi-VN"})
    with world.kernel.db.read(Scope.system()) as reader:
        archive = collect(world.kernel, reader, ann.id)

    assert [(row["section"], row["chosen"]) for row in archive["kernel"]["preferences"]] == [
        ("locale", {"language": "vi-VN"})
    ]


def test_a_policy_goes_with_its_workspace(world, ann, policy):
    policy({"language": "vi-VN"})
    with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
        purge_workspace(uow, uow.get(Workspace, ann.workspace_id))

    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        statement = select(PreferencePolicy.section).where(PreferencePolicy.workspace_id == ann.workspace_id)
        assert reader.all(unscoped("a test looks everywhere", statement)) == []


def test_merging_and_flattening_undo_one_another():
    values = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}

    assert nested(dict(leaves(values))) == values
    assert merged(values, {"a": {"b": None, "c": {"d": None}}}) == {"e": [1]}
    assert merged({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
    assert differing(values, merged(values, {"a": {"c": {"d": 3}}, "e": None})) == ["a.c.d", "e"]


def test_what_holds_says_where_it_comes_from():
    policy = Policy({"theme": "dark", "accessibility": {"high_contrast": True}}, frozenset({"theme"}))

    assert policy.over({"theme": "light", "font_size": "large"}) == {
        "theme": ("dark", "policy"),
        "accessibility.high_contrast": (True, "workspace"),
        "font_size": ("large", "user"),
    }
