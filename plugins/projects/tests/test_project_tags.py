"""Tags of projects, and the filters and sorts of the list that finds them by."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, World

URL = "/api/v1/projects"


def new(person: Person, **values: Any) -> Any:
    """A project."""
    return person.post(URL, {"workspace_id": person.workspace_id, "name": "Website", **values}).data


def names(person: Person, **query: Any) -> list[str]:
    """Names of the projects on a page."""
    return [row["name"] for row in person.get(URL, workspace_id=person.workspace_id, **query).data]


def test_tags_are_words_of_the_workspace(ann: Person) -> None:
    project = new(ann, tags=["Urgent", "q3", "URGENT"])
    assert project["tags"] == ["q3", "Urgent"] or project["tags"] == ["q3", "URGENT"]
    assert ann.get(f"{URL}/{project['id']}").data["tags"] == project["tags"]
    assert ann.get(URL, workspace_id=ann.workspace_id).data[0]["tags"] == project["tags"]
    catalogue = ann.get(f"/api/v1/workspaces/{ann.workspace_id}/tags").data
    assert {tag["name"] for tag in catalogue} == set(project["tags"])
    assert new(ann)["tags"] == []


def test_a_patch_gives_others_and_tells_so(ann: Person) -> None:
    project = new(ann, tags=["a", "b"])
    url = f"{URL}/{project['id']}"
    changed = ann.patch(url, {"tags": ["b", "c"]}).data
    assert (changed["tags"], changed["version"]) == (["b", "c"], project["version"] + 1)
    told = ann.get(f"{url}/activity").data[0]
    assert told["changes"] == {"tags": {"old": ["a", "b"], "new": ["b", "c"]}}
    same = ann.patch(url, {"tags": ["C", "b"]}).data
    assert (same["tags"], same["version"]) == (["b", "c"], changed["version"])
    both = ann.patch(url, {"tags": [], "name": "Shop"}).data
    assert (both["tags"], both["name"], both["version"]) == ([], "Shop", changed["version"] + 1)
    assert ann.get(f"{url}/activity").data[0]["changes"].keys() == {"tags", "name"}
    late = ann.request("PATCH", url, {"tags": ["x"]}, headers={"If-Match": f'"{changed["version"]}-0"'})
    assert late.status == 412


def test_a_renamed_tag_shows_and_a_deleted_one_goes(ann: Person) -> None:
    project = new(ann, tags=["old"])
    tags = f"/api/v1/workspaces/{ann.workspace_id}/tags"
    tag = ann.get(tags).data[0]
    ann.patch(f"{tags}/{tag['id']}", {"name": "New"})
    assert ann.get(f"{URL}/{project['id']}").data["tags"] == ["New"]
    ann.delete(f"{tags}/{tag['id']}")
    assert ann.get(f"{URL}/{project['id']}").data["tags"] == []


def test_tags_for_other_things_are_refused(ann: Person) -> None:
    tags = f"/api/v1/workspaces/{ann.workspace_id}/tags"
    ann.post(tags, {"name": "bug", "entity_type_limit": "task"})
    ann.post(tags, {"name": "programme", "entity_type_limit": "project"})
    assert ann.post(URL, {"name": "x", "tags": ["BUG"]}).faults == {"tags"}
    project = new(ann, tags=["programme"])
    assert ann.patch(f"{URL}/{project['id']}", {"tags": ["bug", "programme"]}).faults == {"tags"}
    assert ann.get(f"{URL}/{project['id']}").data["tags"] == ["programme"]
    wrong = ann.post(URL, {"name": "x", "tags": ["", "x" * 51, "a\u0007b", 7]})
    assert wrong.faults == {"tags.0", "tags.1", "tags.2", "tags.3"}
    assert ann.post(URL, {"name": "x", "tags": [str(n) for n in range(51)]}).faults == {"tags"}


def test_the_list_is_filtered(world: World, ann: Person) -> None:
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    new(ann, name="Alpha", tags=["red"], priority="high")
    new(ann, name="Beta", tags=["red", "blue"], status="not_started")
    done = new(ann, name="Gamma", priority="low")
    ann.patch(f"{URL}/{done['id']}/status", {"status": "completed"})
    cid.post(URL, {"workspace_id": ann.workspace_id, "name": "Delta"})
    assert names(ann, tag="RED", sort="name") == ["Alpha", "Beta"]
    assert names(ann, tag="red", status="planning") == ["Beta"]
    assert names(ann, tag="nothing") == []
    assert names(ann, status="done") == ["Gamma"]
    assert names(ann, priority="high") == ["Alpha"]
    assert names(ann, owner_id=cid.id) == ["Delta"]
    assert names(ann, search="ALPH") == ["Alpha"]
    assert ann.get(URL, status="huge", priority="huge", owner_id="x").faults == {
        "status",
        "priority",
        "owner_id",
    }


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-created_at", "Gamma Beta Alpha"),
        ("name", "Alpha Beta Gamma"),
        ("priority", "Beta Alpha Gamma"),
        ("-priority", "Gamma Alpha Beta"),
        ("start_date", "Gamma Alpha Beta"),
        ("-end_date", "Gamma Alpha Beta"),
        ("updated_at", "Beta Gamma Alpha"),
    ],
)
def test_the_list_is_sorted(world: World, ann: Person, sort: str, expected: str) -> None:
    first = new(ann, name="Alpha", priority="medium", start_date="2026-02-01", end_date="2026-03-01")
    for name, priority, start, end in (
        ("Beta", "low", None, "2026-02-01"),
        ("Gamma", "critical", "2026-01-01", None),
    ):
        world.clock.advance(1)
        new(ann, name=name, priority=priority, start_date=start, end_date=end)
    world.clock.advance(1)
    ann.patch(f"{URL}/{first['id']}", {"description": "x"})
    assert names(ann, sort=sort) == expected.split()
    by, order = sort.lstrip("-"), "desc" if sort.startswith("-") else "asc"
    assert names(ann, sort_by=by, sort_order=order) == expected.split()
