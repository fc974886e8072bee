"""What a workspace chooses for its members, as it is sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, Schema, Timestamp

from ..schemas import AppearanceIn
from ..values import POLICY_KEYS


class PolicyIn(Schema):
    """What a workspace chooses for its members."""

    values = fields.Nested(
        AppearanceIn,
        metadata={"description": "Hold for members who have chosen nothing; `null` takes one away"},
    )
    mandatory = fields.List(
        Choice(POLICY_KEYS),
        validate=validate.Length(max=len(POLICY_KEYS)),
        metadata={"description": "Which of the values hold whatever a member chooses, by dotted key"},
    )


class PolicyOut(Schema):
    """What a workspace chooses for its members."""

    id = Id()
    workspace_id = Id(attribute="id", dump_only=True)
    values = fields.Dict(
        keys=fields.String(), metadata={"description": "Only what the workspace has chosen, as it was sent"}
    )
    mandatory = fields.List(fields.String())
    updated_at = Timestamp(allow_none=True)
