"""How many requests tokens may send a minute (first seed, "Rate Limiting"; modules.md 9.2)."""

from __future__ import annotations

from collections.abc import Mapping

from pronaflow_kernel.api import RateLimit

from ..settings import IntegrationsSettings

FREE, PRO, ENTERPRISE = "free", "pro", "enterprise"
"""The tiers (first seed, "Rate Limiting"), which are also what `plan` of a workspace can be."""


PLAN = "plan"
"""In place of a tier: that of each workspace's plan."""


class Tiers:
    """How many requests tokens may send a minute.

    Arguments:
        tier: of all workspaces; `plan` where each has the one that it is called by.
        per_minute: by tier.
    """

    def __init__(self, tier: str, per_minute: Mapping[str, int]) -> None:
        self._tier = tier
        self._per_minute = per_minute

    def of(self, plan: str) -> str:
        """The tier of a workspace with this plan; `free` where the plan names none."""
        tier = plan if self._tier == PLAN else self._tier
        return tier if tier in self._per_minute else FREE

    def limit(self, tier: str, workspace_id: str) -> RateLimit:
        """The limit that all tokens of a workspace share."""
        return RateLimit(self._per_minute[tier], tier, f"workspace:{workspace_id}")


def tiers_of(settings: IntegrationsSettings) -> Tiers:
    """The tiers as they are set."""
    per_minute = {
        FREE: settings.free_per_minute,
        PRO: settings.pro_per_minute,
        ENTERPRISE: settings.enterprise_per_minute,
    }
    return Tiers(settings.tier, per_minute)
