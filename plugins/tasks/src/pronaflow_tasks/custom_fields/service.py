"""Rules of custom fields (modules.md 4.1 and 4.4 rule 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    NotFound,
    Page,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    folded,
)
from pronaflow_projects.api import Projects

from .. import counters
from ..counters import Delta
from . import options, queries
from .events import FIELD_CREATED, FIELD_DELETED, FIELD_UPDATED, field_payload
from .kinds import WITH_OPTIONS
from .models import CustomField

MOST = 50
"""Custom fields of a project (modules.md 4.4 rule 8)."""


class CustomFieldService:
    """The custom fields of projects.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(self, reader: Reader, project_id: str, query: Mapping[str, Any]) -> Page:
        """The fields of a project, in their order."""
        return queries.FIELDS.page(reader, query, project_id=project_id)

    def show(self, reader: Reader, project_id: str, field_id: str) -> Row:
        """One field.

        Raises:
            NotFound: the project has none with this id.
        """
        return _of(project_id, reader.get(CustomField, field_id))

    def create(self, uow: UnitOfWork, project_id: str, values: Mapping[str, Any]) -> Row:
        """Add a field, behind the others unless `order` says where.

        Raises:
            ValidationFailed: options and type do not go together, or the default is none of its values.
            Conflict: the name is taken, there are 50 fields, or the project takes no changes.
        """
        self._editable(uow, project_id)
        counters.add(uow, project_id, Delta())  # alone with the project, until the commit
        known = uow.all(queries.OF_PROJECT, project_id=project_id)
        if len(known) >= MOST:
            raise Conflict(f"A project has at most {MOST} custom fields", details={"limit": MOST})
        blank = {"options": [], "required": False, "description": None, "default_value": None}
        last = max((field["position"] for field in known), default=-1)
        row = {**blank, "position": last + 1, **_columns(values), "project_id": project_id}
        row = _completed(row, [], values)
        _refuse_twin(known, row)
        self._ctx.hooks.check_change(uow, "custom_field", None, row)
        made = uow.insert(CustomField, row)
        _tell(uow, FIELD_CREATED, made)
        return made

    def update(
        self, uow: UnitOfWork, project_id: str, field_id: str, values: Mapping[str, Any], *, force: bool
    ) -> Row:
        """Change a field. Another type begins anew: options and default are those that are given with it.

        Arguments:
            force: take options away although tasks have chosen them.

        Raises:
            NotFound: as in `show`.
            ValidationFailed: as in `create`.
            Conflict: as in `create`; tasks have values and the type changes (`details.tasks_count`), or have
                chosen an option that goes (`details.options`).
        """
        self._editable(uow, project_id)
        # Whoever gives a task a value holds the field's row until then.
        field = _of(project_id, uow.get(CustomField, field_id, lock=True))
        base = dict(field)
        if values.get("type", field["type"]) != field["type"]:
            _refuse_values(uow, field)
            base |= {"options": [], "default_value": None}
        row = _completed({**base, **_columns(values)}, base["options"], values)
        if row["name_norm"] != field["name_norm"]:
            _refuse_twin(uow.all(queries.OF_PROJECT, project_id=project_id), row)
        changes = {name: row[name] for name in row if row[name] != field[name]}
        if changes:
            self._ctx.hooks.check_change(uow, "custom_field", field, changes)
        if field["type"] == row["type"] and "options" in changes:
            _take_options(uow, field, row["options"], force)
        update = uow.update(CustomField, field, changes)
        told = {name: change for name, change in update.changes.items() if name != "name_norm"}
        if told:
            _tell(uow, FIELD_UPDATED, update.row, told)
        return update.row

    def delete(self, uow: UnitOfWork, project_id: str, field_id: str) -> None:
        """Delete a field with what tasks have for it.

        Raises:
            NotFound: as in `show`.
            Conflict: the project takes no changes.
        """
        self._editable(uow, project_id)
        field = self.show(uow, project_id, field_id)
        self._ctx.hooks.check_change(uow, "custom_field", field, {"lifecycle": "trashed"})
        uow.remove(CustomField, field)
        _tell(uow, FIELD_DELETED, field)

    def discard(self, uow: UnitOfWork, field_id: str) -> None:
        """`delete`, whatever the path says."""
        self.delete(uow, uow.get(CustomField, field_id)["project_id"], field_id)

    def _editable(self, uow: UnitOfWork, project_id: str) -> None:
        self._ctx.services.require(Projects).editable(uow, project_id)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """What callers call `order` is the column `position`."""
    found = {"position" if name == "order" else name: value for name, value in values.items()}
    if "name" in found:
        found["name_norm"] = folded(found["name"])
    return found


def _completed(row: Row, known: list[Any], values: Mapping[str, Any]) -> Row:
    """A field as it would be, its options with ids and its default as tasks show it.

    Raises:
        ValidationFailed: something is wrong with it.
    """
    problems: list[Problem] = []
    if "options" in values:
        row["options"], problems = options.settled(known, values["options"])
    if "default_value" not in values and row["type"] in WITH_OPTIONS:
        row["default_value"] = _left(row)
    problems += options.faults(row)
    if problems:
        raise ValidationFailed(problems)
    return {**row, "default_value": options.default_shown(row)}


def _left(row: Row) -> Any:
    """What is left of a default when options go."""
    ids = {each["id"] for each in row["options"]}
    default = row["default_value"]
    if isinstance(default, list):
        return [each for each in default if each in ids] or None
    return default if default in ids else None


def _of(project_id: str, field: Row) -> Row:
    """A field of this project; the path may name one and a field of another."""
    if field["project_id"] != project_id:
        raise _missing(field["id"])
    return field


def _missing(field_id: str) -> NotFound:
    return NotFound(f"Custom field {field_id} was not found")


def _refuse_twin(known: list[Row], row: Row) -> None:
    """Names are unique in a project, whatever their case."""
    for other in known:
        if other["name_norm"] == row["name_norm"] and other["id"] != row.get("id"):
            details = {"field": "name", "field_id": other["id"]}
            raise Conflict(f"There is a custom field {other['name']} already", details=details)


def _refuse_values(uow: UnitOfWork, field: Row) -> None:
    """The type is fixed once tasks have values."""
    count = uow.value(queries.VALUES_COUNT, field=field["id"])
    if count:
        details = {"field": "type", "tasks_count": count}
        raise Conflict("The type cannot change: tasks have values for the field", details=details)


def _take_options(uow: UnitOfWork, field: Row, after: list[Any], force: bool) -> None:
    """Keep the values of tasks in step with the options of their field.

    Raises:
        Conflict: tasks have chosen an option that goes, and it is not forced.
    """
    places = {each["id"]: place for place, each in enumerate(after)}
    gone = {each["id"]: each["label"] for each in field["options"] if each["id"] not in places}
    used = uow.all(queries.USED, field=field["id"], options=sorted(gone)) if gone else []
    if used and not force:
        named = [{"label": gone[row["option"]], "tasks_count": row["tasks"]} for row in used]
        raise Conflict("Tasks have chosen an option that is to go: force it", details={"options": named})
    if used:
        uow.execute(queries.FORGET_OPTIONS, field=field["id"], options=sorted(gone))
    before = {each["id"]: place for place, each in enumerate(field["options"])}
    for option_id, place in places.items():
        if option_id in before and before[option_id] != place:
            uow.execute(queries.REORDER, field=field["id"], option=option_id, place=float(place))


def _tell(uow: UnitOfWork, event: EventType, field: Row, changes: Mapping[str, Any] | None = None) -> None:
    where = field["project_id"]
    uow.publish(event, field["id"], field_payload(field), changes=changes, container_id=where)
