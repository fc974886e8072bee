"""Reading the ledger over a workspace shows nothing of the projects that the caller does not see."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import LedgerQuery, Principal, Scope
from pronaflow_kernel.testing import Person, World

URL = "/api/v1/projects"


def ids(world: World, person: Person, workspace_id: str, role: str, **query: Any) -> set[str]:
    """What the events tell of that a person reads over a workspace."""
    scope = Scope(Principal("user", person.id), workspace_id, role)
    with world.kernel.db.read(scope) as reader:
        asked = LedgerQuery().load({"page_size": 100, **query})
        page = world.kernel.contexts["projects"].ledger.in_workspace(reader, asked)
        return {row["aggregate_id"] for row in page.rows}


def test_events_of_private_projects_are_their_members(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    made = {"workspace_id": ann.workspace_id}
    public = cid.post(URL, {**made, "name": "Open"}).data["id"]
    private = cid.post(URL, {**made, "name": "Secret", "visibility": "private"}).data["id"]
    elsewhere = bob.post(URL, {"name": "Elsewhere"}).data["id"]
    world.join(ann.workspace_id, dan := world.person("dan"), "admin")
    assert {public, private} <= ids(world, cid, ann.workspace_id, "member")
    seen = ids(world, dan, ann.workspace_id, "admin")
    assert (public in seen, private in seen, elsewhere in seen) == (True, False, False)
    assert private not in ids(world, ann, ann.workspace_id, "owner")
    assert ids(world, dan, ann.workspace_id, "admin", type="project.created", actor_id=cid.id) == {public}


def test_what_is_in_no_project_is_shown(world: World, ann: Person) -> None:
    ann.patch(f"/api/v1/workspaces/{ann.workspace_id}", {"name": "Beta"})
    assert ann.workspace_id in ids(world, ann, ann.workspace_id, "owner")
