"""The section `[integrations]` of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pronaflow_kernel.api import setting


@dataclass(frozen=True)
class IntegrationsSettings:
    """API tokens, webhooks, connections and consents."""

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
    oauth_redirect_uris: tuple[str, ...] = setting(
        (),
        "Pages to which services may send browsers back when somebody connects an account, letter by letter "
        "as registered there; without any it is /integrations/callback below the public address.",
    )
    github_client_id: str | None = setting(None, "Client id of this server at GitHub; none disables it.")
    github_client_secret: str | None = setting(None, "Client secret of this server at GitHub.", secret=True)
    google_client_id: str | None = setting(None, "Client id of this server at Google; none disables it.")
    google_client_secret: str | None = setting(None, "Client secret of this server at Google.", secret=True)
    slack_client_id: str | None = setting(None, "Client id of this server at Slack; none disables it.")
    slack_client_secret: str | None = setting(None, "Client secret of this server at Slack.", secret=True)
    consent_policy_version: int = setting(
        1,
        "Version of your privacy policy; raise it when people have to agree again to what they agreed to.",
        least=1,
        most=1_000_000,
    )
