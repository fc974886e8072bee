"""Tags: the words that the things of a workspace share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import Scope, ValidationFailed, new_id
from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_workspaces.api import Tags, tag_norm, tag_problems

from .conftest import WORKSPACES, Team, now


def path(person: Person) -> str:
    return f"{WORKSPACES}/{person.workspace_id}/tags"


def tag(person: Person, **values: Any) -> Any:
    reply = person.post(path(person), {"name": "Urgent", **values})
    assert reply.status == 201, reply.json
    return reply.data


class TestTags(ResourceSuite):
    patch = {"name": "Renamed", "color": "#FF8800", "entity_type_limit": "task"}
    clears: ClassVar[dict[str, Any]] = {"color": "#123456"}

    def collection(self, owner: Person) -> str:
        return path(owner)

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"name": f"Tag {number}"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        self.home = path(ann)
        return self.make(ann).data

    def url(self, record: Any) -> str:
        return f"{self.home}/{record['id']}"


def test_a_tag_shows_all_its_keys(world: World, ann: Person) -> None:
    shown = tag(ann, name=" Urgent ", color="#f80", entity_type_limit="Project")
    assert shown == {
        "id": shown["id"],
        "tag_id": shown["id"],
        "workspace_id": ann.workspace_id,
        "name": "Urgent",
        "color": "#f80",
        "entity_type_limit": "project",
        "created_at": now(world),
        "updated_at": now(world),
    }
    plain = tag(ann, name="Plain")
    assert (plain["color"], plain["entity_type_limit"]) == (None, "all")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "a\u001fb"}, "name"),
        ({"name": None}, "name"),
        ({"color": "red"}, "color"),
        ({"color": "#12345"}, "color"),
        ({"color": "#123456\n"}, "color"),
        ({"entity_type_limit": "person"}, "entity_type_limit"),
        ({"entity_type_limit": None}, "entity_type_limit"),
    ],
)
def test_bad_values_are_refused_by_their_fields(ann: Person, body: Any, fault: str) -> None:
    assert ann.post(path(ann), {"name": "Urgent", **body}).faults == {fault}
    assert ann.patch(f"{path(ann)}/{tag(ann)['id']}", body).faults == {fault}


@pytest.mark.parametrize("twin", ["urgent", "URGENT", " Urgent "])
def test_a_name_is_there_once_whatever_its_case(ann: Person, twin: str) -> None:
    first, other = tag(ann), tag(ann, name="Other")
    for reply in (
        ann.post(path(ann), {"name": twin}),
        ann.patch(f"{path(ann)}/{other['id']}", {"name": twin}),
    ):
        assert (reply.status, reply.error["details"]) == (409, {"tag_id": first["id"]})
        assert reply.error["message"] == "There is a tag Urgent already"
    assert ann.patch(f"{path(ann)}/{first['id']}", {"name": "URGENT"}).data["name"] == "URGENT"


def test_each_workspace_has_its_own(ann: Person, bob: Person) -> None:
    assert tag(ann)["id"] != tag(bob)["id"]


def test_a_path_through_another_workspace_leads_to_no_tag(team: Team, ann: Person) -> None:
    own = path(ann)
    here = tag(ann)
    there = team.owner.post(f"{team.path}/tags", {"name": "Theirs"}).data
    team.join("member", ann)
    for method in ("GET", "PATCH", "DELETE"):
        body = {"name": "New"} if method == "PATCH" else None
        assert ann.request(method, f"{team.path}/tags/{here['id']}", body).status == 404
        assert ann.request(method, f"{own}/{there['id']}", body).status == 404
    assert [row["name"] for row in ann.get(own).data] == ["Urgent"]


def test_the_list_is_found_by_how_names_begin_and_what_they_are_for(ann: Person) -> None:
    for name, limit in (("bug", "task"), ("Build", "all"), ("b_x", "note"), ("Alpha", "project")):
        tag(ann, name=name, entity_type_limit=limit)

    def names(**query: Any) -> list[str]:
        return [row["name"] for row in ann.get(path(ann), **query).data]

    assert names() == ["Alpha", "b_x", "bug", "Build"]
    assert names(search="BU") == ["bug", "Build"]
    assert names(search="b_") == ["b_x"]
    assert names(search="%") == []
    assert names(search="\\") == []
    assert names(entity_type="task") == ["bug", "Build"]
    assert names(entity_type="project", search="b") == ["Build"]
    assert names(sort="-name") == ["Build", "bug", "b_x", "Alpha"]
    assert ann.get(path(ann), entity_type="all").faults == {"entity_type"}


def test_viewers_read_and_members_write(team: Team) -> None:
    viewer, member = team.join("viewer"), team.join("member")
    made = member.post(f"{team.path}/tags", {"name": "One"})
    assert made.status == 201
    one = f"{team.path}/tags/{made.data['id']}"
    assert viewer.get(one).status == viewer.get(f"{team.path}/tags").status == 200
    refused = (
        viewer.post(f"{team.path}/tags", {"name": "Two"}),
        viewer.patch(one, {"name": "Two"}),
        viewer.delete(one),
    )
    assert [reply.status for reply in refused] == [403] * 3
    assert member.delete(one).json["message"] == "The tag was deleted"
    assert viewer.get(one).status == 404


def test_changes_are_announced_and_nothing_else(team: Team) -> None:
    made = team.owner.post(f"{team.path}/tags", {"name": "One"}).data
    one = f"{team.path}/tags/{made['id']}"
    team.owner.patch(one, {"name": "Two", "color": None})
    team.owner.patch(one, {"name": "Two"})
    team.owner.delete(one)
    told = [row for row in team.world.events(team.id) if row["type"].startswith("tag.")]
    assert [row["type"] for row in told] == ["tag.created", "tag.updated", "tag.deleted"]
    payload = {"workspace_id": team.id, "tag_id": made["id"], "name": "Two"}
    assert [row["payload"] for row in told] == [{**payload, "name": "One"}, payload, payload]
    assert told[1]["changes"] == {"name": {"old": "One", "new": "Two"}}


class TestOnFirstUse:
    """The service `Tags`, as the plugins see it whose things have tags."""

    def resolve(self, world: World, person: Person, *names: str, of: str = "task") -> dict[str, Any]:
        with world.kernel.db.write(Scope.system(person.workspace_id)) as uow:
            return world.kernel.services.require(Tags).resolve(uow, set(names), of)

    def test_the_first_spelling_stays(self, world: World, ann: Person) -> None:
        first = self.resolve(world, ann, "Straße", "UI")
        again = self.resolve(world, ann, "ui", "STRASSE", "Ui")
        assert first == again
        assert [row["name"] for row in ann.get(path(ann)).data] == ["Straße", "UI"]
        assert [row["entity_type_limit"] for row in first.values()] == ["all", "all"]
        told = [row for row in world.events(ann.workspace_id) if row["type"] == "tag.created"]
        assert len(told) == 2

    def test_nothing_is_asked_for_no_names(self, world: World, ann: Person) -> None:
        with world.statements() as seen:
            assert self.resolve(world, ann) == {}
        assert not [statement for statement in seen if "workspaces__tag" in statement]

    def test_one_that_is_for_other_things_is_refused(self, world: World, ann: Person) -> None:
        tag(ann, name="Quick", entity_type_limit="note")
        with pytest.raises(ValidationFailed) as refused:
            self.resolve(world, ann, "quick", "new")
        assert [problem.field for problem in refused.value.problems] == ["tags"]
        assert "Quick is not for a task" in refused.value.problems[0].message
        assert [row["name"] for row in ann.get(path(ann)).data] == ["Quick"], "nothing was made"
        assert list(self.resolve(world, ann, "quick", of="note")) == ["quick"]

    def test_tags_are_found_without_being_made(self, world: World, ann: Person) -> None:
        tag(ann, name="Quick", entity_type_limit="note")
        tags = world.kernel.services.require(Tags)
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            found = tags.find(uow, ["QUICK", "lost"])
        assert list(found) == [tag_norm("Quick")]
        assert tag_problems(found.values(), "note") == []
        assert [problem.field for problem in tag_problems(found.values(), "task", "tags.0")] == ["tags.0"]

    def test_what_was_found_is_not_read_again(self, world: World, ann: Person) -> None:
        made = tag(ann, name="Quick")
        tags = world.kernel.services.require(Tags)
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            found = tags.find(uow, ["quick"])
            with world.statements() as seen:
                assert tags.resolve(uow, {"QUICK"}, "task", found)["quick"]["id"] == made["id"]
            assert seen == []

    def test_many_who_make_the_same_one_get_the_same_one(self, world: World, ann: Person) -> None:
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda n: self.resolve(world, ann, f"X{n % 2}")[f"x{n % 2}"]["id"], range(8)))
        assert len(set(ids)) == 2


def test_of_many_who_add_the_same_name_one_does(world: World, ann: Person) -> None:
    def add(number: int) -> int:
        person = replace(ann, client=world.app.test_client())
        return person.post(path(ann), {"name": "SAME" if number % 2 else "same"}).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [201, 409, 409, 409]


def test_an_unknown_tag_is_named(ann: Person) -> None:
    missing = new_id()
    reply = ann.get(f"{path(ann)}/{missing}")
    assert (reply.status, reply.error["message"]) == (404, f"Tag {missing} was not found")
