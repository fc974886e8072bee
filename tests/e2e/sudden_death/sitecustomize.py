"""Kills a server between a commit and its answer: Python imports this where PYTHONPATH names its folder.

The file that DIE_AFTER_COMMIT names arms it, for the one commit that tells of a new task.
"""

import os
import signal
import threading
from pathlib import Path

from pronaflow_kernel.events.ledger import Ledger
from pronaflow_kernel.jobs.bus import Bus

_flush, _committed = Ledger.flush, Bus.committed
_armed = Path(os.environ["DIE_AFTER_COMMIT"])
_told = threading.local()


def _store(ledger, connection):
    _told.task = any(row["type"] == "task.created" for row in ledger.rows)
    return _flush(ledger, connection)


def _die(bus, queues, actions):
    if _armed.exists() and getattr(_told, "task", False):
        _armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    _committed(bus, queues, actions)


Ledger.flush, Bus.committed = _store, _die
