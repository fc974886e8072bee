"""What a store of files does, wherever it keeps them.

A file is written before the transaction that names it commits and deleted after the one that forgets it, so
that a crash leaves at worst a file that no row names, never a row without its file.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import BinaryIO, Self

CHUNK_BYTES = 1024 * 1024
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a row must keep to find its file again.

    Arguments:
        key: name in the store, 32 hexadecimal digits drawn at random.
        size: bytes.
        sha256: hexadecimal digest of the content.
    """

    key: str
    size: int
    sha256: str


class FileWriter(ABC):
    """One file that is being stored; what is not finished when its `with` block ends was never there."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)
        self.size = 0
        self._digest = hashlib.sha256()
        self._finished = False

    def write(self, chunk: bytes) -> None:
        """Add to the content."""
        self._digest.update(chunk)
        self.size += len(chunk)
        self._write(chunk)

    def finish(self) -> StoredFile:
        """The whole file; when this returns, it survives a power cut."""
        self._finish()
        self._finished = True
        return StoredFile(self.key, self.size, self._digest.hexdigest())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._finished:
            self._abort()

    @abstractmethod
    def _write(self, chunk: bytes) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _abort(self) -> None: ...


class FileStore(ABC):
    """Keeps bytes under keys of its own making; the names that users give stay in the database.

    Every method raises `ServiceUnavailable` where the place is away or full.
    """

    @abstractmethod
    def writer(self) -> FileWriter:
        """Begin a file."""

    def put(self, stream: BinaryIO) -> StoredFile:
        """Store everything that `stream` still holds; when this returns, it survives a power cut."""
        with self.writer() as writer:
            while chunk := stream.read(CHUNK_BYTES):
                writer.write(chunk)
            return writer.finish()

    @abstractmethod
    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """The content from the byte `start` on, to be closed by the caller.

        Arguments:
            length: how many bytes are going to be read; more may follow. All unless given.

        Raises:
            FileNotFoundError: nothing is stored under `key`, or it is no key.
        """

    @abstractmethod
    def delete(self, key: str) -> None:
        """Forget the content; that it is gone already is no error.

        Raises:
            FileNotFoundError: `key` is no key.
        """

    @abstractmethod
    def keys(self, before: datetime) -> Iterator[str]:
        """Keys of the files that were finished before an instant, in no particular order."""

    @abstractmethod
    def clear(self, before: datetime) -> int:
        """Remove what was begun before an instant and never finished, by processes that died; how much."""

    @abstractmethod
    def demand_room(self, size: int) -> None:
        """Refuse a file before it comes, for which there is no room.

        Arguments:
            size: bytes.

        Raises:
            ServiceUnavailable: there is none.
        """

    @abstractmethod
    def check(self) -> None:
        """Whether files can be read and written now.

        Raises:
            Degraded: they cannot, with the reason.
        """


def checked_key(key: str) -> str:
    """`key`, if it is one: nothing else leads to a place.

    Raises:
        FileNotFoundError: it is none.
    """
    if not _KEY.fullmatch(key):
        raise FileNotFoundError("not a key of this store")
    return key


def is_key(name: str) -> bool:
    """Whether a store could have made this name."""
    return _KEY.fullmatch(name) is not None
