"""What a provider publishes about itself: its discovery document and its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...settings import OidcSettings

WELL_KNOWN = "/.well-known/openid-configuration"
"""Where the discovery document is, behind the issuer (OpenID Connect Discovery 1.0, 4)."""

_METHODS = ("client_secret_basic", "client_secret_post")


class ProviderFault(Exception):
    """The provider answers what no provider should; the words are for the operator's log."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of a discovery document that signing in needs.

    Arguments:
        authorization_endpoint: where browsers are sent; token_endpoint, jwks_uri, userinfo_endpoint: asked
            by this server.
        auth_method: how this server proves itself at the token endpoint.
    """

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    auth_method: str


def metadata_of(document: Any, settings: OidcSettings) -> Metadata:
    """Read a discovery document.

    Raises:
        ProviderFault: it is not of the issuer in the settings, or lacks what signing in needs.
    """
    if not isinstance(document, dict):
        raise ProviderFault("its discovery document is no JSON object")
    if document.get("issuer") != settings.issuer:
        # Exact, slash at the end included, since ID tokens are compared with the same text.
        raise ProviderFault(f"its discovery document names another issuer, {document.get('issuer')!r:.200}")
    userinfo = document.get("userinfo_endpoint")
    return Metadata(
        authorization_endpoint=_endpoint(document, "authorization_endpoint", settings),
        token_endpoint=_endpoint(document, "token_endpoint", settings),
        jwks_uri=_endpoint(document, "jwks_uri", settings),
        userinfo_endpoint=None if userinfo is None else _endpoint(document, "userinfo_endpoint", settings),
        auth_method=_auth_method(document, settings),
    )


def keys_of(document: Any) -> list[dict[str, Any]]:
    """The keys of a JWK set that may sign.

    Raises:
        ProviderFault: it is no JWK set.
    """
    found = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ProviderFault("its keys are no JWK set")
    return [key for key in found if isinstance(key, dict) and key.get("use", "sig") == "sig"]


def _endpoint(document: dict[str, Any], name: str, settings: OidcSettings) -> str:
    """An address as safe as the issuer: `javascript:` would run in browsers, http would tell secrets."""
    value = document.get(name)
    schemes = {"https", urlsplit(settings.issuer or "").scheme}
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in schemes or not parts.hostname:
        raise ProviderFault(f"its discovery document gives no {name} that starts with https://")
    return str(value)


def _auth_method(document: dict[str, Any], settings: OidcSettings) -> str:
    if settings.client_secret is None:
        return "none"
    offered = document.get("token_endpoint_auth_methods_supported", _METHODS[:1])
    method = next((name for name in _METHODS if isinstance(offered, list | tuple) and name in offered), None)
    if method is None:
        raise ProviderFault(f"it takes client secrets neither by {' nor by '.join(_METHODS)}")
    return method
