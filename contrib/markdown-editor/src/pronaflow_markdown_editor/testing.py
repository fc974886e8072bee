"""How tests make requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Party


def _installed(party: Party) -> dict[str, Any]:
    """In a workspace that has the plugin."""
    party.world.kernel.switches.set("markdown_editor", True, party.workspace_id)
    return {}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {"markdown_editor_preview_markdown": _installed}
"""Values by operation id; the contract suite and the walks find them here."""
