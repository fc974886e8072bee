"""The catalogue as it is asked for and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Timestamp

SORTS = ("rating", "installs", "newest")


class PluginQuery(PageQuery):
    """Query of the catalogue."""

    category = fields.String(load_default=None, validate=validate.Length(max=60))
    search = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "Words that name, description or author hold, each of them"},
    )
    sort_by = Choice(
        SORTS,
        load_default="rating",
        metadata={
            "description": "Best rated, most often installed, or newest first; of `newest` those come last "
            "of which no index tells a date"
        },
    )


class CategoryOut(Schema):
    """A category."""

    name = fields.String()
    plugins = fields.Integer(metadata={"description": "How many are in it"})


class PluginOut(Schema):
    """A plugin in the catalogue."""

    id = Id()
    slug = fields.String(metadata={"description": "Its id for operators; it can stand in place of `id`"})
    name = fields.String()
    version = fields.String()
    author = fields.String()
    description = fields.String()
    category = fields.String()
    icon_url = fields.String()
    is_verified = fields.Boolean(
        metadata={"description": "Whether this very code has passed the contract suite for this hook API"}
    )
    verified_at = Timestamp(allow_none=True)
    install_count = fields.Integer(metadata={"description": "In how many workspaces of this server it is"})
    rating = fields.Float(metadata={"description": "The mean, with one decimal; 0 where nobody rated it"})
    rating_count = fields.Integer()
    is_available = fields.Boolean(
        metadata={"description": "Whether its code is on this server, so that a workspace can install it"}
    )
    available_version = fields.String(
        allow_none=True, metadata={"description": "That an index offers, where it is another one"}
    )
    published_at = Timestamp(allow_none=True)


class ManifestOut(Schema):
    """What a plugin says of itself."""

    hooks = fields.List(
        fields.String(), metadata={"description": "Places in pages, then hooks of the server"}
    )
    permissions = fields.List(fields.String(), metadata={"description": "What it asks for, as scopes"})
    ui_anchors = fields.List(fields.String())
    config_schema = fields.Dict(metadata={"description": "JSON schema of its configuration"})
    requires = fields.Dict()
    network = fields.List(fields.String(), metadata={"description": "Hosts that it calls"})
    reads = fields.List(fields.String(), metadata={"description": "Tables of others that it reads"})
    api = fields.String(metadata={"description": "Range of the hook API that it works with"})
    scope = fields.String(
        metadata={"description": "`workspace`: waits to be installed; `system`: is on everywhere"}
    )


class PluginDetailOut(PluginOut):
    """A plugin with its manifest."""

    documentation_url = fields.String()
    repository_url = fields.String()
    license = fields.String()
    sha256 = fields.String(allow_none=True, metadata={"description": "Of the wheel that an index offers"})
    content = fields.String(metadata={"description": "Hash of its code"})
    manifest = fields.Nested(ManifestOut)
