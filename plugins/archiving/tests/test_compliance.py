"""Compliance reports: what they count, for whom, and that all their formats tell the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.testing import Person, World

PATH = "/api/v1/compliance/export"
SPAN = {"start_date": "2026-03-01", "end_date": "2026-03-02"}
"""The clock of a test stands in it."""


@pytest.fixture(autouse=True)
def _clock(clock: FixedClock) -> None:
    """These tests name dates."""


@pytest.fixture
def boss(world: World) -> Person:
    """Somebody whose workspace has a name with marks, and in which something happened."""
    person = world.person("boss")
    place = f"/api/v1/workspaces/{person.workspace_id}"
    assert person.patch(place, {"name": "Đội Nghiên Cứu Hà Nội"}).status == 200
    for name in ("One", "Two"):
        assert person.post(f"{place}/tags", {"name": name}).status == 201
    return person


def counted(report: dict[str, Any]) -> dict[str, int]:
    return {row["action"]: row["count"] for row in report["audit"]["by_action"]}


def test_a_report_counts_who_did_what(boss: Person) -> None:
    report = boss.get(PATH, **SPAN).data
    assert report["period"] == {"start_date": "2026-03-01T00:00:00Z", "end_date": "2026-03-03T00:00:00Z"}
    assert [place["name"] for place in report["workspaces"]] == ["Đội Nghiên Cứu Hà Nội"]
    assert counted(report)["tag.created"] == 2
    mine = [row for row in report["audit"]["by_action_and_user"] if row["user_id"] == boss.id]
    assert {row["action"]: row["count"] for row in mine} == {"tag.created": 2, "workspace.updated": 1}
    assert {row["username"] for row in mine} == {boss.username}
    assert report["audit"]["total"] == sum(counted(report).values())


def test_what_lies_outside_the_span_is_not_counted(boss: Person) -> None:
    span = {"start_date": "2026-03-02T09:00:01Z", "end_date": "2026-03-05"}
    assert boss.get(PATH, **span).data["audit"]["total"] == 0


def test_all_formats_tell_the_same_numbers(boss: Person) -> None:
    report = boss.get(PATH, **SPAN).data
    # Each report is in the log itself by now: ask for the number that the next ones tell.
    table = boss.get(PATH, **SPAN, format="csv")
    rows = list(csv.DictReader(io.StringIO(table.body.decode())))
    by_action = {row["item"]: int(row["count"]) for row in rows if row["section"] == "audit_by_action"}
    assert by_action == {**counted(report), "compliance.exported": 1}
    file = boss.get(PATH, **SPAN, format="pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(file.body)).pages)
    assert "Đội Nghiên Cứu Hà Nội" in text
    assert "Compliance report 2026-03-01 to 2026-03-02" in text
    lines = text.splitlines()
    for action, count in {**counted(report), "compliance.exported": 2}.items():
        assert f"{action} {count}" in lines
    total = report["audit"]["total"] + 2
    assert f"Entries in the audit log: {total}" in lines


@pytest.mark.parametrize("ending", ["csv", "pdf"])
def test_files_are_named_after_the_span(boss: Person, ending: str) -> None:
    reply = boss.get(PATH, **SPAN, format=ending)
    assert f'filename="compliance_2026-03-01_2026-03-02.{ending}"' in reply.headers["Content-Disposition"]


def test_cells_that_a_spreadsheet_would_calculate_are_text(boss: Person) -> None:
    boss.patch(f"/api/v1/workspaces/{boss.workspace_id}", {"name": "=1+1"})
    assert "workspace,'=1+1," in boss.get(PATH, **SPAN, format="csv").body.decode()


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, {"start_date", "end_date"}),
        ({"start_date": "2026-03-01"}, {"end_date"}),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, {"end_date"}),
        ({"start_date": "2025-01-01", "end_date": "2026-01-02"}, {"end_date"}),
        ({"start_date": "soon", "end_date": "later"}, {"start_date", "end_date"}),
        ({**SPAN, "format": "docx"}, {"format"}),
    ],
    ids=["none", "no-end", "reversed", "too-long", "no-dates", "unknown-format"],
)
def test_a_wrong_span_is_refused_by_name(boss: Person, query: dict[str, str], fields: set[str]) -> None:
    reply = boss.get(PATH, **query)
    assert (reply.status, set(reply.faults)) == (422, fields)


def test_a_year_with_a_leap_day_is_a_whole_span(boss: Person) -> None:
    assert boss.get(PATH, start_date="2024-01-01", end_date="2024-12-31").status == 200


def test_a_report_stands_in_the_log(boss: Person) -> None:
    boss.get(PATH, **SPAN)
    newest = boss.get("/api/v1/audit-logs").data[0]
    assert (newest["action"], newest["user_id"]) == ("compliance.exported", boss.id)


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403), ("viewer", 403)])
def test_only_those_who_run_a_workspace_get_it(world: World, boss: Person, role: str, status: int) -> None:
    person = world.person("other")
    world.join(boss.workspace_id, person, role)
    assert person.get(PATH, **SPAN, workspace_id=boss.workspace_id).status == status
    assert world.person("stranger").get(PATH, **SPAN, workspace_id=boss.workspace_id).status == 404
    # Without a workspace it covers those that they run.
    covered = {place["workspace_id"] for place in person.get(PATH, **SPAN).data["workspaces"]}
    assert (boss.workspace_id in covered) is (status == 200)


def test_private_projects_count_only_for_those_who_see_them(world: World, boss: Person) -> None:
    admin, member = world.person("admin"), world.person("member")
    world.join(boss.workspace_id, admin, "admin")
    world.join(boss.workspace_id, member, "member")
    here = {"X-Workspace-Id": boss.workspace_id}
    body = {"name": "Secret", "visibility": "private"}
    assert member.request("POST", "/api/v1/projects", body, headers=here).status == 201
    shown = admin.get(PATH, **SPAN, workspace_id=boss.workspace_id).data
    assert "project.created" not in counted(shown)


def test_a_forgotten_member_counts_as_anonymised(
    world: World, boss: Person, erase: Callable[[Person], None]
) -> None:
    person = world.person("leaving")
    world.join(boss.workspace_id, person, "member")
    erase(person)
    assert boss.get(PATH, **SPAN).data["data_subjects"] == {"exports": 0, "anonymisations": 1}
