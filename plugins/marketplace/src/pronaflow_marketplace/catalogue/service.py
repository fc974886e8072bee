"""Looking for plugins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pronaflow_kernel.api import InvalidRequest, Page, Reader, Row, folded

from .entries import Entries, Entry, entry_id
from .tallies import ALL

FARTHEST = 10_000
"""Pages reach this far, as those of every list."""

_NONE: Row = {"install_count": 0, "rating_count": 0, "rating_sum": 0}
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

_ORDERS: Mapping[str, Callable[[Row], tuple[Any, ...]]] = {
    "rating": lambda row: (-row["rating"], -row["rating_count"]),
    "installs": lambda row: (-row["install_count"],),
    "newest": lambda row: (-(row["published_at"] or _LONG_AGO).timestamp(),),
}
"""What comes first; ties go by name, then by id."""


class Catalogue:
    """The plugins of this server, and those that indexes offer beside them.

    Arguments:
        entries: all of them.
    """

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The plugins that a query asks for. There are hundreds at most, so that they are sorted here.

        Raises:
            InvalidRequest: the cursor is not of this list, or there are no such pages.
        """
        rows = [row for row in self._rows(reader) if _fits(row, query)]
        order = _ORDERS[query["sort_by"]]
        rows.sort(key=lambda row: (*order(row), folded(row["name"]), row["slug"]))
        if query.get("sort_order") == "asc":
            rows.reverse()
        size, cursor = query["page_size"], query["cursor"]
        start = _after(rows, cursor) if cursor is not None else (query["page"] - 1) * size
        if start > FARTHEST:
            raise InvalidRequest(f"Pages end at row {FARTHEST}")
        shown = rows[start : start + size]
        following = shown[-1]["id"] if start + size < len(rows) and shown else None
        return Page(shown, None if cursor else query["page"], size, len(rows), True, following)

    def categories(self, reader: Reader) -> list[Row]:
        """The categories that there are, by name."""
        counted = Counter(entry.manifest.category for entry in self._entries.all().values())
        return [{"name": name, "plugins": count} for name, count in sorted(counted.items())]

    def get(self, reader: Reader, named: str) -> Row:
        """One plugin with its manifest.

        Raises:
            NotFound: there is none.
        """
        entry = self._entries.find(named)
        tallies = {row["plugin_id"]: row for row in reader.all(ALL)}
        return {**_row(entry, tallies.get(entry.plugin_id, _NONE)), **_details(entry)}

    def _rows(self, reader: Reader) -> list[Row]:
        tallies = {row["plugin_id"]: row for row in reader.all(ALL)}
        return [_row(entry, tallies.get(each, _NONE)) for each, entry in self._entries.all().items()]


def _fits(row: Row, query: Mapping[str, Any]) -> bool:
    if query["category"] and folded(row["category"]) != folded(query["category"]):
        return False
    text = folded(" ".join((row["name"], row["slug"], row["description"], row["author"])))
    return all(word in text for word in folded(query["search"] or "").split())


def _after(rows: Sequence[Row], cursor: str) -> int:
    place = next((place for place, row in enumerate(rows) if row["id"] == cursor), None)
    if place is None:
        raise InvalidRequest("The cursor is not one of this list")
    return place + 1


def _row(entry: Entry, tally: Row) -> Row:
    manifest, offer = entry.manifest, entry.offer
    count = tally["rating_count"]
    offered = offer.version if offer else None
    return {
        "id": entry_id(manifest.id),
        "slug": manifest.id,
        "name": manifest.name,
        "version": entry.version,
        "author": manifest.author,
        "description": manifest.summary,
        "category": manifest.category,
        "icon_url": manifest.icon or "",
        "is_verified": entry.verified_at is not None,
        "verified_at": entry.verified_at,
        "install_count": tally["install_count"],
        "rating": round(tally["rating_sum"] / count, 1) if count else 0.0,
        "rating_count": count,
        "is_available": entry.installed is not None,
        "available_version": offered if offered != entry.version else None,
        "published_at": offer.published_at if offer else None,
    }


def _details(entry: Entry) -> Row:
    manifest = entry.manifest
    urls = {name.lower(): url for name, url in manifest.urls.items()}
    content = entry.installed.content if entry.installed else entry.offer.content if entry.offer else ""
    return {
        "documentation_url": urls.get("documentation", ""),
        "repository_url": urls.get("repository", ""),
        "license": manifest.license,
        "sha256": entry.offer.sha256 if entry.offer else None,
        "content": content,
        "manifest": {
            "hooks": [*manifest.ui_slots, *manifest.hooks],
            "permissions": list(manifest.permissions),
            "ui_anchors": list(manifest.ui_slots),
            "config_schema": dict(manifest.config_schema),
            "requires": dict(manifest.requires),
            "network": list(manifest.network),
            "reads": list(manifest.reads),
            "api": manifest.api,
            "scope": manifest.scope,
        },
    }
