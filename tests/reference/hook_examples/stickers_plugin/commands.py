"""Commands; what is imported here makes their help slow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pronaflow_kernel.command import emit, json_option, pass_context

if TYPE_CHECKING:
    from pronaflow_kernel.api import Context


@click.command()
@json_option
@pass_context
def stickers(ctx: Context, /, as_json: bool) -> None:
    """Count the stickers."""
    from pronaflow_kernel.api import Scope

    from .plugin import HOW_MANY

    with ctx.db.read(Scope.system()) as reader:
        count = reader.value(HOW_MANY)
    emit({"stickers": count}, as_json, f"{count} stickers")
