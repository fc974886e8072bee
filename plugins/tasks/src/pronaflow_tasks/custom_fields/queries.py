"""Prebuilt reads of custom fields and of what tasks have for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Date,
    Double,
    String,
    bindparam,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    update,
)

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, Listing

from ..models import NEVER, Task
from .models import CustomField, CustomValue

SLOTS = 5
"""How many custom fields one list is filtered by."""

_PROJECT_ID = bindparam("project_id", type_=IdType())
_TASK_ID = bindparam("task", type_=IdType())
_FIELD_ID = bindparam("field", type_=IdType())
_FIELD_IDS = bindparam("fields", type_=IdType(), expanding=True)

OF_PROJECT = (
    select(CustomField.__table__)
    .where(CustomField.workspace_id == SCOPE_WORKSPACE, CustomField.project_id == _PROJECT_ID)
    .order_by(CustomField.position, CustomField.id)
)

HELD = OF_PROJECT.with_for_update(read=True)
"""The fields of a project, which stay as they are until the commit (SQLite has one writer)."""

FIELDS = Listing(
    select(CustomField.__table__).where(
        CustomField.workspace_id == SCOPE_WORKSPACE, CustomField.project_id == _PROJECT_ID
    ),
    id=CustomField.id,
    sorts={
        "order": CustomField.position,
        "name": CustomField.name_norm,
        "created_at": CustomField.created_at,
    },
    default="order",
)

_OF_FIELD = (CustomValue.workspace_id == SCOPE_WORKSPACE, CustomValue.field_id == _FIELD_ID)

USED = (
    select(CustomValue.text_key.label("option"), func.count().label("tasks"))
    .where(*_OF_FIELD, CustomValue.text_key.in_(bindparam("options", expanding=True)))
    .group_by(CustomValue.text_key)
)
"""How many tasks have chosen each of some options."""

VALUES_COUNT = select(func.count(CustomValue.task_id.distinct())).where(*_OF_FIELD)
"""How many tasks have a value for a field."""

FORGET_OPTIONS = delete(CustomValue).where(
    *_OF_FIELD, CustomValue.text_key.in_(bindparam("options", expanding=True))
)

REORDER = (
    update(CustomValue)
    .where(*_OF_FIELD, CustomValue.text_key == bindparam("option"))
    .values(number=bindparam("place"))
)
"""Values are sorted by the place of their option."""

OF_TASK = select(CustomValue.__table__).where(
    CustomValue.workspace_id == SCOPE_WORKSPACE, CustomValue.task_id == _TASK_ID
)

CLEAR = delete(CustomValue).where(
    CustomValue.workspace_id == SCOPE_WORKSPACE,
    CustomValue.task_id == _TASK_ID,
    CustomValue.field_id.in_(_FIELD_IDS),
)


def _slot(number: int) -> dict[str, Any]:
    """The filters of one slot, of which a list uses at most one; see filters.py."""
    slot = f"custom_{number}"
    field = bindparam(f"{slot}_field", type_=IdType())

    def bound(name: str) -> Any:
        return bindparam(f"{slot}_{name}")

    of_field = (CustomValue.workspace_id == SCOPE_WORKSPACE, CustomValue.field_id == field)

    def having(condition: Any) -> Any:
        return Task.id.in_(select(CustomValue.task_id).where(*of_field, condition))

    def among(column: Any, name: str) -> Any:
        return having(column.in_(bindparam(f"{slot}_{name}", expanding=True)))

    return {
        f"{slot}_text": among(CustomValue.text_key, "text"),
        f"{slot}_number": among(CustomValue.number, "number"),
        f"{slot}_day": among(CustomValue.day, "day"),
        f"{slot}_number_range": having(CustomValue.number.between(bound("number_from"), bound("number_to"))),
        f"{slot}_day_range": having(CustomValue.day.between(bound("day_from"), bound("day_to"))),
        f"{slot}_none": ~exists().where(*of_field, CustomValue.task_id == Task.id).correlate(Task),
    }


FILTERS: dict[str, Any] = {
    name: clause for number in range(1, SLOTS + 1) for name, clause in _slot(number).items()
}
"""Filters of lists of tasks: for each slot, one for each way to compare."""


def _least(column: Any) -> Any:
    """The value of the task around it for the field that is bound to `custom_sort`; NULL without one."""
    return (
        select(func.min(column, type_=column.type))
        .where(
            CustomValue.workspace_id == SCOPE_WORKSPACE,
            CustomValue.task_id == Task.id,
            CustomValue.field_id == bindparam("custom_sort", type_=IdType()),
        )
        .correlate(Task)
        .scalar_subquery()
    )


_TEXT, _NUMBER, _DAY = (
    _least(column) for column in (CustomValue.text_key, CustomValue.number, CustomValue.day)
)
_ZERO, _ONE = literal("0", String), literal("1", String)
_FIRST_DAY: Any = literal_column("'0001-01-01'", Date)

SORTS: dict[str, Any] = {
    "text": func.coalesce(_ZERO + _TEXT, _ONE, type_=String()),
    "text_down": func.coalesce(_ONE + _TEXT, _ZERO, type_=String()),
    "number": func.coalesce(_NUMBER, literal(1e300, Double), type_=Double()),
    "number_down": func.coalesce(_NUMBER, literal(-1e300, Double), type_=Double()),
    "day": func.coalesce(_DAY, NEVER, type_=Date()),
    "day_down": func.coalesce(_DAY, _FIRST_DAY, type_=Date()),
}
"""Orders of a list of tasks by a custom field, up and down: tasks without a value come last in both."""
