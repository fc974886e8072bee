"""What the routes for system administrators take and show."""

from __future__ import annotations

from marshmallow import fields

from ..web.fields import Id, Schema


class SwitchIn(Schema):
    """Where a switch is thrown."""

    workspace_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "For this workspace only; null or left out for the whole server"},
    )
    cascade = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether plugins may be switched, too, that must follow"},
    )


class ThrownOut(Schema):
    """What became of a plugin."""

    id = fields.String()
    enabled = fields.Boolean()
    changed = fields.Boolean(metadata={"description": "Whether it was not so before"})


class ManifestOut(Schema):
    """What a plugin says of itself."""

    summary = fields.String()
    category = fields.String()
    author = fields.String()
    license = fields.String()
    api = fields.String()
    scope = fields.String()
    critical = fields.Boolean()
    requires = fields.Dict(metadata={"description": "Ids of other plugins to ranges of their versions"})
    uses = fields.List(fields.String())
    hooks = fields.List(fields.String())
    permissions = fields.List(fields.String())
    reads = fields.List(fields.String())
    network = fields.List(fields.String())


class PluginOut(Schema):
    """A plugin and how it fares in all servers together."""

    id = fields.String()
    name = fields.String()
    version = fields.String()
    state = fields.String()
    reason = fields.String()
    manifest = fields.Nested(
        ManifestOut, allow_none=True, metadata={"description": "null where it cannot be read"}
    )


class RouteOut(Schema):
    """A route of a plugin."""

    method = fields.String()
    path = fields.String()
    permission = fields.String()


class FigureOut(Schema):
    """How a hook or subscriber of a plugin fares, in all servers together."""

    hook = fields.String()
    calls = fields.Integer()
    failures = fields.Integer()
    p95_ms = fields.Float(allow_none=True)
    breaker = fields.String(allow_none=True)
    last_error = fields.String(allow_none=True)


class PluginDetailOut(PluginOut):
    """All there is to tell of a plugin."""

    distribution = fields.String()
    traceback = fields.String(allow_none=True)
    routes = fields.List(fields.Nested(RouteOut))
    hooks = fields.List(fields.String(), metadata={"description": "Those that it implements"})
    figures = fields.List(fields.Nested(FigureOut))
    contributions = fields.Dict(metadata={"description": "Lists of names of what it brings, by kind"})


class HookOut(Schema):
    """A hook."""

    hook = fields.String()
    owner = fields.String()
    since = fields.String(allow_none=True)
    implementations = fields.Integer()
    deprecated = fields.String(allow_none=True)
    removed_in = fields.String(allow_none=True)


class ArgumentOut(Schema):
    """An argument of a hook."""

    name = fields.String()
    type = fields.String()
    deprecated = fields.String(allow_none=True)


class SemanticsOut(Schema):
    """What the prefix of a hook promises."""

    asked = fields.String()
    answer = fields.String()
    failure = fields.String()


class ImplementationOut(FigureOut):
    """Who implements a hook, and how that goes."""

    class Meta:
        exclude = ("hook",)

    plugin = fields.String()
    state = fields.String()
    function = fields.String()
    file = fields.String()
    line = fields.Integer()


class HookDetailOut(Schema):
    """All there is to tell of a hook."""

    name = fields.String()
    owner = fields.String()
    signature = fields.String()
    doc = fields.String()
    arguments = fields.List(fields.Nested(ArgumentOut))
    returns = fields.String()
    since = fields.String(allow_none=True)
    deprecated = fields.String(allow_none=True)
    removed_in = fields.String(allow_none=True)
    semantics = fields.Nested(SemanticsOut)
    implementations = fields.List(
        fields.Nested(ImplementationOut), metadata={"description": "In order of call"}
    )
