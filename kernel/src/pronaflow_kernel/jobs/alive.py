"""Which workers of this machine still live, told by locks that end with their process, however it ends.

A lease tells the same after its length, for workers anywhere. This tells it at once, for those that share the
data folder, so that a server that was killed and started again goes on where it was.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path


class Alive:
    """The sign of life of one worker process.

    Arguments:
        folder: shared by the workers that can tell of each other; created when it is needed.
        worker_id: whose sign it is.
    """

    def __init__(self, folder: Path, worker_id: str) -> None:
        self._folder, self._worker_id = folder, worker_id
        self._file: int | None = None

    def begin(self) -> None:
        """Show that this worker lives, from now to the end of its process or until `end`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self._path(self._worker_id), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def end(self) -> None:
        """Show it no longer."""
        if self._file is not None:
            self._path(self._worker_id).unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def dead(self, worker_ids: Iterable[str]) -> list[str]:
        """Those workers that lived here and do so no longer; nothing is known of workers elsewhere."""
        return [each for each in worker_ids if each != self._worker_id and self._is_dead(each)]

    def forget(self, worker_id: str) -> None:
        """Take away what a dead worker has left."""
        self._path(worker_id).unlink(missing_ok=True)

    def _is_dead(self, worker_id: str) -> bool:
        try:
            file = os.open(self._path(worker_id), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def _path(self, worker_id: str) -> Path:
        return self._folder / f"{worker_id}.lock"
