"""Which tables a plugin's statements may touch: its own, and to read those that its manifest names.

A guard rail, not a sandbox: it finds the statement that bypasses another plugin's service, and it makes
`reads` in a manifest worth reading. Checked where every statement passes (`tenancy.rule`), once a statement
and plugin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import CapabilityDenied

if TYPE_CHECKING:
    from ..tenancy.shape import Verdict


_SWITCHES = frozenset({"core__workspace_plugin"})
"""What a list over several workspaces reads to keep to those where its plugin is on (`switched_on`)."""


class Grants:
    """What each plugin may read beside its own tables."""

    def __init__(self) -> None:
        self._reads: dict[str, frozenset[str]] = {}
        self._common = _SWITCHES

    def forget(self) -> None:
        """Begin anew; for whoever puts the plugins together once more, without one that failed."""
        self._reads.clear()
        self._common = _SWITCHES

    def allow(self, plugin_id: str, reads: Iterable[str]) -> None:
        """Let a plugin read tables of others.

        Arguments:
            reads: their names, from the manifest.
        """
        self._reads[plugin_id] = frozenset(reads)

    def share(self, tables: Iterable[str]) -> None:
        """Let everybody read tables: those by which the owner of containers tells who sees which."""
        self._common = _SWITCHES | frozenset(tables)

    def hold(self, plugin_id: str, verdict: Verdict) -> None:
        """Hold a statement of a plugin to what it may touch.

        Raises:
            CapabilityDenied: it touches more; the message names the tables and what to do.
        """
        if plugin_id in verdict.passed:
            return
        if verdict.doubts:
            raise CapabilityDenied(
                f"The plugin {plugin_id} runs a statement, but {'; '.join(verdict.doubts)}"
            )
        own = f"{plugin_id}__"
        allowed = self._reads.get(plugin_id, frozenset()) | self._common
        if written := sorted(name for name in verdict.writes if not name.startswith(own)):
            raise CapabilityDenied(
                f"The plugin {plugin_id} writes {', '.join(written)}, which it does not own: "
                "ask the owner's service to do it"
            )
        foreign = sorted(name for name in verdict.reads - allowed if not name.startswith(own))
        if foreign:
            raise CapabilityDenied(
                f"The plugin {plugin_id} reads {', '.join(foreign)}: name what it reads under `reads` in "
                "its plugin.toml, or ask the owner's service"
            )
        verdict.passed.add(plugin_id)
