"""Writing index files: what is in a wheel is offered there, and taken out again (`offers.py` reads them)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from packaging.version import Version

from ..storage.atomic import atomic_file
from .discovery import Candidate
from .dry_run import NoPlugin, opened
from .offers import IndexFault, content_of_folder, parse_offer, parse_report, read_entries

Entry = dict[str, Any]


def entries_of(wheel: Path, published_at: datetime, reports: Mapping[str, Any]) -> list[Entry]:
    """What a wheel offers: an entry of an index for each plugin in it. None of its code runs.

    Arguments:
        published_at: when; reports: what the contract suite found, by id.

    Raises:
        NoPlugin: it holds none that could be installed, or a report is of other code.
    """
    sha256 = hashlib.sha256(_bytes(wheel)).hexdigest()
    with opened(wheel) as (folder, candidates):
        return [
            _entry(each, folder / each.package, sha256, published_at, reports.get(each.id))
            for each in candidates
        ]


def read_reports(file: Path) -> dict[str, Any]:
    """What `pytest --pronaflow-report` has written, by id.

    Raises:
        NoPlugin: the file holds no reports.
    """
    try:
        reports = orjson.loads(_bytes(file))["reports"]
        for report in reports.values():
            parse_report(report)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoPlugin(f"{file} holds no reports of `pytest --pronaflow-report`: {error}") from None
    return dict(reports)


def publish(index: Path, entries: list[Entry]) -> list[str]:
    """Put entries into an index file, in place of older versions; it is made where there is none.

    Returns:
        What was done, in words.

    Raises:
        IndexFault: the file is no index.
        NoPlugin: it holds the same version of a plugin with other code, or a newer one.
    """
    done = []
    with _changing(index) as known:
        for entry in entries:
            plugin_id, version = entry["manifest"]["id"], entry["version"]
            before = known.get(plugin_id)
            if before is not None:
                _check_successor(plugin_id, before, entry)
            known[plugin_id] = entry
            instead = f", instead of {before['version']}" if before and before["version"] != version else ""
            done.append(f"{plugin_id} {version} is offered{instead}")
    return done


def withdraw(index: Path, plugin_id: str) -> str:
    """Take a plugin out of an index file; the version that it offered.

    Raises:
        IndexFault: the file is no index.
        NoPlugin: the plugin is not in it.
    """
    with _changing(index) as known:
        if plugin_id not in known:
            raise NoPlugin(f"{index} offers no {plugin_id}; it offers: {', '.join(known) or 'nothing'}")
        return str(known.pop(plugin_id)["version"])


@contextmanager
def _changing(index: Path) -> Iterator[dict[str, Entry]]:
    """The entries of an index file by id, written back where nothing is raised."""
    found = [] if not index.exists() else read_entries(index)
    known = {}
    for place, entry in enumerate(found):
        try:
            known[parse_offer(entry).manifest.id] = entry
        except ValueError as error:
            raise IndexFault(f"{index}: plugins.{place}: {error}. Mend that first") from None
    yield known
    plugins = [known[plugin_id] for plugin_id in sorted(known)]
    with atomic_file(index) as stream:
        stream.write(orjson.dumps({"index": 1, "plugins": plugins}, option=orjson.OPT_INDENT_2))


def _check_successor(plugin_id: str, before: Entry, entry: Entry) -> None:
    old, new = before["version"], entry["version"]
    if Version(new) < Version(old):
        raise NoPlugin(f"the index offers {plugin_id} {old}, which is newer than {new}: withdraw it first")
    if new == old and before["sha256"] != entry["sha256"]:
        raise NoPlugin(
            f"the index offers {plugin_id} {old} with another content: a version is published once, raise it"
        )


def _entry(candidate: Candidate, folder: Path, sha256: str, published_at: datetime, report: Any) -> Entry:
    if candidate.fault is not None:
        raise NoPlugin(f"{candidate.distribution} cannot be published: {candidate.fault}")
    content = content_of_folder(folder)
    if report is not None and report["content"] != content:
        words = "install this wheel and run `pytest --pronaflow-contract` again"
        raise NoPlugin(f"the report on {candidate.id} is of other code than the wheel: {words}")
    entry = {
        "distribution": candidate.distribution,
        "version": candidate.version,
        "sha256": sha256,
        "content": content,
        "published_at": published_at.isoformat(timespec="seconds"),
        "manifest": tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8")),
    }
    return entry if report is None else {**entry, "report": report}


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise NoPlugin(f"{file} cannot be read: {error}") from None
