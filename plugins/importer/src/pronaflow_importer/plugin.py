"""The importer: what this plugin brings. Its commands live in commands.py."""

from __future__ import annotations

from collections.abc import Sequence

import click
from sqlalchemy import MetaData

from pronaflow_kernel.api import Plugin, hookimpl

from .commands import demo, import_
from .models import Base


class ImporterPlugin(Plugin):
    """Table of contents."""

    @hookimpl
    def provide_models(self) -> MetaData:
        """Tables: models.py."""
        return Base.metadata

    @hookimpl
    def provide_commands(self) -> Sequence[click.Command]:
        """`pronaflow import` and `pronaflow demo`."""
        return [import_, demo]
