"""`pronaflow secrets`: what is stored encrypted, when the server's keys are replaced."""

from __future__ import annotations

from dataclasses import asdict

import click

from .failures import Failure
from .output import emit, json_option, note, table
from .state import config_option, kernel_of


@click.group()
def secrets() -> None:
    """Look after the secrets that the server stores."""


@secrets.command()
@json_option
@config_option
@click.pass_context
def rotate(ctx: click.Context, as_json: bool) -> None:
    """Encrypt stored secrets anew with the first key.

    Put the new key in front of the old one in secret_key, restart all servers, run this, and take the old key
    away when it says that nothing is left. Access tokens and links that the old key signed end with it: wait
    for the longest of their lives (by default 24 hours).
    """
    from ..rotation import rotate as rotate_secrets
    from ..rotation import unseen

    kernel = kernel_of(ctx)
    found = rotate_secrets(kernel)
    rows = [(each.column, each.moved, each.left, each.unreadable) for each in found]
    text = table(("COLUMN", "MOVED", "LEFT", "UNREADABLE"), rows) if rows else "Nothing is stored encrypted."
    emit([asdict(each) for each in found], as_json, text)
    for plugin_id in unseen(kernel):
        note(f"{plugin_id} does not run: if it stores secrets, they are under the keys they were under")
    if unreadable := sum(each.unreadable for each in found):
        raise Failure(
            f"{unreadable} values cannot be read with the keys of secret_key: put the key back under which "
            "they were stored"
        )
    if left := sum(each.left for each in found):
        raise Failure(f"{left} values are under an older key still: restart all servers and run this again")
