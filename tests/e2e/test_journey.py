"""A team's first day, as modules.md 15 item 2 tells it, spoken to a server as people run it.

From the registration to an approved change request, with the mails that go out between; in each of the three
ways to run.
"""

from __future__ import annotations

import email
import email.policy
import re

import pytest

from .server import PASSWORD, Caller, Site, wait_for


def token_for(site: Site, address: str, subject: str) -> str:
    """The token in the newest mail to an address whose subject has a word, as soon as it has come."""

    def found() -> list[str]:
        texts = []
        for path in sorted((site.folder / "data" / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if message["To"] == address and subject in message["Subject"]:
                texts.append(message.get_body(("plain",)).get_content())
        return [token for text in texts for token in re.findall(r"token=([\w.~-]+)", text)]

    return wait_for(found, bool)[-1]


@pytest.fixture
def people(site: Site):
    """Two people who registered by hand and proved their addresses, as they must."""
    site.settings["PRONAFLOW_AUTH__REQUIRE_EMAIL_VERIFICATION"] = "yes"
    with Caller(site.server()) as lan, Caller(site.server()) as minh:
        for name, caller in (("lan", lan), ("minh", minh)):
            account = {"email": f"{name}@example.com", "password": PASSWORD}
            registered = caller.post("/api/v1/auth/register", {**account, "username": name})
            assert registered.status == 201
            proof = {
                "user_id": registered.data["user_id"],
                "token": token_for(site, account["email"], "Prove your mail address"),
            }
            assert caller.post("/api/v1/auth/verify-email", proof).status == 200
            caller.token = caller.post("/api/v1/auth/login", account).data["access_token"]
        yield lan, minh


def test_the_first_day_of_a_team(site: Site, people) -> None:
    lan, minh = people
    me = minh.get("/api/v1/auth/me").data["user_id"]

    # A workspace, and somebody to share it with
    body = {"name": "Nha Trang Web", "description": "Websites", "workspace_type": "team"}
    workspace = lan.post("/api/v1/workspaces", body).data["workspace_id"]
    url = f"/api/v1/workspaces/{workspace}"
    invited = lan.post(f"{url}/invitations", {"email": "minh@example.com", "role": "member"}).data
    assert (invited["status"], invited["role"]) == ("pending", "member")
    token = token_for(site, "minh@example.com", "Invitation")
    joined = minh.ask("POST", "/api/v1/workspaces/invitations/accept", {}, token=token).data
    assert joined["workspace_name"] == "Nha Trang Web"
    assert minh.ask("POST", "/api/v1/workspaces/invitations/accept", {}, token=token).status == 409
    assert {row["username"] for row in lan.every(f"{url}/members")} == {"lan", "minh"}

    # A project with both of them in it
    wanted = {
        "workspace_id": workspace,
        "name": "Website Redesign",
        "project_type": "web_development",
        "start_date": "2026-02-01",
        "end_date": "2026-05-31",
        "budget": 50000,
        "risk_level": "medium",
    }
    made = lan.post("/api/v1/projects", wanted)
    assert (made.status, made.data["status"]) == (201, "active")
    project, key = made.data["project_id"], made.data["key"]
    home = f"/api/v1/projects/{project}"
    assert lan.post(f"{home}/members", {"user_id": me, "role": "member"}).status == 201

    # Work
    phase = lan.post("/api/v1/tasks/lists", {"project_id": project, "name": "Phase 1", "order": 1})
    assert phase.status == 201
    task = lan.post(
        "/api/v1/tasks",
        {
            "project_id": project,
            "task_list_id": phase.data["task_list_id"],
            "title": "Design homepage mockup",
            "description": "Create high-fidelity mockup",
            "priority": "high",
            "assigned_to": me,
            "due_date": "2026-02-15",
            "estimated_hours": 16,
        },
    )
    assert (task.status, task.data["key"], task.data["actual_hours"]) == (201, f"{key}-1", 0)
    card = f"/api/v1/tasks/{task.data['task_id']}"
    started = minh.ask("PATCH", f"{card}/status", {"status": "in_progress"}).data
    assert started["status"] == "in_progress" and started["started_at"]
    step = minh.post(f"{card}/subtasks", {"title": "Gather assets"}).data
    ticked = minh.ask("PATCH", f"/api/v1/tasks/subtasks/{step['subtask_id']}", {"is_completed": True})
    assert ticked.data["status"] == "completed"
    after = lan.post("/api/v1/tasks", {"project_id": project, "title": "Build it"}).data
    blocked = lan.post(
        f"/api/v1/tasks/{after['task_id']}/dependencies",
        {"depends_on_task_id": task.data["task_id"], "dependency_type": "FS"},
    )
    assert blocked.status == 201
    back = {"depends_on_task_id": after["task_id"]}
    assert lan.post(f"{card}/dependencies", back).status == 409

    # Talk, a file, time
    said = minh.post(f"{card}/comments", {"content": "First draft is up", "mentions": []}).data
    assert said["author"] == "minh"
    sheet = b"\x89PNG not really \x00\xff" * 1000
    attached = minh.upload(f"{card}/files", "mockup.png", sheet, description="First draft").data
    assert (attached["filename"], attached["size"], attached["version"]) == ("mockup.png", len(sheet), 1)
    assert lan.download(attached["url"]) == sheet
    logged = minh.post(f"{card}/time-entries", {"hours": 4.5, "date": "2026-02-10", "description": "Draft"})
    assert (logged.status, logged.data["hours"], logged.data["logged_by"]) == (201, 4.5, me)
    shown = lan.get(card).data
    assert (shown["actual_hours"], shown["comments_count"], shown["subtasks_count"]) == (4.5, 1, 1)

    # A change of plan
    asked = minh.post(
        f"{home}/change-requests",
        {
            "title": "Extend deadline",
            "description": "The client was late",
            "scope": "timeline_change",
            "impact_analysis": "Two weeks later",
            "requested_changes": {"end_date": "2026-06-15"},
        },
    ).data
    assert asked["status"] == "pending"
    approval = f"{home}/change-requests/{asked['change_request_id']}/approve"
    assert minh.ask("PATCH", approval, {"approved": True}).status == 403
    approved = lan.ask("PATCH", approval, {"approved": True, "reviewer_notes": "Agreed"}).data
    assert approved["status"] in ("approved", "implemented") and approved["approved_at"]
    assert lan.get(home).data["end_date"] == "2026-06-15"

    # Done
    assert minh.ask("PATCH", f"{card}/status", {"status": "completed"}).data["completed_at"]
    assert lan.get(home).data["progress"] == 50
    told = {row["type"] for row in lan.every(f"{home}/activity")}
    assert {"project.created", "task.created", "task.completed", "comment.created"} <= told
