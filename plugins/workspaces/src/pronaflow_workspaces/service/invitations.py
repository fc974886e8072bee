"""Invitations: mails that let their readers join.

Whoever holds the token of an invitation read the mail that it was sent in, so the mailbox is proved. That
the caller's account has the same address keeps a forwarded link from letting somebody else in.

"Registering with that address through the link joins automatically" (modules.md 2.3 rule 6) is the work of
the page behind the link: it registers or signs in, then accepts with the token it still holds. Nothing joins
anybody on `user.registered` or `user.verified`: a person who registers without the link has not agreed to
anything, and anybody may invite any address.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    Forbidden,
    InvalidRequest,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    Workspace,
    normal,
    tenancy,
)

from ..events import INVITATION_ACCEPTED, INVITATION_CANCELLED, INVITATION_CREATED, INVITATION_DECLINED
from ..letters import invitation_mail
from ..models import Invitation
from ..queries import ADDRESSEES, BY_TOKEN, CLOSE_FORMER, INVITATIONS
from ..roles import require_rank
from .settings import SettingsService

_OVER = {
    "expired": "The invitation has expired: ask for a new one",
    "cancelled": "The invitation was cancelled, or replaced by a newer one",
    "rejected": "The invitation was declined",
}


class Invitations:
    """What can be done to invitations.

    Arguments:
        ctx: of the plugin; its settings tell how long an invitation is valid.
        settings: of workspaces; they tell whether members may invite.
    """

    def __init__(self, ctx: Context, settings: SettingsService) -> None:
        self._mail = ctx.mail
        self._hooks = ctx.hooks
        self._public_url = ctx.public_url
        self._ttl = timedelta(hours=ctx.settings.invitation_ttl_hours)
        self._settings = settings

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The invitations of the scope's workspace."""
        return INVITATIONS.page(reader, query, {"status": query["status"]}, now=reader.clock.now())

    def invite(self, uow: UnitOfWork, emails: Sequence[str], role: str, message: str | None) -> list[Row]:
        """Invite the owners of some addresses; each gets a mail after the commit.

        An invitation that waits at the same address is replaced: its link works no more. Either all
        addresses are invited or none is.

        Arguments:
            emails: as written; twins count once.
            role: that they will have; not owner.
            message: added to the mail.

        Raises:
            Forbidden: the caller may not invite, or not with this role.
            Conflict: some are members already; `details.emails` names them.
        """
        self._require_invite(uow, role)
        wanted: dict[str, str] = {}
        for email in emails:
            wanted.setdefault(normal(email), email)
        # Held, so that of two invitations to one address at once the later replaces the earlier.
        workspace = uow.get(Workspace, str(uow.scope.workspace_id), lock=True)
        known = _known(uow, wanted)
        self._hooks.check_change(uow, "workspace_invitation", None, {"emails": list(wanted), "role": role})
        uow.execute(CLOSE_FORMER, addresses=list(wanted), now=uow.now)
        tokens = [secrets.token_urlsafe(32) for _ in wanted]
        rows = uow.insert_many(Invitation, self._rows(uow, wanted, tokens, role, message))
        for row, token in zip(rows, tokens, strict=True):
            _tell(uow, INVITATION_CREATED, row, known.get(row["email_norm"]), {"email": row["email"]})
            self._send(uow, row, token, workspace["name"])
        return rows

    def accept(self, uow: UnitOfWork, token: str) -> Row:
        """Join the workspace that the token opens.

        Raises:
            NotFound: no invitation has this token, or its workspace is in the trash.
            Forbidden: it was sent to another address than the caller's.
            Conflict: it was accepted before, or the caller is a member already.
            InvalidRequest: it is over; `details.reason` is `expired`, `cancelled` or `rejected`.
        """
        row = _found(uow, token)
        principal = uow.scope.principal
        if principal.user_id is None or normal(principal.email or "") != row["email_norm"]:
            raise Forbidden("The invitation was sent to another address", details={"reason": "other_address"})
        _require_open(uow, row)
        tenancy.enter(uow, row["workspace_id"], row["role"])
        joining = {"user_id": principal.user_id, "role": row["role"]}
        self._hooks.check_change(uow, "workspace_member", None, joining)
        uow.update(Invitation, row, {"status": "accepted", "accepted_at": uow.now})
        tenancy.add_member(uow, principal.user_id, row["role"])
        _tell(uow, INVITATION_ACCEPTED, row, principal.user_id)
        return row

    def decline(self, uow: UnitOfWork, token: str) -> Row:
        """Refuse; the token is enough, for nobody should need an account to say no.

        Raises:
            NotFound, Conflict, InvalidRequest: as `accept`.
        """
        row = _found(uow, token)
        _require_open(uow, row)
        tenancy.enter(uow, row["workspace_id"], None)
        uow.update(Invitation, row, {"status": "rejected"})
        _tell(uow, INVITATION_DECLINED, row)
        return row

    def cancel(self, uow: UnitOfWork, invitation_id: str) -> None:
        """Make an invitation of the scope's workspace worthless.

        Raises:
            NotFound: there is none.
            Conflict: it was accepted before.
            InvalidRequest: it is over already.
        """
        row = uow.get(Invitation, invitation_id)
        _require_open(uow, row)
        uow.update(Invitation, row, {"status": "cancelled"})
        _tell(uow, INVITATION_CANCELLED, row)

    def _require_invite(self, uow: UnitOfWork, role: str) -> None:
        if uow.scope.workspace_role == "member" and not self._settings.settings(uow).allow_member_invitations:
            raise Forbidden("Only admins may invite here")
        require_rank(uow, role, f"You cannot invite with the role {role}: it is above your own")

    def _rows(
        self,
        uow: UnitOfWork,
        wanted: Mapping[str, str],
        tokens: Sequence[str],
        role: str,
        message: str | None,
    ) -> list[Row]:
        common = {
            "role": role,
            "message": message,
            "invited_by": uow.scope.principal.user_id,
            "expires_at": uow.now + self._ttl,
        }
        return [
            {**common, "email": email, "email_norm": address, "token_hash": _digest(token)}
            for (address, email), token in zip(wanted.items(), tokens, strict=True)
        ]

    def _send(self, uow: UnitOfWork, row: Row, token: str, workspace: str) -> None:
        inviter = uow.scope.principal.username or "Somebody"
        mail = invitation_mail(row, token, workspace=workspace, inviter=inviter, public_url=self._public_url)
        self._mail.send(uow, mail)


def _known(uow: UnitOfWork, wanted: Mapping[str, str]) -> dict[str, str]:
    """Accounts by address.

    Raises:
        Conflict: some are members already.
    """
    found = uow.all(ADDRESSEES, addresses=list(wanted))
    members = {row["email_norm"] for row in found if row["member_id"] is not None}
    if members:
        emails = [email for address, email in wanted.items() if address in members]
        raise Conflict(f"Already in the workspace: {', '.join(emails)}", details={"emails": emails})
    return {row["email_norm"]: row["id"] for row in found}


def _found(uow: UnitOfWork, token: str) -> Row:
    row = uow.one(BY_TOKEN, digest=_digest(token))
    if row is None:
        raise NotFound("There is no such invitation")
    return row


def _require_open(uow: UnitOfWork, row: Row) -> None:
    """Refuse an invitation that cannot be answered any more (modules.md 2.3 rule 6)."""
    if row["status"] == "accepted":
        raise Conflict("The invitation was accepted already", details={"reason": "accepted"})
    reason = row["status"]
    if reason == "pending" and row["expires_at"] <= uow.now:
        reason = "expired"
    if reason != "pending":
        raise InvalidRequest(_OVER[reason], details={"reason": reason})


def _tell(
    uow: UnitOfWork,
    event: EventType,
    row: Row,
    user_id: str | None = None,
    private: Mapping[str, Any] | None = None,
) -> None:
    payload = {
        "workspace_id": row["workspace_id"],
        "invitation_id": row["id"],
        "role": row["role"],
        "user_id": user_id,
    }
    uow.publish(event, row["id"], payload, private=private)


def _digest(token: str) -> bytes:
    """What is stored of a token: 256 random bits, which a plain hash keeps safe (security.md 2.2)."""
    return hashlib.sha256(token.encode()).digest()
