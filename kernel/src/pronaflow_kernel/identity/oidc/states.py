"""The `state` of a sign-in: it works once, for ten minutes, and only for the browser that began it.

Nothing is stored when somebody begins, so that nobody fills the database from outside: what has to be known
later travels in the state itself, encrypted. What is stored is that a state was used.

A state and a code can be put into somebody else's browser by a link, which would sign them in as the one who
made the link (login CSRF). Our callers send no cookies, so the state is tied to a secret that the caller gets
beside it: it goes through no address and no provider, and a page that never got it cannot go on (ADR 025).
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...clock import Clock
from ...errors import Unauthorized
from ...persistence.uow import UnitOfWork
from ...secrets import DecryptionError, Keys
from ..models import OneTimeToken
from ..one_time import digest_of

LIFE = timedelta(minutes=10)
"""From the beginning of a sign-in to its end."""
_PURPOSE = "oidc_state"
_BOUND_TO = "oidc.state"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that was begun.

    Arguments:
        redirect_uri: where the provider sends the browser back to.
        fresh: whether the person must prove anew who they are.
        begun: when.
        nonce: comes back in the ID token; verifier: of PKCE.
        secret_hash: SHA-256 of what the browser keeps, in hexadecimal digits.
    """

    redirect_uri: str
    fresh: bool
    begun: datetime
    nonce: str
    verifier: str
    secret_hash: str


class States:
    """Makes and reads states.

    Arguments:
        keys: encrypt them.
        clock: tells the present.
    """

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def begin(self, redirect_uri: str, fresh: bool) -> tuple[Flow, str, str]:
        """A new flow, its state, and the secret that the browser keeps."""
        secret = secrets.token_urlsafe(32)
        flow = Flow(
            redirect_uri=redirect_uri,
            fresh=fresh,
            begun=self._clock.now(),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            secret_hash=digest_of(secret).hex(),
        )
        parts = [redirect_uri, fresh, flow.begun.timestamp(), flow.nonce, flow.verifier, flow.secret_hash]
        return flow, self._keys.encrypt(json.dumps(parts), bound_to=_BOUND_TO), secret

    def read(self, state: str, secret: str, redirect_uri: str) -> Flow:
        """The flow of a state that comes back.

        Raises:
            Unauthorized: it is none of ours, too old, or was begun by another browser or for another page.
        """
        try:
            parts = json.loads(self._keys.decrypt(state, bound_to=_BOUND_TO))
        except DecryptionError:
            raise _refused("state_invalid") from None
        uri, fresh, begun, nonce, verifier, secret_hash = parts
        flow = Flow(uri, fresh, datetime.fromtimestamp(begun, UTC), nonce, verifier, secret_hash)
        if not hmac.compare_digest(flow.secret_hash, digest_of(secret).hex()):
            raise _refused("other_browser")
        if flow.redirect_uri != redirect_uri:
            raise _refused("other_page")
        if self._clock.now() >= flow.begun + LIFE:
            raise _refused("state_expired")
        return flow

    def use(self, uow: UnitOfWork, state: str) -> None:
        """Use a state up; the database refuses the second of two uses.

        Raises:
            IntegrityError: it was used before.
        """
        uow.insert(
            OneTimeToken,
            {
                "purpose": _PURPOSE,
                "token_hash": digest_of(state),
                "expires_at": uow.now + LIFE,
                "used_at": uow.now,
            },
        )


def used() -> Unauthorized:
    """The refusal of a state that was used before."""
    return _refused("state_used")


def _refused(reason: str) -> Unauthorized:
    words = "This sign-in cannot be finished: it is too old, was finished before, or was begun elsewhere."
    return Unauthorized(f"{words} Begin again", details={"reason": reason})
