"""The importer: what this plugin brings. Its commands live in commands.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import MetaData

from pronaflow_kernel.api import Context, Plugin, hookimpl

from .commands import demo, import_
from .models import Base


class ImporterPlugin(Plugin):
    """Table of contents."""

    @hookimpl
    def provide_models(self) -> MetaData:
        """Tables: models.py."""
        return Base.metadata

    @hookimpl
    def provide_services(self) -> dict[type[Any], Any]:
        """The plugin's own context, for its commands."""
        return {ImporterContext: self.ctx}

    @hookimpl
    def provide_commands(self) -> Sequence[click.Command]:
        """`pronaflow import` and `pronaflow demo`."""
        return [import_, demo]


class ImporterContext:
    """Key under which the commands find the plugin's context among the services."""


def importer_of(kernel: Any) -> Context:
    """The plugin's context in an assembled kernel."""
    ctx: Context = kernel.services.require(ImporterContext)
    return ctx
