"""Who a project belongs to, and who may join it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

URL = "/api/v1/projects"


@pytest.fixture
def colleague(world: World, ann: Person) -> Callable[[str], Person]:
    """Makes members of ann's workspace."""

    def make(role: str = "member") -> Person:
        person = world.person()
        world.join(ann.workspace_id, person, role)
        return person

    return make


def new(person: Person, workspace_id: str, **values: Any) -> Any:
    """A project."""
    return person.post(URL, {"workspace_id": workspace_id, "name": "Website", **values}).data


def roles(person: Person, project: Any) -> dict[str, str]:
    """Role by user."""
    return {row["user_id"]: row["role"] for row in person.get(f"{URL}/{project['id']}/members").data}


def transfer(person: Person, project: Any, heir: Person, **values: Any) -> Any:
    """An attempt to hand a project over."""
    body = {"new_owner_id": heir.id, "reason": "Moves on", **values}
    return person.post(f"{URL}/{project['id']}/ownership/transfer", body)


@pytest.mark.parametrize("kept", ["member", "none"])
def test_an_admin_hands_over(ann: Person, colleague: Callable[..., Person], kept: str) -> None:
    owner, heir, admin = colleague(), colleague(), colleague("admin")
    project = new(owner, ann.workspace_id)
    shown = transfer(admin, project, heir, keep_old_as=kept).data
    assert shown["owner_id"] == heir.id
    former = {owner.id: "member"} if kept == "member" else {}
    assert roles(ann, project) == {heir.id: "owner", **former}
    told = ann.get(f"{URL}/{project['id']}/activity", type="project.updated").data[0]["changes"]
    assert told["owner_id"] == {"old": owner.id, "new": heir.id}
    assert told["reason"]["new"] == "Moves on"


def test_nobody_gives_their_own_project_away_alone(ann: Person, colleague: Callable[..., Person]) -> None:
    member, admin, other = colleague(), colleague("admin"), colleague("admin")
    own = new(admin, ann.workspace_id)
    assert transfer(admin, own, member).status == 403
    assert transfer(other, own, member).data["owner_id"] == member.id
    assert transfer(member, own, other).status == 403
    hers = new(ann, ann.workspace_id)
    assert transfer(ann, hers, member).status == 200, "above the workspace's owner is nobody"


def test_a_transfer_says_why_and_to_whom(ann: Person, bob: Person, colleague: Callable[..., Person]) -> None:
    project, heir = new(ann, ann.workspace_id), colleague()
    url = f"{URL}/{project['id']}/ownership/transfer"
    assert ann.post(url, {}).faults == {"new_owner_id", "reason"}
    assert ann.post(url, {"new_owner_id": heir.id, "reason": " ", "keep_old_as": "viewer"}).faults == {
        "reason",
        "keep_old_as",
    }
    assert transfer(ann, project, bob).faults == {"new_owner_id"}
    assert transfer(bob, project, bob).status == 404
    assert transfer(ann, project, ann).data["owner_id"] == ann.id, "it is theirs already"


def test_members_of_the_workspace_join_public_projects(
    ann: Person, bob: Person, colleague: Callable[..., Person]
) -> None:
    public, private = (new(ann, ann.workspace_id, visibility=v) for v in ("public", "private"))
    member, viewer = colleague(), colleague("viewer")
    joined = member.post(f"{URL}/{public['id']}/join")
    assert (joined.status, joined.data["role"], joined.data["is_approver"]) == (201, "member", False)
    again = member.post(f"{URL}/{public['id']}/join")
    assert (again.status, again.error["details"]) == (409, {"user_id": member.id})
    assert viewer.post(f"{URL}/{public['id']}/join").status == 403
    assert member.post(f"{URL}/{private['id']}/join").status == 404
    assert bob.post(f"{URL}/{public['id']}/join").status == 404
    told = ann.get(f"{URL}/{public['id']}/activity").data[0]
    assert (told["type"], told["actor"]["user_id"]) == ("project.member.added", member.id)
