"""Settings: defaults, merging, what is refused, and what other plugins get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import PatchSuite, Person, World
from pronaflow_workspaces.api import Settings, WorkspaceSettings

from .conftest import WORKSPACES, Team

DEFAULTS = {
    "allow_public_access": False,
    "allow_member_invitations": True,
    "default_task_status": "todo",
    "timezone": "UTC",
    "work_days": ["mon", "tue", "wed", "thu", "fri"],
    "work_hours": {"start": "09:00", "end": "18:00", "lunch": None},
    "holidays": [],
    "members_can_create_projects": True,
    "on_member_removed": "unassign",
    "plugins": {},
}

OTHERS = {
    "allow_public_access": True,
    "allow_member_invitations": False,
    "default_task_status": "backlog",
    "timezone": "Asia/Ho_Chi_Minh",
    "work_days": ["mon", "sat", "sun"],
    "work_hours": {"start": "08:30", "end": "17:00", "lunch": {"start": "12:00", "end": "12:30"}},
    "holidays": [{"date": "2026-12-24", "name": "Christmas Eve"}, {"date": "2027-01-01", "name": None}],
    "members_can_create_projects": False,
    "on_member_removed": "keep",
}


def settings(team: Team, person: Person | None = None) -> Any:
    return (person or team.owner).get(f"{team.path}/settings").data["settings"]


def change(team: Team, **changes: Any) -> Any:
    return team.owner.patch(f"{team.path}/settings", changes)


def test_a_new_workspace_has_the_defaults(team: Team) -> None:
    data = team.owner.get(f"{team.path}/settings").data
    assert data == {"id": team.id, "workspace_id": team.id, "settings": DEFAULTS}
    assert team.owner.get(team.path).data["settings"] == DEFAULTS


def test_every_setting_can_be_changed_and_brought_back(team: Team) -> None:
    reply = change(team, **OTHERS)
    assert (reply.status, reply.json["message"]) == (200, "The settings were saved")
    assert reply.data == {"id": team.id, "workspace_id": team.id, "settings": {**OTHERS, "plugins": {}}}
    assert settings(team) == {**OTHERS, "plugins": {}}
    assert change(team, **dict.fromkeys(OTHERS)).data["settings"] == DEFAULTS
    assert settings(team) == DEFAULTS


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("name", OTHERS)
def test_one_setting_leaves_the_others_alone(team: Team, method: str, name: str) -> None:
    reply = team.owner.request(method, f"{team.path}/settings", {name: OTHERS[name]})
    assert reply.data["settings"] == {**DEFAULTS, name: OTHERS[name]}
    assert settings(team) == {**DEFAULTS, name: OTHERS[name]}


def test_hours_are_merged_part_by_part(team: Team) -> None:
    change(team, work_hours={"end": "16:00"})
    change(team, work_hours={"lunch": {"start": "12:00", "end": "13:00"}})
    hours = {"start": "09:00", "end": "16:00", "lunch": {"start": "12:00", "end": "13:00"}}
    assert settings(team)["work_hours"] == hours
    change(team, work_hours={"lunch": None})
    assert settings(team)["work_hours"] == {**hours, "lunch": None}


def test_input_may_be_said_in_other_words(team: Team) -> None:
    change(
        team,
        work_days=["Sunday", "MON", "wednesday"],
        holidays=["2027-05-01", {"date": "2026-05-01", "name": " Labour Day "}],
        default_task_status="To_Do",
        on_member_removed="KEEP",
    )
    now = settings(team)
    assert now["work_days"] == ["mon", "wed", "sun"]
    assert now["holidays"] == [
        {"date": "2026-05-01", "name": "Labour Day"},
        {"date": "2027-05-01", "name": None},
    ]
    assert (now["default_task_status"], now["on_member_removed"]) == ("todo", "keep")


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"timezone": "Mars/Olympus"}, {"timezone"}),
        ({"timezone": "../../etc/passwd"}, {"timezone"}),
        ({"timezone": "localtime"}, {"timezone"}),
        ({"timezone": "europe/berlin"}, {"timezone"}),
        ({"timezone": ""}, {"timezone"}),
        ({"work_days": []}, {"work_days"}),
        ({"work_days": ["mon", "Monday"]}, {"work_days"}),
        ({"work_days": ["mon", "someday"]}, {"work_days.1"}),
        ({"work_days": "mon"}, {"work_days"}),
        ({"work_hours": {"start": "9:00"}}, {"work_hours.start"}),
        ({"work_hours": {"start": "24:00", "end": "12:60"}}, {"work_hours.start", "work_hours.end"}),
        ({"work_hours": {"start": "18:00"}}, {"work_hours.end"}),
        ({"work_hours": {"start": "10:00", "end": "09:00"}}, {"work_hours.end"}),
        ({"work_hours": {"lunch": {"start": "12:00"}}}, {"work_hours.lunch.end"}),
        ({"work_hours": {"lunch": {"start": "13:00", "end": "12:00"}}}, {"work_hours.lunch"}),
        ({"work_hours": {"lunch": {"start": "08:00", "end": "09:30"}}}, {"work_hours.lunch"}),
        ({"work_hours": {"pause": "12:00"}}, {"work_hours.pause"}),
        ({"holidays": ["2026-02-30"]}, {"holidays.0.date"}),
        ({"holidays": ["20260101"]}, {"holidays.0.date"}),
        ({"holidays": [{"name": "x"}]}, {"holidays.0.date"}),
        ({"holidays": ["2026-01-01", {"date": "2026-01-01"}]}, {"holidays"}),
        ({"holidays": [f"{year}-01-01" for year in range(1500, 2001)]}, {"holidays"}),
        ({"default_task_status": "completed"}, {"default_task_status"}),
        ({"on_member_removed": "delete"}, {"on_member_removed"}),
        ({"allow_public_access": "perhaps"}, {"allow_public_access"}),
        ({"plugins": {"nobody": {"a": 1}}}, {"plugins.nobody"}),
        ({"plugins": {"nobody": 1}}, {"plugins.nobody.value"}),
        ({"plugins": []}, {"plugins"}),
        ({"colour": "red", "timezone": 7}, {"colour", "timezone"}),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(team: Team, changes: Any, faults: set[str]) -> None:
    assert change(team, **changes).faults == faults
    assert settings(team) == DEFAULTS


def test_a_change_is_told_setting_by_setting(team: Team) -> None:
    change(team, timezone="Asia/Tokyo", on_member_removed="unassign")
    change(team, timezone="Asia/Tokyo")
    change(team)
    told = [row for row in team.world.events(team.id) if row["type"] == "workspace.updated"]
    assert [row["changes"] for row in told] == [{"settings.timezone": {"old": "UTC", "new": "Asia/Tokyo"}}]
    assert told[0]["payload"] == {"workspace_id": team.id, "name": "Alpha"}


def test_nothing_to_change_writes_nothing(team: Team) -> None:
    with team.world.statements() as seen:
        assert change(team).status == 200
    assert not [statement for statement in seen if statement.startswith(("INSERT", "UPDATE"))]


def test_other_plugins_get_them_in_one_statement(team: Team) -> None:
    change(team, timezone="Asia/Tokyo", members_can_create_projects=False)
    service = team.world.kernel.services.require(WorkspaceSettings)
    scope = Scope.system(team.id)
    with team.world.kernel.db.read(scope) as reader, team.world.statements() as seen:
        found = service.settings(reader)
    assert found == Settings(timezone="Asia/Tokyo", members_can_create_projects=False)
    assert len(seen) == 1


def test_settings_of_one_workspace_do_not_reach_another(team: Team, ann: Person) -> None:
    change(team, timezone="Asia/Tokyo")
    assert ann.get(f"/api/v1/workspaces/{ann.workspace_id}/settings").data["settings"] == DEFAULTS
    assert ann.get(f"/api/v1/workspaces/{new_id()}/settings").status == 404


def test_the_default_time_zone_is_the_servers_to_set(new_world: Callable[..., World]) -> None:
    world = new_world(settings={"workspaces.default_timezone": "Europe/Berlin"})
    person = world.person()
    path = f"/api/v1/workspaces/{person.workspace_id}/settings"
    assert person.get(path).data["settings"]["timezone"] == "Europe/Berlin"
    person.patch(path, {"timezone": "Asia/Tokyo"})
    assert person.patch(path, {"timezone": None}).data["settings"]["timezone"] == "Europe/Berlin"


def test_a_default_time_zone_that_is_none_stops_the_start(tmp_path: Path) -> None:
    settings = {"workspaces.default_timezone": "Mars/Olympus", "workspaces.invitation_ttl_hours": 0}
    with pytest.raises(Exception, match="default_timezone") as refused:
        World(f"sqlite:///{tmp_path / 'x.sqlite3'}", tmp_path, settings)
    assert "invitation_ttl_hours" in str(refused.value)


class TestPatches(PatchSuite):
    """Settings take a merge PATCH as every record does; cleared means as they are born."""

    patch: ClassVar[dict[str, Any]] = {"timezone": "Asia/Ho_Chi_Minh", "holidays": OTHERS["holidays"]}
    clears = OTHERS
    versioned = False

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        return {"id": ann.workspace_id}

    def url(self, record: Any) -> str:
        return f"{WORKSPACES}/{record['id']}/settings"

    def values(self, shown: Any) -> Any:
        return shown["settings"]
