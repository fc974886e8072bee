"""`pronaflow admin create`: the password comes by prompt, file or standard input, never as an argument."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

PASSWORD = "Correct-Horse-7-Battery"
ANN = ("admin", "create", "--email", "ann@example.com", "--username", "ann")


def test_it_asks_for_the_password_twice_and_shows_it_never(run: Callable[..., Result]) -> None:
    result = run(*ANN, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.stdout == "ann <ann@example.com> may now sign in and run this installation.\n"
    assert PASSWORD not in result.output


def test_it_asks_for_everything_that_was_not_given(run: Callable[..., Result]) -> None:
    result = run("admin", "create", input=f"ann@example.com\nann\n{PASSWORD}\n{PASSWORD}\n")
    assert "ann <ann@example.com> may now sign in" in result.stdout


def test_the_password_may_stand_in_a_file(run: Callable[..., Result]) -> None:
    Path("password").write_text(f"{PASSWORD}\n")
    data = json.loads(run(*ANN, "--password-file", "password", "--json").stdout)
    assert (data["email"], data["username"]) == ("ann@example.com", "ann")


def test_the_password_may_come_from_standard_input(run: Callable[..., Result]) -> None:
    run(*ANN, "--password-file", "-", input=PASSWORD)


@pytest.mark.parametrize("option", ["--password", "-p"])
def test_no_option_takes_the_password_itself(option: str, run: Callable[..., Result]) -> None:
    assert "No such option" in run(*ANN, option, PASSWORD, code=2).stderr


def test_everything_that_is_wrong_is_named_at_once(run: Callable[..., Result]) -> None:
    arguments = ("--email", "ann", "--username", "a b", "--password-file", "-")
    stderr = run("admin", "create", *arguments, input="short", code=1).stderr
    named = {line.split(":")[0] for line in stderr.splitlines()[1:]}
    assert named == {"  email", "  username", "  password"}


def test_a_taken_address_is_refused(run: Callable[..., Result]) -> None:
    run(*ANN, "--password-file", "-", input=PASSWORD)
    result = run(*ANN, "--password-file", "-", input=PASSWORD, code=1)
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
