"""One's own preferences."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import PatchSuite, Person, World

PATH = "/api/v1/preferences"
ZONES = f"{PATH}/timezones"
SEED = {
    "theme": "light",
    "language": "vi-VN",
    "font_size": "large",
    "info_density": "compact",
    "timezone": "Asia/Ho_Chi_Minh",
    "accessibility": {"high_contrast": True, "reduced_motion": False},
}


class TestPreferences(PatchSuite):
    patch: ClassVar[dict[str, Any]] = {"theme": "dark", "time_format": "24h"}
    clears: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        return ann.get(PATH).data

    def url(self, record: Any) -> str:
        return PATH


def faults(reply: Any) -> dict[str, str]:
    assert reply.status == 422, reply.json
    return {each["field"]: each["message"] for each in reply.error["details"]["errors"]}


def test_whoever_has_chosen_nothing_sees_defaults_and_nothing_is_written(world: World, ann: Person) -> None:
    with world.statements() as seen:
        shown = ann.get(PATH).data

    assert shown == {
        "id": shown["id"],
        "preferences_id": shown["id"],
        "user_id": ann.id,
        "workspace_id": None,
        "theme": "system",
        "language": "en-US",
        "font_size": "medium",
        "info_density": "comfortable",
        "timezone": "UTC",
        "date_format": "MM/DD/YYYY",
        "time_format": "12h",
        "accessibility": {
            "high_contrast": False,
            "reduced_motion": False,
            "screen_reader_enabled": False,
        },
        "notifications": {
            "desktop_notifications": True,
            "sound_enabled": True,
            "notification_frequency": "immediate",
        },
        "sources": shown["sources"],
        "updated_at": shown["updated_at"],
    }
    assert set(shown["sources"].values()) == {"system"}
    assert not [each for each in seen if each.startswith(("INSERT", "UPDATE"))]
    assert ann.get(PATH).data["id"] == shown["id"]


def test_reading_takes_few_statements(world: World, ann: Person) -> None:
    ann.patch(PATH, SEED)
    ann.get(PATH)
    with world.statements() as seen:
        ann.get(PATH, workspace_id=ann.workspace_id)

    assert len([each for each in seen if "core__preference" in each]) == 2
    assert len(seen) <= 5  # those of every request: the session and the membership


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_what_is_chosen_is_merged_deeply(ann: Person, method: str) -> None:
    ann.patch(PATH, {"accessibility": {"screen_reader_enabled": True}, "time_format": "12h"})
    reply = ann.request(method, PATH, SEED)

    assert reply.status == 200
    assert reply.data["accessibility"] == {
        "high_contrast": True,
        "reduced_motion": False,
        "screen_reader_enabled": True,
    }
    assert (reply.data["theme"], reply.data["timezone"]) == ("light", "Asia/Ho_Chi_Minh")
    # Written as in the language that was chosen, but for what was chosen itself.
    assert (reply.data["date_format"], reply.data["time_format"]) == ("DD/MM/YYYY", "12h")
    assert reply.data["sources"]["theme"] == "user"
    assert reply.data["sources"]["date_format"] == "system"


def test_null_brings_a_default_back(ann: Person) -> None:
    ann.patch(PATH, {**SEED, "notifications": {"sound_enabled": False}})
    after = ann.patch(
        PATH, {"theme": None, "accessibility": {"high_contrast": None}, "notifications": None}
    ).data

    assert (after["theme"], after["font_size"]) == ("system", "large")
    assert after["accessibility"]["high_contrast"] is False
    assert after["notifications"]["sound_enabled"] is True


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"theme": "neon"}, "theme", "Must be one of: system, light, dark."),
        ({"language": "tlh"}, "language", "Must be one of: en-US, vi-VN."),
        ({"language": 7}, "language", "Not a valid string."),
        ({"timezone": "Asia/Ho_Chi_Min"}, "timezone", "Asia/Ho_Chi_Minh"),
        ({"timezone": "localtime"}, "timezone", "GET /preferences/timezones"),
        ({"font_size": "huge"}, "font_size", "Must be one of: small, medium, large, extra_large."),
        ({"info_density": "dense"}, "info_density", "Must be one of: comfortable, compact."),
        ({"date_format": "D.M."}, "date_format", "Must be one of: MM/DD/YYYY, DD/MM/YYYY, YYYY-MM-DD."),
        ({"time_format": "36h"}, "time_format", "Must be one of: 12h, 24h."),
        ({"accessibility": {"high_contrast": "yes"}}, "accessibility.high_contrast", "Not a valid boolean."),
        (
            {"accessibility": {"colour_blind": True}},
            "accessibility.colour_blind",
            "Known are: high_contrast,",
        ),
        ({"notifications": {"quiet_hours": {}}}, "notifications.quiet_hours", "Known are: desktop_"),
        (
            {"notifications": {"notification_frequency": "yearly"}},
            "notifications.notification_frequency",
            "Must be one of: immediate, hourly, daily, weekly, never.",
        ),
        ({"colour": "red"}, "colour", "Known are: theme, font_size,"),
        ({"id": "x"}, "id", "Unknown field"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_what_can(
    ann: Person, body: Any, field: str, words: str
) -> None:
    before = ann.get(PATH)

    assert words in faults(ann.patch(PATH, body))[field]
    assert ann.get(PATH).body == before.body


def test_all_that_is_wrong_is_named_at_once(ann: Person) -> None:
    assert set(faults(ann.patch(PATH, {"theme": "neon", "language": "tlh", "timezone": "Mars"}))) == {
        "theme",
        "language",
        "timezone",
    }


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"language": "VI-vn"}, {"language": "vi-VN"}),
        ({"language": "vi"}, {"language": "vi-VN"}),
        ({"theme": " Dark "}, {"theme": "dark"}),
        ({"date_format": "yyyy-mm-dd"}, {"date_format": "YYYY-MM-DD"}),
        ({"time_format": "24"}, {"time_format": "24h"}),
        ({"font_size": "XL"}, {"font_size": "extra_large"}),
    ],
)
def test_other_ways_to_say_it_are_understood(ann: Person, body: Any, shown: Any) -> None:
    after = ann.patch(PATH, body).data

    assert {key: after[key] for key in shown} == shown


def test_each_has_their_own(ann: Person, bob: Person) -> None:
    ann.patch(PATH, {"theme": "dark"})

    assert bob.get(PATH).data["theme"] == "system"
    assert bob.get(PATH).data["id"] != ann.get(PATH).data["id"]


def test_nobody_has_none(world: World) -> None:
    assert world.anonymous().get(PATH).status == 401


def test_who_is_in_no_workspace_has_preferences_too(world: World) -> None:
    person = world.person("loner")
    assert person.delete(f"/api/v1/workspaces/{person.workspace_id}").status == 200

    assert person.patch(PATH, {"theme": "dark"}).data["theme"] == "dark"


def test_notifications_are_the_shared_section(world: World, ann: Person) -> None:
    ann.patch(PATH, {"notifications": {"notification_frequency": "daily"}})

    with world.kernel.db.read(Scope.system()) as reader:
        found = world.kernel.preferences.of(reader, "notifications", [ann.id])[ann.id]
    assert found.values == {"notification_frequency": "daily"}


def test_a_locale_is_the_kernels(world: World, ann: Person) -> None:
    ann.patch(PATH, {"language": "vi-VN", "timezone": "Asia/Ho_Chi_Minh"})

    with world.kernel.db.read(Scope.system()) as reader:
        found = world.kernel.preferences.locales(reader, [ann.id])[ann.id]
    assert (found.language, found.timezone.key, found.time_format) == ("vi-VN", "Asia/Ho_Chi_Minh", "24h")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", f"{PATH}/reset", 200), ("DELETE", PATH, 204)]
)
def test_all_defaults_come_back_and_quiet_hours_stay(
    world: World, ann: Person, method: str, path: str, status: int
) -> None:
    before = ann.get(PATH).data
    ann.patch(PATH, {**SEED, "notifications": {"sound_enabled": False}})
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.preferences.change(uow, "notifications", ann.id, {"quiet_hours": {"enabled": True}})

    assert ann.request(method, path).status == status

    after = ann.get(PATH).data
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    with world.kernel.db.read(Scope.system()) as reader:
        found = world.kernel.preferences.of(reader, "notifications", [ann.id])[ann.id]
    assert found.values == {"quiet_hours": {"enabled": True}}


def test_a_late_reset_is_refused(ann: Person) -> None:
    late = {"If-Match": ann.get(PATH).headers["ETag"]}
    ann.patch(PATH, {"theme": "dark"})

    assert ann.request("POST", f"{PATH}/reset", headers=late).status == 412
    assert ann.request("DELETE", PATH, headers=late).status == 412
    assert ann.get(PATH).data["theme"] == "dark"


def test_if_match_is_refused_where_there_is_no_version(ann: Person) -> None:
    reply = ann.request("POST", "/api/v1/workspaces", {"name": "New"}, headers={"If-Match": '"1-00000000"'})

    assert reply.status == 412


class TestOffers:
    def test_themes(self, ann: Person) -> None:
        found = ann.get(f"{PATH}/themes").data

        assert [(each["id"], each["name"], each["provider"]) for each in found] == [
            ("light", "Light", None),
            ("dark", "Dark", None),
        ]
        assert {key: found[0]["colors"][key] for key in ("primary", "secondary")} == {
            "primary": "#0066CC",
            "secondary": "#F5F5F5",
        }
        assert all(each["contrast"]["text"] >= 4.5 for each in found)

    def test_languages(self, ann: Person) -> None:
        assert [(each["code"], each["native_name"]) for each in ann.get(f"{PATH}/languages").data] == [
            ("en-US", "English"),
            ("vi-VN", "Tiếng Việt"),
        ]

    def test_time_zones(self, ann: Person) -> None:
        found = ann.get(ZONES).data["timezones"]

        assert {"Asia/Ho_Chi_Minh", "America/New_York", "UTC"} <= set(found)
        assert "localtime" not in found

    def test_wcag_is_not_claimed_where_it_was_not_measured(self, ann: Person) -> None:
        found = ann.get(f"{PATH}/accessibility/wcag-level").data

        assert (found["current_level"], found["available_levels"]) == ("A", ["A", "AA", "AAA"])
        assert "not measured" in found["description"].lower()
        assert found["measured_at"] is None
