"""Codes of an authenticator app: TOTP (RFC 6238) with SHA-1, 30 seconds and 6 digits, which all apps know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

ISSUER = "PronaFlow"
"""What an app shows above the account."""

DRIFT = 1
"""Steps before and after the present one whose codes are accepted, for clocks that are not quite right."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app must be told, in the three ways of telling it.

    Arguments:
        secret: 160 bits in base32, to be typed in.
        url: `otpauth://…`, for an app on the same device.
        qr_code: a data URL of a PNG with the same address, for the camera.
    """

    secret: str
    url: str
    qr_code: str


def enrolment(account: str) -> Enrolment:
    """A new secret for an account, which is named by its mail address."""
    secret = pyotp.random_base32()
    url = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)
    return Enrolment(secret, url, segno.make(url, error="m", micro=False).png_data_uri(scale=4))


def step_of(secret: str, code: str, moment: datetime) -> int | None:
    """The step that a code is of, among the one of this moment and its neighbours; None for a wrong code."""
    totp = pyotp.TOTP(secret)
    try:
        return totp.verify_and_get_timecode(code, for_time=moment, valid_window=DRIFT)
    except OTPVerificationError:
        return None
