"""What the routes of identity read and show (modules.md 1.1)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..web.fields import Id, Schema, Text, Timestamp
from .names import EMAIL_LENGTH, EmailAddress, Username
from .passwords.password_rule import PasswordRule

TYPED = 1024
"""Longest password or token that is looked at, in characters."""


def _password(**kwargs: Any) -> fields.String:
    return fields.String(
        required=True, validate=validate.Length(max=TYPED), metadata={"format": "password"}, **kwargs
    )


def _token() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=TYPED))


def _name(description: str) -> fields.String:
    length = validate.Length(min=1, max=EMAIL_LENGTH)
    return fields.String(validate=length, metadata={"description": description})


class AccountIn(Schema):
    """A new account.

    Arguments:
        rule: what its password must be like.
    """

    email = EmailAddress(required=True)
    username = Username(required=True)
    password = _password()

    def __init__(self, rule: PasswordRule, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rule = rule

    @validates_schema(skip_on_field_errors=False)
    def hold_password_to_rule(self, data: dict[str, Any], **_: Any) -> None:
        """Name everything that is wrong with the password beside what is wrong with other fields."""
        if "password" in data:
            known = {name: data[name] for name in ("username", "email") if name in data}
            if faults := self._rule.faults(data["password"], **known):
                raise ValidationError({"password": faults})


class RegisterIn(AccountIn):
    """A new account of somebody's own."""

    full_name = Text(100, load_default=None, allow_none=True)


class SetupIn(AccountIn):
    """The first administrator, by the one-time link."""

    token = _token()


class LoginIn(Schema):
    """Who signs in."""

    email = _name("Mail address or user name")
    username = _name("The same; send one of the two")
    password = _password()
    device_token = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=TYPED),
        metadata={"description": "From an earlier sign-in on this device: failures elsewhere do not bar it"},
    )

    @validates_schema(skip_on_field_errors=False)
    def need_one_name(self, data: dict[str, Any], **_: Any) -> None:
        """A sign-in names the account once."""
        if "email" in data and "username" in data:
            raise ValidationError("Send email or username, not both.", "username")
        if "email" not in data and "username" not in data:
            raise ValidationError("Missing data for required field.", "email")


class RefreshIn(Schema):
    """The refresh token to replace."""

    refresh_token = _token()


class ProofIn(Schema):
    """A one-time token from a mail, and whose it is."""

    user_id = Id(required=True)
    token = _token()


class ResendIn(Schema):
    """Whose address is to be proved."""

    email = EmailAddress()
    user_id = Id()

    @validates_schema(skip_on_field_errors=False)
    def need_one_name(self, data: dict[str, Any], **_: Any) -> None:
        """A request names the account once."""
        if "email" in data and "user_id" in data:
            raise ValidationError("Send email or user_id, not both.", "user_id")
        if "email" not in data and "user_id" not in data:
            raise ValidationError("Missing data for required field.", "email")


class ResetIn(Schema):
    """Whose password is to be set anew."""

    email = EmailAddress(required=True)


class ResetConfirmIn(ProofIn):
    """A new password, by a token from a mail."""

    new_password = _password()


class PasswordChangeIn(Schema):
    """A new password, by the one who knows the present one."""

    current_password = _password()
    new_password = _password()


class ProfileIn(Schema):
    """What people change of themselves; `null` clears."""

    full_name = Text(100, allow_none=True)
    username = Username()
    avatar_url = fields.Url(
        schemes={"http", "https"}, require_tld=False, allow_none=True, validate=validate.Length(max=2000)
    )
    job_title = Text(100, allow_none=True)


class Confirmation(Schema):
    """An answer that is one sentence."""

    message = fields.String()


class AccountOut(Schema):
    """An account just made. Where registration hides existing accounts, `id` and `user_id` are null."""

    id = Id()
    user_id = Id(attribute="id", dump_only=True)
    email = fields.String()
    username = fields.String()
    full_name = fields.String(allow_none=True)
    status = fields.String()
    email_verified_at = Timestamp(allow_none=True)
    roles = fields.List(fields.String())
    created_at = Timestamp()


class UserOut(AccountOut):
    """The caller's own account."""

    mfa_enabled = fields.Boolean()
    avatar_url = fields.String(allow_none=True)
    job_title = fields.String(allow_none=True)
    last_login_at = Timestamp(allow_none=True)
    updated_at = Timestamp()


class TokensOut(Schema):
    """Credentials of a session; `expires_in` is the access token's life in seconds."""

    access_token = fields.String()
    refresh_token = fields.String()
    token_type = fields.String()
    expires_in = fields.Integer()


class SignedIn(Schema):
    """Who signed in."""

    id = Id()
    user_id = Id(attribute="id", dump_only=True)
    email = fields.String()
    username = fields.String()
    full_name = fields.String(allow_none=True)
    roles = fields.List(fields.String())


class LoginOut(TokensOut):
    """A new session; or, where a second factor is asked for, what finishes the sign-in with it."""

    access_token = fields.String(allow_none=True)
    refresh_token = fields.String(allow_none=True)
    expires_in = fields.Integer(allow_none=True)
    user = fields.Nested(SignedIn, allow_none=True)
    mfa_required = fields.Boolean(metadata={"description": "Then there are no tokens yet"})
    mfa_token = fields.String(
        allow_none=True, metadata={"description": "For `POST /auth/mfa/verify`, within five minutes"}
    )
    device_token = fields.String(
        allow_none=True, metadata={"description": "Keep it and send it with the next sign-in on this device"}
    )
