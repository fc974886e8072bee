"""What can be done with the link of an invitation.

Whoever holds the token of an invitation read the mail that it was sent in, so the mailbox is proved. That
the caller's account has the same address keeps a forwarded link from letting somebody else in.

"Registering with that address through the link joins automatically" (modules.md 2.3 rule 6): the page
behind the link tells us so by `open`, and an account that is made afterwards joins once its address is
proved. Who registers without the link joins nothing: they have not agreed to anything, and anybody may
invite any address.
"""

from __future__ import annotations

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Event,
    Forbidden,
    NotFound,
    Row,
    UnitOfWork,
    ValidationFailed,
    normal,
    tenancy,
)

from ..events import INVITATION_ACCEPTED, INVITATION_DECLINED, INVITATION_OPENED
from ..models import Invitation
from ..queries import BY_TOKEN, THROUGH_THE_LINK
from .invitations import digest, require_open, tell


class Answers:
    """What the readers of invitations can do.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks

    def open(self, uow: UnitOfWork, token: str) -> Row:
        """What an invitation is to, for the page behind its link.

        Raises:
            NotFound: no invitation has this token, or its workspace is in the trash.
            Conflict: it was accepted before.
            InvalidRequest: it is over; `details.reason` is `expired`, `cancelled` or `rejected`.
        """
        row = _found(uow, token)
        require_open(uow, row)
        if row["opened_at"] is None:
            tenancy.enter(uow, row["workspace_id"], None)
            uow.update(Invitation, row, {"opened_at": uow.now})
            tell(uow, INVITATION_OPENED, row)
        return row

    def accept(self, uow: UnitOfWork, token: str) -> Row:
        """Join the workspace that the token opens.

        Raises:
            NotFound: as in `open`.
            Forbidden: it was sent to another address than the caller's.
            Conflict: it was accepted before, or the caller is a member already.
            InvalidRequest: as in `open`.
        """
        row = _found(uow, token)
        principal = uow.scope.principal
        if principal.user_id is None or normal(principal.email or "") != row["email_norm"]:
            raise Forbidden("The invitation was sent to another address", details={"reason": "other_address"})
        require_open(uow, row)
        self._join(uow, row, principal.user_id)
        return row

    def decline(self, uow: UnitOfWork, token: str) -> Row:
        """Refuse; the token is enough, for nobody should need an account to say no.

        Raises:
            NotFound, Conflict, InvalidRequest: as in `open`.
        """
        row = _found(uow, token)
        require_open(uow, row)
        tenancy.enter(uow, row["workspace_id"], None)
        uow.update(Invitation, row, {"status": "rejected"})
        tell(uow, INVITATION_DECLINED, row)
        return row

    def arrived(self, uow: UnitOfWork, event: Event) -> None:
        """Subscriber of `user.registered` and `user.verified`: who came through links joins by them."""
        user_id = event.payload["user_id"]
        for row in uow.all(THROUGH_THE_LINK, user_id=user_id, now=uow.now):
            try:
                with uow.savepoint():
                    self._join(uow, row, user_id)
            except (Conflict, Forbidden, NotFound, ValidationFailed):
                continue  # A member by now, or somebody objects: the invitation can still be answered.

    def _join(self, uow: UnitOfWork, row: Row, user_id: str) -> None:
        tenancy.enter(uow, row["workspace_id"], row["role"])
        joining = {"user_id": user_id, "role": row["role"]}
        self._hooks.check_change(uow, "workspace_member", None, joining)
        uow.update(Invitation, row, {"status": "accepted", "accepted_at": uow.now})
        tenancy.add_member(uow, user_id, row["role"])
        tell(uow, INVITATION_ACCEPTED, row, user_id)


def _found(uow: UnitOfWork, token: str) -> Row:
    row = uow.one(BY_TOKEN, digest=digest(token))
    if row is None:
        raise NotFound("There is no such invitation")
    return row
