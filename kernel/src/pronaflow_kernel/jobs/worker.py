"""One process of `pronaflow worker`: the same threads as in a server, and an ear for the bells of others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

from .bells import RedisBell, Unrung
from .broker import ACTOR, BellBroker
from .enqueue import RELAYED

if TYPE_CHECKING:
    from dramatiq import Worker as Ear

    from ..kernel import Kernel

log = logging.getLogger("pronaflow.worker")

LISTENING = 500
"""Milliseconds that one look at Redis takes while nothing is rung; as long may an orderly end take."""


class Worker:
    """Does background work in this process.

    dramatiq hears the bells and executes `drain`, which wakes the threads. They are those that also look for
    work by themselves, so that it makes no difference to what is done, and by how many, whether Redis is
    there.

    Arguments:
        kernel: assembled; its bus is started here.
        threads: that work.
        queues: the only ones that are served; none for all.
    """

    def __init__(self, kernel: Kernel, threads: int, queues: Collection[str] = ()) -> None:
        self._bus = kernel.bus
        self._threads, self._queues = threads, set(queues)
        self._ear: Ear | None = None

    def start(self) -> None:
        """Work from now on."""
        if self._bus.bell is None:
            self._bus.bell = Unrung()
        self._bus.start(self._threads, self._queues)
        if isinstance(self._bus.bell, RedisBell):
            self._ear = self._listen(self._bus.bell.broker)
            self._bus.bell.ring(RELAYED)  # tells at once whether Redis is there

    def _listen(self, broker: BellBroker) -> Ear:
        import dramatiq

        logging.getLogger("dramatiq").setLevel(logging.WARNING)
        dramatiq.Actor(
            self._bus.ring, broker=broker, actor_name=ACTOR, queue_name=RELAYED, priority=0, options={}
        )
        served = self._queues or set(self._bus.works.queues)
        for queue_name in served:
            broker.declare_queue(queue_name)
        ear = dramatiq.Worker(broker, queues=served, worker_timeout=LISTENING, worker_threads=1)
        ear.start()
        return ear

    def stop(self, grace: float) -> bool:
        """Begin nothing any more, and finish what was begun.

        Arguments:
            grace: seconds that it may take.

        Returns:
            Whether it is finished; if not, others do it again once the lease of this process has ended.
        """
        stopper = threading.Thread(target=self._stop, name="pronaflow-stop", daemon=True)
        stopper.start()
        stopper.join(grace)
        return not stopper.is_alive()

    def _stop(self) -> None:
        if self._ear is not None:
            self._ear.stop()
        self._bus.stop()
