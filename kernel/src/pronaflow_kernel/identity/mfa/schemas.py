"""What the routes of two-step sign-in read and show (modules.md 1.1, 1.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate, validates_schema

from ...web.fields import Schema
from ..schemas import TYPED, Confirmation


class SixDigits(fields.String):
    """A code of an authenticator app; blanks, as apps show them, are dropped."""

    default_error_messages = {"digits": "A code has six digits."}

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": "^[0-9]{6}$", "example": "123456", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        code = "".join(str(super()._deserialize(value, attr, data, **kwargs)).split())
        if len(code) != 6 or not (code.isascii() and code.isdigit()):
            raise self.make_error("digits")
        return code


def _text(description: str, **kwargs: Any) -> fields.String:
    length = validate.Length(min=1, max=TYPED)
    return fields.String(validate=length, metadata={"description": description}, **kwargs)


class TotpIn(Schema):
    """A code of the app, under either name."""

    totp_code = SixDigits(metadata={"description": "Six digits of the authenticator app"})
    otp_code = SixDigits(metadata={"description": "The same"})

    codes: ClassVar[tuple[str, ...]] = ("totp_code", "otp_code")
    """Names of which one is sent."""

    @validates_schema(skip_on_field_errors=True)
    def need_one_code(self, data: dict[str, Any], **_: Any) -> None:
        """A request shows one code."""
        _need_one(data, self.codes)


class ShownIn(TotpIn):
    """A code of the app, or a recovery code in its place."""

    backup_code = _text("A recovery code instead; upper or lower case, with or without dashes")

    codes: ClassVar[tuple[str, ...]] = ("totp_code", "otp_code", "backup_code")


class VerifyIn(ShownIn):
    """The second step of a sign-in."""

    mfa_token = _text("From the answer to the password")
    session_id = _text("The same")
    email = _text("Instead of the token: the address, from where the password was sent")

    @validates_schema(skip_on_field_errors=True)
    def need_one_sign_in(self, data: dict[str, Any], **_: Any) -> None:
        """A request says once which sign-in it continues."""
        _need_one(data, ("mfa_token", "session_id", "email"))


class OwnerIn(ShownIn):
    """The own password; and a code, unless this session has shown the factor in the last ten minutes."""

    password = fields.String(validate=validate.Length(max=TYPED), metadata={"format": "password"})

    @validates_schema(skip_on_field_errors=True)
    def need_one_code(self, data: dict[str, Any], **_: Any) -> None:
        """A request shows one code at most."""
        if any(name in data for name in self.codes):
            _need_one(data, self.codes)


class EnrolmentOut(Schema):
    """What the authenticator app must know, and the recovery codes. Shown this once."""

    secret = fields.String(metadata={"description": "In base32, to be typed in"})
    qr_code = fields.String(metadata={"description": "Data URL of a PNG, for the app's camera"})
    otpauth_url = fields.String(metadata={"description": "For an app on the same device"})
    backup_codes = fields.List(fields.String())


class BackupCodesOut(Schema):
    """New recovery codes. Shown this once."""

    backup_codes = fields.List(fields.String())


class BackupCodesLeft(Schema):
    """How many recovery codes are left; the codes are masked, since only their hashes are stored."""

    remaining = fields.Integer()
    backup_codes = fields.List(fields.String())


class MfaConfirmation(Confirmation):
    """Whether two-step sign-in is on now."""

    mfa_enabled = fields.Boolean()


def _need_one(data: dict[str, Any], names: tuple[str, ...]) -> None:
    given = [name for name in names if name in data]
    if not given:
        raise ValidationError(f"Send one of {', '.join(names)}.", names[0])
    if len(given) > 1:
        raise ValidationError(f"Send {' or '.join(given)}, not both.", given[1])
