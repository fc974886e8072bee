"""`pronaflow plugins publish` and `withdraw`: what an index file holds afterwards, and what it never does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pronaflow_kernel.api import API_VERSION
from pronaflow_kernel.plugins.offers import read_index

Run = Callable[..., Result]
Wheel = Callable[..., Path]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index.json"


def report_on(entry: dict[str, Any], file: Path, **values: Any) -> Path:
    """What the contract suite would write of the code of an entry."""
    report = {"content": entry["content"], "api": API_VERSION, "passed": True, **values}
    report["checked_at"] = datetime.now(UTC).isoformat()
    file.write_text(json.dumps({"reports": {entry["manifest"]["id"]: report}}))
    return file


def published(run: Run, wheel: Path, index: Path, *more: object) -> Any:
    told = run("plugins", "publish", str(wheel), "--index", str(index), "--json", *map(str, more))
    return json.loads(told.stdout)


def test_a_wheel_is_offered_with_its_hashes_and_its_manifest(run: Run, wheel: Wheel, index: Path) -> None:
    file = wheel(more='author = "Ada"')
    [entry] = published(run, file, index)
    [offer], faults = read_index(index)
    assert faults == []
    assert (offer.distribution, offer.version, offer.manifest.author) == ("pronaflow-fresh", "2.0", "Ada")
    assert offer.sha256 == entry["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert offer.report is None


def test_it_is_verified_by_a_report_on_the_very_code(
    run: Run, wheel: Wheel, index: Path, tmp_path: Path
) -> None:
    file = wheel()
    [entry] = published(run, file, index, "--dry-run")
    assert not index.exists()
    report = report_on(entry, tmp_path / "report.json")
    done = run("plugins", "publish", str(file), "--index", str(index), "--report", str(report))
    assert done.stdout == "fresh 2.0 is offered: verified\n"
    [offer], _ = read_index(index)
    assert offer.report is not None and offer.report.verifies(offer.content)

    failed = report_on(entry, tmp_path / "failed.json", passed=False)
    done = run("plugins", "publish", str(file), "--index", str(index), "--report", str(failed))
    assert "not verified, since the contract suite found faults" in done.stdout


def test_a_report_on_other_code_is_refused(run: Run, wheel: Wheel, index: Path, tmp_path: Path) -> None:
    file = wheel()
    [entry] = published(run, file, index, "--dry-run")
    other = report_on(entry, tmp_path / "other.json", content="ab" * 32)
    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text('{"reports": {"fresh": {}}}')
    for report, words in (
        (other, "of other code"),
        (nonsense, "holds no reports"),
        (index, "cannot be read"),
    ):
        refused = run("plugins", "publish", str(file), "--index", str(index), "--report", str(report), code=1)
        assert words in refused.stderr
    assert not index.exists()


def test_a_version_is_published_once(run: Run, wheel: Wheel, index: Path) -> None:
    published(run, wheel(), index)
    published(run, wheel(), index)  # the same again is nothing new
    before = index.read_bytes()
    refused = run("plugins", "publish", str(wheel(more='icon = "x"')), "--index", str(index), code=1)
    assert "raise it" in refused.stderr
    assert index.read_bytes() == before


def test_older_ones_give_way_and_newer_ones_do_not(run: Run, wheel: Wheel, index: Path) -> None:
    published(run, wheel("roses"), index)
    [entry] = published(run, wheel(), index, "--dry-run")
    data = json.loads(index.read_text())
    for version, words in (("1.9", "instead of 1.9"), ("10.0", "which is newer")):
        index.write_text(
            json.dumps({**data, "plugins": [{**entry, "version": version, "sha256": "ab" * 32}]})
        )
        done = run(
            "plugins", "publish", str(wheel()), "--index", str(index), code=0 if version == "1.9" else 1
        )
        assert words in f"{done.stdout}{done.stderr}"


def test_what_is_offered_can_be_withdrawn(run: Run, wheel: Wheel, index: Path) -> None:
    published(run, wheel(), index)
    published(run, wheel("roses"), index)
    done = run("plugins", "withdraw", "fresh", "--index", str(index))
    assert done.stdout == "fresh 2.0 is not offered any more\n"
    assert [offer.manifest.id for offer in read_index(index)[0]] == ["roses"]
    refused = run("plugins", "withdraw", "fresh", "--index", str(index), code=1)
    assert "offers no fresh; it offers: roses" in refused.stderr


@pytest.mark.parametrize("content", ["[]", "{", '{"index": 1, "plugins": [{}]}'])
def test_a_file_that_is_no_index_stays_as_it_is(run: Run, wheel: Wheel, index: Path, content: str) -> None:
    index.write_text(content)
    assert run("plugins", "publish", str(wheel()), "--index", str(index), code=1).stderr
    assert index.read_text() == content


def test_what_is_no_plugin_is_refused(run: Run, wheel: Wheel, index: Path, tmp_path: Path) -> None:
    lying = wheel("liar", more="nonsense = 1")
    empty = tmp_path / "empty.whl"
    empty.write_bytes(b"PK")
    for file, words in ((lying, "unknown key `nonsense`"), (empty, "as a wheel"), (tmp_path / "no", "no")):
        refused = run("plugins", "publish", str(file), "--index", str(index), code=1)
        assert words in refused.stderr
    assert not index.exists()
