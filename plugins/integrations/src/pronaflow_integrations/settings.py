"""The section `[integrations]` of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pronaflow_kernel.api import setting


@dataclass(frozen=True)
class IntegrationsSettings:
    """API tokens, webhooks and consents."""

    tier: Literal["plan", "free", "pro", "enterprise"] = setting(
        "plan", "Tier of all API tokens; `plan` for that which each workspace's plan names."
    )
    free_per_minute: int = setting(
        60, "Requests a minute of all tokens of a workspace in the tier free.", least=1, most=1_000_000
    )
    pro_per_minute: int = setting(1000, "The same in the tier pro.", least=1, most=1_000_000)
    enterprise_per_minute: int = setting(5000, "The same in the tier enterprise.", least=1, most=1_000_000)
    webhook_threads: int = setting(
        64, "Messages to webhooks that one process may have in the air at once.", least=1, most=512
    )
    consent_policy_version: int = setting(
        1,
        "Version of your privacy policy; raise it when people have to agree again to what they agreed to.",
        least=1,
        most=1_000_000,
    )
