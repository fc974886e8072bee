"""Whether an ID token is genuine, ours and of this very sign-in (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry

LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
ALGORITHMS = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""Accepted signatures and the type of their keys, whatever the provider says it supports. Authlib by itself
would take the list from the discovery document, or HS256, whose key could be the public one."""

# What the libraries raise at keys and tokens that somebody else wrote.
_FAULTS = (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, RecursionError)


class Refused(Exception):
    """An ID token is not accepted; the words are for the operator's log."""


class UnknownKey(Refused):
    """None of the keys at hand signed the token; the provider may have new ones."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say.

    Arguments:
        issuer, client_id: from the settings.
        nonce: of this sign-in.
        access_token: that came with it, for `at_hash`.
        now: the present.
    """

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    now: datetime


class _Registry(JWSRegistry):
    """Knows our algorithms only. joserfc warns of `EdDSA`, for which RFC 9864 has a newer name."""

    def get_alg(self, name: str) -> Any:
        """The algorithm that a header names.

        Raises:
            UnsupportedAlgorithmError: it is none of ours.
        """
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"Algorithm {name!r:.20} is not accepted")
        return self.algorithms[name]


def claims_of(token: str, keys: Sequence[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of an ID token that is accepted.

    Arguments:
        keys: JWKs of the provider.

    Raises:
        UnknownKey: read the keys again.
        Refused: anything else is wrong with it.
    """
    registry = _Registry(strict_check_header=False)
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        key = _key_for(header, keys)
        decoded = jwt.decode(token, key, registry=registry)
        claims = CodeIDToken(decoded.claims, decoded.header, _options(expected), _parameters(expected))
        claims.validate(now=int(expected.now.timestamp()), leeway=LEEWAY)
    except _FAULTS as error:
        raise Refused(f"its ID token is not accepted: {error!s:.200}") from error
    return dict(claims)


def _options(expected: Expected) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }


def _parameters(expected: Expected) -> dict[str, Any]:
    return {
        "nonce": expected.nonce,
        "client_id": expected.client_id,
        "access_token": expected.access_token,
    }


def _key_for(header: dict[str, Any], keys: Sequence[dict[str, Any]]) -> Key:
    """The one key that may have signed; with an algorithm of ours, so that it is never a shared secret.

    joserfc would take any key at random for a header without `kid`.
    """
    kind, kid = ALGORITHMS.get(str(header.get("alg"))), header.get("kid")
    if kind is None:
        raise Refused(f"its ID token is signed by {header.get('alg')!r:.20}, not by {', '.join(ALGORITHMS)}")
    fitting = [key for key in keys if key.get("kty") == kind and kid in (None, key.get("kid"))]
    if not fitting:
        raise UnknownKey("it has not published the key of its ID token")
    if len(fitting) > 1:
        raise Refused("its ID token does not tell which of several keys signed it")
    return JWKRegistry.import_key(fitting[0])
