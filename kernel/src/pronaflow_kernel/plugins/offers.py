"""Index files: what plugins can be had, for people who look for one and for operators who install it.

An index is a JSON file that needs no network, so that it serves a company or a machine without any:

    {"index": 1, "plugins": [{
        "distribution": "pronaflow-rose-garden", "version": "1.2.0",
        "sha256": "<of the wheel>", "content": "<of the package in it>",
        "published_at": "2026-03-01T09:00:00Z",
        "manifest": {"manifest": 1, "id": "rose_garden", ...},
        "report": {"content": "...", "api": "1.0", "passed": true, "checked_at": "2026-03-01T08:55:00Z"}}]}

`manifest` is `plugin.toml` as JSON, `report` what the contract suite found. A report counts for the very code
that it was made of and for the hook API that it was made with, and for nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from ..hookspecs import API_VERSION
from .manifest import Manifest, ManifestError, parse_manifest

MOST_BYTES = 16 << 20
"""How large an index file may be."""

_HASH = re.compile(r"[0-9a-f]{64}")


class IndexFault(ValueError):
    """An index file cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the contract suite found.

    Arguments:
        content: of the package that it ran on (`content_of`).
        api: the hook API that it ran with.
        passed: whether nothing was wrong.
        checked_at: when.
    """

    content: str
    api: str
    passed: bool
    checked_at: datetime

    def verifies(self, content: str) -> bool:
        """Whether it says of this very code that it keeps the contract of this kernel."""
        return self.passed and self.content == content and self.api == API_VERSION


@dataclass(frozen=True, slots=True)
class Offer:
    """One plugin of an index.

    Arguments:
        distribution, version: as pip calls them.
        sha256: of the wheel; content: of the package in it (`content_of`).
        manifest: what it says of itself.
        published_at: when; report: what the contract suite found, if it was run.
    """

    distribution: str
    version: str
    sha256: str
    content: str
    manifest: Manifest
    published_at: datetime
    report: Report | None = None


def read_index(file: Path) -> tuple[list[Offer], list[str]]:
    """The plugins of an index file, and what is wrong with those that are left out.

    Raises:
        IndexFault: the file is no index.
    """
    entries = read_entries(file)
    offers: dict[str, Offer] = {}
    faults = []
    for place, entry in enumerate(entries):
        try:
            offer = parse_offer(entry)
        except ValueError as error:
            faults.append(f"{file}: plugins.{place}: {error}")
            continue
        if offer.manifest.id in offers:
            faults.append(f"{file}: plugins.{place}: {offer.manifest.id} is offered twice")
        else:
            offers[offer.manifest.id] = offer
    return list(offers.values()), faults


def read_entries(file: Path) -> list[Any]:
    """What stands under `plugins` in an index file, unchecked.

    Raises:
        IndexFault: the file is no index.
    """
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise IndexFault(f"{file} cannot be read as an index: {error}") from None
    if size > MOST_BYTES:
        raise IndexFault(f"{file} holds more than {MOST_BYTES >> 20} MiB: it is not read")
    return entries_of(content, str(file))


def entries_of(content: bytes, named: str) -> list[Any]:
    """What stands under `plugins` in the content of an index file, unchecked.

    Arguments:
        named: what errors call the file.

    Raises:
        IndexFault: the content is no index.
    """
    try:
        data = orjson.loads(content)
    except ValueError as error:
        raise IndexFault(f"{named} cannot be read as an index: {error}") from None
    entries = data.get("plugins") if isinstance(data, dict) and data.get("index") == 1 else None
    if not isinstance(entries, list):
        raise IndexFault(f"{named} is no index: it has no `index` of 1 and no list of `plugins`")
    return entries


def parse_offer(entry: Any) -> Offer:
    """Check an entry of an index and make an `Offer` of it.

    Raises:
        ValueError: it is none; the message names what is wrong.
    """
    if not isinstance(entry, Mapping):
        raise ValueError("must be an object")
    texts = {key: _text(entry, key) for key in ("distribution", "version")}
    hashes = {key: _hash(entry, key) for key in ("sha256", "content")}
    data = entry.get("manifest")
    if not isinstance(data, Mapping):
        raise ManifestError("`manifest` must be an object")
    manifest = parse_manifest(data, "manifest")
    report = entry.get("report")
    return Offer(
        **texts,
        **hashes,
        manifest=manifest,
        published_at=_instant(entry, "published_at"),
        report=None if report is None else parse_report(report),
    )


def parse_report(data: Any) -> Report:
    """Check a report and make a `Report` of it.

    Raises:
        ValueError: it is none; the message names what is wrong.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("passed"), bool):
        raise ValueError("`report` must be an object that tells whether it `passed`")
    api = _text(data, "api")
    return Report(_hash(data, "content"), api, data["passed"], _instant(data, "checked_at"))


def content_of(files: Iterable[tuple[str, bytes]]) -> str:
    """The hash of a package, the same for a wheel, an installed copy and a working copy.

    Arguments:
        files: path within the package, with `/`, and content of each file; what Python makes of them itself
            is left out.
    """
    total = hashlib.sha256()
    for name, content in sorted(files):
        if "__pycache__" not in name.split("/") and not name.endswith(".pyc"):
            total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def content_of_folder(folder: Path) -> str:
    """`content_of` a package that lies in a folder."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return content_of((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= 200:
        raise ValueError(f"`{key}` must be a string")
    return value


def _hash(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError(f"`{key}` must be a SHA-256 in hex")
    return value


def _instant(entry: Mapping[str, Any], key: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(entry, key))
    except ValueError:
        raise ValueError(f"`{key}` must be an instant such as 2026-03-01T09:00:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
