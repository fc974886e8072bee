"""One process that answers requests: a kernel behind its WSGI application, and what runs beside it.

A process of granian or gunicorn assembles a kernel of its own after it has begun, and never uses a connection
that another process has opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..garbage import set_aside
from ..logs import configure_logging
from ..plugins.processes import Reporter
from .app import start

if TYPE_CHECKING:
    from flask import Flask

    from ..kernel import Kernel


class Serving:
    """A kernel at work.

    Arguments:
        kernel: assembled.
        app: the application over it.
    """

    def __init__(self, kernel: Kernel, app: Flask) -> None:
        self.kernel, self.app = kernel, app
        self._reporter = Reporter(kernel.db, kernel.guard, kernel.clock)

    def begin(self) -> None:
        """Do background work, as the settings want it, and tell other processes of this one."""
        set_aside()
        self.kernel.bus.start(self.kernel.settings.jobs.threads)
        self._reporter.start()

    def end(self) -> None:
        """Finish what was begun and let go of the database."""
        self._reporter.stop()
        self.kernel.close()


def serving(config: str | None, overrides: Mapping[str, Any]) -> Serving:
    """A process of several, at work.

    Arguments:
        config: path of the settings file.
        overrides: settings from flags, by dotted name.

    Raises:
        SettingsError, StartRefused: it cannot be assembled.
    """
    # Pools of connections are as large as the threads of a process, and these processes have one.
    kernel, app = start(config=config, overrides={**overrides, "server.threads": 1}, migrate=False)
    configure_logging(kernel.settings)
    made = Serving(kernel, app)
    made.begin()
    return made
