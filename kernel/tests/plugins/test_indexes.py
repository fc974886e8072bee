"""Index files on other machines: copied, read from the copy, and fetched anew beside those who look."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.egress.client import Egress
from pronaflow_kernel.plugins.indexes import FRESH_SECONDS, Indexes
from pronaflow_kernel.plugins.offers import IndexFault
from pronaflow_kernel.settings.schema import EgressSettings, PluginSettings, Settings
from pronaflow_kernel.testing.sink import WebhookSink

HASH = "ab" * 32

Make = Callable[..., Indexes]


def entry(plugin_id: str, version: str = "1.0.0") -> dict[str, Any]:
    manifest = {"manifest": 1, "id": plugin_id, "name": plugin_id, "summary": "A plugin", "api": ">=1.0,<2"}
    return {
        "distribution": f"pronaflow-{plugin_id}",
        "version": version,
        "sha256": HASH,
        "content": HASH,
        "published_at": "2026-02-01T09:00:00Z",
        "manifest": manifest,
    }


def index_of(*entries: Any) -> dict[str, Any]:
    return {"index": 1, "plugins": list(entries)}


@pytest.fixture
def egress(tmp_path: Path) -> Egress:
    allowed = EgressSettings(allow=("127.0.0.0/8",))
    return Egress(Settings(environment="test", data_dir=tmp_path, egress=allowed))


@pytest.fixture
def away(egress: Egress) -> Iterator[WebhookSink]:
    """Another machine, which has index files."""
    with WebhookSink(egress) as sink:
        yield sink


@pytest.fixture
def make(tmp_path: Path, egress: Egress) -> Make:
    """Indexes of settings: `make(name, ...)`; each time as if in a new process."""

    def indexes(*names: str) -> Indexes:
        settings = Settings(environment="test", data_dir=tmp_path, plugins=PluginSettings(index=names))
        return Indexes(settings, egress)

    return indexes


def seen(indexes: Indexes) -> list[str]:
    """What is offered once nothing is being fetched."""
    indexes.offers()
    indexes.wait()
    return [f"{each} {offer.version}" for each, offer in sorted(indexes.offers().items())]


def grow_old(tmp_path: Path) -> None:
    """Let every copy be as old as if it had been fetched too long ago."""
    for copy in (tmp_path / "plugin-indexes").iterdir():
        past = copy.stat().st_mtime - FRESH_SECONDS
        os.utime(copy, (past, past))


def test_whoever_looks_first_waits_for_nobody_and_the_next_one_sees(make: Make, away: WebhookSink) -> None:
    away.answer(200, json=index_of(entry("roses")))
    indexes = make(away.url)
    assert indexes.offers() == {}
    indexes.wait()
    assert list(indexes.offers()) == ["roses"]


def test_a_copy_serves_for_an_hour_and_after_a_restart(make: Make, away: WebhookSink, tmp_path: Path) -> None:
    away.answer(200, json=index_of(entry("roses")))
    away.answer(200, json=index_of(entry("roses", "2.0.0")))
    assert seen(make(away.url)) == ["roses 1.0.0"]
    assert seen(make(away.url)) == ["roses 1.0.0"]
    assert len(away.requests) == 1
    grow_old(tmp_path)
    assert seen(make(away.url)) == ["roses 2.0.0"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"<html>"), (200, b'{"index": 2}'), (200, b" " * ((16 << 20) + 1))],
)
def test_the_last_copy_stays_while_there_is_no_better_one(
    make: Make, away: WebhookSink, tmp_path: Path, status: int, body: bytes
) -> None:
    away.answer(200, json=index_of(entry("roses")))
    assert seen(make(away.url)) == ["roses 1.0.0"]
    grow_old(tmp_path)
    away.answer(status, body=body)
    indexes = make(away.url)
    assert seen(indexes) == ["roses 1.0.0"]
    assert seen(indexes) == ["roses 1.0.0"]
    assert len(away.requests) == 2, "a fetch that failed is not tried again at once"


def test_who_needs_to_know_hears_why_there_is_none(make: Make, away: WebhookSink) -> None:
    away.answer(404)
    with pytest.raises(IndexFault, match="answers with 404"):
        make(away.url).fetch()


def test_the_rules_of_the_operator_hold_for_indexes_too(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    assert seen(make("https://10.1.2.3/index.json?key=hidden")) == []
    assert "does not send requests to 10.1.2.3" in caplog.text
    assert "hidden" not in caplog.text


def test_of_two_files_the_first_one_counts(make: Make, away: WebhookSink, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(index_of(entry("roses", "3.0.0"))))
    away.answer(200, json=index_of(entry("roses"), entry("tulips"), {"distribution": "torn"}))
    assert seen(make(str(mine), away.url)) == ["roses 3.0.0", "tulips 1.0.0"]
    assert sorted(make(str(mine), away.url).read()) == ["roses", "tulips"]
