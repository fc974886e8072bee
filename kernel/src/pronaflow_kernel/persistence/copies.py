"""Copies of a SQLite database, taken before something changes its tables."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

KEPT = 3
"""How many copies lie beside a database; older ones are deleted."""


def copy_before(database: Path, label: str) -> Path:
    """Copy `database` to `<database>.before-<label>` and delete all but the newest `KEPT` copies.

    Uses SQLite's online backup, so that the copy is whole while others read, or hold the write lock without
    having written yet. Only the owner of the file may read the copy, until it takes the database's mode.

    Returns:
        The copy.

    Raises:
        OSError, sqlite3.Error: it could not be written; an earlier copy of the same name is untouched.
    """
    copy = database.with_name(f"{database.name}.before-{label}")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
    part.chmod(database.stat().st_mode)
    os.replace(part, copy)
    for old in copies(database)[KEPT:]:
        old.unlink()
    return copy


def copies(database: Path) -> list[Path]:
    """The copies of `database`, newest first."""
    prefix = f"{database.name}.before-"
    found = (file for file in database.parent.iterdir() if file.name.startswith(prefix))
    return sorted(found, key=lambda file: file.stat().st_mtime_ns, reverse=True)
