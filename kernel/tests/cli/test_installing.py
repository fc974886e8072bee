"""`pronaflow plugins install` before pip is called: what it shows, and what it refuses.

What pip then does is seen in `tests/e2e/test_plugin_life.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pronaflow_kernel.plugins import installing

Run = Callable[..., Result]
Wheel = Callable[..., Path]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What pip was asked for; nothing is installed here."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(installing, "pip", lambda *arguments: found.append(arguments))
    return found


@pytest.fixture
def index(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index file that the settings name."""
    file = tmp_path / "index.json"
    file.write_text('{"index": 1, "plugins": []}')
    monkeypatch.setenv("PRONAFLOW_PLUGINS__INDEX", str(file))
    return file


def offer(run: Run, wheel: Path, index: Path) -> None:
    assert run("plugins", "publish", str(wheel), "--index", str(index)).exit_code == 0


def change(index: Path, **values: Any) -> None:
    """Let the index say something else of its only plugin."""
    data = json.loads(index.read_text())
    data["plugins"][0] |= values
    index.write_text(json.dumps(data))


def test_it_shows_what_is_asked_for_and_changes_nothing(
    run: Run, wheel: Wheel, asked: list[tuple[str, ...]]
) -> None:
    file = wheel(more='permissions = ["read:tasks"]', migrations=1)
    shown = run("plugins", "install", str(file), "--dry-run").stdout
    assert "asks for permissions: read:tasks" in shown
    assert "migrations to run: 0001_thing" in shown
    assert asked == []


def test_one_that_would_not_run_is_not_installed(
    run: Run, wheel: Wheel, asked: list[tuple[str, ...]]
) -> None:
    refused = run("plugins", "install", str(wheel(api=">=99")), "--yes", code=1)
    assert "would not run" in refused.stdout and "Nothing was installed" in refused.stderr
    missing = run("plugins", "install", str(wheel(more='requires = { gone = ">=1" }')), "--yes", code=1)
    assert "requires gone, which is not installed" in missing.stdout
    assert asked == []


def test_nothing_happens_without_a_yes(run: Run, wheel: Wheel, asked: list[tuple[str, ...]]) -> None:
    assert "Aborted" in run("plugins", "install", str(wheel()), code=1).stderr
    assert asked == []


def test_another_file_than_promised_is_refused(
    run: Run, wheel: Wheel, index: Path, asked: list[tuple[str, ...]]
) -> None:
    file = wheel()
    refused = run("plugins", "install", str(file), "--sha256", "ab" * 32, "--yes", code=1)
    assert "another file than promised" in refused.stderr
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run("plugins", "install", str(file), "--sha256", right.upper(), "--dry-run").exit_code == 0

    offer(run, file, index)
    refused = run("plugins", "install", str(wheel(more='icon = "x"')), "--yes", code=1)
    assert "another file than promised" in refused.stderr
    assert asked == []


@pytest.mark.parametrize("lie", ["manifest", "content"])
def test_a_wheel_that_is_not_what_the_index_shows_is_refused(
    run: Run, wheel: Wheel, index: Path, asked: list[tuple[str, ...]], lie: str
) -> None:
    file = wheel(more='permissions = ["read:tasks", "write:tasks"]')
    offer(run, file, index)
    if lie == "content":
        change(index, content="ab" * 32)
    else:
        harmless = {**json.loads(index.read_text())["plugins"][0]["manifest"], "permissions": ["read:tasks"]}
        change(index, manifest=harmless)
    refused = run("plugins", "install", str(file), "--yes", code=1)
    assert "holds another fresh than the index shows" in refused.stderr
    assert asked == []


def test_a_name_is_looked_up_in_the_indexes(
    run: Run, wheel: Wheel, index: Path, asked: list[tuple[str, ...]], tmp_path: Path
) -> None:
    file = wheel()
    offer(run, file, index)

    def download(command: str, *arguments: str) -> None:
        asked.append((command, *arguments))
        target = Path(arguments[arguments.index("--dest") + 1])
        (target / file.name).write_bytes(file.read_bytes())

    installing.pip = download  # put back by `asked`
    for name in ("fresh", "Pronaflow_Fresh"):
        links = ("--find-links", str(tmp_path))
        assert "fresh 2.0 (pronaflow-fresh)" in run("plugins", "install", name, *links, "--dry-run").stdout
    wanted = [arguments[-1] for arguments in asked]
    assert wanted == ["pronaflow-fresh==2.0"] * 2
    assert all("--no-index" in arguments for arguments in asked)


def test_a_name_that_no_index_has_is_refused(run: Run, wheel: Wheel, index: Path) -> None:
    offer(run, wheel(), index)
    refused = run("plugins", "install", "nothing", code=1)
    assert "no index offers nothing (plugins.index); they offer: fresh" in refused.stderr
    index.write_text("[]")
    assert "is no index" in run("plugins", "install", "fresh", code=1).stderr


@pytest.mark.parametrize("content", [None, b"PK"])
def test_what_is_no_wheel_is_refused(run: Run, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "x.whl"
    if content is not None:
        file.write_bytes(content)
    assert "Nothing was installed" in run("plugins", "install", str(file), "--yes", code=1).stderr
