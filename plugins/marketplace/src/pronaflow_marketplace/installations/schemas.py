"""Plugins of a workspace as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, Schema, Timestamp

_PERMISSIONS = {
    "description": "The permissions that you agree to. Left out, these are all that the manifest asks for; "
    "where it asks for others than are sent here, it is refused",
    "examples": [[]],
}


class _Consent(Schema):
    permissions = fields.List(
        fields.String(validate=validate.Length(max=60)),
        load_default=None,
        validate=validate.Length(max=100),
        metadata=_PERMISSIONS,
    )


class InstallIn(_Consent):
    """A plugin for a workspace."""

    workspace_id = Id(load_default=None)
    configuration = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "As `config_schema` of the manifest says", "examples": [{}]},
    )


class ConfigurationIn(Schema):
    """A configuration; it takes the place of the one before."""

    configuration = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "As `config_schema` of the manifest says", "examples": [{}]},
    )


class InstallationPatch(Schema):
    """Whether it is on."""

    is_active = fields.Boolean(required=True)


class UpdateIn(_Consent):
    """Agreement to what the code on this server asks for now."""


class InstalledQuery(Schema):
    """Query of the plugins of a workspace."""

    workspace_id = Id(required=True)
    is_active = fields.Boolean(load_default=None)


class InstallationOut(Schema):
    """A plugin of a workspace."""

    id = Id()
    plugin_id = Id()
    slug = fields.String()
    plugin_name = fields.String()
    workspace_id = Id()
    version = fields.String(
        attribute="plugin_version", metadata={"description": "Of the code that runs; empty where it is gone"}
    )
    is_active = fields.Boolean(metadata={"description": "Whether it is on in this workspace"})
    configuration = fields.Dict()
    permissions = fields.List(fields.String(), metadata={"description": "That were agreed to"})
    permissions_missing = fields.List(
        fields.String(),
        metadata={"description": "That the code asks for now: `POST .../update` agrees to them"},
    )
    needs_update = fields.Boolean(
        metadata={"description": "Whether the code has become newer than what was agreed to"}
    )
    installed_by = Id(allow_none=True)
    installed_at = Timestamp()
    updated_at = Timestamp()
