"""Files that users upload and the server keeps: attachments, logos, exports.

A file is written before the transaction that names it commits and deleted after the one that forgets it, so
that a crash leaves at worst a file that no row names, never a row without its file.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from .settings import Settings

_CHUNK_BYTES = 1024 * 1024
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


class FileStore(Protocol):
    """Keeps bytes under keys of its own making; the names that users give stay in the database."""

    def put(self, stream: BinaryIO) -> StoredFile:
        """Store everything that `stream` still holds; when this returns, it survives a power cut."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The content, to be closed by the caller.

        Raises:
            FileNotFoundError: nothing is stored under `key`, or it is no key.
        """
        ...

    def delete(self, key: str) -> None:
        """Forget the content; that it is gone already is no error.

        Raises:
            FileNotFoundError: `key` is no key.
        """
        ...


class LocalFileStore:
    """Files in a folder of this machine, spread over 256 folders by the first two digits of the key.

    Arguments:
        folder: created when the first file comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, stream: BinaryIO) -> StoredFile:
        """As `FileStore.put`."""
        key, digest, size = secrets.token_hex(16), hashlib.sha256(), 0
        with atomic_file(self._path(key)) as target:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += target.write(chunk)
        return StoredFile(key, size, digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        """As `FileStore.open`."""
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        """As `FileStore.delete`."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError("not a key of this store")
        return self._folder / key[:2] / key


def file_store_from(settings: Settings) -> FileStore:
    """The store of this server: `files` in the data folder."""
    return LocalFileStore(settings.data_dir / "files")


@contextmanager
def atomic_file(target: Path, *, exclusive: bool = False) -> Iterator[BinaryIO]:
    """Write `target` so that it appears whole, on disk and readable by its owner only, or not at all.

    Arguments:
        target: missing folders above it are created, open to their owner only.
        exclusive: refuse to replace a file, also one that another process creates at the same moment.

    Raises:
        FileExistsError: `exclusive`, and `target` is there.
    """
    _make_folder(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if exclusive:
            os.link(name, target)  # unlike a rename, a link never replaces
        else:
            os.replace(name, target)
        _sync_folder(target.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # only POSIX can, and needs to, sync the entry of a name in its folder
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
