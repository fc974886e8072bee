"""Two-step sign-in over HTTP, under `/api/v1/auth/mfa` (modules.md 1.1)."""

from __future__ import annotations

from functools import partial

from ...web.blueprint import PUBLIC, Blueprint
from ..schemas import LoginOut
from .handlers import MfaHandlers
from .schemas import (
    BackupCodesLeft,
    BackupCodesOut,
    EnrolmentOut,
    MfaConfirmation,
    OwnerIn,
    TotpIn,
    VerifyIn,
)

FRESH = 300
"""Most seconds since a sign-in after which a factor can be set up (security.md 2.6)."""


def add_mfa(blp: Blueprint, do: MfaHandlers) -> None:
    """Add the routes to the blueprint of identity."""
    own = partial(blp.endpoint, permission="account.update")
    post = partial(own, "POST", writes=False)
    post("/mfa/enable", returns=EnrolmentOut, fresh=FRESH)(do.enable)
    own("POST", "/mfa/confirm", body=TotpIn, returns=MfaConfirmation)(do.confirm)
    blp.endpoint("POST", "/mfa/verify", permission=PUBLIC, body=VerifyIn, returns=LoginOut, writes=False)(
        do.verify
    )
    post("/mfa/disable", body=OwnerIn, returns=MfaConfirmation)(do.disable)
    blp.endpoint("GET", "/mfa/backup-codes", permission="account.read", returns=BackupCodesLeft)(
        do.backup_codes
    )
    post("/mfa/regenerate-backup-codes", body=OwnerIn, returns=BackupCodesOut)(do.regenerate)
