"""Consents as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp

from .types import ANY_CASE, CONSENT_TYPES

_NAME = validate.Regexp(r"[A-Za-z][A-Za-z0-9_.:-]*\Z", error="Letters, digits and _ . : - alone.")


class ConsentIn(Schema):
    """A consent that is given."""

    consent_type = Choice(CONSENT_TYPES, ANY_CASE, required=True)
    resource_type = Text(
        60,
        least=1,
        required=True,
        validate=[_NAME],
        metadata={"description": "What kind of thing it is about", "examples": ["slack_integration"]},
    )
    resource_id = Text(
        100,
        load_default="",
        metadata={"description": "Which one, such as the id of a connection; left out, all of the kind"},
    )
    description = Text(1000, load_default=None, allow_none=True)
    permissions = fields.List(
        Text(100, least=1),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"description": "What it allows, in the words of whoever acts on it"},
    )


class ConsentQuery(PageQuery):
    """Query of the list of consents."""

    consent_type = Choice(CONSENT_TYPES, ANY_CASE, load_default=None)
    is_granted = fields.Boolean(load_default=None)
    resource_type = Text(60, load_default=None)
    resource_id = Text(100, load_default=None)


class ConsentOut(Schema):
    """A consent."""

    id = Id()
    consent_id = Id(attribute="id", dump_only=True)
    user_id = Id()
    consent_type = fields.String()
    resource_type = fields.String()
    resource_id = fields.String()
    description = fields.String(allow_none=True)
    permissions = fields.List(fields.String())
    is_granted = fields.Boolean()
    granted_at = Timestamp()
    revoked_at = Timestamp(allow_none=True)
    version = fields.Integer(
        attribute="number", metadata={"description": "1 the first time; agreeing again makes the next one"}
    )
    policy_version = fields.Integer(metadata={"description": "Of the privacy policy when it was given"})


class ConsentCountOut(Schema):
    """How many consents of a type there are."""

    type = fields.String()
    count = fields.Integer()
    granted = fields.Integer()
    revoked = fields.Integer()


class MissingConsentOut(Schema):
    """What still has to be agreed to."""

    consent_type = fields.String()
    resource_type = fields.String(allow_none=True)
    resource_id = fields.String()
    reason = fields.String(metadata={"enum": ["missing", "outdated"]})


class ConsentStatusOut(Schema):
    """What somebody has agreed to, and whether that is enough."""

    user_id = Id()
    total_consents = fields.Integer()
    granted_consents = fields.Integer()
    revoked_consents = fields.Integer()
    compliance_status = fields.String(metadata={"enum": ["compliant", "action_required"]})
    policy_version = fields.Integer()
    consents = fields.List(fields.Nested(ConsentCountOut))
    missing = fields.List(fields.Nested(MissingConsentOut))
