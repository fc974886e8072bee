"""Custom fields as a structure holds them: by name, options by label, and without dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Context,
    IdType,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    folded,
)

from ..custom_fields import options
from ..custom_fields.events import FIELD_CREATED, field_payload
from ..custom_fields.models import CustomField
from ..custom_fields.queries import OF_PROJECT

_DEMAND = (
    update(CustomField.__table__)
    .where(
        CustomField.workspace_id == SCOPE_WORKSPACE,
        CustomField.project_id == bindparam("project", type_=IdType()),
        CustomField.name_norm.in_(bindparam("names", expanding=True)),
    )
    .values(required=True)
)


class Described:
    """The custom fields of a project and what its tasks have for them.

    Arguments:
        reader, project_id: where they are read, by one statement.
    """

    def __init__(self, reader: Reader, project_id: str) -> None:
        self._rows = reader.all(OF_PROJECT, project_id=project_id)

    def definitions(self) -> list[dict[str, Any]]:
        """The fields, in their order."""
        return [
            {
                "name": field["name"],
                "type": field["type"],
                "options": [{"label": each["label"], "color": each["color"]} for each in field["options"]],
                "required": field["required"],
                "description": field["description"],
                "default_value": self._labelled(field, field["default_value"]),
            }
            for field in self._rows
        ]

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a task has, by name; None for what it has not although there is a default.

        Arguments:
            given: by id, as tasks show it.
        """
        found = {}
        for field in self._rows:
            value = self._labelled(field, given.get(field["id"]))
            has_default = self._labelled(field, field["default_value"]) is not None
            if value is not None or (has_default and not field["required"]):
                found[field["name"]] = value
        return found

    def _labelled(self, field: Row, value: Any) -> Any:
        """A value with labels in the place of options' ids; None of a date."""
        labels = {each["id"]: each["label"] for each in field["options"]}
        if field["type"] == "date" or value is None:
            return None
        if field["type"] == "multi_select":
            return [labels[each] for each in value]
        return labels[value] if field["type"] == "select" else value


def make_fields(
    ctx: Context, uow: UnitOfWork, project_id: str, definitions: Sequence[Mapping[str, Any]]
) -> None:
    """Make custom fields in a new project; none of them is required yet (`demand`).

    Raises:
        ValidationFailed: options and type do not go together, or a default is none of the values.
    """
    rows, problems = [], []
    for place, definition in enumerate(definitions):
        settled, found = options.settled([], definition["options"])
        row = {
            **definition,
            "project_id": project_id,
            "name_norm": folded(definition["name"]),
            "position": place,
            "required": False,
            "options": settled,
        }
        found += options.faults(row)
        problems += [
            Problem(f"custom_fields.{place}.{each.field}", each.message, each.code) for each in found
        ]
        rows.append({**row, "default_value": options.default_shown(row)})
    if problems:
        raise ValidationFailed(problems)
    for row in rows:
        ctx.hooks.check_change(uow, "custom_field", None, row)
    for field in uow.insert_many(CustomField, rows):
        uow.publish(FIELD_CREATED, field["id"], field_payload(field), container_id=project_id)


def demand(uow: UnitOfWork, project_id: str, definitions: Sequence[Mapping[str, Any]]) -> None:
    """Let the fields that are required be so from now on.

    Tasks of the source may be older than the demand, and dates are not taken along.
    """
    names = [folded(each["name"]) for each in definitions if each["required"]]
    if names:
        uow.execute(_DEMAND, project=project_id, names=names)
