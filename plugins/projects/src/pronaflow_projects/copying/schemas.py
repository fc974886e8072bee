"""What a project is copied or made from."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_load

from pronaflow_kernel.api import Id, Schema, Text, renamed


def _start() -> fields.Date:
    return fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "First day of the new project, to which all dates are moved; else today"},
    )


class Clone(Schema):
    """Body of POST /projects/{id}/clone."""

    new_name = Text(
        150, least=1, load_default=None, metadata={"description": 'Else "Copy of" and the name; alias `name`'}
    )
    copy_structure = fields.Boolean(load_default=True, metadata={"description": "Its lists"})
    copy_tasks = fields.Boolean(load_default=False, metadata={"description": "Its tasks, with their lists"})
    copy_members = fields.Boolean(load_default=False, metadata={"description": "Its members, in their roles"})
    start_date = _start()

    @pre_load
    def _alias(self, data: Any, **_: Any) -> Any:
        return renamed(data, "name", "new_name")


class FromTemplate(Schema):
    """Body of POST /projects/from-template."""

    template_id = Id(of="project_template", required=True)
    workspace_id = Id(load_default=None, metadata={"description": "That of the template"})
    project_name = Text(150, least=1, required=True, metadata={"description": "Alias `name`"})
    start_date = _start()
    copy_members = fields.Boolean(
        load_default=False,
        metadata={"description": "The members of the project that the template was saved from"},
    )

    @pre_load
    def _alias(self, data: Any, **_: Any) -> Any:
        return renamed(data, "name", "project_name")
