"""Commands that plugins add to `pronaflow`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

MANIFEST = 'commands = {greet = "Greet somebody"}'

GREET = """
import click
from pronaflow_kernel.command import pass_kernel

@click.command()
@click.argument("name")
@pass_kernel
def greet(kernel, name):
    "Greet NAME."
    kernel.bus.committed((), [lambda: click.echo("after the commit")])
    click.echo(f"hello {name}, plugins: {', '.join(kernel.plugins)}")
"""

MAIN = """
from pronaflow_kernel.api import Plugin, hookimpl

class Main(Plugin):
    @hookimpl
    def provide_commands(self):
        from .commands import greet
        return [greet]
"""

ALL_IN_ONE = (
    GREET
    + """
from pronaflow_kernel.api import Plugin, hookimpl

class Main(Plugin):
    @hookimpl
    def provide_commands(self):
        return [greet]
"""
)


@pytest.fixture
def greeter(site):
    """A plugin with a command."""
    site.add("greeter", MANIFEST, code=MAIN, commands=GREET)
    return site


def test_a_command_gets_the_assembled_kernel_over_an_upgraded_database(
    greeter, run: Callable[..., Result]
) -> None:
    assert run("greet", "Ann").stdout.splitlines()[0] == "hello Ann, plugins: greeter"
    assert Path("instance/pronaflow.sqlite3").exists()


def test_what_it_leaves_for_after_the_commit_is_done_before_it_ends(
    greeter, run: Callable[..., Result]
) -> None:
    assert run("greet", "Ann").stdout.splitlines()[-1] == "after the commit"


def test_wrong_arguments_are_refused_before_anything_is_assembled(
    greeter, run: Callable[..., Result]
) -> None:
    assert "Missing argument 'NAME'" in run("greet", code=2).stderr
    assert not Path("instance").exists()


def test_a_plugin_may_keep_its_commands_beside_its_class(site, run: Callable[..., Result]) -> None:
    site.add("greeter", MANIFEST, code=ALL_IN_ONE)
    assert run("greet", "--help").stdout.startswith("Usage: main greet [OPTIONS] NAME")
    assert run("greet", "Ann").stdout.startswith("hello Ann")


def test_a_command_of_a_plugin_that_is_switched_off_is_refused(greeter, run: Callable[..., Result]) -> None:
    run("db", "upgrade")
    run("db", "upgrade")
    run("plugins", "disable", "greeter")
    result = run("greet", "Ann", code=1)
    assert (
        "The plugin greeter is disabled: switched off by an operator; pronaflow plugins enable greeter"
        in result.stderr
    )


def test_a_command_of_a_plugin_that_does_not_run_is_refused_with_the_reason(
    greeter, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "greeter")
    result = run("greet", "Ann", code=1)
    assert "The plugin greeter is disabled: switched off by the settings" in result.stderr


def test_a_plugin_that_cannot_be_imported_is_named(site, run: Callable[..., Result]) -> None:
    site.add("greeter", MANIFEST, commands="raise RuntimeError('out of order')")
    result = run("greet", "Ann", code=1)
    assert "The plugin greeter cannot be imported: RuntimeError: out of order" in result.stderr


def test_a_plugin_that_promises_a_command_and_brings_none_is_named(site, run: Callable[..., Result]) -> None:
    site.add("greeter", MANIFEST, commands="")
    assert "names the command greet but does not bring it" in run("greet", code=1).stderr


def test_the_kernels_commands_cannot_be_taken(site, run: Callable[..., Result]) -> None:
    site.add("thief", 'commands = {db = "Steal", plugins = "Steal"}')
    assert "Steal" not in run("--help").stdout
    assert "Usage: main db" in run("db", "--help").stdout
