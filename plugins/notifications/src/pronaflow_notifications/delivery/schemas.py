"""Input and output of what is sent outside of the application."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Schema, Timestamp


class UnsubscribeQuery(Schema):
    """The link's secret part."""

    token = fields.String(
        required=True,
        validate=validate.Length(1, 1000),
        metadata={"description": "From `List-Unsubscribe`, or from the link in a mail."},
    )


class SwitchOut(Schema):
    """What a link turns off."""

    switch = fields.String(
        metadata={
            "description": "The preference: a switch such as `email_on_comment`, or "
            "`notification_frequency`, which becomes `never`."
        }
    )


class AddressIn(Schema):
    """Where a channel reaches somebody."""

    url = fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=2000),
        metadata={"description": "Notifications are sent there by POST. It is kept encrypted."},
    )


class ChannelOut(Schema):
    """A way to be reached outside of the application."""

    channel = fields.String(metadata={"description": "Its name, as in mutes: `email`, `slack`, `webhook`, …"})
    is_active = fields.Boolean(metadata={"description": "Whether it can reach you."})
    needs_address = fields.Boolean(metadata={"description": "Whether you must say where."})
    hint = fields.String(allow_none=True, metadata={"description": "Host of the address that you gave."})
    updated_at = Timestamp(allow_none=True)
