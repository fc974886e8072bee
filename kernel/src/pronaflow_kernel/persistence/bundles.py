"""Bundles: a folder that holds all data of one plugin, to be kept, read, and restored (see `removal`).

    bundle.json             what it is: plugin, version, revision, time, counts and SHA-256 of each file
    plugin.toml             the plugin's manifest, where it could be read
    tables/<table>.jsonl    one row a line, see `portable`
    kernel/<table>.jsonl    its rows in tables of the kernel: what is in the trash, files, where it is on

`bundle.json` is written last, so that a folder without it is no bundle. Everything is on the disk (fsync) and
has been read back before `write` returns.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from .portable import BATCH, Row

FORMAT = 1
"""Version of the format; a kernel reads the formats up to its own."""

_INDEX = "bundle.json"
_FILE = re.compile(r"(tables|kernel)/[^/\\.][^/\\]*\.jsonl|plugin\.toml")


class BundleError(Exception):
    """A bundle cannot be written, or is not what it says; the message tells what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a bundle.

    Arguments:
        file: its path in the folder.
        sha256: of its bytes, in hexadecimal digits.
        table: whose rows it holds; None for another file.
        rows: how many.
        native: columns that only the same kind of database can take.
    """

    file: str
    sha256: str
    table: str | None = None
    rows: int = 0
    native: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What `bundle.json` says.

    Arguments:
        plugin: id of the plugin.
        distribution, version: that brought it; None where its code was gone.
        revision: of its chain; None for a plugin without tables.
        kernel: version of the kernel that wrote the bundle.
        taken_at: when, RFC 3339 in UTC.
        database: `sqlite` or `postgresql`.
        settings: its section, dotted name to value, secrets masked.
        parts: the files.
    """

    plugin: str
    distribution: str | None
    version: str | None
    revision: str | None
    kernel: str
    taken_at: str
    database: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    def of(self, folder: str) -> dict[str, Part]:
        """The parts with rows in `tables` or `kernel`, by table."""
        return {part.table: part for part in self.parts if part.table and part.file.startswith(f"{folder}/")}

    @property
    def rows(self) -> int:
        """Rows of the plugin's own tables."""
        return sum(part.rows for part in self.of("tables").values())


class Writer:
    """Fills a new bundle, file by file.

    Arguments:
        folder: where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: list[Part] = []

    def text(self, file: str, text: str) -> None:
        """Add a file as it is."""
        with _written(self.folder / file) as write:
            digest = write(text.encode())
        self._parts.append(Part(file, digest.hexdigest()))

    def table(
        self,
        folder: str,
        name: str,
        rows: Iterable[Row],
        native: Iterable[str] = (),
        told: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """Add the rows of a table.

        Arguments:
            folder: `tables` or `kernel`.
            rows: JSON data, streamed.
            native: see `Part`.
            told: called with the number of rows of each batch that is written.
        """
        file, total = f"{folder}/{name}.jsonl", 0
        if not _FILE.fullmatch(file):
            raise BundleError(f"the table {name!r} has a name that no file can have")
        with _written(self.folder / file) as write:
            digest = write(b"")
            for batch in batches(rows):
                digest = write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch))
                total += len(batch)
                told(len(batch))
        self._parts.append(Part(file, digest.hexdigest(), name, total, tuple(native)))

    def finish(self, about: Bundle) -> Bundle:
        """Write `bundle.json`, make sure that all is on the disk, and read it back.

        Raises:
            BundleError: what was read is not what was written.
        """
        index = {"format": FORMAT, **asdict(about), "parts": [asdict(part) for part in self._parts]}
        with _written(self.folder / _INDEX) as write:
            write(orjson.dumps(index, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        for folder in (*(path for path in self.folder.iterdir() if path.is_dir()), self.folder):
            _sync(folder)
        _sync(self.folder.parent)
        found = read(self.folder)
        if list(found.parts) != self._parts:
            raise BundleError(f"{self.folder}: what was read back differs from what was written")
        return found


@contextmanager
def new(folder: Path) -> Iterator[Writer]:
    """A writer for a new bundle; what it has written is removed again when the block raises.

    Raises:
        BundleError: the folder exists and is not empty.
    """
    refuse_filled(folder)
    existed = folder.exists()
    # What people wrote is in it: for the owner's eyes.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield Writer(folder)
    except BaseException:
        for path in [*folder.iterdir()] if existed else [folder]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def refuse_filled(folder: Path) -> None:
    """Refuse a folder in which no bundle can be made.

    Raises:
        BundleError: it exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists and is not an empty folder: name another one")


def read(folder: Path) -> Bundle:
    """A bundle whose files are all there and hold what `bundle.json` says.

    Raises:
        BundleError: with every fault.
    """
    bundle = _index(folder)
    faults = [fault for part in bundle.parts if (fault := _fault(folder, part)) is not None]
    if faults:
        raise BundleError(f"{folder} is damaged: {'; '.join(faults)}")
    return bundle


def rows_of(folder: Path, part: Part) -> Iterator[Row]:
    """The rows of a part, streamed.

    Raises:
        BundleError: a line is no row.
    """
    with (folder / part.file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BundleError(f"{folder / part.file}:{number}: {error}") from None
            if not isinstance(row, dict):
                raise BundleError(f"{folder / part.file}:{number}: is no row, which would be an object")
            yield row


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of `BATCH`, the last one shorter."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _index(folder: Path) -> Bundle:
    try:
        data = orjson.loads((folder / _INDEX).read_bytes())
    except FileNotFoundError:
        raise BundleError(f"{folder} is no bundle: it has no {_INDEX}") from None
    except orjson.JSONDecodeError as error:
        raise BundleError(f"{folder / _INDEX}: {error}") from None
    found = data.pop("format", None) if isinstance(data, dict) else None
    if not isinstance(found, int) or found < 1:
        raise BundleError(f"{folder / _INDEX} says nothing of its format: it is no bundle")
    if found > FORMAT:
        raise BundleError(
            f"{folder} is a bundle of format {found}, this kernel reads {FORMAT} at most: "
            f"install pronaflow-kernel {data.get('kernel')} or newer"
        )
    try:
        parts = tuple(Part(**{**part, "native": tuple(part["native"])}) for part in data.pop("parts"))
        bundle = Bundle(**data, parts=parts)
        good = all(_FILE.fullmatch(part.file) for part in parts) and isinstance(bundle.plugin, str)
    except (KeyError, TypeError):
        good = False
    if not good:
        raise BundleError(f"{folder / _INDEX} is damaged: its content is not that of format {found}")
    return bundle


def _fault(folder: Path, part: Part) -> str | None:
    digest, lines = hashlib.sha256(), 0
    try:
        with (folder / part.file).open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except OSError as error:
        return f"{part.file} cannot be read: {error.strerror}"
    if digest.hexdigest() != part.sha256:
        return f"{part.file} has changed since it was written (SHA-256)"
    if part.table is not None and lines != part.rows:
        return f"{part.file} has {lines} rows instead of {part.rows}"
    return None


@contextmanager
def _written(path: Path) -> Iterator[Callable[[bytes], Any]]:
    """A new file that only its owner can read; what is called with bytes answers their SHA-256 so far."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:

        def write(data: bytes) -> Any:
            digest.update(data)
            file.write(data)
            return digest

        yield write
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
