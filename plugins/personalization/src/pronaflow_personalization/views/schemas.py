"""Saved views as they are sent and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery

MAX_FILTER_BYTES = 8192
MAX_COLUMNS, MAX_SORTS = 60, 10

_KEY = validate.Regexp(r"-?[a-z][a-zA-Z0-9_.]{0,59}(?![\s\S])", error="Must be a name such as due_date.")


def _small(filters: Mapping[str, Any]) -> None:
    if len(orjson.dumps(filters)) > MAX_FILTER_BYTES:
        raise ValidationError(f"May take at most {MAX_FILTER_BYTES} bytes as JSON.")


def _each_once(keys: list[str]) -> None:
    if len({key.lstrip("-") for key in keys}) != len(keys):
        raise ValidationError("Names the same key twice.")


class _ViewFields(Schema):
    filters = fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        validate=_small,
        metadata={"description": "Query parameters of the list, by name", "examples": [{"status": "todo"}]},
    )
    sort = fields.List(
        fields.String(validate=_KEY),
        validate=[validate.Length(max=MAX_SORTS), _each_once],
        metadata={"description": "First key first; `-due_date` is descending"},
    )
    columns = fields.List(
        fields.String(validate=_KEY), validate=[validate.Length(max=MAX_COLUMNS), _each_once]
    )
    project_id = Id(
        attribute="container_id",
        allow_none=True,
        metadata={"description": "The project that it is about; by default the one that `filters` names"},
    )
    shared = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether the workspace sees it"}
    )
    is_default = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "The view that its owner begins with"}
    )
    position = fields.Integer(
        strict=True,
        validate=validate.Range(min=0, max=10_000),
        metadata={"description": "Place among one's views, the least first"},
    )


class ViewIn(_ViewFields):
    """A new view."""

    workspace_id = Id()
    name = Text(100, least=1, required=True)
    resource = fields.String(
        required=True,
        validate=validate.Regexp(r"[a-z][a-z_]{0,39}(?![\s\S])", error="Must be a list such as tasks."),
        metadata={"description": "The list that it is a view of", "examples": ["tasks"]},
    )


class ViewPatch(_ViewFields):
    """Changes of a view."""

    name = Text(100, least=1)


class ViewQuery(PageQuery, WorkspaceQuery):
    """Query of the list of views."""

    resource = fields.String(load_default=None, validate=validate.Length(max=40))
    shared = fields.Boolean(load_default=None)
    project_id = Id(load_default=None)


class ViewOut(Schema):
    """A saved view."""

    id = Id()
    view_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    user_id = Id()
    project_id = Id(attribute="container_id", allow_none=True)
    resource = fields.String()
    name = fields.String()
    filters = fields.Dict()
    sort = fields.List(fields.String())
    columns = fields.List(fields.String())
    shared = fields.Boolean()
    is_default = fields.Boolean()
    position = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()
