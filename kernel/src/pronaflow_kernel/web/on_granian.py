"""Requests answered by granian: HTTP in Rust, and one Python thread in each process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from .server import GRACE_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from ..settings import Settings
    from .runners import Make

_LOGS: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}
"""Leaves its lines to the handlers of the root logger."""

BUFFER = 64 * 1024
"""Bytes of a request that are read at once, at least."""


class Loader:
    """Makes the application of one process.

    Arguments:
        make: see `Make`.
    """

    def __init__(self, make: Make) -> None:
        self._make = make

    def __call__(self) -> WSGIApplication:
        """The application; it is ended with the process."""
        # granian hears signals once this has returned; until then there is nothing to finish.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=_end_with_parent, name="pronaflow-parent", daemon=True).start()
        # It puts the environment of the process into that of each request, where these would be headers.
        for name in [name for name in os.environ if name.startswith("HTTP_")]:
            del os.environ[name]
        made = self._make()
        Finalize(made, made.end, exitpriority=10)
        return made.app


def serve(settings: Settings, make: Make) -> None:
    """Keep processes running until SIGTERM or SIGINT.

    Raises:
        SystemExit: they cannot be kept running.
    """
    server = settings.server
    Server(
        "pronaflow",
        address=server.host,
        port=server.port,
        interface=Interfaces.WSGI,
        workers=server.processes,
        blocking_threads=1,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=server.slow_client_seconds * 1000,
            max_buffer_size=max(BUFFER, 2 * settings.limits.header_bytes),
        ),
        websockets=False,
        backlog=server.connections,
        log_level=LogLevels(settings.logs.level),
        log_dictconfig=_LOGS,
        respawn_failed_workers=True,
        workers_kill_timeout=int(GRACE_SECONDS),
    ).serve(target_loader=Loader(make), wrap_loader=False)


def _end_with_parent() -> None:
    """Nobody would look after a process whose parent was killed, and it would keep the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
