"""The requests of the code flow as Authlib writes them; no connection is opened here."""

from __future__ import annotations

from typing import Any, NamedTuple

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ...settings import OidcSettings
from .documents import Metadata


class TokenRequest(NamedTuple):
    """A POST to the token endpoint."""

    url: str
    headers: dict[str, str]
    body: bytes


def authorization_url(
    settings: OidcSettings, metadata: Metadata, verifier: str, parameters: dict[str, Any]
) -> str:
    """Where a browser is sent to sign in.

    Arguments:
        verifier: of PKCE, of which only the S256 challenge is told (RFC 7636).
        parameters: `redirect_uri`, `state`, `nonce` and whatever else the request says.
    """
    url: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        settings.client_id,
        "code",
        scope=" ".join(settings.scopes),
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **parameters,
    )
    return url


def token_request(
    settings: OidcSettings, metadata: Metadata, code: str, redirect_uri: str, verifier: str
) -> TokenRequest:
    """What turns a code into tokens."""
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier
    )
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    client = ClientAuth(settings.client_id, settings.client_secret, metadata.auth_method)
    url, headers, body = client.prepare("POST", metadata.token_endpoint, headers, body)
    return TokenRequest(url, headers, body.encode())
