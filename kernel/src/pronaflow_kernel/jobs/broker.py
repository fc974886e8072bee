"""How bells travel over Redis, as a broker of dramatiq.

A bell is the dramatiq message `drain(queue)`. All bells of a queue are one and the same message, and a sorted
set of Redis holds each member once: however many commits ring, there is at most one bell a queue on its way.
Redis so holds about a kilobyte a queue, whatever the load. Nothing is acknowledged, delayed, tried again or
kept: the database says what must be done, and workers look there even if they hear nothing (docs/adr/029).
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from dramatiq.broker import Broker, Consumer, MessageProxy
from dramatiq.errors import DecodeError
from dramatiq.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redis import Redis

log = logging.getLogger("pronaflow.jobs")

PREFIX = "pronaflow:bells"
"""Before the names of all keys."""

PATIENCE = 1.0
"""Seconds that Redis may take for an answer. No request waits for it: a busy one need not count as gone."""

AGAIN = 1.0
"""Seconds after which a worker listens again where it could not."""

ACTOR = "drain"
"""What a worker does that hears a bell."""


def bell(queue_name: str) -> Message[None]:
    """The message that tells of work in a queue: the same one, byte for byte, whoever rings."""
    return Message(
        queue_name=queue_name,
        actor_name=ACTOR,
        args=(queue_name,),
        kwargs={},
        options={},
        message_id=queue_name,
        message_timestamp=0,
    )


class BellBroker(Broker):
    """Sends bells and listens to them.

    Arguments:
        url: `redis://`, `rediss://` or `unix://`.

    Raises:
        ModuleNotFoundError: the package redis is not installed.
        ValueError: the URL says something that the package does not know.
    """

    def __init__(self, url: str) -> None:
        super().__init__(middleware=[])
        self.queues: set[str] = set()
        self._url = url
        self._client = _client(url, PATIENCE)
        self._listening: list[Redis] = []

    def declare_queue(self, queue_name: str) -> None:
        """Listen to a queue from now on; it has no second one for delayed messages."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def get_declared_queues(self) -> set[str]:
        """The queues that are listened to."""
        return self.queues.copy()

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Send a bell, unless one of the same queue is on its way.

        Raises:
            redis.RedisError: it cannot be sent.
        """
        assert delay is None, "what is to be done later waits in the database"
        self._client.zadd(_key(message.queue_name), {message.encode(): 0}, nx=True)
        return message

    def check(self) -> None:
        """Find out whether a bell could be sent; like a bell this is a write, which a full Redis refuses.

        Raises:
            redis.RedisError: it could not.
        """
        self._client.set(f"{PREFIX}:check", 1, ex=60)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 500) -> Consumer:
        """Listen to a queue.

        Arguments:
            prefetch: bells that this process may have at once; others are left to other processes.
            timeout: milliseconds to listen before `None` is answered.
        """
        client = _client(self._url, timeout / 1000 + PATIENCE)
        self._listening.append(client)
        return _Listener(client, queue_name, prefetch, timeout / 1000)

    def close(self) -> None:
        """Let go of all connections."""
        for client in (self._client, *self._listening):
            client.close()


class _Listener(Consumer):
    """Waits at Redis for the bells of one queue.

    It never raises: dramatiq ends a consumer at an error, for three seconds, and knows a timeout of Redis
    for a fault of the code (Bogdanp/dramatiq#894).
    """

    def __init__(self, client: Redis, queue_name: str, prefetch: int, timeout: float) -> None:
        self._client, self._key, self._timeout = client, _key(queue_name), timeout
        self._free = threading.Semaphore(prefetch)
        self._failing = False

    def __next__(self) -> MessageProxy | None:
        """The next bell; None where none came in time, or as many are worked on as there are threads."""
        if not self._free.acquire(timeout=self._timeout):
            return None
        message = self._next()
        if message is None:
            self._free.release()
        return message

    def _next(self) -> MessageProxy | None:
        from redis.exceptions import RedisError

        try:
            found: Any = self._client.bzpopmin(self._key, timeout=self._timeout)
        except RedisError as error:
            if not self._failing:
                log.warning("bells cannot be heard (%s); work goes on, found by looking for it", error)
            self._failing = True
            time.sleep(AGAIN)
            return None
        self._failing = False
        try:
            return None if found is None else MessageProxy(Message.decode(found[1]))
        except DecodeError:
            log.warning("%s held something that is no bell", self._key)
            return None

    def ack(self, message: MessageProxy) -> None:
        """Be ready for another one."""
        self._free.release()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Forget bells that nobody came to; whoever works looks for what they told of."""

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _key(queue_name: str) -> str:
    return f"{PREFIX}:{queue_name}"


def _client(url: str, patience: float) -> Redis:
    """A client that waits as long as it is told, and never tries again by itself."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    waits: dict[str, Any] = {"socket_timeout": patience, "retry": Retry(NoBackoff(), 0)}
    if not url.startswith("unix:"):
        waits["socket_connect_timeout"] = PATIENCE
    return Redis.from_url(url, **waits)
