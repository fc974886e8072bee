"""Who sends a request, and whether they may send another one: every request is counted in one bucket.

Whoever is signed in has a bucket of their own. Requests that end without a principal are counted on the
address that they come from: those of nobody, those with a wrong token, those of public routes and those of
addresses where nothing is. Only what costs next to nothing is not counted: health checks, static files, and
what a browser asks before it sends (CORS).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Request, Response, g, request

from ..access.principal import Principal
from ..errors import KernelError, RateLimited, Unauthorized
from ..persistence.scope import Scope
from .limits.rate import RateLimit, Standing

if TYPE_CHECKING:
    from ..persistence.database import Database
    from ..persistence.uow import Reader
    from ..settings.schema import RateLimitSettings
    from .limits.limiter import Limiter

PUBLIC_TIER, USER_TIER = "public", "default"
"""Tiers of the kernel's own limits, in the words of the first seed ("General API"); plugins name others."""

UNCOUNTED = frozenset(
    {"health", "live", "ready", "metrics", "static_pages.static", "static_pages.plugin_file"}
)
"""Endpoints whose requests are not counted; figures count those whose token is wrong."""

Authenticate = Callable[["Reader", Request], Principal]
Redeem = Callable[["Reader", str], Principal]
Pick = Callable[["Reader", Principal], "RateLimit | None"]


class Admission:
    """Admits requests or refuses them with 429, and tells in each answer where its caller stands.

    Arguments:
        db: for requests that end before a route.
        authenticate: from the request to a principal; anonymous without a credential.
        pick: another limit than the user's, from the plugins.
        limiter: counts.
        settings: the kernel's own limits.
    """

    def __init__(
        self,
        db: Database,
        authenticate: Authenticate,
        pick: Pick,
        limiter: Limiter,
        settings: RateLimitSettings,
    ) -> None:
        self._db = db
        self._authenticate = authenticate
        self._pick = pick
        self._limiter = limiter
        self._settings = settings

    def sign_in(self, reader: Reader, redeem: Redeem | None = None) -> Principal:
        """Who sends the request, counted; leaves the reader in their scope.

        Arguments:
            redeem: what a ticket in the address is worth, on routes that take one.

        Raises:
            Unauthorized: nobody, or the credential is no good; counted on the address.
            RateLimited: the limit is used up.
        """
        try:
            principal = self._authenticate(reader, request)
            ticket = request.args.get("ticket")
            if redeem is not None and ticket is not None and not principal.signed_in:
                principal = redeem(reader, ticket)
            if not principal.signed_in:
                raise Unauthorized
        except Exception:
            self.count_address()
            raise
        g.user_id = principal.user_id
        reader.enter(Scope(principal))
        self._count(self._pick(reader, principal) or self._of(principal))
        return principal

    def look(self, rate: RateLimit) -> Standing:
        """Where the callers of a bucket stand, without counting."""
        return self._limiter.look(rate)

    def count_address(self) -> None:
        """Count the request on the address that it comes from.

        Raises:
            RateLimited: the limit is used up.
        """
        self._count(self._of_address())

    def count_stray(self) -> None:
        """Count a request that ends before any route: on its sender where the credential is good.

        Raises:
            RateLimited: the limit is used up.
        """
        if "Authorization" not in request.headers:
            self.count_address()
            return
        with self._db.read(Scope.nobody()) as reader:
            try:
                self.sign_in(reader)
            except KernelError as error:
                # It was counted on the address; the answer is about what else is wrong with the request.
                if isinstance(error, RateLimited):
                    raise

    def label(self, response: Response) -> None:
        """Put the headers on an answer (first seed, "Rate Limiting Headers").

        What was refused before it could be counted, such as headers that are too long, is counted now.
        """
        standing = g.get("standing")
        if standing is None:
            early = response.status_code >= 400 and request.endpoint not in UNCOUNTED
            ask = self._limiter.take if early else self._limiter.look
            standing = ask(self._of_address())
        response.headers.update(standing.headers())
        if response.status_code == 429 and not standing.admitted:
            response.headers["Retry-After"] = str(standing.wait)

    def _count(self, rate: RateLimit) -> None:
        standing = g.standing = self._limiter.take(rate)
        if not standing.admitted:
            raise RateLimited(
                f"At most {standing.limit} requests a minute: try again in {standing.wait} seconds",
                details={"limit": standing.limit, "tier": standing.tier, "retry_after": standing.wait},
            )

    def _of(self, principal: Principal) -> RateLimit:
        if principal.user_id is not None:
            bucket = f"user:{principal.user_id}"
        else:
            bucket = f"{principal.kind}:{principal.workspace_id or source(request.remote_addr)}"
        return RateLimit(self._settings.user_per_minute, USER_TIER, bucket)

    def _of_address(self) -> RateLimit:
        bucket = f"address:{source(request.remote_addr)}"
        return RateLimit(self._settings.anonymous_per_minute, PUBLIC_TIER, bucket)


def source(address: str | None) -> str:
    """Whom an address stands for: IPv4 for itself, IPv6 for its /64, since a subscriber has all of that."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(ip) >> 64 << 64)}/64"
