"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PREFIX, SUFFIX = ".", ".part"
"""What the name of a file begins and ends with that is not finished."""


@contextmanager
def atomic_file(target: Path, *, exclusive: bool = False) -> Iterator[BinaryIO]:
    """Write `target` so that it appears whole, on disk and readable by its owner only, or not at all.

    Arguments:
        target: missing folders above it are created, open to their owner only.
        exclusive: refuse to replace a file, also one that another process creates at the same moment.

    Raises:
        FileExistsError: `exclusive`, and `target` is there.
    """
    make_folder(target.parent)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=PREFIX, suffix=SUFFIX)
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


def make_folder(folder: Path) -> None:
    """A folder that is there after a power cut too, open to its owner only; and those above it."""
    if not folder.is_dir():
        make_folder(folder.parent)
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
