"""`DELETE /api/v1/auth/me`: an account ends (modules.md 1.1)."""

from __future__ import annotations

from ...persistence.database import Database
from ...persistence.uow import Reader, Row
from ...web.blueprint import Blueprint
from ..mfa.schemas import OwnerIn
from ..owner_proof import OwnerProof
from ..sessions.sessions import calling_device
from .erasure import Erasure


class ErasureHandlers:
    """The handler.

    Arguments:
        db: writes after a password was compared.
        erasure: forgets users; proof: makes sure that the owner asks.
    """

    def __init__(self, db: Database, erasure: Erasure, proof: OwnerProof) -> None:
        self._db = db
        self._erasure = erasure
        self._proof = proof

    def delete_me(self, reader: Reader, body: Row) -> None:
        """Delete one's own account, for good.

        Needs the password, and a code where two-step sign-in is on, as switching that off does. Workspaces of
        one's own alone go at once, with all that is in them. In others the work stays, under the name
        "Deleted User". Either all is deleted or nothing.

        Refused with 409 and `details.reason` while others work in a workspace that only you own
        (`sole_owner`, with `details.workspaces`), for the last administrator (`last_admin`), and where a
        plugin that may hold something of you cannot be asked (`plugin_off`).
        """
        user = self._proof.demand(reader, body, calling_device())
        with self._db.write(reader.scope) as uow:
            self._erasure.erase(uow, user["id"], "owner")


def add_erasure(blp: Blueprint, do: ErasureHandlers) -> None:
    """Add the route to the blueprint of identity."""
    blp.endpoint("DELETE", "/me", permission="account.update", body=OwnerIn, status=204, writes=False)(
        do.delete_me
    )
