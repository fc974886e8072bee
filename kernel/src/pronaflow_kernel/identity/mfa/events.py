"""What is announced of second factors; never a code or a secret."""

from __future__ import annotations

from marshmallow import fields

from ...events.types import EventType
from ...web.fields import Id, Schema


class FactorPayload(Schema):
    """Whose factor."""

    user_id = Id()


class FactorRemovedPayload(FactorPayload):
    """Whose factor, and who removed it: `owner` or `operator`."""

    by = fields.String()


class RecoveryPayload(FactorPayload):
    """Whose recovery codes, and how many are left."""

    remaining = fields.Integer()


def _factor(name: str, summary: str, payload: type[Schema] = FactorPayload) -> EventType:
    return EventType(f"mfa.{name}", "User", payload, public=False, summary=summary)


MFA_ENABLED = _factor("enabled", "Somebody asks for a code besides the password from now on.")
MFA_DISABLED = _factor("disabled", "The password of somebody is enough again.", FactorRemovedPayload)
MFA_LOCKED = _factor("locked", "Too many wrong codes: none is accepted for an hour.")
RECOVERY_CODE_USED = _factor("recovery_code_used", "A recovery code stood in for the app.", RecoveryPayload)
RECOVERY_CODES_REPLACED = _factor(
    "recovery_codes_replaced", "Somebody made new recovery codes; the old ones are void.", RecoveryPayload
)

MFA_EVENTS = (MFA_ENABLED, MFA_DISABLED, MFA_LOCKED, RECOVERY_CODE_USED, RECOVERY_CODES_REPLACED)
