"""What a project is made of, without people and without dates: one JSON for clones and templates.

    {"version": 1, "duration_days": 20, "phases": [
        {"name": "Build", "description": null, "duration_days": null, "tasks": [
            {"title": "Walls", "offset_days": 0, "duration_days": 5, "depends_on": [], ...}]}],
     "custom_fields": [{"name": "Stone", "type": "text", ...}]}

Days are working days. `offset_days` counts from the start of the project, 0 being its first day, and
`duration_days` how long something takes, both ends included; a task that takes 0 days is a deadline: it is
due on that day and has no start. A task without an offset, in a phase of known length, has the days of its
phase, and phases follow one another. `depends_on` names tasks by their place among all, phase after phase.
Custom fields are named by their names and options by their labels; dates are not among their values.

What is stored is always of the current `VERSION`, whole, and with every key; what is sent may be shorter: a
task may be its title alone, and name others by a `ref` that they carry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from pronaflow_kernel.api import Choice, Schema, Text

from ..schemas import LEVEL_ALIASES, LEVELS

VERSION = 1
"""Of the structure; it rises when a key changes its meaning, never when one is added."""

MOST_PHASES = 100
MOST_TASKS = 1000
"""In all phases of a template together."""

MOST_FIELDS = 50
"""Custom fields of a project (modules.md 4.4 rule 8)."""

KINDS = ("text", "number", "select", "multi_select", "date", "checkbox", "url")
"""Of custom fields (modules.md 4.1)."""

LINKS = ("FS", "SS", "FF", "SF")
"""Ways to depend: the first letter is what the predecessor does, the second what waits for it."""


def _days(least: int, description: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=least, max=20_000),
        metadata={"description": description},
    )


def _amount(most: int) -> fields.Float:
    return fields.Float(allow_none=True, load_default=None, validate=validate.Range(min=0, max=most))


def _titled(data: Any) -> Any:
    """A bare text is a thing with that title."""
    return {"title": data} if isinstance(data, str) else data


class Dependency(Schema):
    """What a task waits for, named by `index` or by `ref`."""

    index = fields.Integer(strict=True, metadata={"description": "Among all tasks, from 0"})
    ref = Text(50, least=1, metadata={"description": "Of the other task"})
    type = Choice(LINKS, {name.lower(): name for name in LINKS}, load_default="FS")
    lag_days = fields.Integer(strict=True, load_default=0, validate=validate.Range(min=-1000, max=1000))

    @validates_schema
    def _one_name(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("index" in data) == ("ref" in data):
            raise ValidationError("Name the other task by index or by ref.", "index")


class Option(Schema):
    """An option of a select; its label alone is enough."""

    label = Text(100, least=1, required=True)
    color = Text(7, allow_none=True, load_default=None, validate=[validate.Regexp(r"#[0-9a-fA-F]{6}$")])

    @pre_load
    def _label_alone(self, data: Any, **_: Any) -> Any:
        return {"label": data} if isinstance(data, str) else data


class CustomField(Schema):
    """A field that the tasks have beside those that all tasks have."""

    name = Text(100, least=1, required=True)
    type = Choice(KINDS, required=True, metadata={"examples": ["select"]})
    options = fields.List(fields.Nested(Option), load_default=list, validate=validate.Length(max=100))
    required = fields.Boolean(load_default=False)
    description = Text(1_000, allow_none=True, load_default=None)
    default_value = fields.Raw(
        allow_none=True,
        load_default=None,
        metadata={"type": ["string", "number", "boolean", "array"], "items": {}},
    )

    @validates_schema
    def _holds_no_date(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["type"] == "date" and data["default_value"] is not None:
            raise ValidationError("A structure holds no dates.", "default_value")


class Step(Schema):
    """An item of a checklist; a title alone is enough."""

    title = Text(255, least=1, required=True)
    description = Text(10_000, allow_none=True, load_default=None)

    @pre_load
    def _title_alone(self, data: Any, **_: Any) -> Any:
        return _titled(data)


class StructuredTask(Schema):
    """A task of a structure; a title alone is enough."""

    title = Text(255, least=1, required=True)
    ref = Text(50, least=1, metadata={"description": "By which others may name it"})
    description = Text(100_000, allow_none=True, load_default=None)
    priority = Choice(LEVELS, LEVEL_ALIASES, load_default="medium")
    estimated_hours = _amount(100_000)
    story_points = _amount(10_000)
    is_milestone = fields.Boolean(load_default=False)
    offset_days = _days(-20_000, "Working days from the start of the project; its first day is 0")
    duration_days = _days(0, "Working days; 0 is a deadline: due on that day, without a start")
    tags = fields.List(Text(50, least=1), load_default=list, validate=validate.Length(max=50))
    checklist = fields.List(fields.Nested(Step), load_default=list, validate=validate.Length(max=200))
    custom_fields = fields.Dict(
        keys=Text(100, least=1),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        metadata={"description": "Values by the names of the fields"},
    )
    depends_on = fields.List(fields.Nested(Dependency), load_default=list, validate=validate.Length(max=100))

    @pre_load
    def _title_alone(self, data: Any, **_: Any) -> Any:
        return _titled(data)

    @validates_schema
    def _is_possible(self, data: Mapping[str, Any], **_: Any) -> None:
        faults = {}
        if data["is_milestone"] and data["estimated_hours"]:
            faults["estimated_hours"] = ["A milestone has no estimate."]
        if data["is_milestone"] and data["duration_days"]:
            faults["duration_days"] = ["A milestone takes no time."]
        if data["is_milestone"] and data["checklist"]:
            faults["checklist"] = ["A milestone has no checklist."]
        if not all(tag.isprintable() for tag in data["tags"]):
            faults["tags"] = ["May not contain control characters."]
        if faults:
            raise ValidationError(faults)


class Phase(Schema):
    """A part of a project: where there are tasks, one of their lists."""

    name = Text(100, least=1, required=True)
    description = Text(10_000, allow_none=True, load_default=None)
    duration_days = _days(0, "Working days; the next phase begins after them")
    tasks = fields.List(fields.Nested(StructuredTask), load_default=list)


class Structure(Schema):
    """What a project is made of, without people and without dates."""

    version = fields.Integer(strict=True, load_default=VERSION, validate=validate.Equal(VERSION))
    duration_days = _days(0, "Working days from the project's start to its end")
    phases = fields.List(
        fields.Nested(Phase),
        load_default=list,
        validate=validate.Length(max=MOST_PHASES),
        metadata={"examples": [[]]},
    )

    custom_fields = fields.List(
        fields.Nested(CustomField),
        load_default=list,
        validate=validate.Length(max=MOST_FIELDS),
        metadata={"examples": [[]]},
    )

    @validates_schema
    def _is_not_too_much(self, data: Mapping[str, Any], **_: Any) -> None:
        count = sum(1 for _ in tasks_of(data))
        if count > MOST_TASKS:
            raise ValidationError(f"At most {MOST_TASKS} tasks in all, not {count}.", "phases")

    @post_load
    def _by_index(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The structure with dependencies by index alone.

        Raises:
            ValidationError: names every task that is not there, twice, or part of a circle, and every custom
                field that is not there.
        """
        faults = _Faults(data["phases"])
        tasks = list(tasks_of(data))
        _check_fields(data["custom_fields"], tasks, faults)
        places = _places(tasks, faults)
        for own, task in enumerate(tasks):
            for number, link in enumerate(task["depends_on"]):
                other = places.get(link.pop("ref")) if "ref" in link else link["index"]
                if other is None or not 0 <= other < len(tasks):
                    faults.add(own, "Names no task of the structure.", "depends_on", number)
                elif other == own or other in [each["index"] for each in task["depends_on"][:number]]:
                    faults.add(own, "Is the task itself, or named already.", "depends_on", number)
                link["index"] = other
        if not faults.found:
            for own in _in_circles([[link["index"] for link in task["depends_on"]] for task in tasks]):
                faults.add(own, "Waits for itself in a circle.", "depends_on")
        if faults.found:
            raise ValidationError(faults.found)
        return data


def empty() -> dict[str, Any]:
    """The structure of a project in which there is nothing."""
    return {"version": VERSION, "duration_days": None, "phases": [], "custom_fields": []}


def tasks_of(structure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All tasks, phase after phase."""
    return (task for phase in structure["phases"] for task in phase["tasks"])


class _Faults:
    """Faults of tasks by their place among all, named where they stand in their phases."""

    def __init__(self, phases: Sequence[Mapping[str, Any]]) -> None:
        self._where = [
            (phase_no, task_no)
            for phase_no, phase in enumerate(phases)
            for task_no in range(len(phase["tasks"]))
        ]
        self.found: dict[str, Any] = {}

    def add(self, task: int, words: str, field: str, number: int | None = None) -> None:
        phase_no, task_no = self._where[task]
        phases = self.found.setdefault("phases", {})
        faults = phases.setdefault(phase_no, {}).setdefault("tasks", {}).setdefault(task_no, {})
        if number is None:
            faults[field] = [words]
        else:
            faults.setdefault(field, {})[number] = [words]


def _check_fields(
    custom_fields: Sequence[Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]], faults: _Faults
) -> None:
    """Find values of fields that are not there, or of dates."""
    kinds = {field["name"].casefold(): field["type"] for field in custom_fields}
    if len(kinds) < len(custom_fields):
        faults.found["custom_fields"] = ["Two of them have the same name."]
    for place, task in enumerate(tasks):
        for name in task["custom_fields"]:
            kind = kinds.get(name.casefold())
            if kind is None:
                faults.add(place, f"There is no custom field {name}.", "custom_fields")
            elif kind == "date":
                faults.add(place, "A structure holds no dates.", "custom_fields")


def _places(tasks: Sequence[dict[str, Any]], faults: _Faults) -> dict[str, int]:
    """Places of the tasks that carry a `ref`, which they lose."""
    places: dict[str, int] = {}
    for place, task in enumerate(tasks):
        ref = task.pop("ref", None)
        if ref in places:
            faults.add(place, "Another task has it already.", "ref")
        elif ref is not None:
            places[ref] = place
    return places


def _in_circles(predecessors: Sequence[Sequence[int]]) -> list[int]:
    """Places of the tasks that can never begin, since they wait for themselves (Kahn 1962)."""
    waiting = [len(each) for each in predecessors]
    successors: list[list[int]] = [[] for _ in predecessors]
    for place, before in enumerate(predecessors):
        for other in before:
            successors[other].append(place)
    free = [place for place, count in enumerate(waiting) if not count]
    while free:
        for place in successors[free.pop()]:
            waiting[place] -= 1
            if not waiting[place]:
                free.append(place)
    return [place for place, count in enumerate(waiting) if count]
