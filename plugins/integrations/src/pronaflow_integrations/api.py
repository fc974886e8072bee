"""What other plugins may import from integrations: consents, connections and what they are to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pronaflow_kernel.api import Reader, Row, UnitOfWork, needs_scope

from .connections.apps import OAuthApp, Revocation
from .consents.types import CONSENT_TYPES, ConsentNeed

__all__ = ["CONSENT_TYPES", "Connections", "ConsentNeed", "Consents", "OAuthApp", "Revocation"]


class Consents(Protocol):
    """What people agree to. The event `consent.revoked` tells when one of them takes it back."""

    @needs_scope("write:consents")
    def grant(
        self,
        uow: UnitOfWork,
        *,
        consent_type: str,
        resource_type: str,
        resource_id: str,
        description: str | None = None,
        permissions: Sequence[str] = (),
    ) -> Row:
        """Record that the scope's user agrees to something, as a new version where they did so before.

        Arguments:
            consent_type: one of `CONSENT_TYPES`.
            resource_type, resource_id: what it is about; 60 and 100 characters at most.
            description: in words, for the user.
            permissions: what it allows, such as the scopes of a plugin.

        Raises:
            Conflict: they agree to it already, to all of `permissions` and under the policy that holds.
        """
        ...

    @needs_scope("write:consents")
    def revoke(self, uow: UnitOfWork, *, consent_type: str, resource_id: str) -> int:
        """End all consents of a type to a thing that is gone, whoever gave them; how many there were."""
        ...

    @needs_scope("read:consents")
    def is_granted(
        self, reader: Reader, user_id: str, *, consent_type: str, resource_type: str, resource_id: str
    ) -> bool:
        """Whether somebody agrees to something at present."""
        ...


class Connections(Protocol):
    """People's accounts at other services. The event `connection.removed` tells when one is disconnected."""

    @needs_scope("write:connections")
    def access_token(self, reader: Reader, user_id: str, provider_name: str) -> str | None:
        """The token by which this server acts for somebody at a service.

        None where they have no active connection, or do not agree (`THIRD_PARTY`, with the connection's id)
        to what is done with it.
        """
        ...

    @needs_scope("read:connections")
    def accounts(self, reader: Reader, user_ids: Collection[str], provider_name: str) -> Mapping[str, str]:
        """Which of some people have connected an account at a service, and what it is called there.

        One statement; of several accounts the one that was connected last. Whoever does not agree to what
        is done with it (see `access_token`) is left out.
        """
        ...
