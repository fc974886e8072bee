"""What the routes of outside sign-in do.

The provider is asked between units of work, never inside one: it may take its time, and nothing is locked
meanwhile. A state is used up before its code is, so that each is tried once.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from ...errors import Conflict, KernelError, NotFound, Unauthorized, invalid
from ...persistence.scope import Scope
from ...persistence.types import Id, UtcDateTime
from ...persistence.uow import Reader, Row, UnitOfWork
from ..callers import user_of
from ..guessing.failures import note_failure
from ..models import Session
from ..parts import Parts
from ..sessions.sessions import calling_device
from .claims import Identity
from .letters import LinkLetters
from .people import People, Raced
from .provider import Provider
from .states import LIFE, States, used

STALE = timedelta(hours=1)
"""How long ago a person counts as having proved who they are, at most, where the provider does not tell."""
_LEEWAY = timedelta(seconds=60)
_ATTEMPTS = 3
_PROVED = (
    update(Session)
    .where(Session.id == bindparam("session", type_=Id()))
    .values(auth_time=bindparam("moment", type_=UtcDateTime()))
)


class OutsideSignIn:
    """The handlers, one a route.

    Arguments:
        parts: of identity.
    """

    def __init__(self, parts: Parts) -> None:
        kernel = parts.kernel
        settings = kernel.settings.oidc
        self._settings = settings
        self._pages = settings.redirect_uris or (f"{parts.public_url}/oauth/callback",)
        self._db = kernel.db
        self._clock = kernel.clock
        self._states = States(kernel.keys, kernel.clock)
        turns = max(kernel.settings.server.threads // 2, 1)
        self._provider = Provider(settings, kernel.egress, kernel.clock, turns) if settings.issuer else None
        self._people = People(settings, parts.accounts, parts.letters_of(LinkLetters))
        self._credentials = parts.credentials

    def list_providers(self, reader: Reader) -> list[Row]:
        """List the outside providers that people may sign in through: none or one."""
        if self._provider is None:
            return []
        return [{"id": self._settings.provider, "name": self._settings.name}]

    def start_outside_sign_in(self, reader: Reader, provider: str, query: Row) -> Row:
        """Begin to sign in through an outside provider.

        Send the browser to `authorization_url`. Keep `flow_secret` in the browser (`sessionStorage`), never
        in an address: only who has it can finish the sign-in, so that nobody can be signed in by a link.
        """
        found = self._named(provider)
        if query["redirect_uri"] not in self._pages:
            raise invalid("redirect_uri", "This is none of the addresses in the setting oidc.redirect_uris.")
        flow, state, secret = self._states.begin(query["redirect_uri"], query["fresh"])
        return {
            "authorization_url": found.authorization_url(flow, state),
            "state": state,
            "flow_secret": secret,
            "expires_in": int(LIFE.total_seconds()),
        }

    def finish_outside_sign_in(self, reader: Reader, provider: str, body: Row) -> Row:
        """Sign in with what the provider sent back.

        A new person gets an account, if the operator has it so. An account with the same mail address is
        linked if both sides have proved the address; otherwise sign in with the password and link there.
        """
        identity = self._identify(provider, body)
        for _ in range(_ATTEMPTS):
            # The same person may come in by another door at this very moment, and is found the next time.
            with suppress(IntegrityError, Raced):
                return self._sign_in(identity)
        raise Conflict("Others take the names at this moment that you would get: begin again")

    def link_identity(self, reader: Reader, provider: str, body: Row) -> Row:
        """Link an account at the provider to one's own, to sign in through it from now on."""
        user_id = user_of(reader)
        identity = self._identify(provider, body)
        try:
            with self._db.write(reader.scope) as uow:
                link = self._people.link(uow, identity, user_id)
        except IntegrityError:
            with self._db.write(reader.scope) as uow:
                link = self._people.link(uow, identity, user_id)
        return self._people.shown(link)

    def list_identities(self, reader: Reader) -> list[Row]:
        """List the accounts at providers that are linked to one's own."""
        return self._people.own(reader, user_of(reader))

    def unlink_identity(self, uow: UnitOfWork, identity_id: str) -> None:
        """Take a link to a provider away, unless it is the last way to sign in."""
        self._people.unlink(uow, user_of(uow), identity_id)

    def _named(self, provider: str) -> Provider:
        if self._provider is None or provider != self._settings.provider:
            raise NotFound("There is no such sign-in provider")
        return self._provider

    def _identify(self, provider: str, body: Row) -> Identity:
        """Who comes back from the provider; uses the state up."""
        found = self._named(provider)
        flow = self._states.read(body["state"], body["flow_secret"], body["redirect_uri"])
        try:
            with self._db.write(Scope.nobody()) as uow:
                self._states.use(uow, body["state"])
        except IntegrityError:
            raise used() from None
        identity = found.identify(flow, body["code"])
        if flow.fresh and (identity.auth_time is None or identity.auth_time < flow.begun - _LEEWAY):
            words = "The provider did not ask anew who you are"
            raise Unauthorized(words, details={"reason": "not_fresh"})
        return identity

    def _sign_in(self, identity: Identity) -> Row:
        user: Row | None = None
        try:
            self._people.expect_welcome(identity)
            with self._db.write(Scope.nobody()) as uow:
                user = self._people.linked(uow, identity) or self._people.adopt(uow, identity)
                reason = self._credentials.objection(user, matches=True)
                if reason is not None:
                    raise self._credentials.refusal(reason)
                return self._admit(uow, user, identity)
        except KernelError as refusal:
            self._refuse(user, refusal)

    def _admit(self, uow: UnitOfWork, user: Row, identity: Identity) -> Row:
        proved = identity.mfa and self._settings.trust_mfa
        answer = self._credentials.admit(
            uow, user, calling_device(), None, amr=("fed", "mfa") if proved else ("fed",)
        )
        session_id = uow.scope.principal.session_id
        if session_id is not None:
            uow.execute(_PROVED, session=session_id, moment=self._auth_time(identity))
        return {**answer, "device_token": None}

    def _auth_time(self, identity: Identity) -> datetime:
        """When the person proved who they are, by which step-up goes; not told is not fresh."""
        now = self._clock.now()
        return min(max(identity.auth_time or now - STALE, now - STALE), now)

    def _refuse(self, user: Row | None, refusal: KernelError) -> NoReturn:
        """In a unit of work of its own: the request is refused, but this stays."""
        reason = refusal.details.get("reason", "refused")
        with self._db.write(Scope.nobody()) as uow:
            note_failure(uow, user, reason, calling_device())
        raise refusal
