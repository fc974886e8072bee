"""What can go wrong ends in words and an exit code that scripts can rely on, never in a traceback."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pronaflow_kernel.cli.failures import KNOWN, failure_of
from pronaflow_kernel.cli.main import main
from pronaflow_kernel.errors import Conflict, Problem, ValidationFailed
from pronaflow_kernel.web.server import PortInUse


def test_the_numbers_are_these() -> None:
    """Written out by hand: a change breaks the scripts of operators."""
    assert {name.rpartition(".")[2]: int(code) for name, (code, _) in KNOWN.items()} == {
        "PortInUse": 3,
        "SettingsError": 4,
        "StartRefused": 5,
        "MigrationError": 6,
        "BundleError": 1,
        "OperationalError": 7,
        "KernelError": 1,
        "ModuleNotFoundError": 1,
        "OSError": 1,
    }


@pytest.mark.parametrize("name", KNOWN)
def test_every_error_is_listed_under_the_name_it_has(name: str) -> None:
    module, _, cls = name.rpartition(".")
    found = getattr(import_module(module), cls)
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_an_error_is_known_by_its_base_class_too() -> None:
    failure = failure_of(Conflict("taken already"))
    assert failure is not None
    assert (failure.exit_code, failure.message) == (1, "taken already")


def test_a_validation_names_every_field() -> None:
    failure = failure_of(ValidationFailed([Problem("email", "is no address"), Problem("age", "is too low")]))
    assert failure is not None
    assert failure.message.splitlines() == [
        "Validation failed",
        "  email: is no address",
        "  age: is too low",
    ]


def test_a_busy_port_names_the_remedy() -> None:
    failure = failure_of(PortInUse("127.0.0.1", 8000))
    assert failure is not None
    assert failure.exit_code == 3
    assert "--port 8001" in failure.message


def test_a_missing_driver_names_what_to_install() -> None:
    failure = failure_of(ModuleNotFoundError("No module named 'psycopg'", name="psycopg"))
    assert failure is not None
    assert "pip install 'pronaflow-kernel[postgres]'" in failure.message


@pytest.mark.parametrize(
    "error", [ValueError("?"), ModuleNotFoundError("?", name="flask"), BrokenPipeError()]
)
def test_what_nobody_foresaw_is_left_as_it_is(error: Exception) -> None:
    assert failure_of(error) is None


def test_an_unforeseen_error_keeps_its_traceback(site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pronaflow_kernel.cli.config._settings", lambda state: 1 / 0)
    assert isinstance(CliRunner().invoke(main, ["config", "show"]).exception, ZeroDivisionError)


def test_wrong_settings_are_all_named_at_once(run: Callable[..., Result]) -> None:
    Path("pronaflow.toml").write_text("[server]\nport = 99999\nhots = 'x'\n")
    result = run("db", "status", code=4)
    assert result.stderr.splitlines() == [
        "Error: 2 mistakes in the settings:",
        "pronaflow.toml:3: server.hots is not a setting; did you mean server.host?",
        "pronaflow.toml:2: server.port must be at most 65535",
    ]


def test_an_unreachable_database_is_named_without_its_password(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRONAFLOW_DATABASE_URL", "postgresql://ann:hunter2@127.0.0.1:1/nothing")
    result = run("db", "status", code=7)
    assert "Error: The database cannot be used: " in result.stderr
    assert "127.0.0.1" in result.stderr
    assert "hunter2" not in result.stderr


def test_a_folder_that_cannot_be_made_is_named(run: Callable[..., Result]) -> None:
    Path("file").write_text("")
    result = run("quickstart", "--data-dir", "file/data", code=1)
    assert "file/data: Not a directory" in result.stderr
