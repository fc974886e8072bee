"""Requests answered by gunicorn: pure Python, one request after another in each process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from .server import GRACE_SECONDS

if TYPE_CHECKING:
    from flask import Flask

    from ..settings import Settings
    from .runners import Make
    from .wsgi import Serving

STUCK_SECONDS = 120
"""A process that answers nothing for so long is killed and started again."""

LINE = 8190
"""Bytes of the longest request line; gunicorn takes no larger bound."""


class Log(Logger):
    """Leaves its lines to the handlers of the root logger."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn at the start."""
        super().setup(cfg)
        self.error_log.propagate = True


class Application(BaseApplication):
    """The application, as gunicorn wants it.

    Arguments:
        settings: of the server.
        make: see `Make`; called in each process.
    """

    def __init__(self, settings: Settings, make: Make) -> None:
        self._settings, self._make = settings, make
        self._made: Serving | None = None
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn for its settings."""
        server = self._settings.server
        host = f"[{server.host}]" if ":" in server.host else server.host
        options: dict[str, Any] = {
            "bind": f"{host}:{server.port}",
            "workers": server.processes,
            "worker_class": "sync",
            "worker_exit": lambda _arbiter, _worker: self._end(),
            "timeout": STUCK_SECONDS,
            "graceful_timeout": int(GRACE_SECONDS),
            "backlog": server.connections,
            "limit_request_line": LINE,
            "limit_request_field_size": self._settings.limits.header_bytes,
            # The application decides whom it believes what proxies say.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "errorlog": None,
            "loglevel": self._settings.logs.level,
            "logger_class": Log,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each process."""
        self._made = self._make()
        return self._made.app

    def _end(self) -> None:
        if self._made is not None:
            self._made.end()
            self._made = None


def serve(settings: Settings, make: Make) -> None:
    """Keep processes running until SIGTERM or SIGINT.

    Raises:
        SystemExit: always, in this process and at the end of each other.
    """
    Application(settings, make).run()
