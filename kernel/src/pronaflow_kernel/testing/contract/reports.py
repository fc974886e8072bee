"""What the contract suite found, written down: `{"reports": {"rose_garden": {...}}}` (plugins/offers.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import orjson

from ...hookspecs import API_VERSION
from ...plugins.discovery import GROUP, package_of
from ...plugins.installed import content_of_package
from ...storage.atomic import atomic_file


def write_reports(file: Path, passed: Mapping[str, bool]) -> None:
    """Write a report for each plugin, each of the code that is installed now.

    Arguments:
        file: to be made or replaced.
        passed: by id, whether the whole suite passed.
    """
    packages = {point.name: package_of(point) for point in entry_points(group=GROUP)}
    checked_at = datetime.now(UTC).isoformat(timespec="seconds")
    reports = {
        plugin_id: {
            "content": content_of_package(packages[plugin_id]),
            "api": API_VERSION,
            "passed": well,
            "checked_at": checked_at,
        }
        for plugin_id, well in passed.items()
    }
    with atomic_file(file) as stream:
        stream.write(orjson.dumps({"reports": reports}, option=orjson.OPT_INDENT_2))
