"""Connections as they are sent and shown; tokens are taken and never shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, Moment, PageQuery, Schema, Text, Timestamp

_TOKEN = validate.Regexp(r"[\x21-\x7e]+\Z", error="Visible ASCII characters without blanks alone.")


class OAuthAppOut(Schema):
    """A service of which accounts can be connected."""

    id = Id()
    provider_name = fields.String()
    display_name = fields.String()
    description = fields.String()
    authorize_url = fields.String()
    scopes = fields.List(fields.String())
    required_scopes = fields.List(fields.String())
    is_enabled = fields.Boolean(
        metadata={"description": "False until the operator has registered this server there"}
    )
    icon_url = fields.String()
    documentation_url = fields.String()


class ConnectionIn(Schema):
    """A connection whose tokens somebody has already."""

    oauth_app_id = Text(60, least=1, required=True, metadata={"description": "Id or name of the service"})
    access_token = Text(8000, least=1, required=True, validate=[_TOKEN], metadata={"format": "password"})
    refresh_token = Text(
        8000, least=1, load_default=None, allow_none=True, validate=[_TOKEN], metadata={"format": "password"}
    )
    external_user_id = Text(255, least=1, required=True)
    expires_at = Moment(
        load_default=None, allow_none=True, metadata={"description": "When the access token ends"}
    )


class ConnectionQuery(PageQuery):
    """Query of the list of connections."""

    provider_name = Text(60, load_default=None)
    is_active = fields.Boolean(load_default=None)


class ConnectionOut(Schema):
    """A connection, without its tokens."""

    id = Id()
    user_id = Id()
    oauth_app_id = Id(allow_none=True)
    provider_name = fields.String()
    display_name = fields.String()
    external_user_id = fields.String()
    scopes = fields.List(fields.String())
    is_active = fields.Boolean(metadata={"description": "False once the service refuses its tokens"})
    problem = fields.String(
        allow_none=True,
        metadata={"description": "refused: connect again; away: the service cannot be reached at present"},
    )
    expires_at = Timestamp(allow_none=True)
    last_verified_at = Timestamp(metadata={"description": "When its tokens were given or renewed last"})
    created_at = Timestamp()


class AuthorizeIn(Schema):
    """Where the provider sends the browser back to."""

    redirect_uri = Text(
        2000,
        load_default=None,
        allow_none=True,
        metadata={"description": "One of the setting `integrations.oauth_redirect_uris`; else the first"},
    )


class AuthorizeOut(Schema):
    """How to send a browser to the provider."""

    authorize_url = fields.String(metadata={"description": "Send the browser there"})
    state = fields.String(metadata={"description": "Comes back with the code"})
    redirect_uri = fields.String()
    expires_in = fields.Integer(metadata={"description": "Seconds within which it must be finished"})


class CallbackIn(Schema):
    """What stands in the address that the provider sent the browser back to."""

    state = Text(200, least=1, required=True)
    code = Text(4096, load_default=None, allow_none=True)
    error = Text(200, load_default=None, allow_none=True)
    error_description = Text(2000, load_default=None, allow_none=True)
    iss = Text(2000, load_default=None, allow_none=True, metadata={"description": "RFC 9207"})
