"""What callers send and are shown of custom fields (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp

from .kinds import KINDS

_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\s\S])"


def _any() -> dict[str, Any]:
    """What a value may be, for the OpenAPI document: that of any kind of field."""
    return {"type": ["string", "number", "boolean", "array"], "items": {}}


def _printable(text: str) -> None:
    if not text.isprintable():
        raise ValidationError("May not contain control characters.")


class OptionIn(Schema):
    """An option of a select; with the id of an option that there is, it stays that one under a new label."""

    id = fields.String(validate=validate.Regexp(_ID, error="Not the id of an option."))
    label = Text(100, least=1, validate=[_printable], required=True)
    color = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"#[0-9a-fA-F]{6}(?![\s\S])", error="Must be a colour such as #1f6feb."),
    )


class OptionOut(Schema):
    """An option of a select."""

    id = fields.String()
    label = fields.String()
    color = fields.String(allow_none=True)


class _FieldValues(Schema):
    """What callers write of a custom field."""

    name = Text(100, least=1, validate=[_printable], required=True)
    type = Choice(KINDS, required=True, metadata={"examples": ["select"]})
    options = fields.List(
        fields.Nested(OptionIn),
        validate=validate.Length(max=100),
        metadata={"description": "Of select and multi_select: 1 to 100; plain strings are labels"},
    )
    required = fields.Boolean(metadata={"description": "Whether each new task needs a value"})
    description = Text(1_000, allow_none=True)
    default_value = fields.Raw(
        allow_none=True,
        metadata={**_any(), "description": "What new tasks have that name no value of their own"},
    )
    order = fields.Integer(validate=validate.Range(min=0, max=1_000_000))

    @pre_load
    def labels(self, data: Any, **_: Any) -> Any:
        """An option that is a string is one with that label."""
        if not isinstance(data, dict) or not isinstance(data.get("options"), list):
            return data
        options = [{"label": each} if isinstance(each, str) else each for each in data["options"]]
        return {**data, "options": options}


class CustomFieldCreate(_FieldValues):
    """A new custom field."""


class CustomFieldPatch(_FieldValues):
    """Changes of a custom field."""


class CustomFieldForce(Schema):
    """Whether options go that tasks have chosen."""

    force = fields.Boolean(
        load_default=False, metadata={"description": "Take options away although tasks have chosen them"}
    )


class CustomFieldQuery(PageQuery):
    """Query of the custom fields of a project."""


class CustomFieldOut(Schema):
    """A custom field of a project."""

    id = Id()
    field_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    name = fields.String()
    type = fields.String()
    options = fields.List(fields.Nested(OptionOut))
    required = fields.Boolean()
    description = fields.String(allow_none=True)
    default_value = fields.Raw(allow_none=True, metadata=_any())
    order = fields.Integer(attribute="position", dump_only=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()
