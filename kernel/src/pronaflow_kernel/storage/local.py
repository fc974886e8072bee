"""Files in a folder of this machine."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ..errors import ServiceUnavailable
from ..health import Degraded
from .atomic import PREFIX, SUFFIX, atomic_file
from .store import FileStore, FileWriter, checked_key, is_key


class LocalFileStore(FileStore):
    """Files in a folder, spread over 256 folders by the first two digits of the key.

    Arguments:
        folder: created when the first file comes.
        spare: bytes of the disk that files leave free, for the database.
    """

    def __init__(self, folder: Path, spare: int = 0) -> None:
        self._folder, self._spare = folder, spare

    def writer(self) -> FileWriter:
        """As `FileStore.writer`."""
        return _Writer(self._path)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """As `FileStore.open`."""
        # Unbuffered, so that whoever sends it from its descriptor finds the place.
        stream = self._path(key).open("rb", buffering=0)
        stream.seek(start)
        return stream

    def delete(self, key: str) -> None:
        """As `FileStore.delete`."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, before: datetime) -> Iterator[str]:
        """As `FileStore.keys`."""
        return (name for name, _ in self._older(before) if is_key(name))

    def clear(self, before: datetime) -> int:
        """As `FileStore.clear`."""
        parts = [path for name, path in self._older(before) if name.startswith(PREFIX)]
        for path in parts:
            Path(path).unlink(missing_ok=True)
        return len(parts)

    def demand_room(self, size: int) -> None:
        """As `FileStore.demand_room`."""
        if self._free() < size + self._spare:
            raise ServiceUnavailable("There is no room left for files")

    def check(self) -> None:
        """As `FileStore.check`."""
        place = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            raise Degraded(f"{self._folder} cannot be read and written")
        if (free := self._free()) < self._spare:
            raise Degraded(f"only {free} bytes are free for {self._folder}: no more files are taken")

    def _free(self) -> int:
        place = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        return shutil.disk_usage(place).free

    def _older(self, before: datetime) -> Iterator[tuple[str, str]]:
        """Names and paths of the files that were last written before an instant."""
        if not self._folder.is_dir():
            return
        limit = before.timestamp()
        for folder in sorted(path for path in self._folder.iterdir() if path.is_dir()):
            with os.scandir(folder) as entries:
                for entry in entries:
                    ours = is_key(entry.name) or entry.name.endswith(SUFFIX)
                    if ours and entry.stat(follow_symlinks=False).st_mtime < limit:
                        yield entry.name, entry.path

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)[:2] / key


class _Writer(FileWriter):
    """A file that gets its name when it is whole."""

    def __init__(self, path: Callable[[str], Path]) -> None:
        super().__init__()
        self._stack = ExitStack()
        with _room():
            self._stream = self._stack.enter_context(atomic_file(path(self.key)))

    def _write(self, chunk: bytes) -> None:
        with _room():
            self._stream.write(chunk)

    def _finish(self) -> None:
        with _room():
            self._stack.close()

    def _abort(self) -> None:
        self._stack.__exit__(_Aborted, _Aborted(), None)


class _Aborted(Exception):
    """Tells `atomic_file` that nothing shall remain."""


@contextmanager
def _room() -> Iterator[None]:
    """Tell a full disk from a defect."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ServiceUnavailable("There is no room left for files") from error
