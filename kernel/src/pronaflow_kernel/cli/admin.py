"""`pronaflow admin`: people who run the installation."""

from __future__ import annotations

from typing import IO

import click

from .output import emit, json_option
from .state import config_option, state_of


@click.group()
def admin() -> None:
    """Create people who run the installation."""


@admin.command()
@click.option("--email", prompt=True, help="Mail address to sign in with.")
@click.option("--username", prompt=True, help="Name that others see.")
@click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    help="File whose first line is the password, - for standard input; without it the command asks.",
)
@json_option
@config_option
@click.pass_context
def create(
    ctx: click.Context, email: str, username: str, password_file: IO[str] | None, as_json: bool
) -> None:
    """Create a system administrator, who may sign in at once.

    The password is never an argument, because arguments are seen by every user of the machine.
    """
    from ..identity.admin import Admin
    from ..persistence.scope import Scope

    password = _password(password_file)
    kernel = state_of(ctx).kernel()
    with kernel.db.write(Scope.system(), origin="system") as uow:
        user = Admin(kernel).create_admin(uow, email, username, password)
    data = {"id": user["id"], "email": user["email"], "username": user["username"]}
    emit(data, as_json, f"{user['username']} <{user['email']}> may now sign in and run this installation.")


def _password(file: IO[str] | None) -> str:
    if file is not None:
        return file.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer
