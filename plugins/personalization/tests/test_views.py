"""Saved views: one's own, and those that others share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope, new_id
from pronaflow_kernel.identity.leaving.erasure import Erasure
from pronaflow_kernel.identity.leaving.personal_data import collect
from pronaflow_kernel.identity.parts import Parts
from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_personalization.views import service
from pronaflow_personalization.views.models import SavedView

PATH = "/api/v1/preferences/views"
VIEW = {"name": "Mine", "resource": "tasks", "filters": {"status": "todo"}, "sort": ["-due_date"]}


class TestViews(ResourceSuite):
    path = PATH
    patch: ClassVar[dict[str, Any]] = {"name": "Renamed", "columns": ["title", "due_date"], "position": 7}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {**VIEW, "name": f"View {number}", "workspace_id": owner.workspace_id}


@pytest.fixture
def join(world: World, ann: Person) -> Callable[[str], Person]:
    """Makes members of ann's workspace."""

    def make(role: str) -> Person:
        person = world.person(role)
        world.join(ann.workspace_id, person, role)
        return person

    return make


def save(person: Person, workspace_id: str, **values: Any) -> Any:
    reply = person.post(PATH, {**VIEW, "workspace_id": workspace_id, **values})
    assert reply.status == 201, reply.json
    return reply.data


def names(person: Person, workspace_id: str, **query: Any) -> list[str]:
    return [row["name"] for row in person.get(PATH, workspace_id=workspace_id, **query).data]


def one(view: Any) -> str:
    return f"{PATH}/{view['id']}"


def test_a_view_shows_all_its_keys(ann: Person) -> None:
    shown = save(ann, ann.workspace_id)
    assert shown == {
        "id": shown["id"],
        "view_id": shown["id"],
        "workspace_id": ann.workspace_id,
        "user_id": ann.id,
        "project_id": None,
        "resource": "tasks",
        "name": "Mine",
        "filters": {"status": "todo"},
        "sort": ["-due_date"],
        "columns": [],
        "shared": False,
        "is_default": False,
        "position": 0,
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"filters": {"text": "x" * 8192}}, "filters"),
        ({"filters": ["status"]}, "filters"),
        ({"sort": ["due_date", "-due_date"]}, "sort"),
        ({"sort": ["due date"]}, "sort.0"),
        ({"sort": [f"key{number}" for number in range(11)]}, "sort"),
        ({"columns": [f"key{number}" for number in range(61)]}, "columns"),
        ({"position": -1}, "position"),
        ({"shared": "yes"}, "shared"),
        ({"project_id": "x"}, "project_id"),
    ],
)
def test_bad_values_are_refused_by_their_fields(ann: Person, body: Any, field: str) -> None:
    view = save(ann, ann.workspace_id)

    assert ann.post(PATH, {**VIEW, "workspace_id": ann.workspace_id, **body}).faults == {field}
    assert ann.patch(one(view), body).faults == {field}


def test_what_is_not_shared_is_its_owners_alone(ann: Person, join: Callable[[str], Person]) -> None:
    view, admin = save(join("member"), ann.workspace_id), join("admin")

    for person in (ann, admin):
        assert names(person, ann.workspace_id) == []
        assert person.get(one(view)).status == 404
        assert person.patch(one(view), {"name": "X"}).status == 404
        assert person.delete(one(view)).status == 404


def test_what_is_shared_is_seen_by_all_and_changed_by_few(ann: Person, join: Callable[[str], Person]) -> None:
    member, other, viewer, admin = join("member"), join("member"), join("viewer"), join("admin")
    view = save(member, ann.workspace_id, shared=True)

    for person in (ann, other, viewer, admin):
        assert names(person, ann.workspace_id) == ["Mine"]
        assert person.get(one(view)).data["name"] == "Mine"
    for person in (other, viewer):
        assert person.patch(one(view), {"name": "Ours"}).status == 403
        assert person.delete(one(view)).status == 403
    assert admin.patch(one(view), {"name": "Ours"}).status == 200
    assert admin.patch(one(view), {"is_default": True}).status == 403
    assert admin.delete(one(view)).status == 204
    assert names(member, ann.workspace_id) == []


def test_viewers_save_views_and_do_not_share_them(ann: Person, join: Callable[[str], Person]) -> None:
    viewer = join("viewer")
    view = save(viewer, ann.workspace_id)

    assert viewer.patch(one(view), {"shared": True}).status == 403
    assert viewer.post(PATH, {**VIEW, "workspace_id": ann.workspace_id, "shared": True}).status == 403
    assert viewer.patch(one(view), {"name": "Other"}).status == 200


@pytest.mark.parametrize("how", ["project_id", "filters"])
def test_a_shared_view_of_a_private_project_is_not_shown_to_those_outside(
    ann: Person, join: Callable[[str], Person], how: str
) -> None:
    outside, inside = join("member"), join("member")
    project = ann.post(
        "/api/v1/projects",
        {"name": "Secret", "visibility": "private", "workspace_id": ann.workspace_id},
    ).data
    assert ann.post(
        f"/api/v1/projects/{project['id']}/members", {"user_id": inside.id, "role": "member"}
    ).status in (200, 201)
    named = {"project_id": project["id"]}
    view = save(ann, ann.workspace_id, shared=True, **(named if how == "project_id" else {"filters": named}))

    assert view["project_id"] == project["id"]
    assert names(inside, ann.workspace_id) == ["Mine"]
    assert names(outside, ann.workspace_id) == []
    nothing = outside.get(f"{PATH}/{new_id()}")
    reply = outside.get(one(view))
    assert (
        (reply.status, reply.error["code"]) == (nothing.status, nothing.error["code"]) == (404, "NOT_FOUND")
    )


def test_a_project_that_one_does_not_see_cannot_be_named(ann: Person, join: Callable[[str], Person]) -> None:
    member = join("member")
    secret = ann.post(
        "/api/v1/projects",
        {"name": "Secret", "visibility": "private", "workspace_id": ann.workspace_id},
    ).data["id"]

    for project_id in (secret, new_id()):
        body = {**VIEW, "workspace_id": ann.workspace_id, "project_id": project_id}
        assert member.post(PATH, body).faults == {"project_id"}


def test_of_each_list_one_view_is_the_default(ann: Person) -> None:
    first = save(ann, ann.workspace_id, is_default=True)
    other = save(ann, ann.workspace_id, resource="projects", is_default=True)
    second = save(ann, ann.workspace_id, is_default=True)

    shown = {row["id"]: row["is_default"] for row in ann.get(PATH, workspace_id=ann.workspace_id).data}
    assert shown == {first["id"]: False, other["id"]: True, second["id"]: True}
    ann.patch(one(first), {"is_default": True})
    assert ann.get(one(second)).data["is_default"] is False


def test_what_somebody_begins_with_is_nobody_elses_business(
    ann: Person, join: Callable[[str], Person]
) -> None:
    view = save(ann, ann.workspace_id, shared=True, is_default=True)

    assert join("member").get(one(view)).data["is_default"] is False
    assert join("admin").patch(one(view), {"name": "Ours"}).data["is_default"] is False
    assert ann.get(one(view)).data["is_default"] is True


def test_views_come_in_the_order_of_their_owner(ann: Person) -> None:
    made = [save(ann, ann.workspace_id, name=name) for name in ("A", "B", "C")]
    ann.patch(one(made[2]), {"position": 0})
    ann.patch(one(made[0]), {"position": 2})

    assert names(ann, ann.workspace_id) == ["C", "B", "A"]
    assert names(ann, ann.workspace_id, sort="name") == ["A", "B", "C"]
    assert names(ann, ann.workspace_id, resource="projects") == []


def test_a_number_of_views_is_enough(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 1)
    save(ann, ann.workspace_id)

    reply = ann.post(PATH, {**VIEW, "workspace_id": ann.workspace_id})
    assert (reply.status, reply.error["details"]) == (409, {"most": 1})


def test_personal_data_names_views_and_erasure_leaves_what_is_shared(
    world: World, ann: Person, join: Callable[[str], Person]
) -> None:
    member = join("member")
    save(member, ann.workspace_id)
    shared = save(member, ann.workspace_id, shared=True)
    with world.kernel.db.read(Scope.system()) as reader:
        found = collect(world.kernel, reader, member.id)["plugins"]["personalization"]["saved_views"]
    assert len(found) == 2

    with world.kernel.db.write(Scope.system()) as uow:
        Erasure(Parts(world.kernel)).erase(uow, member.id, "operator")

    assert names(ann, ann.workspace_id) == ["Mine"]
    assert ann.get(one(shared)).status == 200
    statement = select(func.count()).select_from(SavedView).where(SavedView.workspace_id == SCOPE_WORKSPACE)
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        assert reader.value(statement) == 1
