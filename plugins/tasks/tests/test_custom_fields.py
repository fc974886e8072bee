"""Custom fields of projects: definitions, and what tasks have for them (modules.md 4.1, 4.4 rule 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import ValidationFailed, new_id
from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_tasks.api import Tasks

TASKS = "/api/v1/tasks"


def path(project: Any) -> str:
    return f"/api/v1/projects/{project['id']}/custom-fields"


@pytest.fixture
def field(ann: Person, project: Any) -> Callable[..., Any]:
    """Makes custom fields of ann's project."""

    def make(name: str, type: str = "text", **values: Any) -> Any:
        return ann.post(path(project), {"name": name, "type": type, **values}).data

    return make


@pytest.fixture
def stage(field: Callable[..., Any]) -> Any:
    """A select with three options."""
    return field("Stage", "select", options=["Idea", {"label": "Draft", "color": "#1f6feb"}, "Final"])


def ids(select: Any) -> dict[str, str]:
    return {each["label"]: each["id"] for each in select["options"]}


class TestDefinitions(ResourceSuite):
    patch: ClassVar[dict[str, Any]] = {"name": "Other", "required": True, "order": 7}
    clears: ClassVar[dict[str, Any]] = {"description": "What it is", "default_value": "web"}

    def collection(self, owner: Person) -> str:
        if owner.id not in _PROJECTS:
            _PROJECTS[owner.id] = owner.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data
        self.home = path(_PROJECTS[owner.id])
        return self.home

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"name": f"Field {number}", "type": "text"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}

    def url(self, record: Any) -> str:
        return f"/api/v1/projects/{record.get('project_id', new_id())}/custom-fields/{record['id']}"


_PROJECTS: dict[str, Any] = {}


def test_a_field_shows_all_its_keys(ann: Person, project: Any, field: Callable[..., Any]) -> None:
    made = field(" Budget code ", "select", options=["A", "B"], required=True, default_value="b")
    assert made == {
        "id": made["id"],
        "field_id": made["id"],
        "project_id": project["id"],
        "name": "Budget code",
        "type": "select",
        "order": 0,
        "required": True,
        "description": None,
        "version": 1,
        "workspace_id": ann.workspace_id,
        "options": [{"id": each["id"], "label": each["label"], "color": None} for each in made["options"]],
        "default_value": ids(made)["B"],
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
    }
    assert field("Second")["order"] == 1
    assert [row["name"] for row in ann.get(path(project)).data] == ["Budget code", "Second"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x" * 101}, {"name"}),
        ({"name": "a\nb"}, {"name"}),
        ({"type": "user"}, {"type"}),
        ({"type": "select"}, {"options"}),
        ({"type": "select", "options": []}, {"options"}),
        ({"type": "text", "options": ["A"]}, {"options"}),
        ({"type": "select", "options": ["A", "a"]}, {"options.1.label"}),
        ({"type": "select", "options": ["A", ""]}, {"options.1.label"}),
        ({"type": "select", "options": [{"label": "A", "color": "red"}]}, {"options.0.color"}),
        ({"type": "select", "options": [{"label": "A", "id": "x"}]}, {"options.0.id"}),
        ({"type": "select", "options": [f"{n}" for n in range(101)]}, {"options"}),
        ({"type": "select", "options": ["A"], "default_value": "C"}, {"default_value"}),
        ({"type": "multi_select", "options": ["A"], "default_value": "A"}, {"default_value"}),
        ({"type": "number", "default_value": "5"}, {"default_value"}),
        ({"type": "url", "default_value": "ftp://example.com"}, {"default_value"}),
    ],
)
def test_what_is_no_field_is_refused(ann: Person, project: Any, body: Any, faults: set[str]) -> None:
    assert ann.post(path(project), {"name": "F", "type": "text", **body}).faults == faults


@pytest.mark.parametrize("twin", ["size", "SIZE", " Size "])
def test_a_name_is_there_once_whatever_its_case(
    ann: Person, project: Any, field: Callable[..., Any], twin: str
) -> None:
    first, other = field("Size"), field("Other")
    for reply in (
        ann.post(path(project), {"name": twin, "type": "text"}),
        ann.patch(f"{path(project)}/{other['id']}", {"name": twin}),
    ):
        assert (reply.status, reply.error["details"]) == (409, {"field": "name", "field_id": first["id"]})
    assert ann.patch(f"{path(project)}/{first['id']}", {"name": "SIZE"}).data["name"] == "SIZE"


def test_fifty_are_enough(ann: Person, project: Any, field: Callable[..., Any]) -> None:
    made = [field(f"F{n}")["id"] for n in range(50)]
    assert ann.post(path(project), {"name": "One more", "type": "text"}).error["details"] == {"limit": 50}
    ann.delete(f"{path(project)}/{made[0]}")
    assert ann.post(path(project), {"name": "One more", "type": "text"}).status == 201


class TestOptions:
    """A label may change, the option stays."""

    def test_a_new_label_keeps_the_id(self, ann: Person, project: Any, stage: Any, task: Any) -> None:
        ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": {"Stage": "Draft"}})
        known = ids(stage)
        options = ["Final", {"id": known["Draft"], "label": "Written"}, "Idea"]
        after = ann.patch(f"{path(project)}/{stage['id']}", {"options": options}).data
        assert ids(after) == {
            "Final": known["Final"],
            "Written": known["Draft"],
            "Idea": known["Idea"],
        }
        assert after["options"][1]["color"] == "#1f6feb"
        shown = ann.get(f"{TASKS}/{task['id']}").data["custom_fields"]
        assert shown == {stage["id"]: known["Draft"]}

    def test_one_in_use_goes_by_force_alone(self, ann: Person, project: Any, stage: Any, task: Any) -> None:
        url, body = f"{path(project)}/{stage['id']}", {"options": ["Idea", "Final"]}
        ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": {"Stage": "Draft"}})
        reply = ann.patch(url, body)
        assert reply.status == 409
        assert reply.error["details"] == {"options": [{"label": "Draft", "tasks_count": 1}]}
        forced = ann.request("PATCH", url, body, query={"force": "true"})
        assert list(ids(forced.data)) == ["Idea", "Final"]
        assert ann.get(f"{TASKS}/{task['id']}").data["custom_fields"] == {}

    def test_an_unused_one_and_the_default_go_quietly(
        self, ann: Person, project: Any, field: Callable[..., Any]
    ) -> None:
        made = field("S", "multi_select", options=["A", "B"], default_value=["A", "B"])
        after = ann.patch(f"{path(project)}/{made['id']}", {"options": ["B", "C"]}).data
        assert after["default_value"] == [ids(after)["B"]]

    def test_the_id_of_nothing_is_refused(self, ann: Person, project: Any, stage: Any) -> None:
        options = [{"id": new_id(), "label": "New"}]
        reply = ann.patch(f"{path(project)}/{stage['id']}", {"options": options})
        assert reply.faults == {"options.0.id"}


def test_the_type_is_fixed_once_tasks_have_values(
    ann: Person, project: Any, task: Any, field: Callable[..., Any]
) -> None:
    made = field("F", "text", default_value="x")
    url = f"{path(project)}/{made['id']}"
    changed = ann.patch(url, {"type": "number"}).data
    assert (changed["type"], changed["default_value"]) == ("number", None)
    ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": {"F": 5}})
    assert ann.patch(url, {"type": "text"}).error["details"] == {"field": "type", "tasks_count": 1}
    ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": {"F": None}})
    assert ann.patch(url, {"type": "select", "options": ["A"]}).status == 200


def test_a_deleted_field_takes_its_values_along(ann: Person, project: Any, task: Any, stage: Any) -> None:
    ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": {"Stage": "Idea"}})
    assert ann.delete(f"{path(project)}/{stage['id']}").json["message"] == "Custom field deleted"
    assert ann.get(f"{TASKS}/{task['id']}").data["custom_fields"] == {}
    assert ann.get(f"{path(project)}/{stage['id']}").status == 404


def test_what_happens_to_a_field_is_told(
    ann: Person, project: Any, field: Callable[..., Any], events: Callable[[str], list[Any]]
) -> None:
    made = field("F")
    url = f"{path(project)}/{made['id']}"
    ann.patch(url, {"name": "G"})
    ann.patch(url, {"name": "G"})
    ann.delete(url)
    told = events(made["id"])
    assert [row["type"].partition(".")[2] for row in told] == ["created", "updated", "deleted"]
    assert told[1]["changes"] == {"name": {"old": "F", "new": "G"}}
    assert {row["container_id"] for row in told} == {project["id"]}


def test_a_path_through_another_project_leads_to_no_field(ann: Person, field: Callable[..., Any]) -> None:
    other, made = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data, field("F")
    url = f"{path(other)}/{made['id']}"
    for reply in (ann.get(url), ann.patch(url, {"name": "G"}), ann.delete(url)):
        assert reply.status == 404


class TestValues:
    """What tasks have for the fields of their project."""

    def test_they_are_named_by_name_or_id_and_merge(
        self, ann: Person, task: Any, stage: Any, field: Callable[..., Any], events: Any
    ) -> None:
        size, url = field("Size", "number"), f"{TASKS}/{task['id']}"
        made = ann.patch(url, {"custom_fields": {"size": 5, stage["id"]: "idea"}}).data
        assert made["custom_fields"] == {size["id"]: 5, stage["id"]: ids(stage)["Idea"]}
        assert made["version"] == task["version"] + 1
        again = ann.patch(url, {"custom_fields": {"SIZE": 5}}).data
        assert (again["custom_fields"], again["version"]) == (made["custom_fields"], made["version"])
        ann.patch(url, {"custom_fields": {"Stage": None}})
        assert ann.get(url).data["custom_fields"] == {size["id"]: 5}
        told = [row["changes"]["custom_fields"] for row in events(task["id"])[1:]]
        assert told == [
            {
                "old": {size["id"]: None, stage["id"]: None},
                "new": {size["id"]: 5, stage["id"]: ids(stage)["Idea"]},
            },
            {"old": {stage["id"]: ids(stage)["Idea"]}, "new": {stage["id"]: None}},
        ]

    def test_lists_and_new_tasks_show_them(self, ann: Person, project: Any, stage: Any) -> None:
        body = {"project_id": project["id"], "title": "x", "custom_fields": {"Stage": "Final"}}
        made = ann.post(TASKS, body).data
        assert made["custom_fields"] == {stage["id"]: ids(stage)["Final"]}
        assert ann.get(TASKS, project_id=project["id"]).data[0]["custom_fields"] == made["custom_fields"]
        assert ann.get(f"{TASKS}/{made['id']}").data == made

    def test_a_new_task_has_the_defaults(self, ann: Person, project: Any, field: Callable[..., Any]) -> None:
        one, two = field("One", "number", default_value=3), field("Two", "checkbox", default_value=False)
        body = {"project_id": project["id"], "title": "x"}
        assert ann.post(TASKS, body).data["custom_fields"] == {one["id"]: 3, two["id"]: False}
        given = ann.post(TASKS, {**body, "custom_fields": {"One": None, "Two": True}}).data
        assert given["custom_fields"] == {two["id"]: True}

    def test_a_required_one_is_neither_left_out_nor_cleared(
        self, ann: Person, project: Any, task: Any, field: Callable[..., Any]
    ) -> None:
        field("Needed", required=True)
        body = {"project_id": project["id"], "title": "x"}
        bodies: list[dict[str, Any]] = [{}, {"custom_fields": {}}, {"custom_fields": {"needed": "  "}}]
        for given in bodies:
            (problem,) = ann.post(TASKS, {**body, **given}).error["details"]["errors"]
            assert (problem["field"].lower(), problem["code"]) == ("custom_fields.needed", "required")
        url = f"{TASKS}/{task['id']}"
        assert ann.patch(url, {"title": "Old tasks go without"}).status == 200
        assert ann.patch(url, {"custom_fields": {"Needed": "x"}}).status == 200
        assert ann.patch(url, {"custom_fields": {"Needed": None}}).faults == {"custom_fields.Needed"}

    @pytest.mark.parametrize(
        ("type", "wrong"),
        [
            ("text", [5, True, [], {}, "x" * 2001]),
            ("number", ["5", True, [], 2e15, -2e15]),
            ("select", ["C", 5, ["A"], ""]),
            ("multi_select", ["A", ["C"], [5], {"A": 1}]),
            ("date", ["soon", "2026-13-01", 5, "0999-01-01", "9999-01-01", "2026-03-01T00:00:00Z"]),
            ("checkbox", ["true", 1, 0, []]),
            ("url", ["example.com", "ftp://example.com", "http://", "http://a b", "javascript:alert(1)", 5]),
        ],
    )
    def test_every_problem_is_named(
        self, ann: Person, task: Any, field: Callable[..., Any], type: str, wrong: list[Any]
    ) -> None:
        field("F", type, **({"options": ["A", "B"]} if "select" in type else {}))
        url = f"{TASKS}/{task['id']}"
        for value in wrong:
            faults = ann.patch(url, {"custom_fields": {"F": value, "Nothing": 1}}).faults
            assert faults == {"custom_fields.F", "custom_fields.Nothing"}, value
        assert ann.get(url).data["custom_fields"] == {}

    def test_a_field_is_named_once(self, ann: Person, task: Any, field: Callable[..., Any]) -> None:
        made = field("F")
        body = {"custom_fields": {"F": "a", made["id"]: "b"}}
        assert ann.patch(f"{TASKS}/{task['id']}", body).faults == {f"custom_fields.{made['id']}"}

    @pytest.mark.parametrize("value", [None, 5, "x", []])
    def test_they_are_an_object(self, ann: Person, task: Any, value: Any) -> None:
        assert ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": value}).faults == {"custom_fields"}

    def test_many_at_once_cost_no_statement_each(
        self, world: World, ann: Person, project: Any, acting: Any, tasks: Tasks, field: Callable[..., Any]
    ) -> None:
        made = field("F", "multi_select", options=["A", "B"])
        rows = [{"title": f"T{n}", "custom_fields": {"F": ["A", "b"]}} for n in range(100)]
        with acting(ann) as uow:
            tasks.create_many(uow, project["id"], rows[:1])
        with world.statements() as one, acting(ann) as uow:
            tasks.create_many(uow, project["id"], rows[:1])
        with world.statements() as many, acting(ann) as uow:
            created = tasks.create_many(uow, project["id"], rows)
        assert len(many) == len(one)
        assert {tuple(row["custom_fields"][made["id"]]) for row in created} == {tuple(ids(made).values())}
        rows[3]["custom_fields"] = {"F": ["C"]}
        with pytest.raises(ValidationFailed) as refusal, acting(ann) as uow:
            tasks.create_many(uow, project["id"], rows)
        assert [problem.field for problem in refusal.value.problems] == ["3.custom_fields.F"]


class TestMoving:
    """A task in another project keeps what that has a field for."""

    def test_what_has_a_twin_is_carried_over(
        self, ann: Person, project: Any, task: Any, stage: Any, field: Callable[..., Any]
    ) -> None:
        field("Size", "number")
        field("Link", "url")
        field("Both", "multi_select", options=["A", "B"])
        values = {"Stage": "Draft", "Size": 5, "Link": "https://example.com", "Both": ["A", "B"]}
        ann.patch(f"{TASKS}/{task['id']}", {"custom_fields": values})
        other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data
        bodies: dict[str, dict[str, Any]] = {
            "Stage": {"type": "select", "options": ["final", "draft"]},
            "Size": {"type": "text"},
            "Link": {"type": "url"},
            "Both": {"type": "multi_select", "options": ["B"]},
        }
        twins = {
            name: ann.post(path(other), {"name": name.upper(), **body}).data for name, body in bodies.items()
        }
        reply = ann.post(f"{TASKS}/{task['id']}/move", {"project_id": other["id"]})
        assert reply.data["custom_fields"] == {
            twins["Stage"]["id"]: ids(twins["Stage"])["draft"],
            twins["Link"]["id"]: "https://example.com",
            twins["Both"]["id"]: [ids(twins["Both"])["B"]],
        }
        lost = [each for each in reply.data["warnings"] if "custom field" in each]
        assert ["Size" in each or "Both" in each for each in lost] == [True, True]
