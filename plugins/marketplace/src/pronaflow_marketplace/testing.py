"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import LEFT_OUT, Party

EXAMPLE = "markdown_editor"
"""The plugin that tests install: `contrib/markdown-editor`."""

PATH = "/api/v1/integration/plugins"


def _removed(party: Party) -> None:
    """Take the plugin out of the party's workspace, so that it can be installed."""
    found = party.person.get(f"{PATH}/installed", workspace_id=party.workspace_id)
    for row in found.data if found.status == 200 else []:
        party.person.delete(f"{PATH}/{row['id']}")


def _installation(party: Party) -> str:
    """A plugin in the party's workspace."""
    return str(party.create("marketplace_install_plugin")["id"])


MAKERS: Mapping[str, Callable[[Party], str]] = {"plugin_installation": _installation}
"""By kind; the contract suite and the walks find them here."""

BESIDE: Mapping[str, None] = {EXAMPLE: None}
"""Without a plugin there is nothing to install."""


def _named(party: Party) -> dict[str, Any]:
    return {"plugin_id": EXAMPLE}


def _to_install(party: Party) -> dict[str, Any]:
    """A plugin that the party's workspace does not have."""
    _removed(party)
    return {**_named(party), **_agreed(party)}


def _agreed(party: Party) -> dict[str, Any]:
    """To all that the plugin asks for."""
    return {"permissions": LEFT_OUT}


def _rated(party: Party) -> dict[str, Any]:
    """A plugin that the party has rated."""
    party.person.post(f"{PATH}/{EXAMPLE}/rating", {"rating": 5})
    return _named(party)


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "marketplace_get_plugin": _named,
    "marketplace_install_plugin": _to_install,
    "marketplace_agree_to_plugin": _agreed,
    "marketplace_rate_plugin": _named,
    "marketplace_get_plugin_rating": _rated,
    "marketplace_delete_plugin_rating": _rated,
}
"""Values by operation id."""
