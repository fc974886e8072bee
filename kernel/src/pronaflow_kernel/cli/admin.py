"""`pronaflow admin`: people who run the installation, and what these do for others."""

from __future__ import annotations

from typing import IO

import click

from .output import emit, json_option
from .state import config_option, state_of


@click.group()
def admin() -> None:
    """Create people who run the installation, and help others."""


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


@admin.command("reset-mfa")
@click.argument("email")
@json_option
@config_option
@click.pass_context
def reset_mfa(ctx: click.Context, email: str, as_json: bool) -> None:
    """Remove the second factor of the account with this EMAIL, whose owner has lost it.

    Make sure by other means than mail that it is the owner who asks. All their sessions end, and they get a
    mail; the password stays as it is.
    """
    from ..identity.operators import Operators
    from ..persistence.scope import Scope

    kernel = state_of(ctx).kernel()
    with kernel.db.write(Scope.system(), origin="system") as uow:
        user = Operators(kernel).reset_factor(uow, email)
    data = {"id": user["id"], "mfa_enabled": False}
    emit(data, as_json, f"{user['username']} <{user['email']}> now signs in with the password alone.")


@admin.command("erase-user")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def erase_user(ctx: click.Context, email: str, yes: bool, as_json: bool) -> None:
    """Delete the account with this EMAIL and forget who it was, for good.

    Workspaces of the user alone go with all that is in them. What they wrote in others stays, under the name
    "Deleted User".
    """
    from ..identity.operators import Operators
    from ..persistence.scope import Scope

    kernel = state_of(ctx).kernel()
    operators = Operators(kernel)
    with kernel.db.read(Scope.system()) as reader:
        user = operators.find(reader, email)
    if not yes:
        click.confirm(f"Forget {user['username']} <{user['email']}> for good?", abort=True, err=True)
    with kernel.db.write(Scope.system(), origin="system") as uow:
        operators.erase(uow, email)
    emit(
        {"id": user["id"], "status": "deleted"}, as_json, f"The account {user['id']} tells nothing any more."
    )


def _password(file: IO[str] | None) -> str:
    if file is not None:
        return file.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer
