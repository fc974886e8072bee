"""Help comes at once and always: it imports nothing heavy and needs no settings, no secret, no database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pronaflow_kernel.cli.failures import EXIT_CODES

HEAVY = (
    "flask",
    "sqlalchemy",
    "marshmallow",
    "alembic",
    "apispec",
    "waitress",
    "cryptography",
    "argon2",
    "jwt",
    "authlib",
    "joserfc",
)

HELP = f"""
import sys
from pronaflow_kernel.cli.main import main
try:
    main(prog_name="pronaflow")
finally:
    print("imported:" + "".join(f" {{name}}" for name in {HEAVY!r} if name in sys.modules))
"""

GREETER_MANIFEST = 'commands = {greet = "Greet somebody"}'
GREETER = """
import click
from pronaflow_kernel.command import emit, pass_kernel, progress

@click.command()
@click.argument("name")
@pass_kernel
def greet(kernel, name):
    '''Greet NAME politely.'''
"""


def pronaflow(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HELP, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def broken(environment: dict[str, str]) -> dict[str, str]:
    """An installation where nothing is right."""
    Path("pronaflow.toml").write_text("[server\nport = what")
    return {
        **environment,
        "PRONAFLOW_ENVIRONMENT": "production",
        "PRONAFLOW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "PRONAFLOW_NONSENSE": "x",
    }


@pytest.mark.parametrize(
    "command",
    [
        "",
        "quickstart",
        "serve",
        "admin",
        "admin create",
        "db",
        "db status",
        "db upgrade",
        "db downgrade",
        "schedule",
        "schedule list",
        "schedule run",
        "plugins",
        "plugins list",
        "plugins show",
        "plugins enable",
        "plugins disable",
        "plugins compat",
        "hooks",
        "hooks list",
        "hooks show",
        "config",
        "config check",
        "config show",
    ],
)
def test_help_of_every_command_works_in_a_broken_installation_and_imports_nothing_heavy(
    command: str, broken: dict[str, str]
) -> None:
    done = pronaflow(*command.split(), "--help", env=broken)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: {' '.join(['pronaflow', *command.split()])} ")
    assert done.stdout.splitlines()[-1] == "imported:"
    assert not Path("instance").exists()


def test_version_needs_nothing_either(broken: dict[str, str]) -> None:
    done = pronaflow("--version", env=broken)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["pronaflow, version 0.1.0", "imported:"]


def test_commands_of_plugins_are_listed_without_importing_the_plugins(site, broken: dict[str, str]) -> None:
    site.add("greeter", GREETER_MANIFEST, code="raise RuntimeError", commands="raise RuntimeError")
    done = pronaflow("--help", env={**broken, "PYTHONPATH": str(site.folder)})
    assert "  greet       Greet somebody\n" in done.stdout
    assert done.stdout.splitlines()[-1] == "imported:"


def test_help_of_a_plugins_command_imports_only_its_module_of_commands(site, broken: dict[str, str]) -> None:
    site.add("greeter", GREETER_MANIFEST, code="raise RuntimeError", commands=GREETER)
    done = pronaflow("greet", "--help", env={**broken, "PYTHONPATH": str(site.folder)})
    assert done.stdout.startswith("Usage: pronaflow greet [OPTIONS] NAME")
    assert "Greet NAME politely." in done.stdout
    assert done.stdout.splitlines()[-1] == "imported:"


def test_a_plugin_whose_manifest_cannot_be_read_spoils_no_help(site, run: Callable[..., Result]) -> None:
    site.add("bad", "nonsense = [")
    assert "quickstart" in run("--help").stdout


def test_an_unknown_command_brings_the_nearest_one(run: Callable[..., Result]) -> None:
    assert "Did you mean 'plugins'?" in run("plugin", code=2).stderr


def test_help_tells_the_exit_codes(run: Callable[..., Result]) -> None:
    shown = " ".join(run("--help").stdout.split())
    assert all(f"{code:d} {words}" in shown for code, words in EXIT_CODES.items())
