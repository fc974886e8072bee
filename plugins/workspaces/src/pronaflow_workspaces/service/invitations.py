"""Invitations: mails that let their readers join. What can be done with their links stands in `answers`."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
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
)

from ..events import INVITATION_CANCELLED, INVITATION_CREATED, INVITATION_RESENT
from ..letters import invitation_mail
from ..models import Invitation
from ..queries import ADDRESSEES, CLOSE_FORMER, INVITATIONS
from ..roles import require_rank
from .settings import SettingsService

INVITED, MEMBER_ALREADY = "invited", "member_already"
"""What can become of an address that is to be invited."""

_SHOWN = ("id", "role", "status", "created_at", "expires_at")
"""What is shown of an invitation among several, and None where there is none."""

_OVER = {
    "expired": "The invitation has expired: ask for a new one",
    "cancelled": "The invitation was cancelled, or replaced by a newer one",
    "rejected": "The invitation was declined",
}


class Invitations:
    """What those in a workspace can do to its invitations.

    Arguments:
        ctx: of the plugin; its settings tell how long an invitation is valid.
        settings: of workspaces; they tell whether members may invite.
    """

    def __init__(self, ctx: Context, settings: SettingsService) -> None:
        self._mail, self._texts, self._preferences = ctx.mail, ctx.texts, ctx.preferences
        self._hooks = ctx.hooks
        self._public_url = ctx.public_url
        self._ttl = timedelta(hours=ctx.settings.invitation_ttl_hours)
        self._settings = settings

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The invitations of the scope's workspace."""
        return INVITATIONS.page(reader, query, {"status": query["status"]}, now=reader.clock.now())

    def invite(self, uow: UnitOfWork, email: str, role: str, message: str | None) -> Row:
        """Invite the owner of an address, who gets a mail after the commit.

        Raises:
            Forbidden: the caller may not invite, or not with this role.
            Conflict: they are a member already.
        """
        [made] = self.invite_each(uow, [email], role, message)
        if made["result"] == MEMBER_ALREADY:
            raise _member_already(email)
        return made

    def invite_each(
        self, uow: UnitOfWork, emails: Sequence[str], role: str, message: str | None
    ) -> list[Row]:
        """Invite the owners of some addresses, but for those who are members already.

        An invitation that waits at the same address is replaced: its link works no more.

        Arguments:
            emails: as written; twins count once.
            role: that they will have; not owner.
            message: added to the mail.

        Returns:
            In the order of the addresses the invitations, with `result`; of a member nothing but the address.

        Raises:
            Forbidden: the caller may not invite, or not with this role.
        """
        self._require_invite(uow, role)
        addresses: dict[str, str] = {}
        for email in emails:
            addresses.setdefault(normal(email), email)
        # Held, so that of two invitations to one address at once the later replaces the earlier.
        workspace = uow.get(Workspace, str(uow.scope.workspace_id), lock=True)
        known = {row["email_norm"]: row for row in uow.all(ADDRESSEES, addresses=list(addresses))}
        members = {address for address, row in known.items() if row["member_id"] is not None}
        wanted = {address: email for address, email in addresses.items() if address not in members}
        made = self._make(uow, wanted, known, workspace["name"], role, message) if wanted else {}
        return [_result(email, made.get(address)) for address, email in addresses.items()]

    def resend(self, uow: UnitOfWork, invitation_id: str) -> Row:
        """Mail an invitation again, with a new link that is valid for as long as that of a new one.

        The old link works no more. One that expired can be sent again unless a newer one replaced it.

        Raises:
            NotFound: there is none, or the caller is no admin and somebody else sent it.
            Forbidden: the caller may not invite, or not with this role.
            Conflict: it was accepted, or the address is that of a member now.
            InvalidRequest: it was cancelled, declined or replaced.
        """
        workspace = uow.get(Workspace, str(uow.scope.workspace_id), lock=True)
        row = uow.get(Invitation, invitation_id)
        if uow.scope.workspace_role == "member" and row["invited_by"] != uow.scope.principal.user_id:
            raise NotFound(f"Invitation {invitation_id} was not found")
        self._require_invite(uow, row["role"])
        if row["status"] != "pending":
            require_open(uow, row)
        known = {each["email_norm"]: each for each in uow.all(ADDRESSEES, addresses=[row["email_norm"]])}
        account = known.get(row["email_norm"], {"id": None, "member_id": None})
        if account["member_id"] is not None:
            raise _member_already(row["email"])
        token = secrets.token_urlsafe(32)
        renewed = {"token_hash": digest(token), "expires_at": uow.now + self._ttl, "opened_at": None}
        sent = uow.update(Invitation, row, renewed).row
        tell(uow, INVITATION_RESENT, sent, account["id"], {"email": sent["email"]})
        language = self._languages(uow, known)[row["email_norm"]]
        self._send(uow, sent, token, workspace["name"], language)
        return sent

    def cancel(self, uow: UnitOfWork, invitation_id: str) -> None:
        """Make an invitation of the scope's workspace worthless.

        Raises:
            NotFound: there is none.
            Conflict: it was accepted before.
            InvalidRequest: it is over already.
        """
        row = uow.get(Invitation, invitation_id)
        require_open(uow, row)
        uow.update(Invitation, row, {"status": "cancelled"})
        tell(uow, INVITATION_CANCELLED, row)

    def _require_invite(self, uow: UnitOfWork, role: str) -> None:
        if uow.scope.workspace_role == "member" and not self._settings.settings(uow).allow_member_invitations:
            raise Forbidden("Only admins may invite here")
        require_rank(uow, role, f"You cannot invite with the role {role}: it is above your own")

    def _make(
        self,
        uow: UnitOfWork,
        wanted: Mapping[str, str],
        known: Mapping[str, Row],
        workspace: str,
        role: str,
        message: str | None,
    ) -> dict[str, Row]:
        """New invitations in the place of those that wait, by address; they are mailed."""
        self._hooks.check_change(uow, "workspace_invitation", None, {"emails": list(wanted), "role": role})
        uow.execute(CLOSE_FORMER, addresses=list(wanted), now=uow.now)
        common = {
            "role": role,
            "message": message,
            "invited_by": uow.scope.principal.user_id,
            "expires_at": uow.now + self._ttl,
        }
        tokens = {address: secrets.token_urlsafe(32) for address in wanted}
        rows = uow.insert_many(
            Invitation,
            [
                {**common, "email": email, "email_norm": address, "token_hash": digest(tokens[address])}
                for address, email in wanted.items()
            ],
        )
        languages = self._languages(uow, known)
        for row in rows:
            address = row["email_norm"]
            account = known[address]["id"] if address in known else None
            tell(uow, INVITATION_CREATED, row, account, {"email": row["email"]})
            self._send(uow, row, tokens[address], workspace, languages[address])
        return {row["email_norm"]: row for row in rows}

    def _languages(self, reader: Reader, known: Mapping[str, Row]) -> defaultdict[str, str]:
        """The language in which to write to an address: its owner's, else that of the server."""
        people = {address: row["id"] for address, row in known.items() if row["id"] is not None}
        locales = self._preferences.locales(reader, people.values()) if people else {}
        other = self._preferences.default_locale().language
        return defaultdict(lambda: other, {address: locales[i].language for address, i in people.items()})

    def _send(self, uow: UnitOfWork, row: Row, token: str, workspace: str, language: str) -> None:
        mail = invitation_mail(
            row,
            token,
            workspace=workspace,
            inviter=uow.scope.principal.username or "PronaFlow",
            public_url=self._public_url,
            say=partial(self._texts.say, language),
        )
        self._mail.send(uow, mail)


def require_open(uow: UnitOfWork, row: Row) -> None:
    """Refuse an invitation that cannot be answered any more (modules.md 2.3 rule 6).

    Raises:
        Conflict: it was accepted.
        InvalidRequest: it is over; `details.reason` is `expired`, `cancelled` or `rejected`.
    """
    if row["status"] == "accepted":
        raise Conflict("The invitation was accepted already", details={"reason": "accepted"})
    reason = row["status"]
    if reason == "pending" and row["expires_at"] <= uow.now:
        reason = "expired"
    if reason != "pending":
        raise InvalidRequest(_OVER[reason], details={"reason": reason})


def tell(
    uow: UnitOfWork,
    event: EventType,
    row: Row,
    user_id: str | None = None,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Publish what happened to an invitation."""
    payload = {
        "workspace_id": row["workspace_id"],
        "invitation_id": row["id"],
        "role": row["role"],
        "user_id": user_id,
    }
    uow.publish(event, row["id"], payload, private=private)


def digest(token: str) -> bytes:
    """What is stored of a token: 256 random bits, which a plain hash keeps safe (security.md 2.2)."""
    return hashlib.sha256(token.encode()).digest()


def _result(email: str, made: Row | None) -> Row:
    if made is not None:
        return {**made, "result": INVITED}
    return {**dict.fromkeys(_SHOWN), "email": email, "result": MEMBER_ALREADY}


def _member_already(email: str) -> Conflict:
    return Conflict(f"Already in the workspace: {email}", details={"emails": [email]})
