"""What the routes of outside sign-in read and show."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ...web.fields import Id, Schema, Timestamp, WorkspaceQuery

_ADDRESS, _CODE, _STATE, _SECRET = 2000, 4096, 4096, 128
"""Longest values that are looked at, in characters."""


def _text(most: int, description: str, **kwargs: Any) -> fields.String:
    length = validate.Length(min=1, max=most)
    return fields.String(required=True, validate=length, metadata={"description": description, **kwargs})


class ProviderOut(Schema):
    """An outside provider, for the button on a sign-in page."""

    id = fields.String()
    name = fields.String()


class StartQuery(WorkspaceQuery):
    """Where the provider sends the browser back to."""

    redirect_uri = _text(
        _ADDRESS, "One of the addresses in the setting `oidc.redirect_uris`, letter by letter"
    )
    fresh = fields.Boolean(
        load_default=False,
        metadata={"description": "Have the person prove anew who they are, as a step-up (`max_age=0`)"},
    )


class StartOut(Schema):
    """How to send a browser to the provider."""

    authorization_url = fields.String(metadata={"description": "Send the browser there"})
    state = fields.String(metadata={"description": "Comes back with the code"})
    flow_secret = fields.String(
        metadata={"description": "Keep it in this browser, outside of addresses, and send it with the code"}
    )
    expires_in = fields.Integer(metadata={"description": "Seconds within which the sign-in must be finished"})


class CallbackIn(Schema):
    """What came back from the provider, and what the browser kept."""

    code = _text(_CODE, "From the address that the provider sent the browser to")
    state = _text(_STATE, "From the same address")
    redirect_uri = _text(_ADDRESS, "As at the start")
    flow_secret = _text(_SECRET, "From the answer at the start", format="password")


class IdentityOut(Schema):
    """An account at a provider that is linked to one's own; `provider` and `name` are null for a former."""

    id = Id()
    provider = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    issuer = fields.String()
    subject = fields.String()
    created_at = Timestamp()
