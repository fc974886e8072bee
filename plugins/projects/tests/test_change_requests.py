"""Change requests: what may be asked for, who decides, and what an approval does."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.testing import Person, Reply, ResourceSuite, World
from pronaflow_projects.change_requests.machine import MOVES

URL = "/api/v1/projects"
END = {"end_date": "2026-12-01"}


@pytest.fixture
def project(ann: Person) -> Any:
    """A project of ann's in simple mode."""
    return ann.post(URL, {"name": "Website", "key": "WEB"}).data


@pytest.fixture
def strict(ann: Person) -> Any:
    """A started project of ann's in strict mode."""
    values = {"name": "Bridge", "key": "BRI", "governance_mode": "strict", "status": "active"}
    return ann.post(URL, values).data


@pytest.fixture
def colleague(world: World, ann: Person) -> Callable[..., Person]:
    """Makes members of ann's workspace, and of a project where one is named."""

    def make(project: Any = None, role: str = "member", *, where: str = "member", **values: Any) -> Person:
        person = world.person(role)
        world.join(ann.workspace_id, person, where)
        if project is not None:
            body = {"user_id": person.id, "role": role, **values}
            assert ann.post(f"{URL}/{project['id']}/members", body).status == 201
        return person

    return make


def path(project: Any, request: Any = None, *rest: str) -> str:
    """Path of the requests of a project, or of one of them."""
    parts = [URL, project["id"], "change-requests", *([request["id"]] if request else []), *rest]
    return "/".join(parts)


def ask(person: Person, project: Any, **values: Any) -> Any:
    """A change request; by default for another end."""
    body = {"title": "More time", "requested_changes": END, **values}
    reply = person.post(path(project), body)
    assert reply.status == 201, reply.json
    return reply.data


def decide(person: Person, project: Any, request: Any, approved: bool = True, **values: Any) -> Reply:
    """Approve or reject."""
    return person.patch(path(project, request, "approve"), {"approved": approved, **values})


class TestChangeRequests(ResourceSuite):
    """The suite of every resource; requests are made in a project of their owner."""

    budgets: ClassVar[dict[str, int]] = {"list": 6, "get": 5, "create": 12}
    patch: ClassVar[dict[str, Any]] = {"title": "Less", "requested_changes": {"budget": 5.0, **END}}
    clears: ClassVar[dict[str, Any]] = {"description": "Words", "impact_analysis": "Much"}

    def collection(self, owner: Person) -> str:
        homes = self.__dict__.setdefault("homes", {})
        if owner.id not in homes:
            homes[owner.id] = owner.post(URL, {"name": "Home"}).data["id"]
        return f"{URL}/{homes[owner.id]}/change-requests"

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"title": f"Change {number}"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}

    def url(self, record: Any) -> str:
        home = record.get("project_id") or next(iter(self.__dict__["homes"].values()))
        return f"{URL}/{home}/change-requests/{record['id']}"


def test_the_words_of_the_sources_are_understood(ann: Person, project: Any) -> None:
    body = {
        "title": "More time",
        "type": "schedule",
        "impact_assessment": "Two weeks",
        "requested_changes": {**END, "priority": "urgent"},
    }
    made = ann.post(path(project), body).data
    assert (made["scope"], made["impact_analysis"], made["status"]) == (
        "timeline_change",
        "Two weeks",
        "pending",
    )
    assert made["id"] == made["change_request_id"]
    assert (made["created_by"], made["project_id"]) == (ann.id, project["id"])
    assert made["requested_changes"] == {**END, "priority": "critical"}
    literal = ask(ann, project, scope="timeline_change")
    rejected = ann.patch(path(project, literal, "approve"), {"status": "REJECTED"}).data
    assert (rejected["status"], rejected["approved_at"]) == ("rejected", None)


def test_only_fields_that_can_be_asked_for_are(ann: Person, project: Any) -> None:
    wrong = {"status": "completed", "owner_id": ann.id, "budget": -1, "end_date": "soon", "nonsense": 1}
    reply = ann.post(path(project), {"title": " ", "requested_changes": wrong, "scope": "all"})
    assert reply.faults == {"title", "scope", *(f"requested_changes.{name}" for name in wrong)}
    reply = ann.post(path(project), {"title": "x", "requested_changes": {"new_task_lists": ["", "x" * 101]}})
    assert reply.faults == {"requested_changes.new_task_lists.0", "requested_changes.new_task_lists.1"}
    ann.patch(f"{URL}/{project['id']}", {"start_date": "2027-01-01"})
    reply = ann.post(path(project), {"title": "x", "requested_changes": END})
    assert reply.faults == {"requested_changes.end_date"}


def test_an_approval_makes_it_so(ann: Person, project: Any) -> None:
    request = ask(ann, project, requested_changes={**END, "name": "Shop", "budget": 900})
    reply = decide(ann, project, request, reviewer_notes="Fine")
    done = reply.data
    assert (reply.status, done["status"]) == (200, "implemented")
    assert (done["reviewer_id"], done["reviewer_notes"]) == (ann.id, "Fine")
    assert done["approved_at"] == done["reviewed_at"] is not None
    after = ann.get(f"{URL}/{project['id']}").data
    assert (after["end_date"], after["name"], after["budget"]) == ("2026-12-01", "Shop", 900)
    told = [event["type"] for event in ann.get(f"{URL}/{project['id']}/activity", page_size=3).data]
    assert told == ["change_request.implemented", "project.updated", "change_request.approved"]


def test_a_rejection_changes_nothing(ann: Person, project: Any) -> None:
    request = ask(ann, project)
    assert decide(ann, project, request, False).data["status"] == "rejected"
    assert ann.get(f"{URL}/{project['id']}").data["end_date"] is None


def test_what_asks_for_no_change_is_done_by_hand(ann: Person, project: Any) -> None:
    request = ask(ann, project, requested_changes={})
    assert decide(ann, project, request).data["status"] == "approved"
    done = ann.patch(path(project, request), {"status": "implemented"}).data
    assert (done["status"], done["implemented_at"] is not None) == ("implemented", True)


def test_a_project_that_changed_since_is_not_changed(ann: Person, project: Any) -> None:
    request = ask(ann, project)
    ann.patch(f"{URL}/{project['id']}", {"start_date": "2027-01-01"})
    reply = decide(ann, project, request)
    assert (reply.status, reply.error["details"]["field"]) == (409, "end_date")
    assert ann.get(path(project, request)).data["status"] == "pending"
    ann.patch(f"{URL}/{project['id']}/status", {"status": "cancelled", "cancellation_reason": "Over"})
    reply = decide(ann, project, request)
    assert (reply.status, reply.error["details"]) == (409, {"project_status": "cancelled"})
    assert ann.patch(path(project, request), {"title": "x"}).status == 409
    assert ann.post(path(project), {"title": "x"}).status == 409


REACHED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "draft": [],
    "pending": [("", {"status": "pending"})],
    "approved": [("", {"status": "pending"}), ("/approve", {"approved": True})],
    "rejected": [("", {"status": "pending"}), ("/approve", {"approved": False})],
    "implemented": [
        ("", {"status": "pending"}),
        ("/approve", {"approved": True}),
        ("", {"status": "implemented"}),
    ],
    "cancelled": [("/cancel", {})],
}
"""How a draft that asks for no change comes to each status."""

STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "pending": ("", {"status": "pending"}),
    "approved": ("/approve", {"approved": True}),
    "rejected": ("/approve", {"approved": False}),
    "implemented": ("", {"status": "implemented"}),
    "cancelled": ("/cancel", {}),
    "draft": ("", {"status": "draft"}),
}

ALLOWED = {
    ("draft", "pending"),
    ("draft", "cancelled"),
    ("pending", "approved"),
    ("pending", "rejected"),
    ("pending", "cancelled"),
    ("approved", "implemented"),
}
"""By hand; `machine.MOVES` is not asked."""


@pytest.mark.parametrize("wanted", STEPS)
@pytest.mark.parametrize("start", REACHED)
def test_the_machine(ann: Person, project: Any, start: str, wanted: str) -> None:
    request = ask(ann, project, status="draft", requested_changes={})

    def step(tail: str, body: dict[str, Any]) -> Reply:
        method = "POST" if tail == "/cancel" else "PATCH"
        return ann.request(method, path(project, request) + tail, body)

    for each in REACHED[start]:
        assert step(*each).status == 200
    reply, stays = step(*STEPS[wanted]), start == wanted and STEPS[wanted][0] == ""
    if stays or (start, wanted) in ALLOWED:
        assert (reply.status, reply.data["status"]) == (200, wanted)
    else:
        assert reply.status == 400
        assert reply.error["details"]["allowed"] == sorted(to for frm, to in ALLOWED if frm == start)
        assert ann.get(path(project, request)).data["status"] == start
    assert MOVES.keys() == REACHED.keys()


def test_only_who_asks_words_it_and_managers_cancel_it(
    ann: Person, project: Any, colleague: Callable[..., Person]
) -> None:
    cid, dan = colleague(project), colleague(project)
    request = ask(cid, project)
    assert ann.patch(path(project, request), {"title": "Mine"}).status == 403
    assert dan.post(path(project, request, "cancel"), {}).status == 403
    assert cid.patch(path(project, request), {"title": "Ours"}).data["title"] == "Ours"
    assert cid.delete(path(project, request)).status == 200
    assert cid.get(path(project, request)).data["status"] == "cancelled"
    assert ann.post(path(project, ask(cid, project), "cancel"), {}).data["status"] == "cancelled"
    other = ann.post(URL, {"name": "Other"}).data
    assert ann.get(path(other, request)).status == 404


def test_in_simple_mode_managers_decide_also_on_their_own(
    ann: Person, project: Any, colleague: Callable[..., Person]
) -> None:
    manager, planner = colleague(project, "manager"), colleague(project, "planner")
    approver = colleague(project, "member", is_approver=True)
    request = ask(manager, project)
    for person in (planner, approver):
        assert decide(person, project, request).status == 403
    assert decide(manager, project, request).data["status"] == "implemented"


def test_in_strict_mode_others_decide_than_who_asks(
    ann: Person, strict: Any, colleague: Callable[..., Person]
) -> None:
    manager = colleague(strict, "manager")
    approver = colleague(strict, "viewer", is_approver=True)
    admin = colleague(where="admin")
    assert decide(manager, strict, ask(ann, strict)).status == 403
    assert decide(ann, strict, ask(ann, strict)).status == 403
    assert decide(ann, strict, ask(manager, strict)).data["status"] == "implemented"
    assert decide(admin, strict, ask(ann, strict)).data["status"] == "implemented"
    assert decide(approver, strict, ask(ann, strict)).data["status"] == "implemented"
    ann.patch(f"{URL}/{strict['id']}/members/{manager.id}", {"is_approver": True})
    assert decide(manager, strict, ask(manager, strict)).status == 403
    assert decide(manager, strict, ask(ann, strict)).data["status"] == "implemented"


def test_nobody_makes_an_approver_of_themselves(
    ann: Person, strict: Any, colleague: Callable[..., Person]
) -> None:
    manager, admin = colleague(strict, "manager"), colleague(where="admin")
    members = f"{URL}/{strict['id']}/members"
    assert manager.patch(f"{members}/{manager.id}", {"is_approver": True}).status == 403
    reply = admin.post(members, {"user_id": admin.id, "role": "viewer", "is_approver": True})
    assert reply.status == 403
    assert manager.patch(f"{members}/{ann.id}", {"is_approver": True}).data["is_approver"] is True
    assert ann.patch(f"{members}/{manager.id}", {"is_approver": True}).data["role"] == "manager"
    assert manager.patch(f"{members}/{manager.id}", {"is_approver": False}).data["is_approver"] is False
    assert ann.delete(f"{members}/{manager.id}").status == 200
    again = ann.post(members, {"user_id": manager.id, "role": "manager"}).data
    assert again["is_approver"] is False


def test_budgets_are_asked_for_and_seen_by_those_who_see_money(
    ann: Person, strict: Any, colleague: Callable[..., Person]
) -> None:
    planner, admin = colleague(strict, "planner"), colleague(where="admin")
    manager = colleague(strict, "manager")
    reply = planner.post(path(strict), {"title": "Money", "requested_changes": {"budget": 5}})
    assert reply.status == 403
    request = ask(manager, strict, requested_changes={"budget": 5})
    assert planner.get(path(strict, request)).data["requested_changes"] == {"budget": None}
    assert planner.get(path(strict)).data[0]["requested_changes"] == {"budget": None}
    for approved in (True, False):
        assert decide(admin, strict, request, approved).status == 403, "who sees no money decides on none"
    assert decide(ann, strict, request).data["requested_changes"] == {"budget": 5}


def test_of_two_decisions_at_once_one_wins(
    world: World, ann: Person, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, together, answers = ask(ann, project), Barrier(2), []

    def run(approved: bool) -> None:
        person = Person(world.app.test_client(), ann.token, ann.id, ann.username, ann.email, ann.workspace_id)
        together.wait(5)
        answers.append((approved, decide(person, project, request, approved)))

    threads = [Thread(target=run, args=(approved,)) for approved in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for _, reply in answers) == [200, 400]
    won = next(approved for approved, reply in answers if reply.status == 200)
    status = ann.get(path(project, request)).data["status"]
    end = ann.get(f"{URL}/{project['id']}").data["end_date"]
    assert (status, end) == (("implemented", "2026-12-01") if won else ("rejected", None))


def test_another_change_of_the_project_is_not_lost(world: World, ann: Person, project: Any) -> None:
    request, replies = ask(ann, project), []
    for change in (
        lambda: decide(ann, project, request),
        lambda: ann.patch(f"{URL}/{project['id']}", {"name": "Shop"}),
    ):
        thread = Thread(target=lambda change=change: replies.append(change().status))
        thread.start()
        thread.join()
    after = ann.get(f"{URL}/{project['id']}").data
    assert (replies, after["name"], after["end_date"]) == ([200, 200], "Shop", "2026-12-01")


def test_events_hold_no_words_but_the_title(ann: Person, project: Any) -> None:
    request = ask(ann, project, description="Secret", impact_analysis="Secret")
    ann.patch(path(project, request), {"title": "Less", "description": "Secret too"})
    told = ann.get(f"{URL}/{project['id']}/activity", type="change_request.*").data
    assert [event["type"] for event in told] == ["change_request.updated", "change_request.created"]
    assert told[0]["changes"] == {"title": {"old": "More time", "new": "Less"}}
    assert told[0]["entity_title"] == "Less"
    assert "Secret" not in str(told)
