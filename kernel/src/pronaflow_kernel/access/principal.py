"""Who acts: the answer of authentication, the input of authorization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated actor.

    Arguments:
        kind: "user", "token", "client" or "system"; written to the ledger as `actor_kind`.
        user_id: the user acted for; None for the system and for OAuth clients without a user.
        session_id: the sign-in behind the request, which carries IP and user agent.
        username, email: of the user, as shown.
        is_system_admin: may run the installation.
        scopes: what the credential is limited to (`read:tasks`); None is everything.
        workspace_id: the workspace that the credential is bound to, if any.
        auth_time: when the person last proved who they are; None for machines.
        expires_at: when the credential ends; None where it does not end by itself.
    """

    kind: str
    user_id: str | None = None
    session_id: str | None = None
    username: str | None = None
    email: str | None = None
    is_system_admin: bool = False
    scopes: frozenset[str] | None = None
    workspace_id: str | None = None
    auth_time: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def system(cls) -> Principal:
        """The actor of work that no user asked for."""
        return cls("system")

    @classmethod
    def anonymous(cls) -> Principal:
        """Nobody: a caller of a public route without a credential."""
        return cls("anonymous")

    @property
    def signed_in(self) -> bool:
        """Whether a credential was accepted."""
        return self.kind != "anonymous"
