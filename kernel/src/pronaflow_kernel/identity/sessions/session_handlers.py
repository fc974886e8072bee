"""What the routes of sessions do: seeing and ending one's own, and proving again who one is (step-up)."""

from __future__ import annotations

from datetime import timedelta

from ...errors import Forbidden, NotFound, invalid
from ...persistence.database import Database
from ...persistence.uow import Reader, Row, UnitOfWork
from ...web.answers import Answer
from ..callers import session_of, user_of
from ..mfa.factors import SHOWN
from ..models import Session, User
from ..owner_proof import CODES, RECENT, OwnerProof
from .sessions import Sessions, calling_device
from .user_agents import device_name

FRESH = timedelta(seconds=RECENT)
"""For how long a step-up counts on most routes (security.md 2.6)."""


class SessionHandlers:
    """The handlers, one a route.

    Arguments:
        db: writes after a password was compared.
        sessions, proof: as they are called.
    """

    def __init__(self, db: Database, sessions: Sessions, proof: OwnerProof) -> None:
        self._db = db
        self._sessions = sessions
        self._proof = proof

    def list_sessions(self, reader: Reader) -> Row:
        """List one's own sessions.

        They come whole, since nobody has more than `auth.max_sessions`.
        """
        principal = reader.scope.principal
        rows = self._sessions.of(reader, user_of(reader))
        for row in rows:
            row["device"], row["location"] = device_name(row["user_agent"]), None
            row["is_current"] = row["id"] == principal.session_id
            if row["is_current"]:
                row["last_seen_at"] = reader.clock.now()
        return {"sessions": rows, "total": len(rows)}

    def revoke_session(self, uow: UnitOfWork, body: Row) -> Answer:
        """End one of one's own sessions; ending the present one is signing out."""
        principal, session_id = uow.scope.principal, body["session_id"]
        user_id, _ = session_of(uow)
        if session_id not in {row["id"] for row in self._sessions.of(uow, user_id)}:
            raise NotFound("You have no such session")
        current = session_id == principal.session_id
        self._sessions.end(uow, user_id, session_id, "signed_out" if current else "revoked")
        words = "Signed out" if current else "The session has ended"
        return Answer({"message": words}, words)

    def revoke_all_sessions(self, uow: UnitOfWork) -> Answer:
        """End all of one's own sessions but the present one."""
        count = self._sessions.end_others(uow, *session_of(uow), "revoked")
        words = "All other sessions have ended"
        return Answer({"message": words, "revoked_count": count}, words)

    def step_up(self, reader: Reader, body: Row) -> Row:
        """Prove again who you are.

        Operations with `x-fresh` demand that this, or the sign-in, is not longer ago than so many seconds.
        """
        user_id, session_id = session_of(reader)
        user = reader.get(User, user_id)
        if user["password_hash"] is None:
            words = "This account has no password: sign in again"
            raise Forbidden(words, details={"reason": "sign_in_required"})
        if user["mfa_enabled"] and body.keys().isdisjoint(CODES):
            raise invalid(
                "totp_code", "Send a code of your app, or a recovery code as backup_code.", "required"
            )
        self._proof.demand(reader, body, calling_device())
        session = reader.get(Session, session_id)
        amr = ("pwd", *SHOWN) if user["mfa_enabled"] else ("pwd",)
        with self._db.write(reader.scope) as uow:
            moment = self._sessions.confirm(uow, session, amr)
        return {"auth_time": moment, "fresh_until": moment + FRESH}
