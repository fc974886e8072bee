"""The values of a task's custom fields, as a field of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import String, cast

from pronaflow_kernel.api import Problem, Row, StaleRow, UnitOfWork, folded

from ..attached import Loss, Values
from . import queries
from .kinds import Cell, UnfitValue, carried_over, cells, merged, shown
from .models import CustomValue

_LENGTH = 36
"""Characters of a field's id, with which each text begins."""


class Fields:
    """The custom fields of a project.

    Arguments:
        rows: of `CustomField`.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = {row["id"]: row for row in rows}
        self._ids = {row["name_norm"]: row["id"] for row in rows}

    def find(self, named: str) -> Row | None:
        """The field with this id or name, or None."""
        return self._rows.get(self._ids.get(folded(named.strip()), named.lower()))

    def faults(self, given: Mapping[str, Any], *, new: bool) -> list[Problem]:
        """What is wrong with values by name or id.

        Arguments:
            new: whether they are those of a new task, which gets the defaults beside.
        """
        problems, seen = [], set()
        for key, value in given.items():
            field = self.find(key)
            if field is None:
                problems.append(_problem(key, "The project has no such field.", "unknown"))
            elif field["id"] in seen:
                problems.append(_problem(key, "Given twice, by name and by id."))
            else:
                seen.add(field["id"])
                problems += _value_faults(key, field, value)
        for field in self._rows.values() if new else ():
            if field["required"] and field["default_value"] is None and field["id"] not in seen:
                problems.append(_problem(field["name"], "Missing data for required field.", "required"))
        return problems

    def cells(self, given: Mapping[str, Any], *, new: bool) -> dict[str, list[Cell]]:
        """What a task stores of each field that is given; of a new one also the defaults of the others.

        Raises:
            StaleRow: a field is not any more what it was when the values were found to be right.
        """
        try:
            found = {}
            for key, value in given.items():
                field = self.find(key)
                if field is None:
                    raise UnfitValue(key)
                found[field["id"]] = cells(field, value)
            for field in self._rows.values() if new else ():
                if field["id"] not in found:
                    found[field["id"]] = cells(field, field["default_value"])
        except UnfitValue as error:
            raise StaleRow("the project's custom fields changed meanwhile") from error
        return found


class CustomFieldsField:
    """Fulfils `Attached`: values by the field's name or id in, by its id out; PATCH merges them."""

    name = "custom_fields"
    values = Values(
        CustomValue.__table__,
        CustomValue.workspace_id,
        CustomValue.task_id,
        cast(CustomValue.field_id, String) + CustomValue.data,
    )
    always = True

    def __init__(self) -> None:
        # What `faults` found, for `link` and `replace` in the same unit of work.
        self._found: WeakKeyDictionary[UnitOfWork, tuple[str, Fields]] = WeakKeyDictionary()

    def shown(self, texts: Sequence[str]) -> dict[str, Any]:
        """See `Attached`."""
        found: dict[str, list[Any]] = {}
        for text in sorted(texts):
            found.setdefault(text[:_LENGTH], []).append(orjson.loads(text[_LENGTH:]))
        return {field_id: merged(values) for field_id, values in found.items()}

    def faults(self, uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> list[list[Problem]]:
        """See `Attached`."""
        if not any(self.name in task or _is_new(task) for task in tasks):
            return [[] for _ in tasks]
        known = self._read(uow, project_id)
        self._found[uow] = (project_id, known)
        return [known.faults(task.get(self.name) or {}, new=_is_new(task)) for task in tasks]

    def link(self, uow: UnitOfWork, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """See `Attached`; what is wanted is None of a task that names no values."""
        _, known = self._found.pop(uow)
        rows, found = [], {}
        for task_id, given in wanted.items():
            stored = known.cells(given or {}, new=True)
            rows += _rows(task_id, stored)
            found[task_id] = _shown(stored)
        uow.insert_many(CustomValue, rows)
        return found

    def replace(self, uow: UnitOfWork, task: Row, value: Mapping[str, Any]) -> dict[str, Any] | None:
        """See `Attached`; fields that are not named stay."""
        project_id, known = self._found.pop(uow, ("", Fields([])))
        if project_id != task["project_id"]:
            known = self._read(uow, task["project_id"])
        wanted = known.cells(value, new=False)
        before: dict[str, list[Cell]] = {}
        for row in uow.all(queries.OF_TASK, task=task["id"]):
            before.setdefault(row["field_id"], []).append(row)
        old = {field_id: shown(before.get(field_id, [])) for field_id in wanted}
        new = {field_id: shown(stored) for field_id, stored in wanted.items()}
        differing = [field_id for field_id in wanted if old[field_id] != new[field_id]]
        if not differing:
            return None
        uow.execute(queries.CLEAR, task=task["id"], fields=differing)
        uow.insert_many(CustomValue, _rows(task["id"], {each: wanted[each] for each in differing}))
        return {
            "old": {each: old[each] for each in differing},
            "new": {each: new[each] for each in differing},
        }

    def emigrate(self, uow: UnitOfWork, task: Row, project_id: str) -> Loss:
        """See `Attached`: fields of the same name and type take their values over."""
        rows = uow.all(queries.OF_TASK, task=task["id"])
        if not rows:
            return Loss()
        target = self._read(uow, project_id)
        kept: dict[str, list[Cell]] = {}
        lost = []
        for field in uow.all(queries.OF_PROJECT, project_id=task["project_id"]):
            found = [row for row in rows if row["field_id"] == field["id"]]
            twin = target.find(field["name"])
            stored = carried_over(field, twin, found) if twin else []
            if twin and stored:
                kept[twin["id"]] = stored
            if len(stored) < len(found):
                lost.append(f"The project has no place for all of the custom field {field['name']}.")
        uow.execute(queries.CLEAR, task=task["id"], fields=sorted({row["field_id"] for row in rows}))
        uow.insert_many(CustomValue, _rows(task["id"], kept))
        return Loss(warnings=lost)

    def _read(self, uow: UnitOfWork, project_id: str) -> Fields:
        return Fields(uow.all(queries.HELD, project_id=project_id))


def _is_new(task: Row) -> bool:
    return "version" not in task


def _problem(named: str, message: str, code: str = "invalid") -> Problem:
    return Problem(f"custom_fields.{named[:100]}", message, code)


def _value_faults(named: str, field: Row, value: Any) -> list[Problem]:
    try:
        empty = not cells(field, value)
    except UnfitValue as error:
        return [_problem(named, str(error))]
    return [_problem(named, "The field needs a value.", "required")] if empty and field["required"] else []


def _rows(task_id: str, stored: Mapping[str, list[Cell]]) -> list[Row]:
    return [
        {"task_id": task_id, "field_id": field_id, **cell}
        for field_id, found in stored.items()
        for cell in found
    ]


def _shown(stored: Mapping[str, list[Cell]]) -> dict[str, Any]:
    return {field_id: shown(stored[field_id]) for field_id in sorted(stored) if stored[field_id]}
