"""`pronaflow admin create`: the password comes by prompt, file or standard input, never as an argument."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

PASSWORD = "Correct-Horse-7-Battery"
TWICE = f"{PASSWORD}\n{PASSWORD}\n"
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


class TestHelpingOthers:
    def shown(self, run: Callable[..., Result], name: str) -> dict[str, object]:
        result = run(*ANN[:2], "--email", f"{name}@example.com", "--username", name, "--json", input=TWICE)
        data: dict[str, object] = json.loads(result.stdout)
        return data

    def test_a_factor_that_is_not_there_is_not_reset(self, run: Callable[..., Result]) -> None:
        self.shown(run, "ann")
        assert "Two-step sign-in is off" in run("admin", "reset-mfa", "ann@example.com", code=1).stderr

    @pytest.mark.parametrize("command", ["reset-mfa", "erase-user"])
    def test_an_unknown_address_is_named(self, command: str, run: Callable[..., Result]) -> None:
        stderr = run("admin", command, "nobody@example.com", code=1).stderr
        assert stderr == "Error: There is no account with the address nobody@example.com\n"

    def test_a_user_is_forgotten_after_a_question(self, run: Callable[..., Result]) -> None:
        self.shown(run, "ann")
        bob = self.shown(run, "bob")
        assert "Aborted" in run("admin", "erase-user", "bob@example.com", input="n\n", code=1).stderr
        data = json.loads(run("admin", "erase-user", "BOB@example.com", "--yes", "--json").stdout)
        assert data == {"id": bob["id"], "status": "deleted"}
        assert "There is no account" in run("admin", "erase-user", "bob@example.com", "--yes", code=1).stderr

    def test_the_last_administrator_is_not(self, run: Callable[..., Result]) -> None:
        self.shown(run, "ann")
        stderr = run("admin", "erase-user", "ann@example.com", "--yes", code=1).stderr
        assert "last administrator" in stderr
