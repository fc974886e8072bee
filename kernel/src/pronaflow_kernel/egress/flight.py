"""Many requests at once, for whoever sends to slow servers.

Threads belong to the kernel; a plugin hands requests in and takes what comes back, on its own thread.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from .errors import EgressError

if TYPE_CHECKING:
    from .client import HttpReply, Options, PluginHttp


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of a request.

    Arguments:
        key: that it was handed in with.
        reply: the answer; None where there was none, and then `error` says why.
        milliseconds: from the start to the answer.
    """

    key: Hashable
    reply: HttpReply | None
    error: EgressError | None
    milliseconds: int


_TOGETHER = 0.01
"""Seconds to wait for further answers after the first: whoever stores what came does so in one transaction
instead of several (on PostgreSQL a third more deliveries a second, `contrib/benchmarks/webhooks.py`)."""


class Flight:
    """Requests in the air; what `ctx.http.flight(most)` answers, for a `with` that waits for the last one.

    Arguments:
        http: sends.
        most: requests at once.
    """

    def __init__(self, http: PluginHttp, most: int) -> None:
        self.most = most
        self._http = http
        self._pool = ThreadPoolExecutor(most, "egress")
        self._flying: dict[Future[Landed], Hashable] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    @property
    def flying(self) -> list[Hashable]:
        """Keys of the requests that have not landed."""
        return list(self._flying.values())

    def send(self, key: Hashable, method: str, url: str, **options: Unpack[Options]) -> None:
        """Hand in a request, see `PluginHttp.request`."""
        self._flying[self._pool.submit(self._request, key, method, url, options)] = key

    def landed(self, patience: float) -> list[Landed]:
        """What has landed since; waits for the first one, and a moment for those that come with it.

        Arguments:
            patience: seconds to wait at most.

        Raises:
            CapabilityDenied, ValueError: as `PluginHttp.request`.
        """
        wait(self._flying, timeout=patience, return_when=FIRST_COMPLETED)
        done = wait(self._flying, timeout=_TOGETHER).done
        for each in done:
            del self._flying[each]
        return [each.result() for each in done]

    def _request(self, key: Hashable, method: str, url: str, options: Options) -> Landed:
        began = time.monotonic()
        reply, error = None, None
        try:
            reply = self._http.request(method, url, **options)
        except EgressError as refused:
            error = refused
        return Landed(key, reply, error, int((time.monotonic() - began) * 1000))
