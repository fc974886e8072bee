"""The generated pages by name."""

from __future__ import annotations

from collections.abc import Callable

from pronaflow_kernel.testing import World

from . import commands, errors, events, hooks, permissions, settings
from .installation import ROOT

FOLDER = ROOT / "docs" / "reference"

PAGES: dict[str, Callable[[World], str]] = {
    "permissions": permissions.build,
    "events": events.build,
    "hooks": hooks.build,
    "settings": settings.build,
    "commands": commands.build,
    "errors": errors.build,
}
