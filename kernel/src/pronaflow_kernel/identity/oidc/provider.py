"""Speaks to the provider, through the kernel's client for outgoing requests and inside its rules.

A provider that is slow or away must not take the server with it: only some of the threads may wait for it at
once, and after a failure nobody asks it how to begin for a few seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ...clock import Clock
from ...egress.client import Egress
from ...egress.errors import EgressError
from ...errors import ServiceUnavailable, Unauthorized
from ...settings import OidcSettings
from .claims import Identity, identity_of
from .documents import WELL_KNOWN, Metadata, ProviderFault, keys_of, metadata_of
from .states import Flow

log = logging.getLogger("pronaflow.oidc")
T = TypeVar("T")

KEPT = timedelta(hours=1)
"""How long the discovery document and the keys are believed."""
PAUSE = timedelta(seconds=5)
"""How long after a failure nobody asks the provider how to begin."""
SECONDS = 10.0
"""Longest wait for one answer of the provider."""


class Provider:
    """The provider that the settings name.

    Arguments:
        settings: with `issuer` and `client_id`.
        egress: sends requests.
        clock: tells the present.
        turns: how many requests may wait for the provider at once.
    """

    def __init__(self, settings: OidcSettings, egress: Egress, clock: Clock, turns: int) -> None:
        self._settings = settings
        self._issuer, self._client_id = settings.issuer or "", settings.client_id or ""
        self._egress = egress
        self._clock = clock
        self._turns = threading.BoundedSemaphore(turns)
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[list[dict[str, Any]], datetime] | None = None
        self._quiet_until: datetime | None = None
        # Authlib writes whole token responses into its log at DEBUG (security.md 2.4).
        logging.getLogger("authlib").setLevel(logging.INFO)

    def authorization_url(self, flow: Flow, state: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            ServiceUnavailable: the provider does not tell.
        """
        from .messages import authorization_url

        metadata = self._kept(self._metadata)
        if metadata is None:
            if self._quiet_until is not None and self._clock.now() < self._quiet_until:
                raise _away()
            with self._turn():
                metadata = self._read_metadata()
        parameters = {"redirect_uri": flow.redirect_uri, "state": state, "nonce": flow.nonce}
        if flow.fresh:
            parameters |= {"prompt": "login", "max_age": "0"}
        return authorization_url(self._settings, metadata, flow.verifier, parameters)

    def identify(self, flow: Flow, code: str) -> Identity:
        """Whose code it is.

        Raises:
            Unauthorized: the provider does not know the code, or its word is not accepted.
            ServiceUnavailable: it does not answer, or no provider answers so.
        """
        with self._turn():
            metadata = self._kept(self._metadata) or self._read_metadata()
            tokens = self._redeem(metadata, flow, code)
            access_token = tokens.get("access_token")
            claims = self._claims(metadata, flow, tokens["id_token"], access_token)
            if "email" not in claims and metadata.userinfo_endpoint and isinstance(access_token, str):
                claims = _merged(claims, self._userinfo(metadata.userinfo_endpoint, access_token))
            return identity_of(claims)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Speak to the provider, unless too many do; its faults end here."""
        if not self._turns.acquire(blocking=False):
            raise _away()
        try:
            yield
        except (EgressError, ProviderFault) as error:
            self._quiet_until = self._clock.now() + PAUSE
            log.warning("the OpenID Connect provider fails: %s", error)
            raise _away() from error
        finally:
            self._turns.release()

    def _kept(self, kept: tuple[T, datetime] | None) -> T | None:
        return kept[0] if kept is not None and self._clock.now() < kept[1] + KEPT else None

    def _read_metadata(self) -> Metadata:
        metadata = metadata_of(self._document(self._issuer.rstrip("/") + WELL_KNOWN), self._settings)
        self._metadata = (metadata, self._clock.now())
        return metadata

    def _read_keys(self, metadata: Metadata) -> list[dict[str, Any]]:
        keys = keys_of(self._document(metadata.jwks_uri))
        self._keys = (keys, self._clock.now())
        return keys

    def _document(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        asked = {"Accept": "application/json", **(headers or {})}
        reply = self._egress.request("GET", url, headers=asked, timeout=SECONDS)
        if reply.status != 200:
            raise ProviderFault(f"{url} answers {reply.status}")
        return reply.json()

    def _redeem(self, metadata: Metadata, flow: Flow, code: str) -> dict[str, Any]:
        """The answer of the token endpoint, with an ID token."""
        from .messages import token_request

        request = token_request(self._settings, metadata, code, flow.redirect_uri, flow.verifier)
        reply = self._egress.request(
            "POST", request.url, headers=request.headers, body=request.body, timeout=SECONDS
        )
        tokens = reply.json() if reply.status in (200, 400, 401) else None
        if reply.status == 400 and isinstance(tokens, dict) and tokens.get("error") == "invalid_grant":
            raise _refused("code_refused", "The provider does not know this code")
        if reply.status != 200:
            said = tokens.get("error") if isinstance(tokens, dict) else None
            raise ProviderFault(f"its token endpoint answers {reply.status}, {said!r:.100}")
        if not isinstance(tokens, dict) or not isinstance(tokens.get("id_token"), str):
            raise ProviderFault("its token endpoint gives no ID token")
        return tokens

    def _claims(self, metadata: Metadata, flow: Flow, token: str, access_token: Any) -> dict[str, Any]:
        """The claims of an ID token; where its key is unknown, the keys are read again, once."""
        from .id_tokens import Expected, Refused, UnknownKey, claims_of

        expected = Expected(self._issuer, self._client_id, flow.nonce, access_token, self._clock.now())
        keys = self._kept(self._keys)
        try:
            try:
                return claims_of(token, keys or (), expected)
            except UnknownKey:
                return claims_of(token, self._read_keys(metadata), expected)
        except Refused as error:
            log.warning("a sign-in by OpenID Connect is refused: %s", error)
            raise _refused("id_token_refused", "What the provider says is not accepted") from error

    def _userinfo(self, url: str, access_token: str) -> Any:
        return self._document(url, {"Authorization": f"Bearer {access_token}"})


def _merged(claims: dict[str, Any], more: Any) -> dict[str, Any]:
    """ID token and user info together, if both are of the same person (Core 5.3.2); the ID token wins."""
    if not isinstance(more, dict) or more.get("sub") != claims.get("sub"):
        raise ProviderFault("its user info is of another subject than its ID token")
    # Whether an address is proved is worth something beside the address only.
    return {**more, **{name: value for name, value in claims.items() if name != "email_verified"}}


def _away() -> ServiceUnavailable:
    words = "The sign-in provider does not answer as it should: try again shortly, or sign in another way"
    details = {"reason": "provider_unavailable"}
    return ServiceUnavailable(words, details=details, headers={"Retry-After": str(PAUSE.seconds)})


def _refused(reason: str, words: str) -> Unauthorized:
    return Unauthorized(f"{words}: begin again", details={"reason": reason})
