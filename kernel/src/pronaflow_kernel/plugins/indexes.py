"""The index files that a server knows, those on other machines included.

A file that has an address on the network is copied into the data folder and read from there: nobody who looks
into the catalogue waits for another machine, and while that is down the last copy serves.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..egress.errors import EgressError
from ..storage.atomic import atomic_file
from .offers import MOST_BYTES, IndexFault, Offer, entries_of, read_index

if TYPE_CHECKING:
    from ..egress.client import Egress
    from ..settings import Settings

log = logging.getLogger("pronaflow.plugins")

FRESH_SECONDS = 3600.0
"""How old a copy may be before it is fetched again."""

RETRY_SECONDS = 300.0
"""How long a process waits after a fetch that failed."""

FETCH_SECONDS = 20.0
"""How long a fetch may take in all."""

FOLDER = "plugin-indexes"


class Indexes:
    """What the index files of the settings offer.

    Arguments:
        settings: `plugins.index`, and the data folder for copies.
        egress: fetches them.
    """

    def __init__(self, settings: Settings, egress: Egress) -> None:
        self._settings = settings.plugins
        self._folder = settings.data_dir / FOLDER
        self._egress = egress
        self._read: dict[Path, tuple[float, Mapping[str, Offer]]] = {}
        self._next: dict[str, float] = {}
        """From when on a copy may be fetched again, by the monotonic clock."""
        self._fetching = threading.Thread()
        self._lock = threading.Lock()

    @property
    def _names(self) -> Sequence[str]:
        return self._settings.index

    def offers(self) -> dict[str, Offer]:
        """What is offered, by id; of two files the first one counts.

        A file is read again when it has changed. One that cannot be read is logged and left out. A copy that
        is too old is fetched anew meanwhile.
        """
        self._fetch_beside()
        return self._merged(self._offers_of)

    def read(self) -> dict[str, Offer]:
        """`offers` for somebody who needs to know of every fault, from the copies that there are.

        Raises:
            IndexFault: one of the files cannot be read.
        """
        return self._merged(lambda name: _by_id(read_index(self._place(name))[0]))

    def fetch(self) -> None:
        """Copy all files from other machines now.

        Raises:
            IndexFault: one of them cannot be had, or is no index; its last copy stays.
        """
        for name in filter(is_address, self._names):
            self._fetch(name)

    def wait(self) -> None:
        """Wait until nothing is being fetched."""
        if self._fetching.ident is not None:
            self._fetching.join()

    def _merged(self, offers_of: Callable[[str], Mapping[str, Offer]]) -> dict[str, Offer]:
        found: dict[str, Offer] = {}
        for name in self._names:
            found = {**offers_of(name), **found}
        return found

    def _place(self, name: str) -> Path:
        if not is_address(name):
            return Path(name)
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"

    def _fetch_beside(self) -> None:
        with self._lock:
            due = [name for name in self._names if is_address(name) and self._is_due(name)]
            if due and not self._fetching.is_alive():
                self._fetching = threading.Thread(
                    target=self._fetch_all, args=(due,), name="plugin indexes", daemon=True
                )
                self._fetching.start()

    def _is_due(self, name: str) -> bool:
        if time.monotonic() < self._next.get(name, 0.0):
            return False
        try:
            age = time.time() - self._place(name).stat().st_mtime
        except OSError:
            return True
        return not 0 <= age < FRESH_SECONDS

    def _fetch_all(self, names: Sequence[str]) -> None:
        for name in names:
            self._next[name] = time.monotonic() + RETRY_SECONDS
            try:
                self._fetch(name)
            except IndexFault as error:
                log.warning("an index of plugins was not fetched: %s", error)

    def _fetch(self, name: str) -> None:
        try:
            reply = self._egress.request("GET", name, timeout=FETCH_SECONDS, max_bytes=MOST_BYTES)
        except EgressError as error:
            raise IndexFault(f"{shown(name)}: {error}") from None
        if reply.status != 200:
            raise IndexFault(f"{shown(name)} answers with {reply.status}, and an index is wanted")
        if not reply.complete:
            raise IndexFault(f"{shown(name)} holds more than {MOST_BYTES >> 20} MiB: it is not read")
        entries_of(reply.body, shown(name))
        with atomic_file(self._place(name)) as file:
            file.write(reply.body)

    def _offers_of(self, name: str) -> Mapping[str, Offer]:
        place = self._place(name)
        try:
            changed = place.stat().st_mtime
            known = self._read.get(place)
            if known is not None and known[0] == changed:
                return known[1]
            offers, faults = read_index(place)
        except (OSError, IndexFault) as error:
            if not is_address(name):  # of a copy that is not there its fetching has told
                log.warning("an index of plugins is left out: %s", error)
            return {}
        for fault in faults:
            log.warning("a plugin of an index is left out: %s", fault)
        found = _by_id(offers)
        self._read[place] = (changed, found)
        return found


def _by_id(offers: Iterable[Offer]) -> dict[str, Offer]:
    return {offer.manifest.id: offer for offer in offers}


def is_address(name: str) -> bool:
    """Whether an index is on another machine."""
    return urlsplit(name).scheme in ("http", "https")


def shown(address: str) -> str:
    """An address without what may be a secret in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
