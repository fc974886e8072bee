"""`pronaflow config`: all mistakes at once, each value with its source, no secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

WITH_SETTINGS = """
from dataclasses import dataclass
from pronaflow_kernel.api import Plugin, hookimpl, setting

@dataclass(frozen=True)
class Section:
    word: str = setting("hello", "What to say.")
    key: str | None = setting(None, "Whom to tell.", secret=True)

class Main(Plugin):
    @hookimpl
    def provide_settings(self):
        return Section
"""


def test_settings_in_order_are_said_so(run: Callable[..., Result]) -> None:
    assert run("config", "check").stdout == "The settings are in order.\n"
    assert json.loads(run("config", "check", "--json").stdout) == {"ok": True, "problems": []}


def test_check_names_every_mistake_with_its_place(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pronaflow.toml").write_text("[server]\nport = 99999\nhots = 'x'\n")
    monkeypatch.setenv("PRONAFLOW_LOGS__LEVEL", "loud")
    assert run("config", "check", code=1).stdout.splitlines() == [
        "pronaflow.toml:3: server.hots is not a setting; did you mean server.host?",
        "pronaflow.toml:2: server.port must be at most 65535",
        "PRONAFLOW_LOGS__LEVEL: logs.level must be one of: debug, info, warning, error",
    ]
    data = json.loads(run("config", "check", "--json", code=1).stdout)
    assert data["problems"][1] == {
        "where": "pronaflow.toml:2",
        "name": "server.port",
        "message": "must be at most 65535",
    }


def test_show_tells_values_and_their_sources(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pronaflow.toml").write_text("[server]\nport = 8123\n")
    monkeypatch.setenv("PRONAFLOW_LOGS__LEVEL", "debug")
    data = json.loads(run("config", "show", "--json").stdout)
    assert data["server.port"] == {"value": 8123, "source": "pronaflow.toml:2"}
    assert data["logs.level"] == {"value": "debug", "source": "PRONAFLOW_LOGS__LEVEL"}
    assert data["server.threads"]["source"] == "default"
    lines = [line.split() for line in run("config", "show").stdout.splitlines()]
    assert ["server.port", "8123", "pronaflow.toml:2"] in lines
    assert ["rate_limit.enabled", "true", "default"] in lines


def test_show_masks_secrets(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRONAFLOW_DATABASE_URL", "postgresql://ann:hunter2@db.example/flow")
    monkeypatch.setenv("PRONAFLOW_SECRET_KEY", "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G")
    shown = run("config", "show").stdout
    assert "postgresql://***@db.example/flow" in shown
    assert "hunter2" not in shown
    assert "Zt7" not in shown


@pytest.mark.parametrize(
    "place", [("--config", "other.toml", "config", "show"), ("config", "show", "--config", "other.toml")]
)
def test_the_file_may_be_named_before_and_after_the_command(
    place: tuple[str, ...], run: Callable[..., Result]
) -> None:
    Path("other.toml").write_text("[server]\nport = 8123\n")
    assert json.loads(run(*place, "--json").stdout)["server.port"]["source"] == "other.toml:2"


def test_a_file_that_was_named_must_be_there(run: Callable[..., Result]) -> None:
    assert "none.toml: cannot be read" in run("config", "check", "--config", "none.toml", code=1).stdout


class TestSectionsOfPlugins:
    def test_are_checked_like_the_kernels(self, site, run: Callable[..., Result]) -> None:
        site.add("greeter", code=WITH_SETTINGS)
        Path("pronaflow.toml").write_text("[greeter]\nwrod = 'hi'\n")
        stdout = run("config", "check", code=1).stdout
        assert stdout == "pronaflow.toml:2: greeter.wrod is not a setting; did you mean greeter.word?\n"

    def test_are_shown_like_the_kernels(self, site, run: Callable[..., Result]) -> None:
        site.add("greeter", code=WITH_SETTINGS)
        Path("pronaflow.toml").write_text("[greeter]\nword = 'hi'\nkey = 'hunter2'\n")
        data = json.loads(run("config", "show", "--json").stdout)
        assert data["greeter.word"] == {"value": "hi", "source": "pronaflow.toml:2"}
        assert data["greeter.key"]["value"] == "***"

    def test_of_a_plugin_that_cannot_be_imported_are_carried_and_said_so(
        self, site, run: Callable[..., Result]
    ) -> None:
        site.add("greeter", code="raise RuntimeError('out of order')")
        Path("pronaflow.toml").write_text("[greeter]\nword = 'hi'\n")
        result = run("config", "check")
        assert "The settings of greeter are not checked, it cannot be imported: out of order" in result.stderr
