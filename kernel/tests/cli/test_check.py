"""`pronaflow plugins check`: what would run, and what a wheel asks for, before anything is touched."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from .conftest import BOMB

Run = Callable[..., Result]


def checked(run: Run, *targets: object, code: int = 0) -> dict[str, Any]:
    rows = json.loads(run("plugins", "check", "--json", *map(str, targets), code=code).stdout)
    return {row["id"]: row for row in rows}


def test_plugins_that_run_are_in_order_and_nothing_is_left_behind(
    run: Run, site: Any, tmp_path: Path
) -> None:
    site.add("good", tables=1)
    assert run("plugins", "check").stdout == "good 0.3.0 (pronaflow-good) is in order\n"
    assert list((tmp_path / "here").iterdir()) == []


def test_one_that_would_not_is_named_with_the_reason(run: Run, site: Any) -> None:
    site.add("good")
    site.add("bad", code="1 / 0")
    site.add("boastful", 'hooks = ["check_change"]')
    found = checked(run, code=1)
    assert found["good"]["problems"] == []
    assert found["bad"]["problems"] == ["failed: import: ZeroDivisionError: division by zero"]
    [lie] = found["boastful"]["problems"]
    assert "`hooks` names check_change, which the code does not bring" in lie
    assert checked(run, "good").keys() == {"good"}


def test_a_critical_one_refuses_in_words(run: Run, site: Any) -> None:
    site.add("vital", "critical = true", code="1 / 0")
    assert "vital is failed" in run("plugins", "check", code=1).stderr


def test_an_unknown_plugin_is_met_with_those_there_are(run: Run, site: Any) -> None:
    site.add("good")
    assert "good" in run("plugins", "check", "god", code=1).stderr


def test_a_wheel_says_what_it_asks_for_without_running(run: Run, site: Any, wheel: Any) -> None:
    more = 'permissions = ["read:x"]\nreads = ["core__user"]\nnetwork = ["api.example.com"]'
    text = run("plugins", "check", str(wheel(more=more, migrations=2))).stdout
    assert text == (
        "fresh 2.0 (pronaflow-fresh) is in order\n"
        "  asks for permissions: read:x\n"
        "  asks for reads: core__user\n"
        "  asks for network: api.example.com\n"
        "  new permissions: read:x\n"
        "  new reads: core__user\n"
        "  new network: api.example.com\n"
        "  migrations to run: 0001_thing, 0002_thing\n"
    )


def test_an_update_tells_how_it_differs(run: Run, site: Any, wheel: Any) -> None:
    site.add("fresh", 'permissions = ["read:x"]\nreads = ["core__user"]', tables=1)
    row = checked(run, wheel(more='permissions = ["read:x", "write:x"]', migrations=2))["fresh"]
    assert (row["added"], row["dropped"]) == ({"permissions": ["write:x"]}, {"reads": ["core__user"]})
    assert row["migrations"] == ["0002_thing"]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"api": ">=9"}, "needs hook API >=9"),
        ({"more": 'requires = { nothing = ">=1" }'}, "requires nothing, which is not installed"),
        ({"more": 'requires = { good = ">=3" }'}, "requires good >=3, installed is 0.3.0"),
        ({"more": "nonsense = 1"}, "unknown key `nonsense`"),
        ({"more": '[commands]\ngreet = "Greet."'}, "the command 'greet' exists already, from good"),
        ({"__init____py": BOMB}, "must be empty but for a docstring"),
        ({"plugin_id": "kernel"}, "is a name of the kernel"),
    ],
)
def test_what_would_keep_it_from_running_is_a_problem(
    run: Run, site: Any, wheel: Any, how: dict[str, Any], words: str
) -> None:
    site.add("good", '[commands]\ngreet = "Greet."', commands="")
    [row] = checked(run, wheel(**how), code=1).values()
    assert words in " ".join(row["problems"])


def test_a_file_that_is_no_plugin_is_refused_in_words(run: Run, site: Any, tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.whl", tmp_path / "other.whl"
    broken.write_text("no zip")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("other/__init__.py", "")
    assert "cannot be read as a wheel" in run("plugins", "check", str(broken), code=1).stderr
    assert (
        "has no entry point in the group pronaflow.plugins"
        in run("plugins", "check", str(other), code=1).stderr
    )
    assert "cannot be read as a wheel" in run("plugins", "check", "absent.whl", code=1).stderr


def damaged(wheel: Path, change: Callable[[bytearray], None]) -> Path:
    content = bytearray(wheel.read_bytes())
    change(content)
    wheel.write_bytes(content)
    return wheel


def _encrypt(content: bytearray) -> None:
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1


def _compress_strangely(content: bytearray) -> None:
    content[8] = content[content.find(b"PK\x01\x02") + 10] = 97


@pytest.mark.parametrize("change", [_encrypt, _compress_strangely])
def test_a_wheel_that_cannot_be_unpacked_is_refused_in_words(
    run: Run, wheel: Callable[..., Path], change: Callable[[bytearray], None]
) -> None:
    told = run("plugins", "check", str(damaged(wheel(), change)), code=1).stderr
    assert "cannot be read as a wheel" in told and "Traceback" not in told


def test_a_wheel_that_would_fill_the_disk_is_not_unpacked(
    run: Run, wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronaflow_kernel.plugins.dry_run.MOST_BYTES", 1 << 20)
    bomb = wheel(more="#" * (1 << 20))
    assert bomb.stat().st_size < 2 << 20
    assert "holds more than 1 MiB: it is not unpacked" in run("plugins", "check", str(bomb), code=1).stderr


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("entry_points.txt", b"[pronaflow.plugins]\nfresh = !!\n", "package !! cannot be found"),
        ("METADATA", b"", "lacks a name or a version"),
        ("METADATA", b"\xff\xfe", "cannot be read as a wheel"),
    ],
    ids=["entry point", "no metadata", "not text"],
)
def test_wrong_metadata_of_a_wheel_is_told(
    run: Run, wheel: Callable[..., Path], name: str, content: bytes, words: str
) -> None:
    path = wheel()
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in parts.items():
            archive.writestr(each, content if each.endswith(name) else text)
    done = run("plugins", "check", str(path), code=1)
    assert words in done.stdout + done.stderr
