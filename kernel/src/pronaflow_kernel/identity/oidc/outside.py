"""ID tokens for plugins that are clients of providers of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any


class IdTokenRefused(Exception):
    """An ID token is not accepted; the words are for the operator's log."""


def id_token_claims(
    token: str,
    keys: Any,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    now: datetime,
) -> dict[str, Any]:
    """The claims of an ID token that is genuine, ours and of this very flow.

    Arguments:
        keys: the JWK set that the provider publishes, as it was answered.
        issuer, client_id, nonce: that the token must name.
        access_token: that came with it, for `at_hash`.
        now: the present.

    Raises:
        IdTokenRefused: it is not.
    """
    from .documents import ProviderFault, keys_of
    from .id_tokens import Expected, Refused, claims_of

    try:
        return claims_of(token, keys_of(keys), Expected(issuer, client_id, nonce, access_token, now))
    except (Refused, ProviderFault) as error:
        raise IdTokenRefused(str(error)) from error
